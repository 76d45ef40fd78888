//! Making an update: what goes into it, the job that encodes it anywhere, and what it leaves behind.

use std::fmt;

use bytes::Bytes;

use super::loss::Loss;
use super::quality::{Costs, PixelCost, Written};
use super::unfinished::Choice;
use super::{Machine, ServerConnection, State, refresh};
use crate::codec::RECTS_LIMIT;
use crate::message::{Extension, Fence, FenceFlags};
use crate::wire::Encode;
use crate::{
    Cursor, EncodeSettings, Encoder, Encoding, Framebuffer, LocalTime, MediaTime, Point, Rect,
    RectWriter, Region, ServerMessage, View,
};

/// More rectangles of damage than these are joined: slivers cost more as rectangles than as pixels.
const RECTS: usize = 1024;

/// An update to be encoded, on any thread. It owns the encoder: bring the result to
/// [`ServerConnection::finish_update`], or the connection sends nothing more.
pub struct UpdateJob {
    message: Vec<u8>,
    /// Rectangles in `message` already.
    count: u32,
    /// The client may be told the end of the update instead of the number of rectangles.
    last_rect: bool,
    region: Region,
    /// Where the copies in `message` go.
    moved: Vec<Rect>,
    encoding: Encoding,
    encoder: Box<dyn Encoder>,
    pub(super) settings: EncodeSettings,
    /// What of the region keeps changing, and how that is encoded if it is not as the rest.
    pub(super) moving: Region,
    pub(super) moving_settings: Option<EncodeSettings>,
    budget: usize,
    pub(super) refresh: bool,
    /// Other damage waits that the client could be sent.
    is_part: bool,
    continues: bool,
    overtakes: bool,
    /// When what it shows was captured, if the client is told.
    captured: Option<MediaTime>,
    /// The pointer to be drawn into the picture, and where.
    pointer: Option<(Cursor, Point)>,
}

/// An update that has been encoded, and what is to be known of it.
pub struct EncodedUpdate {
    message: Vec<u8>,
    region: Region,
    moved: Vec<Rect>,
    left: Region,
    lossy: Vec<(Rect, u8)>,
    pub(super) written: Written,
    encoding: Encoding,
    encoder: Box<dyn Encoder>,
    overtakes: bool,
    captured: Option<MediaTime>,
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

impl ServerConnection {
    /// The next update, if the client waits for one and there is news for it.
    ///
    /// About `budget` bytes are encoded, if the client takes continuous updates or is ours; the rest stays damage. `None` while a job is out, while an update waits in
    /// the output, or if there is nothing to say: encode late.
    pub fn begin_update(&mut self, now: LocalTime, budget: usize) -> Option<UpdateJob> {
        self.machine.begin_update(now, budget)
    }

    /// Takes an encoded update to the output.
    pub fn finish_update(&mut self, now: LocalTime, update: EncodedUpdate) {
        let machine = &mut self.machine;
        let EncodedUpdate {
            mut message,
            region,
            moved,
            left,
            lossy,
            written,
            encoding,
            encoder,
            overtakes,
            captured,
        } = update;
        machine.encoders.put(encoding, encoder);
        machine.flight.finish(&left, !message.is_empty());
        let carried = machine.sent.update_sent(&region, &left, Loss::of(&lossy));
        // What a refresh could not send is right, only not exact, and known to be so.
        if !written.refresh {
            let sent = region.difference(&left);
            let changed = sent.rects().iter().copied().chain(moved);
            machine.refresh.changed(changed, now);
            match machine.whole_pictures && !overtakes {
                true => machine.leave_unfinished(now, left),
                false => machine.sent.add_damage(&carried),
            }
        }
        if !message.is_empty() {
            // Ahead of the picture, so that how long that is under way does not count.
            if machine.supports(Encoding::FENCE)
                && let Some(fence) = machine.pulse.beat(now)
            {
                machine.say(&ServerMessage::Fence(fence));
            }
            if let Some(captured) = captured.filter(|_| written.is_whole)
                && machine.supports(Encoding::TIGHTROPE)
                && machine.pictures.end(captured)
            {
                let end = Extension::PictureEnd(captured);
                ServerMessage::Extension(end).encode(&mut message);
            }
            machine.picture = Some(Bytes::from(message));
        }
    }

    /// When [`Self::begin_update`] may have something to do though nothing has happened.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<LocalTime> {
        let machine = &self.machine;
        let area = machine.wanted_area()?;
        if machine.state != State::Running {
            return None;
        }
        let refresh = machine.refresh.due(machine.sent.loss(), &area);
        refresh.into_iter().chain(machine.pointer_due()).min()
    }
}

impl Machine {
    fn begin_update(&mut self, now: LocalTime, budget: usize) -> Option<UpdateJob> {
        let busy = self.picture.is_some() || self.encoders.lent() || !self.trailing.is_empty();
        if self.state != State::Running || busy {
            return None;
        }
        let area = match self.wanted_area() {
            Some(area) => area,
            // LibVNCClient asks for nothing more until it is told of the size it asked for.
            None if self.news.answers_resize() => Region::default(),
            None => return None,
        };
        let mut message = Vec::new();
        ServerMessage::Update { rects: 0 }.encode(&mut message);
        let mut out = RectWriter::new(&mut message, usize::MAX);
        let budget = self.budget(budget);
        self.damage_pointer();
        self.settle_unfinished(now, &area);
        let next = self.go_on(now, &area);
        let mut captured = None;
        if self.has_pixels(next.as_ref(), &area) {
            let rest = self.unfinished.as_ref().filter(|_| is_rest(next.as_ref()));
            captured = rest.map_or(self.news.captured, |rest| rest.captured);
            captured = self.write_captured(captured, &mut out);
        }
        let mut told = self.write_news(now, &mut out);
        let mut choice = Choice::default();
        let mut refresh = false;
        let mut moved = Vec::new();
        // Pixels of the old size would be lost in a resize: it goes alone.
        if !told.resized {
            choice = match next {
                Some(next) => next,
                None => {
                    moved = self.write_moves(&area, &mut out);
                    let mut region = self.sent.take_damage(&area);
                    region.thin_out(RECTS);
                    self.divide(now, region, budget)
                }
            };
            if choice.region.is_empty() && out.count() == 0 && !self.sent.loss().is_empty() {
                choice.region = self.to_refresh(&area, now);
                refresh = true;
            }
        }
        let Choice {
            region,
            continues,
            overtakes,
        } = choice;
        let count = out.count();
        if count == 0 && region.is_empty() {
            return None;
        }
        let settings = self.settings(refresh);
        let moving = match refresh || !settings.loss_allowed() {
            true => Region::default(),
            false => self.refresh.moving(&region, now),
        };
        // What is newer than a picture that is being finished is no part of it.
        let more = || !continues && !self.sent.damage().intersection(&area).is_empty();
        let is_part = overtakes || self.has_rest() || more();
        let (encoding, encoder) = self.take_encoder(&settings)?;
        self.requested = None;
        told.pixels = region.union(&moved.iter().copied().collect());
        self.flight.begin(told);
        Some(UpdateJob {
            message,
            count,
            last_rect: self.supports(Encoding::LAST_RECT),
            region,
            moved,
            encoding,
            encoder,
            settings,
            moving,
            moving_settings: None,
            budget: match refresh {
                true => budget.min(refresh::BYTES),
                false => budget,
            },
            refresh,
            is_part,
            continues,
            overtakes,
            captured,
            pointer: self.drawn.clone(),
        })
    }

    /// Bytes that an update may have. Without continuous updates an answer is the whole answer: some clients ask once and
    /// take it for all. Ours ask again.
    fn budget(&self, budget: usize) -> usize {
        match self.continuous_updates {
            None if !self.supports(Encoding::TIGHTROPE) => usize::MAX,
            _ => budget,
        }
    }

    /// Whether the next update shows something of a picture.
    fn has_pixels(&self, next: Option<&Choice>, area: &Region) -> bool {
        let damaged = || !self.sent.damage().intersection(area).is_empty();
        next.is_some() || self.sent.has_moves() || damaged()
    }

    /// What to send again without loss.
    fn to_refresh(&self, area: &Region, now: LocalTime) -> Region {
        let asked = self.settings(false).jpeg_quality();
        let asked = asked.map(|jpeg| jpeg.quality);
        let loss = self.sent.loss();
        self.refresh
            .choose(loss, area, asked, self.pointer.place(), now)
    }

    /// Notes where the pointer is to be drawn into the picture or out of it, for a client that cannot do it itself.
    fn damage_pointer(&mut self) {
        let to_draw = match (self.cursor_form(), &self.news.cursor, self.pointer.at()) {
            (None, Some(cursor), Some(at)) => Some((cursor.clone(), at)),
            _ => None,
        };
        if to_draw == self.drawn {
            return;
        }
        let before = std::mem::replace(&mut self.drawn, to_draw);
        for (cursor, at) in before.iter().chain(&self.drawn) {
            let area = cursor.area(*at, self.sent.size);
            self.sent.add_damage(&area.into());
        }
    }

    /// Where the client waits for pixels; `None` if it waits for none.
    fn wanted_area(&self) -> Option<Region> {
        match (&self.requested, self.continuous_updates) {
            (None, None) => None,
            (Some(region), None) => Some(region.clone()),
            (None, Some(rect)) => Some(rect.into()),
            (Some(region), Some(rect)) => Some(region.union(&rect.into())),
        }
    }

    fn settings(&self, refresh: bool) -> EncodeSettings {
        let mut settings = EncodeSettings {
            format: self.format,
            without_zlib: self.supports(Encoding::TIGHT_WITHOUT_ZLIB),
            gradient: !self.is_old_novnc(),
            ..EncodeSettings::default()
        };
        let encodings = || self.encodings.iter();
        if let Some(level) = encodings().find_map(|own| own.compression_level()) {
            settings.compression = level;
        }
        if !refresh {
            settings.quality = encodings().find_map(|own| own.quality_level());
            settings.fine_quality = encodings().find_map(|own| own.fine_quality_level());
            settings.subsampling = encodings().find_map(|own| own.subsampling_level());
        }
        settings
    }

    /// The encoder of the client's first encoding that will do.
    fn take_encoder(&mut self, settings: &EncodeSettings) -> Option<(Encoding, Box<dyn Encoder>)> {
        if settings.loss_allowed() {
            return self.encoders.take(&self.encodings);
        }
        let exact = |encoding: &Encoding| *encoding != Encoding::JPEG;
        let exact: Vec<Encoding> = self.encodings.iter().copied().filter(exact).collect();
        self.encoders.take(&exact)
    }

    /// noVNC before 1.5 ends the session at Tight's gradient filter. It is known by TightPNG, which hardly another
    /// client asks for, and by not knowing LED state, which came with 1.5.
    fn is_old_novnc(&self) -> bool {
        self.supports(Encoding::TIGHT_PNG)
            && !self.supports(Encoding::QEMU_LEDS)
            && !self.supports(Encoding::TIGHT_WITHOUT_ZLIB)
    }

    /// Writes the moves that are due as copies, if all they come from is wanted; gives where to.
    fn write_moves(&mut self, area: &Region, out: &mut RectWriter<'_>) -> Vec<Rect> {
        if !self.sent.has_moves() {
            return Vec::new();
        }
        if !Region::from(self.sent.size).difference(area).is_empty() {
            // Half the picture is wanted: what would be copied may come from the other half.
            self.sent.moves_to_damage();
            return Vec::new();
        }
        let moves = self.sent.take_moves();
        for move_ in &moves {
            let body = out.begin(move_.to, Encoding::COPY_RECT);
            body.extend(move_.from.x.to_be_bytes());
            body.extend(move_.from.y.to_be_bytes());
        }
        moves.iter().map(|move_| move_.to).collect()
    }
}

/// Whether it goes on with a picture.
fn is_rest(next: Option<&Choice>) -> bool {
    next.is_some_and(|next| next.continues)
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
