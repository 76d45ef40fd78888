//! What is encoded, and how it is wanted.

use rfb::{EncodeSettings, Encoding, View};

use crate::choice;
use crate::content::Photo;
use crate::tpixel::TpixelWriter;
use rfb::codec::JpegQuality;

/// What is encoded, and how it is wanted.
pub(crate) struct Picture<'a> {
    pub(crate) source: View<'a>,
    pub(crate) settings: &'a EncodeSettings,
    pub(crate) writer: TpixelWriter,
    /// What its rectangles are headed.
    pub(crate) encoding: Encoding,
    /// `None` where JPEG may not be used.
    pub(crate) jpeg: Option<Jpeg>,
}

/// How JPEG is used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Jpeg {
    pub(crate) quality: JpegQuality,
    /// What it is worth it for.
    pub(crate) photo: Photo,
}

impl<'a> Picture<'a> {
    pub(crate) fn new(source: View<'a>, settings: &'a EncodeSettings, encoding: Encoding) -> Self {
        let jpeg = |quality| Jpeg {
            quality,
            photo: Photo::at(quality),
        };
        Self {
            source,
            settings,
            writer: TpixelWriter::new(&settings.format),
            encoding,
            jpeg: choice::jpeg(settings).map(jpeg),
        }
    }
}
