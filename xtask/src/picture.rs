//! Pictures as PNG files, compared pixel by pixel.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

const CHANNELS: usize = 3;

/// Red, green and blue, 8 bits each, rows from the top without padding.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Picture {
    /// Reads a PNG, or a binary PPM (P6), which the smallest of programs can write.
    ///
    /// # Errors
    /// The file is not there or is neither.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        Self::decode(file).with_context(|| format!("cannot read the picture {}", file.display()))
    }

    fn decode(file: &Path) -> Result<Self> {
        let mut input = BufReader::new(File::open(file)?);
        if input.fill_buf()?.starts_with(b"P6") {
            let mut bytes = Vec::new();
            input.read_to_end(&mut bytes)?;
            return Self::from_pixmap(&bytes).context("it is no PPM picture of 8 bits");
        }
        let mut decoder = png::Decoder::new(input);
        decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
        let mut reader = decoder.read_info()?;
        let mut samples = vec![0; reader.output_buffer_size().context("it is too large")?];
        let info = reader.next_frame(&mut samples)?;
        samples.truncate(info.buffer_size());
        let (width, height) = (usize::try_from(info.width)?, usize::try_from(info.height)?);
        Ok(Self {
            width,
            height,
            rgb: to_rgb(&samples, info.color_type)?,
        })
    }

    /// What a binary PPM without comments holds.
    fn from_pixmap(bytes: &[u8]) -> Option<Self> {
        let mut fields = bytes.splitn(5, u8::is_ascii_whitespace);
        let _magic = fields.next()?;
        let mut number = || std::str::from_utf8(fields.next()?).ok()?.parse().ok();
        let (width, height, most) = (number()?, number()?, number()?);
        let expected = usize::checked_mul(width, height)?.checked_mul(CHANNELS)?;
        let rgb = fields.next()?.to_vec();
        (most == 255 && rgb.len() == expected).then_some(Self { width, height, rgb })
    }

    /// Writes it as a PNG file.
    pub(crate) fn write(&self, file: &Path) -> Result<()> {
        let output =
            File::create(file).with_context(|| format!("cannot create {}", file.display()))?;
        let (width, height) = (u32::try_from(self.width)?, u32::try_from(self.height)?);
        let mut encoder = png::Encoder::new(BufWriter::new(output), width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header()?.write_image_data(&self.rgb)?;
        Ok(())
    }

    /// Width and height in pixels.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// The part of it at this place and of this size.
    ///
    /// # Errors
    /// It is smaller than that.
    pub(crate) fn part(
        &self,
        (x, y): (usize, usize),
        (width, height): (usize, usize),
    ) -> Result<Self> {
        ensure!(
            x + width <= self.width && y + height <= self.height,
            "{}x{} has no {width}x{height}+{x}+{y}",
            self.width,
            self.height
        );
        let rows = self.rgb.chunks_exact(self.width * CHANNELS);
        let rgb = rows
            .skip(y)
            .take(height)
            .flat_map(|row| {
                row.iter()
                    .skip(x * CHANNELS)
                    .take(width * CHANNELS)
                    .copied()
            })
            .collect();
        Ok(Self { width, height, rgb })
    }

    /// How many different colours there are; a picture with very few proves little.
    pub(crate) fn colours(&self) -> usize {
        self.pixels()
            .collect::<std::collections::HashSet<_>>()
            .len()
    }

    /// How `other` differs from this.
    pub(crate) fn difference(&self, other: &Self) -> Difference {
        if self.size() != other.size() {
            return Difference::Sizes(self.size(), other.size());
        }
        let mut found: Option<Pixels> = None;
        for (index, (a, b)) in self
            .pixels()
            .zip(other.pixels())
            .enumerate()
            .filter(|(_, (a, b))| a != b)
        {
            let by = a
                .iter()
                .zip(b)
                .map(|(a, b)| a.abs_diff(*b))
                .max()
                .unwrap_or(0);
            let (x, y) = (index % self.width, index / self.width);
            let pixels = found.get_or_insert(Pixels {
                count: 0,
                left: x,
                top: y,
                right: x,
                bottom: y,
                most: 0,
            });
            pixels.count += 1;
            pixels.left = pixels.left.min(x);
            pixels.right = pixels.right.max(x);
            pixels.bottom = pixels.bottom.max(y);
            pixels.most = pixels.most.max(by);
        }
        found.map_or(Difference::None, Difference::Pixels)
    }

    /// The peak signal-to-noise ratio over red, green and blue, in dB; infinite if they are equal.
    ///
    /// # Errors
    /// They are of different sizes.
    pub(crate) fn psnr(&self, other: &Self) -> Result<f64> {
        ensure!(
            self.size() == other.size(),
            "{}",
            Difference::Sizes(self.size(), other.size())
        );
        let squares = self.rgb.iter().zip(&other.rgb).map(|(a, b)| {
            let by = u64::from(a.abs_diff(*b));
            by * by
        });
        let mean = squares.sum::<u64>() as f64 / self.rgb.len() as f64;
        Ok(10.0 * (255.0 * 255.0 / mean).log10())
    }

    /// What is left of it in a pixel format with these maxima of red, green and blue, each sample rounded.
    pub(crate) fn rounded(mut self, maxima: [u16; CHANNELS]) -> Self {
        for pixel in self.rgb.chunks_exact_mut(CHANNELS) {
            for (sample, max) in pixel.iter_mut().zip(maxima.map(u32::from)) {
                let value = (u32::from(*sample) * max + 127) / 255;
                *sample = u8::try_from((value * 255 + max / 2) / max).unwrap_or(u8::MAX);
            }
        }
        self
    }

    /// The place of each pixel that differs in red, on a pale version of this picture; the sizes must be equal.
    pub(crate) fn marked(&self, other: &Self) -> Self {
        let mark = |(a, b): (&[u8], &[u8])| {
            if a == b {
                a.iter().map(|sample| 170 + sample / 3).collect()
            } else {
                vec![255, 0, 0]
            }
        };
        let rgb = self.pixels().zip(other.pixels()).flat_map(mark).collect();
        Self {
            width: self.width,
            height: self.height,
            rgb,
        }
    }

    fn pixels(&self) -> impl Iterator<Item = &[u8]> {
        self.rgb.chunks_exact(CHANNELS)
    }
}

/// What a comparison found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Difference {
    None,
    Sizes((usize, usize), (usize, usize)),
    Pixels(Pixels),
}

/// How many pixels differ, where they all lie (edges included), and by how much the worst sample is off.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pixels {
    pub(crate) count: usize,
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
    most: u8,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => write!(f, "equal"),
            Self::Sizes(a, b) => write!(f, "one is {}x{}, the other {}x{}", a.0, a.1, b.0, b.1),
            Self::Pixels(p) => {
                let (width, height) = (p.right - p.left + 1, p.bottom - p.top + 1);
                let (count, left, top, most) = (p.count, p.left, p.top, p.most);
                write!(
                    f,
                    "{count} pixels differ, inside {width}x{height}+{left}+{top}, by at most {most}"
                )
            }
        }
    }
}

fn to_rgb(samples: &[u8], kind: png::ColorType) -> Result<Vec<u8>> {
    let first_three = |size: usize| {
        samples
            .chunks_exact(size)
            .flat_map(|pixel| pixel.iter().take(CHANNELS).copied())
    };
    let grey = |size: usize| {
        samples
            .iter()
            .step_by(size)
            .flat_map(|grey| [*grey; CHANNELS])
    };
    let rgb: Vec<u8> = match kind {
        png::ColorType::Rgb => samples.to_vec(),
        png::ColorType::Rgba => first_three(4).collect(),
        png::ColorType::Grayscale => grey(1).collect(),
        png::ColorType::GrayscaleAlpha => grey(2).collect(),
        png::ColorType::Indexed => bail!("the decoder left an index in place of a colour"),
    };
    ensure!(rgb.len().is_multiple_of(CHANNELS), "it is cut short");
    Ok(rgb)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: usize, height: usize) -> Picture {
        Picture {
            width,
            height,
            rgb: vec![100; width * height * CHANNELS],
        }
    }

    #[test]
    fn a_picture_equals_itself() {
        assert_eq!(grey(4, 3).difference(&grey(4, 3)), Difference::None);
    }

    #[test]
    fn a_difference_says_how_many_where_and_how_much() {
        let mut other = grey(10, 8);
        other.rgb[(2 * 10 + 3) * CHANNELS] = 110;
        other.rgb[(5 * 10 + 6) * CHANNELS + 2] = 60;
        let difference = grey(10, 8).difference(&other);
        assert_eq!(
            difference.to_string(),
            "2 pixels differ, inside 4x4+3+2, by at most 40"
        );
        assert_eq!(
            grey(10, 8)
                .marked(&other)
                .pixels()
                .filter(|pixel| *pixel == [255, 0, 0])
                .count(),
            2
        );
    }

    #[test]
    fn the_noise_ratio_is_of_the_mean_square() {
        let mut other = grey(10, 10);
        other.rgb[0] = 110;
        let ratio = grey(10, 10).psnr(&other).unwrap();
        assert!((ratio - 52.9).abs() < 0.01, "{ratio}"); // 255^2 / (100 / 300)
        assert!(grey(2, 2).psnr(&grey(2, 2)).unwrap().is_infinite());
        assert!(grey(2, 2).psnr(&grey(2, 3)).is_err());
    }

    #[test]
    fn a_picture_is_rounded_to_what_a_pixel_format_holds() {
        let mut picture = grey(1, 1);
        picture.rgb = vec![100, 100, 250];
        assert_eq!(picture.rounded([255, 7, 3]).rgb, [100, 109, 255]);
    }

    #[test]
    fn a_pixmap_is_read_and_one_cut_short_is_not() {
        let picture = Picture::from_pixmap(b"P6 1 2 255\n\n abcd").unwrap();
        assert_eq!((picture.size(), picture.rgb), ((1, 2), b"\n abcd".to_vec()));
        assert!(Picture::from_pixmap(b"P6 1 2 255\nabcde").is_none());
        assert!(Picture::from_pixmap(b"P6 1 2 65535\nabcdef").is_none());
    }

    #[test]
    fn a_part_is_cut_out() {
        let mut picture = grey(4, 3);
        picture.rgb[(4 + 2) * CHANNELS] = 9;
        let part = picture.part((1, 0), (2, 2)).unwrap();
        assert_eq!((part.size(), part.rgb[3 * CHANNELS]), ((2, 2), 9));
        assert!(picture.part((0, 0), (5, 1)).is_err());
        assert!(picture.part((0, 1), (1, 3)).is_err());
    }

    #[test]
    fn pictures_of_different_sizes_differ() {
        let difference = grey(4, 3).difference(&grey(3, 4));
        assert_eq!(difference.to_string(), "one is 4x3, the other 3x4");
    }

    #[test]
    fn a_written_picture_reads_back_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("picture.png");
        let mut picture = grey(5, 2);
        picture.rgb[7] = 1;
        picture.write(&file).unwrap();
        assert_eq!(
            picture.difference(&Picture::read(&file).unwrap()),
            Difference::None
        );
        assert_eq!(picture.colours(), 2);
    }

    #[test]
    fn grey_and_transparency_become_rgb() {
        assert_eq!(
            to_rgb(&[7, 255], png::ColorType::GrayscaleAlpha).unwrap(),
            [7, 7, 7]
        );
        assert_eq!(
            to_rgb(&[1, 2, 3, 0], png::ColorType::Rgba).unwrap(),
            [1, 2, 3]
        );
    }
}
