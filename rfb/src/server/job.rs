//! An update on its way: the job that encodes it anywhere, and what comes of that.

use std::fmt;

#[cfg(doc)]
use super::ServerConnection;
use super::quality::{Costs, PixelCost, Written};
use crate::codec::RECTS_LIMIT;
use crate::message::{Fence, FenceFlags};
use crate::wire::Encode;
use crate::{
    Cursor, EncodeSettings, Encoder, Encoding, Framebuffer, MediaTime, Point, Rect, RectWriter,
    Region, ServerMessage, View,
};

/// An update to be encoded, on any thread. It owns the encoder: bring the result to
/// [`ServerConnection::finish_update`], or the connection sends nothing more.
pub struct UpdateJob {
    pub(super) message: Vec<u8>,
    /// Rectangles in `message` already.
    pub(super) count: u32,
    /// The client may be told the end of the update instead of the number of rectangles.
    pub(super) last_rect: bool,
    pub(super) region: Region,
    /// Where the copies in `message` go.
    pub(super) moved: Vec<Rect>,
    pub(super) encoding: Encoding,
    pub(super) encoder: Box<dyn Encoder>,
    pub(super) settings: EncodeSettings,
    /// What of the region keeps changing, and how that is encoded if it is not as the rest.
    pub(super) moving: Region,
    pub(super) moving_settings: Option<EncodeSettings>,
    pub(super) budget: usize,
    pub(super) refresh: bool,
    /// Other damage waits that the client could be sent.
    pub(super) is_part: bool,
    pub(super) continues: bool,
    pub(super) overtakes: bool,
    /// When what it shows was captured, if the client is told.
    pub(super) captured: Option<MediaTime>,
    /// The pointer to be drawn into the picture, and where.
    pub(super) pointer: Option<(Cursor, Point)>,
}

/// An update that has been encoded, and what is to be known of it.
pub struct EncodedUpdate {
    pub(super) message: Vec<u8>,
    pub(super) region: Region,
    pub(super) moved: Vec<Rect>,
    pub(super) left: Region,
    pub(super) lossy: Vec<(Rect, u8)>,
    pub(super) written: Written,
    pub(super) encoding: Encoding,
    pub(super) encoder: Box<dyn Encoder>,
    pub(super) overtakes: bool,
    pub(super) captured: Option<MediaTime>,
}

impl UpdateJob {
    /// The part of the desktop it encodes; empty if it only carries other news.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Whether it goes on with the picture of an earlier update, and is to be run with the screen of that: see
    /// [`ServerConnection::set_whole_pictures`].
    #[must_use]
    pub fn continues(&self) -> bool {
        self.continues
    }

    /// Whether it shows, before an unfinished picture, something newer that is small: see
    /// [`ServerConnection::set_whole_pictures`].
    #[must_use]
    pub fn overtakes(&self) -> bool {
        self.overtakes
    }

    /// Tells which picture of the desktop will be encoded: see [`EncodeSettings::picture`].
    #[must_use]
    pub fn of_picture(mut self, number: u64) -> Self {
        self.settings.picture = Some(number);
        self
    }

    /// Encodes from `desktop`, which must show at least what was damage when the job began.
    #[must_use]
    pub fn run(mut self, desktop: View<'_>) -> EncodedUpdate {
        match self.with_pointer(desktop) {
            Some(shown) => {
                self.settings.picture = None;
                self.encode(shown.view())
            }
            None => self.encode(desktop),
        }
    }

    /// A copy of `desktop` with the pointer drawn on it; `None` if there is none to draw where we encode. Encoders may
    /// write a little more than they have to, between the parts of the region.
    fn with_pointer(&mut self, desktop: View<'_>) -> Option<Framebuffer> {
        let (cursor, at) = self.pointer.take()?;
        let area = cursor.area(at, desktop.size());
        if self.region.bounds().intersection(area).is_empty() {
            return None;
        }
        let mut shown = Framebuffer::new(desktop.size());
        let rows = desktop.rows(desktop.size().into());
        for (to, from) in shown.view_mut(desktop.size().into())?.rows_mut().zip(rows) {
            to.copy_from_slice(from);
        }
        cursor.draw(at, area, shown.view_mut(area)?);
        Some(shown)
    }

    fn encode(mut self, desktop: View<'_>) -> EncodedUpdate {
        let region = self.region.clipped(desktop.size());
        let rects_limit = match self.last_rect {
            true => u32::MAX,
            false => RECTS_LIMIT.saturating_sub(self.count),
        };
        let mut message = std::mem::take(&mut self.message);
        let out = RectWriter::new(&mut message, self.budget);
        let mut out = out.with_rects_limit(rects_limit);
        let (left, costs) = self.encode_region(desktop, &region, &mut out);
        let count = self.count.saturating_add(out.count());
        let told = match u16::try_from(count) {
            Ok(count) if u32::from(count) <= RECTS_LIMIT => count,
            _ => {
                out.begin(Rect::default(), Encoding::LAST_RECT);
                u16::MAX
            }
        };
        let lossy = out.into_marks();
        let written = Written {
            refresh: self.refresh,
            is_whole: left.is_empty() && !self.is_part,
            costs,
            lowest: lossy.iter().map(|(_, quality)| *quality).min(),
        };
        if let Some(head) = message.get_mut(2..4) {
            head.copy_from_slice(&told.to_be_bytes());
        }
        EncodedUpdate {
            message: if count == 0 { Vec::new() } else { message },
            // What is not on the desktop cannot be sent, and need not be.
            region: self.region,
            moved: self.moved,
            left,
            lossy,
            written,
            encoding: self.encoding,
            encoder: self.encoder,
            overtakes: self.overtakes,
            captured: self.captured,
        }
    }

    /// Writes the pixels of `region`, those that keep changing in their own way: what is left, and what each way cost.
    fn encode_region(
        &mut self,
        desktop: View<'_>,
        region: &Region,
        out: &mut RectWriter<'_>,
    ) -> (Region, Costs) {
        let moving = region.intersection(&self.moving);
        let still = region.difference(&moving);
        let mut left = Region::default();
        let mut costs = Costs::default();
        // The smaller first: it does not keep the larger waiting.
        let moving_first = moving.area() < still.area();
        for is_moving in [moving_first, !moving_first] {
            let part = if is_moving { &moving } else { &still };
            if part.is_empty() {
                continue;
            }
            if out.is_full() {
                left = left.union(part);
                continue;
            }
            let own = self.moving_settings.as_ref().filter(|_| is_moving);
            let settings = own.unwrap_or(&self.settings);
            let (written, before) = (out.written(), out.lossy_cost());
            let rest = self.encoder.encode(desktop, part, settings, out);
            let after = out.lossy_cost();
            let cost = PixelCost {
                pixels: part.area().saturating_sub(rest.area()),
                bytes: out.written() - written,
                lossy_pixels: after.pixels - before.pixels,
                lossy_bytes: after.bytes - before.bytes,
            };
            match is_moving {
                true => costs.moving = cost,
                false => costs.still = cost,
            }
            left = left.union(&rest);
        }
        (left, costs)
    }
}

impl EncodedUpdate {
    /// The same with a fence behind it, if there is anything to send: [`ServerEvent::Read`](super::ServerEvent::Read) tells
    /// when the client has got so far. Only for clients with fences: see [`ServerConnection::takes_fences`].
    #[must_use]
    pub fn numbered(mut self, number: u64) -> Self {
        if !self.message.is_empty() {
            let fence = Fence {
                flags: FenceFlags::REQUEST.with(FenceFlags::BLOCK_BEFORE),
                payload: number.to_be_bytes().to_vec(),
            };
            ServerMessage::Fence(fence).encode(&mut self.message);
        }
        self
    }
    /// Bytes of the whole update.
    #[must_use]
    pub fn len(&self) -> usize {
        self.message.len()
    }
    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.message.is_empty()
    }
}

impl fmt::Debug for UpdateJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UpdateJob({:?}, {:?})", self.encoding, self.region)
    }
}

impl fmt::Debug for EncodedUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "EncodedUpdate({:?}, {} bytes)",
            self.encoding,
            self.len()
        )
    }
}
