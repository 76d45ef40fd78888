//! Letters and plain areas, drawn into memory.

use noto_sans_mono_bitmap::{
    FontWeight, RasterHeight, RasterizedChar, get_raster, get_raster_width,
};

/// A colour, 0x00RRGGBB.
pub(super) type Colour = u32;

/// What lies over the desktop: its ground, its frame and its letters.
pub(super) const PANEL: Colour = 0x001f_2328;
pub(super) const EDGE: Colour = 0x0086_909c;
pub(super) const INK: Colour = 0x00f4_f6f8;
pub(super) const FAINT_INK: Colour = 0x00b4_bdc7;

/// The sizes there are: the height of a line for letters repeated `zoom` times both ways, smallest first.
const SIZES: [(RasterHeight, usize); 8] = [
    (RasterHeight::Size16, 1),
    (RasterHeight::Size20, 1),
    (RasterHeight::Size24, 1),
    (RasterHeight::Size32, 1),
    (RasterHeight::Size20, 2),
    (RasterHeight::Size24, 2),
    (RasterHeight::Size32, 2),
    (RasterHeight::Size32, 3),
];
/// The height of a line on a plain monitor.
const PLAIN_HEIGHT: f64 = 16.0;

/// Letters of one size, all of the same width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Font {
    raster: RasterHeight,
    zoom: usize,
}

impl Font {
    /// The smallest there is.
    pub(super) const SMALLEST: Self = Self {
        raster: RasterHeight::Size16,
        zoom: 1,
    };

    /// The fonts for a monitor with `factor` pixels for one of a plain monitor: the right one last, smaller ones before.
    pub(super) fn up_to(factor: f64) -> impl Iterator<Item = Self> {
        let most = PLAIN_HEIGHT * factor + 0.5;
        let fits = move |font: &Self| {
            u32::try_from(font.height()).is_ok_and(|height| f64::from(height) <= most)
        };
        SIZES
            .into_iter()
            .map(|(raster, zoom)| Self { raster, zoom })
            .filter(fits)
    }
    /// Pixels of a line.
    pub(super) fn height(self) -> usize {
        self.raster.val() * self.zoom
    }
    /// Pixels of a letter.
    pub(super) fn width(self) -> usize {
        get_raster_width(FontWeight::Regular, self.raster) * self.zoom
    }
    /// Pixels of `text`.
    pub(super) fn width_of(self, text: &str) -> usize {
        text.chars().count() * self.width()
    }
    /// `text`, cut to `width` pixels.
    pub(super) fn cut(self, text: &str, width: usize) -> String {
        let room = width / self.width().max(1);
        if text.chars().count() <= room {
            return text.to_owned();
        }
        let kept = text.chars().take(room.saturating_sub(2));
        kept.chain("..".chars()).take(room).collect()
    }
    fn letter(self, letter: char) -> Option<RasterizedChar> {
        let raster = |letter| get_raster(letter, FontWeight::Regular, self.raster);
        raster(letter).or_else(|| raster('?'))
    }
}

/// Part of a picture: its left upper corner, and its size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// A picture in the making.
pub(super) struct Sheet {
    width: usize,
    pixels: Vec<Colour>,
}

impl Sheet {
    /// A plain one.
    pub(super) fn new(width: usize, height: usize, colour: Colour) -> Self {
        let pixels = vec![colour; width * height];
        Self { width, pixels }
    }
    /// Its rows.
    pub(super) fn into_pixels(self) -> Vec<Colour> {
        self.pixels
    }
    /// Makes `area` plain.
    pub(super) fn fill(&mut self, area: Area, colour: Colour) {
        for row in self.rows_mut(area) {
            row.fill(colour);
        }
    }
    /// Draws the edge of `area`, `thick` pixels inwards.
    pub(super) fn frame(&mut self, area: Area, thick: usize, colour: Colour) {
        let Area {
            left,
            top,
            width,
            height,
        } = area;
        let flat = Area {
            height: thick,
            ..area
        };
        let tall = Area {
            width: thick,
            ..area
        };
        let bottom = top + height.saturating_sub(thick);
        let right = left + width.saturating_sub(thick);
        self.fill(flat, colour);
        self.fill(
            Area {
                top: bottom,
                ..flat
            },
            colour,
        );
        self.fill(tall, colour);
        self.fill(
            Area {
                left: right,
                ..tall
            },
            colour,
        );
    }
    /// Writes `text` with its left upper corner at (`left`, `top`).
    pub(super) fn write(
        &mut self,
        font: Font,
        (left, top): (usize, usize),
        text: &str,
        colour: Colour,
    ) {
        for (index, letter) in text.chars().enumerate() {
            if let Some(raster) = font.letter(letter) {
                let area = Area {
                    left: left + index * font.width(),
                    top,
                    width: font.width(),
                    height: font.height(),
                };
                self.stamp(area, &raster, font.zoom, colour);
            }
        }
    }
    fn stamp(&mut self, area: Area, raster: &RasterizedChar, zoom: usize, colour: Colour) {
        for (y, row) in self.rows_mut(area).enumerate() {
            for (x, pixel) in row.iter_mut().enumerate() {
                let share = raster.pixel(x / zoom, y / zoom).unwrap_or_default();
                *pixel = mixed(*pixel, colour, share);
            }
        }
    }
    fn rows_mut(&mut self, area: Area) -> impl Iterator<Item = &mut [Colour]> {
        let columns = area.left.min(self.width)..(area.left + area.width).min(self.width);
        self.pixels
            .chunks_exact_mut(self.width.max(1))
            .skip(area.top)
            .take(area.height)
            .filter_map(move |row| row.get_mut(columns.clone()))
    }
}

/// `share` 255ths of `above`, the rest of `below`.
fn mixed(below: Colour, above: Colour, share: u8) -> Colour {
    let channels = below.to_be_bytes().into_iter().zip(above.to_be_bytes());
    channels.fold(0, |colour, (below, above)| {
        let (share, below, above) = (u32::from(share), u32::from(below), u32::from(above));
        let mixed = (above * share + below * (255 - share) + 127) / 255;
        (colour << 8) | mixed
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_grow_with_the_monitors_resolution() {
        let largest = |factor| Font::up_to(factor).last().unwrap().height();
        let expect = [
            (1.0, 16),
            (1.25, 20),
            (1.5, 24),
            (2.0, 32),
            (3.0, 48),
            (9.0, 96),
        ];
        for (factor, height) in expect {
            assert_eq!(largest(factor), height, "{factor}");
        }
    }

    #[test]
    fn a_letter_is_drawn_where_it_belongs_and_no_further() {
        let font = Font::SMALLEST;
        let (width, height) = (font.width() * 3, font.height() + 2);
        let mut sheet = Sheet::new(width, height, 0);
        sheet.write(font, (font.width(), 1), "M", 0x00ff_ffff);
        let pixels = sheet.into_pixels();
        let drawn = pixels.iter().enumerate().filter(|&(_, &pixel)| pixel != 0);
        let mut count = 0;
        for (index, _) in drawn {
            let (x, y) = (index % width, index / width);
            assert!((font.width()..font.width() * 2).contains(&x) && (1..height - 1).contains(&y));
            count += 1;
        }
        assert!(count > 20, "{count}");
    }

    #[test]
    fn a_text_that_is_too_long_is_cut() {
        let font = Font::SMALLEST;
        let room = font.width() * 5;
        assert_eq!(font.cut("abcde", room), "abcde");
        assert_eq!(font.cut("abcdef", room), "abc..");
        assert_eq!(font.cut("abcdef", 0), "");
    }

    #[test]
    fn colours_mix_by_channel() {
        assert_eq!(mixed(0x0000_0000, 0x00ff_8040, 255), 0x00ff_8040);
        assert_eq!(mixed(0x0012_3456, 0x00ff_8040, 0), 0x0012_3456);
        assert_eq!(mixed(0x0000_0000, 0x00ff_ff00, 51), 0x0033_3300);
    }
}
