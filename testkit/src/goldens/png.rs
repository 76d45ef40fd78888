//! Pictures as PNG files.

use std::fs::File;
use std::io::{self, BufReader, BufWriter};
use std::path::Path;

use rfb::{Framebuffer, Size};

/// Writes `picture` as RGB, as small as it goes.
pub fn write_png(path: &Path, picture: &Framebuffer) -> io::Result<()> {
    let size = picture.size();
    let file = BufWriter::new(File::create(path)?);
    let mut encoder = png::Encoder::new(file, size.width.into(), size.height.into());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let pixels = picture.bytes().chunks(4);
    let rgb: Vec<u8> = pixels
        .flat_map(|bgrx| [bgrx[2], bgrx[1], bgrx[0]])
        .collect();
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&rgb)?;
    Ok(writer.finish()?)
}

/// Reads what [`write_png`] has written.
pub fn read_png(path: &Path) -> io::Result<Framebuffer> {
    let file = BufReader::new(File::open(path)?);
    let mut reader = png::Decoder::new(file).read_info()?;
    let mut rgb = vec![0; reader.output_buffer_size().unwrap_or_default()];
    let info = reader.next_frame(&mut rgb)?;
    let unexpected = || io::Error::other(format!("{}: not 8 bits of RGB", path.display()));
    let (Ok(width), Ok(height), png::ColorType::Rgb) = (
        u16::try_from(info.width),
        u16::try_from(info.height),
        info.color_type,
    ) else {
        return Err(unexpected());
    };
    let mut picture = Framebuffer::new(Size::new(width, height));
    let all = picture.size().into();
    let mut pixels = rgb.as_chunks().0.iter();
    let mut view = picture.view_mut(all).ok_or_else(unexpected)?;
    for row in view.rows_mut() {
        for (to, &[red, green, blue]) in row.as_chunks_mut().0.iter_mut().zip(&mut pixels) {
            *to = [blue, green, red, 0];
        }
    }
    Ok(picture)
}
