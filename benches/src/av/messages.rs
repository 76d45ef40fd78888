//! What the source tells whoever measures, and is told: lines of JSON over a socket.

use serde::{Deserialize, Serialize};

use crate::desktop::clock::Micros;

/// What the source says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum News {
    /// The window is there, and the sink is listened to.
    Ready {
        /// A pixel in the middle of what flashes.
        x: u16,
        y: u16,
    },
    /// It has flashed and clicked.
    Flash(Flash),
    /// It has flashed, but no click was heard.
    Unheard { number: u32 },
}

/// One flash with its click.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Flash {
    /// From 1.
    pub(super) number: u32,
    /// When the X server had drawn it.
    pub(super) painted: Micros,
    /// When the click passed the monitor of the sink.
    pub(super) sounded: Micros,
}

/// What the source is told: to begin. It ends when the socket does.
pub(super) const GO: &str = "go\n";

/// Colours that flashes have, one after the other: a corner of the cube of colours each, so that coding with loss
/// leaves them apart.
pub(super) const COLOURS: u32 = 8;

/// The colour of flash `number`, as X11's pixel `0xRRGGBB`.
pub(super) fn colour(number: u32) -> u32 {
    let channels = [(0, 0xff), (1, 0xff00), (2, 0x00ff_0000)];
    let set = channels.iter().filter(|(bit, _)| number >> bit & 1 == 1);
    set.map(|(_, mask)| mask).sum()
}

/// Which of the colours a pixel is, BGRX.
pub(super) fn which(pixel: [u8; 4]) -> u32 {
    let [blue, green, red, _] = pixel;
    (0..)
        .zip([blue, green, red])
        .map(|(bit, value)| u32::from(value >= 128) << bit)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_colour_is_told_from_the_others_after_a_loss() {
        for number in 0..COLOURS {
            let [blue, green, red, _] = colour(number).to_le_bytes();
            let lossy = [blue, green, red].map(|value| if value == 0 { 60 } else { 200 });
            assert_eq!(which([lossy[0], lossy[1], lossy[2], 0]), number);
        }
        assert_eq!(colour(COLOURS + 3), colour(3));
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let flash = Flash {
            number: 7,
            painted: Micros(1_000_000),
            sounded: Micros(1_012_345),
        };
        for news in [News::Ready { x: 1, y: 2 }, News::Flash(flash)] {
            let line = serde_json::to_string(&news).unwrap();
            assert_eq!(serde_json::from_str::<News>(&line).unwrap(), news);
        }
    }
}
