//! The shape of the pointer on an X display: one of our own that no program has by chance, and what is shown.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::stage::ARRIVAL;
use crate::process::{SHORT, run, wait_until};
use crate::x11::Display;

const PROGRAM: &str = include_str!("shape.py");
const SIDE: u32 = 16;
const HOT_SPOT: (u32, u32) = (3, 5);

/// A pointer, cut to what can be seen of it, so that empty borders do not count.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    size: (usize, usize),
    /// Relative to the upper left corner of what can be seen.
    hot_spot: (i64, i64),
    /// 0xAARRGGBB, row by row.
    pixels: Vec<u32>,
}

#[derive(Deserialize)]
struct Image {
    width: usize,
    height: usize,
    hot_x: i64,
    hot_y: i64,
    pixels: Vec<u32>,
}

/// Gives the display's empty background a pointer of many colours with a hot spot away from the corner.
///
/// Not one of two colours, as X had first: Xtigervnc 1.12 shows those in black.
pub(super) fn set(display: &Display, directory: &Path) -> Result<()> {
    let file = directory.join("cursor");
    std::fs::write(&file, xcursor_file())?;
    let mut command = display.command("xsetroot");
    command.arg("-xcf").arg(file).arg(SIDE.to_string());
    run(&mut command, SHORT).map(drop)
}

/// A triangle in the format of libXcursor: a header, a table of one chunk, and that chunk, an image.
fn xcursor_file() -> Vec<u8> {
    const IMAGE: u32 = 0xfffd_0002;
    const TABLE_END: u32 = 16 + 12;
    let header = [16, /* version */ 0x1_0000, /* chunks */ 1];
    let table = [IMAGE, SIDE, TABLE_END];
    let (hot_x, hot_y) = HOT_SPOT;
    let image = [
        36, IMAGE, SIDE, /* version */ 1, SIDE, SIDE, hot_x, hot_y, /* delay */ 0,
    ];
    let pixels = (0..SIDE * SIDE).map(|at| match (at % SIDE, at / SIDE) {
        (x, y) if x <= y => 0xff00_0000 | (x * 15) << 16 | (y * 15) << 8 | (255 - x * 9),
        _ => 0,
    });
    let numbers = header.into_iter().chain(table).chain(image).chain(pixels);
    let bytes = numbers.flat_map(u32::to_le_bytes);
    b"Xcur".iter().copied().chain(bytes).collect()
}

/// What the display shows now.
pub(super) fn shown(display: &Display) -> Result<Cursor> {
    let text = run(display.command("python3").args(["-c", PROGRAM]), SHORT)?;
    visible(&serde_json::from_str(&text).context("the pointer's shape")?)
}

impl Cursor {
    /// The shape that a program's answer describes as [`PROGRAM`] does.
    pub(super) fn described(answer: Value) -> Result<Self> {
        visible(&serde_json::from_value(answer).context("the pointer's shape")?)
    }

    /// Whether it is large enough to tell pointers apart.
    fn is_of_use(&self) -> bool {
        self.pixels.len() > 16
    }
}

/// Waits until `here` is the pointer that is `wanted`, which must not be an empty one.
///
/// The desktop's is asked for anew each time: the movement to where it has that shape may still be under way.
pub(super) fn expect(
    mut wanted: impl FnMut() -> Result<Cursor>,
    mut here: impl FnMut() -> Result<Cursor>,
) -> Result<()> {
    let same = || {
        let is_same = match (wanted(), here()) {
            (Ok(wanted), Ok(here)) => wanted.is_of_use() && wanted == here,
            _ => false,
        };
        Ok(is_same.then_some(()))
    };
    let arrived = wait_until("the pointer's shape arrives", ARRIVAL, same);
    arrived.with_context(|| match (wanted(), here()) {
        (Ok(wanted), _) if !wanted.is_of_use() => {
            format!("the desktop's has only {} pixels", wanted.pixels.len())
        }
        (Ok(wanted), Ok(found)) => format!(
            "should be {:?} with its hot spot at {:?}, and is {:?} with {:?}; {}",
            wanted.size,
            wanted.hot_spot,
            found.size,
            found.hot_spot,
            difference(&wanted, &found)
        ),
        (Err(error), _) => format!("at the desktop: {error:#}"),
        (_, Err(error)) => format!("{error:#}"),
    })
}

fn difference(wanted: &Cursor, found: &Cursor) -> String {
    let pairs = || wanted.pixels.iter().zip(&found.pixels);
    let count = pairs().filter(|(a, b)| a != b).count();
    match pairs().find(|(a, b)| a != b) {
        Some((a, b)) => format!("{count} pixels differ, the first is {b:08x} and not {a:08x}"),
        None => "no pixel differs".to_owned(),
    }
}

fn visible(image: &Image) -> Result<Cursor> {
    ensure!(
        image.width > 0 && image.pixels.len() == image.width * image.height,
        "the pointer's shape is not whole"
    );
    let opaque = image
        .pixels
        .iter()
        .enumerate()
        .filter(|(_, pixel)| **pixel >> 24 != 0);
    let places: Vec<(usize, usize)> = opaque
        .map(|(at, _)| (at % image.width, at / image.width))
        .collect();
    let edges = |values: &mut dyn Iterator<Item = usize>| {
        values.fold((usize::MAX, 0), |(least, most), value| {
            (least.min(value), most.max(value + 1))
        })
    };
    let (left, right) = edges(&mut places.iter().map(|place| place.0));
    let (top, bottom) = edges(&mut places.iter().map(|place| place.1));
    ensure!(!places.is_empty(), "the pointer cannot be seen");
    let rows = image
        .pixels
        .chunks_exact(image.width)
        .skip(top)
        .take(bottom - top);
    let pixels = rows
        .flat_map(|row| row.iter().skip(left).take(right - left))
        .map(|&pixel| if pixel >> 24 == 0 { 0 } else { pixel })
        .collect();
    let hot_spot = (
        image.hot_x - i64::try_from(left)?,
        image.hot_y - i64::try_from(top)?,
    );
    Ok(Cursor {
        size: (right - left, bottom - top),
        hot_spot,
        pixels,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_borders_do_not_count() {
        let (o, x) = (0, 0xFF01_0203);
        let wide = Image {
            width: 4,
            height: 3,
            hot_x: 2,
            hot_y: 1,
            pixels: vec![o, o, o, o, o, o, x, x, o, o, x, o],
        };
        let tight = Image {
            width: 2,
            height: 2,
            hot_x: 0,
            hot_y: 0,
            pixels: vec![x, x, x, o],
        };
        assert_eq!(visible(&wide).unwrap(), visible(&tight).unwrap());
    }

    #[test]
    fn a_pointer_that_cannot_be_seen_is_an_error() {
        let image = Image {
            width: 2,
            height: 1,
            hot_x: 0,
            hot_y: 0,
            pixels: vec![0, 0x00FF_FFFF],
        };
        assert!(
            visible(&image)
                .unwrap_err()
                .to_string()
                .contains("cannot be seen")
        );
    }
}
