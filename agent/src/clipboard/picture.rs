//! Images as programs have them, and as clients do.

use tightrope::Limits;
use tightrope::image::{ImageError, read_png, write_png};
use tightrope::rfb::clipboard::Bitmap;

/// An image as a program gave it: a PNG or a BMP file.
#[derive(Clone, PartialEq, Eq)]
pub struct ImageFile(pub Vec<u8>);

impl std::fmt::Debug for ImageFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ImageFile({} bytes)", self.0.len())
    }
}

impl ImageFile {
    /// The DIB that clients are given; none if it cannot be read or is too large. Takes its time.
    #[must_use]
    pub fn to_dib(&self) -> Option<Vec<u8>> {
        let Self(file) = self;
        let bitmap = match file.starts_with(b"BM") {
            true => Bitmap::from_file(file, limit()).map_err(|error| error.to_string()),
            false => read_png(file, limit()).map_err(|error| error.to_string()),
        };
        bitmap
            .map(|bitmap| bitmap.encode())
            .inspect_err(|error| tracing::debug!("an image on the clipboard is of no use: {error}"))
            .ok()
    }

    /// The PNG file of a client's DIB; none if it cannot be read or is too large. Takes its time.
    #[must_use]
    pub fn from_dib(dib: &[u8]) -> Option<Self> {
        let bitmap = Bitmap::decode(dib, limit()).map_err(|error| error.to_string());
        let file = bitmap.and_then(|bitmap| write_png(&bitmap).map_err(|error| error.to_string()));
        file.map(Self)
            .inspect_err(|error| tracing::debug!("a client's image is of no use: {error}"))
            .ok()
    }

    /// The same as BMP, for programs that ask for that.
    pub(super) fn to_bmp(&self) -> Result<Vec<u8>, ImageError> {
        read_png(&self.0, limit()).map(|bitmap| bitmap.to_file())
    }
}

/// Bytes of an image, as a file and as pixels.
pub(super) fn limit() -> usize {
    Limits::default().clipboard_image
}
