//! The pointer's shape, in the four forms it is sent in.

mod alpha;
mod rich;
mod two_colours;
mod vmware;

use crate::pixel::Unpacker;
use crate::wire::Reader;
use crate::{
    BYTES_PER_PIXEL, DecodeError, Encoding, Error, PixelFormat, Point, Rect, Size, ViewMut,
};

/// A pixel in memory: blue, green, red, alpha.
type Pixel = [u8; BYTES_PER_PIXEL];

/// The least alpha that counts as opaque where there is only a mask.
const OPAQUE: u8 = 128;

/// How a shape is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CursorForm {
    /// Pixels with alpha. rfbproto "Cursor With Alpha Pseudo-encoding".
    Alpha,
    /// Pixels with alpha, or two masks. rfbproto "VMware Cursor Pseudo-encoding".
    VmWare,
    /// Pixels in the client's format and a 1-bit mask. RFC 6143 7.8.1.
    Rich,
    /// Two colours and a 1-bit mask. rfbproto "X Cursor Pseudo-encoding".
    TwoColours,
}

impl CursorForm {
    /// All of them, the best first.
    pub const ALL: [Self; 4] = [Self::Alpha, Self::VmWare, Self::Rich, Self::TwoColours];

    /// The pseudo-encoding that announces it and marks its rectangles.
    #[must_use]
    pub fn encoding(self) -> Encoding {
        match self {
            Self::Alpha => Encoding::CURSOR_WITH_ALPHA,
            Self::VmWare => Encoding::VMWARE_CURSOR,
            Self::Rich => Encoding::CURSOR,
            Self::TwoColours => Encoding::X_CURSOR,
        }
    }
    /// The form whose rectangles are marked with `encoding`.
    #[must_use]
    pub fn of(encoding: Encoding) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|form| form.encoding() == encoding)
    }
}

/// A pointer shape: BGRA pixels, and the pixel of them that points.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    size: Size,
    hotspot: Point,
    pixels: Vec<u8>,
}

impl Cursor {
    /// A shape of `size` whose `pixels` are rows of blue, green, red, alpha (not premultiplied), top to bottom.
    ///
    /// An empty `size` hides the pointer. Misuse if `pixels` is not `size.area() * 4` bytes long.
    pub fn new(size: Size, hotspot: Point, pixels: Vec<u8>) -> Result<Self, Error> {
        if pixels.len() != size.area() * BYTES_PER_PIXEL {
            return Err(Error::Misuse(
                "cursor: pixels are not width * height * 4 bytes",
            ));
        }
        Ok(Self {
            size,
            hotspot,
            pixels,
        })
    }
    /// Its size; empty if the pointer is hidden.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }
    /// The pixel that points, from the shape's top left.
    #[must_use]
    pub fn hotspot(&self) -> Point {
        self.hotspot
    }
    /// Rows of blue, green, red, alpha (not premultiplied), top to bottom.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Appends the body of a rectangle of `form`; its colours are in `format` where the form leaves that open.
    pub fn encode_body(&self, form: CursorForm, format: &PixelFormat, out: &mut Vec<u8>) {
        match form {
            CursorForm::Alpha => alpha::encode(self, out),
            CursorForm::VmWare => vmware::encode(self, out),
            CursorForm::Rich => rich::encode(self, format, out),
            CursorForm::TwoColours => two_colours::encode(self, out),
        }
    }

    /// Reads the body of a rectangle of `form` and `size` whose position is `hotspot`. The caller bounds `size`.
    ///
    /// Where there is only a mask alpha becomes 255 or 0; transparent pixels are black.
    pub fn decode_body(
        form: CursorForm,
        r: &mut Reader<'_>,
        pixels: &Unpacker,
        (size, hotspot): (Size, Point),
    ) -> Result<Self, DecodeError> {
        let pixels = match form {
            CursorForm::Alpha => alpha::decode(r, size)?,
            CursorForm::VmWare => vmware::decode(r, pixels, size)?,
            CursorForm::Rich => rich::decode(r, pixels, size)?,
            CursorForm::TwoColours => two_colours::decode(r, size)?,
        };
        Ok(Self {
            size,
            hotspot,
            pixels,
        })
    }

    /// Where it is drawn when it points at `at`, as far as that is on a desktop of `desktop`.
    #[must_use]
    pub fn area(&self, at: Point, desktop: Size) -> Rect {
        let (left, top) = (
            i32::from(at.x) - i32::from(self.hotspot.x),
            i32::from(at.y) - i32::from(self.hotspot.y),
        );
        let clip = |low: i32, length: u16, limit: u16| {
            let end = (low + i32::from(length)).clamp(0, limit.into());
            let start = low.clamp(0, limit.into());
            let narrow = |value: i32| u16::try_from(value).unwrap_or(0);
            (narrow(start), narrow((end - start).max(0)))
        };
        let (left, width) = clip(left, self.size.width, desktop.width);
        let (top, height) = clip(top, self.size.height, desktop.height);
        Rect::new(left, top, width, height)
    }

    /// Draws it over `target`, which shows the part of the desktop that [`Self::area`] gives for `at`.
    pub fn draw(&self, at: Point, area: Rect, mut target: ViewMut<'_>) {
        let skip = |edge: u16, point: u16, hotspot: u16| {
            let start = i32::from(edge) - i32::from(point) + i32::from(hotspot);
            usize::try_from(start).unwrap_or(0)
        };
        let left = skip(area.left, at.x, self.hotspot.x);
        let top = skip(area.top, at.y, self.hotspot.y);
        for (to, from) in target.rows_mut().zip(self.rows().skip(top)) {
            let below = to.as_chunks_mut::<BYTES_PER_PIXEL>().0;
            for (below, above) in below.iter_mut().zip(from.iter().skip(left)) {
                *below = blend(*below, *above);
            }
        }
    }

    fn rows(&self) -> impl Iterator<Item = &[Pixel]> {
        let pixels = self.pixels.as_chunks().0;
        pixels.chunks(usize::from(self.size.width).max(1))
    }
}

/// `above` over `below`; the result is opaque.
fn blend(below: Pixel, above: Pixel) -> Pixel {
    let [.., alpha] = above;
    let mut mixed = Pixel::default();
    for (mixed, (below, above)) in mixed.iter_mut().zip(below.into_iter().zip(above)).take(3) {
        let sum = u32::from(above) * u32::from(alpha) + u32::from(below) * u32::from(255 - alpha);
        *mixed = u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX);
    }
    mixed
}

/// A bit for each of at most eight pixels, the leftmost highest.
fn bits(pixels: &[Pixel], is_set: impl Fn(&Pixel) -> bool) -> u8 {
    (0..8)
        .rev()
        .zip(pixels)
        .filter(|(_, pixel)| is_set(pixel))
        .fold(0, |byte, (bit, _)| byte | 1 << bit)
}

fn is_opaque(&[.., alpha]: &Pixel) -> bool {
    alpha >= OPAQUE
}

/// The bits of a row of a mask, the leftmost highest.
fn mask_bits(row: &[u8]) -> impl Iterator<Item = bool> {
    row.iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 != 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What is left of a shape after a trip in `form`.
    fn trip(cursor: &Cursor, form: CursorForm) -> (Vec<u8>, Result<Cursor, DecodeError>) {
        let mut body = Vec::new();
        cursor.encode_body(form, &PixelFormat::BGRX, &mut body);
        let place = (cursor.size(), cursor.hotspot());
        let mut reader = Reader::new(&body);
        let back =
            Cursor::decode_body(form, &mut reader, &Unpacker::new(&PixelFormat::BGRX), place);
        assert_eq!(reader.position(), body.len());
        (body, back)
    }

    proptest! {
        #[test]
        fn a_shape_that_made_the_trip_once_makes_it_again_unchanged_and_waits_for_its_last_byte(
            (width, height) in (0_u16..20, 0_u16..20),
            seed in prop::collection::vec(any::<u8>(), 4..64),
            form in prop::sample::select(CursorForm::ALL.to_vec()),
        ) {
            let size = Size::new(width, height);
            let pixels: Vec<u8> = seed.iter().copied().cycle().take(size.area() * 4).collect();
            let cursor = Cursor::new(size, Point::new(3, 4), pixels).unwrap();
            let (body, once) = trip(&cursor, form);
            let once = once.unwrap();
            if form != CursorForm::TwoColours {
                // Mean colours may come so close that the next trip cannot tell them apart.
                prop_assert_eq!(trip(&once, form).1.unwrap(), once.clone());
            }
            prop_assert_eq!(once.hotspot(), Point::new(3, 4));
            for (before, after) in cursor.rows().flatten().zip(once.rows().flatten()) {
                prop_assert!(is_opaque(before) == is_opaque(after), "{:?} {:?}", before, after);
            }
            for end in 0..body.len() {
                let mut reader = Reader::new(&body[..end]);
                let place = (size, Point::default());
                let unpacker = Unpacker::new(&PixelFormat::BGRX);
                let result = Cursor::decode_body(form, &mut reader, &unpacker, place);
                let waits = matches!(result, Err(DecodeError::Incomplete { .. }));
                prop_assert!(waits);
            }
        }
    }

    #[test]
    fn a_shape_at_an_edge_is_drawn_as_far_as_it_is_on_the_desktop() {
        let desktop = Size::new(10, 8);
        let pixels = [0, 0, 200, 255].repeat(12);
        let cursor = Cursor::new(Size::new(4, 3), Point::new(1, 2), pixels).unwrap();
        assert_eq!(
            cursor.area(Point::new(5, 5), desktop),
            Rect::new(4, 3, 4, 3)
        );
        assert_eq!(
            cursor.area(Point::new(0, 0), desktop),
            Rect::new(0, 0, 3, 1)
        );
        assert_eq!(
            cursor.area(Point::new(9, 7), desktop),
            Rect::new(8, 5, 2, 3)
        );
        assert!(cursor.area(Point::new(100, 7), desktop).is_empty());
    }

    #[test]
    fn a_half_transparent_pixel_lets_half_of_the_desktop_through() {
        let mut desktop = crate::Framebuffer::new(Size::new(2, 1));
        let pixels = vec![200, 100, 0, 128, 0, 0, 0, 0];
        let cursor = Cursor::new(Size::new(2, 1), Point::default(), pixels).unwrap();
        let area = cursor.area(Point::default(), desktop.size());
        let target = desktop.view_mut(area).unwrap();
        cursor.draw(Point::default(), area, target);
        let row = desktop.view().rows(area).next().unwrap();
        assert_eq!(row, [100, 50, 0, 0, 0, 0, 0, 0]);
    }
}
