//! Making an update: what goes into it, and what it leaves behind.

use bytes::Bytes;

use super::job::{EncodedUpdate, UpdateJob};
use super::loss::Loss;
use super::unfinished::Choice;
use super::{Machine, ServerConnection, State, refresh};
use crate::message::Extension;
use crate::wire::Encode;
use crate::{
    EncodeSettings, Encoder, Encoding, LocalTime, Rect, RectWriter, Region, ServerMessage,
};

/// More rectangles of damage than these are joined: slivers cost more as rectangles than as pixels.
const RECTS: usize = 1024;

impl ServerConnection {
    /// The next update, if the client waits for one and there is news for it.
    ///
    /// About `budget` bytes are encoded, if the client takes continuous updates or is ours; the rest stays damage. `None`
    /// while a job is out, while an update waits in the output, or if there is nothing to say: encode late.
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
        let mut moved = Vec::new();
        // Pixels of the old size would be lost in a resize: it goes alone.
        let choice = match next {
            _ if told.resized => Choice::default(),
            Some(next) => next,
            None => {
                moved = self.write_moves(&area, &mut out);
                let mut region = self.sent.take_damage(&area);
                region.thin_out(RECTS);
                self.divide(now, region, budget)
            }
        };
        let Choice {
            mut region,
            continues,
            overtakes,
        } = choice;
        let is_idle = !told.resized && region.is_empty() && out.count() == 0;
        let refresh = is_idle && !self.sent.loss().is_empty();
        if refresh {
            region = self.to_refresh(&area, now);
        }
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
