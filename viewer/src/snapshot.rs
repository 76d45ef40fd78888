//! The picture as a PNG file.

use rfb::View;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes `view` to `path` as RGB, 8 bits a channel. The file appears under its name only when it is whole.
pub(crate) fn write(path: &Path, view: View<'_>) -> io::Result<()> {
    let unfinished = unfinished_name(path)?;
    let result = write_png(&unfinished, view).and_then(|()| std::fs::rename(&unfinished, path));
    if result.is_err() {
        // It may not exist; the first error is the one to report.
        _ = std::fs::remove_file(&unfinished);
    }
    result
}

/// A name in the same directory, so that the rename stays in one file system.
fn unfinished_name(path: &Path) -> io::Result<PathBuf> {
    let no_file = || io::Error::new(io::ErrorKind::InvalidInput, "this is no file name");
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().ok_or_else(no_file)?);
    name.push(format!(".{}.part", std::process::id()));
    Ok(path.with_file_name(name))
}

fn write_png(path: &Path, view: View<'_>) -> io::Result<()> {
    let size = view.size();
    let mut file = BufWriter::new(File::create(path)?);
    let mut encoder = png::Encoder::new(&mut file, size.width.into(), size.height.into());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&rgb(view))?;
    writer.finish()?;
    file.flush()
}

fn rgb(view: View<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(view.size().area() * 3);
    for row in view.rows(view.size().into()) {
        for &[blue, green, red, _] in row.as_chunks().0 {
            bytes.extend([red, green, blue]);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use rfb::{Framebuffer, Rect, Size};

    #[test]
    fn the_file_holds_the_picture_in_rgb_and_nothing_else_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("screen.png");
        let mut picture = Framebuffer::new(Size::new(3, 2));
        let pixel = Rect::new(1, 1, 1, 1);
        picture.view_mut(pixel).unwrap().fill([10, 20, 30, 99]);
        write(&path, picture.view()).unwrap();

        let file = io::BufReader::new(File::open(&path).unwrap());
        let mut reader = png::Decoder::new(file).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        assert_eq!((info.width, info.height), (3, 2));
        assert_eq!(info.color_type, png::ColorType::Rgb);
        let mut expect = [0; 18];
        expect[12..15].copy_from_slice(&[30, 20, 10]);
        assert_eq!(bytes, expect);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("none/screen.png");
        let picture = Framebuffer::new(Size::new(1, 1));
        assert!(write(&path, picture.view()).is_err());
    }
}
