//! Reading an update, rectangle by rectangle. RFC 6143 7.6.1, 7.7, 7.8.

use super::{ClientEvent, Machine, State};
use crate::screen::{ResizeReason, ResizeStatus};
use crate::wire::{Decode, Reader};
use crate::{
    ClientMessage, Cursor, CursorForm, DecodeError, Encoding, Error, Leds, MediaTime, Point,
    Progress, Rect, Region, Screen, Size,
};

/// Damage of more rectangles than this is told as a whole.
const DAMAGE_RECTS: usize = 1024;

/// An update that is being read.
#[derive(Debug, Default)]
pub(super) struct Update {
    /// Rectangles still to come; `None` if LastRect will end them.
    left: Option<u16>,
    damage: Region,
    /// What was drawn since `damage` was added to: one by one that takes long.
    drawn: Vec<Rect>,
    resized: bool,
    /// When its picture was taken, if it says so.
    captured: Option<MediaTime>,
    /// The rectangle whose body is being read.
    current: Option<(Rect, Encoding)>,
}

impl Update {
    pub(super) fn new(rects: u16) -> Self {
        Self {
            left: (rects != u16::MAX).then_some(rects),
            ..Self::default()
        }
    }

    /// Whether there may be another rectangle after `more` of those still to come.
    pub(super) fn expects(&self, more: usize) -> bool {
        self.left.is_none_or(|left| more < usize::from(left))
    }

    /// The rectangle whose header was read.
    pub(super) fn current(&self) -> Option<(Rect, Encoding)> {
        self.current
    }

    /// Notes that `rect` was drawn.
    pub(super) fn rect_drawn(&mut self, rect: Rect) {
        self.drawn.push(rect);
        if self.drawn.len() >= DAMAGE_RECTS {
            self.add_drawn();
        }
        self.rect_done();
    }

    fn add_drawn(&mut self) {
        let drawn: Region = self.drawn.drain(..).collect();
        self.damage = self.damage.union(&drawn);
        self.damage.simplify(DAMAGE_RECTS);
    }

    fn rect_done(&mut self) {
        self.left = self.left.map(|left| left.saturating_sub(1));
        self.current = None;
    }
}

impl Machine {
    pub(super) fn update_step(&mut self, r: &mut Reader<'_>) -> Result<Option<ClientEvent>, Error> {
        let State::Update(update) = &mut self.state else {
            return Ok(None);
        };
        if update.left == Some(0) {
            let update = std::mem::take(update);
            return self.finish_update(update);
        }
        let current = update.current;
        if self.draw_together(r)? {
            return Ok(None);
        }
        if let Some((rect, encoding)) = current {
            return self.draw(rect, encoding, r).map(|()| None);
        }
        let rect = Rect::decode(r)?;
        let encoding = Encoding(r.i32("encoding-type")?);
        let State::Update(update) = &mut self.state else {
            return Ok(None);
        };
        let event = match encoding {
            Encoding::LAST_RECT => {
                update.left = Some(0);
                return Ok(None);
            }
            Encoding::DESKTOP_SIZE => self.set_size(rect.size(), Vec::new())?,
            Encoding::EXTENDED_DESKTOP_SIZE => self.read_screens(rect, r)?,
            Encoding::DESKTOP_NAME => {
                let length = r.length("name-length", self.config.limits.name)?;
                let name = r.bytes("name-string", length)?;
                self.name = String::from_utf8_lossy(name).into_owned();
                Some(ClientEvent::Renamed(self.name.clone()))
            }
            Encoding::POINTER_POS | Encoding::VMWARE_CURSOR_POSITION => {
                Some(ClientEvent::PointerMoved(self.on_desktop(rect.origin())))
            }
            Encoding::QEMU_LEDS => self.take_leds(Leds(r.u8("led-state")?)),
            Encoding::VMWARE_LEDS => {
                let [.., low] = r.u32("led-state")?.to_be_bytes();
                self.take_leds(Leds(low))
            }
            Encoding::PTS => {
                let micros = u64::from(r.u32("pts")?) << 32 | u64::from(r.u32("pts")?);
                update.captured = Some(MediaTime::from_micros(micros));
                self.peer.captured = update.captured;
                None
            }
            _ => match CursorForm::of(encoding) {
                Some(form) => self.read_cursor(form, rect, r)?,
                None if self.announcement(encoding)? => None,
                None => {
                    // The body is read in steps of its own.
                    self.begin_body(rect, encoding);
                    return Ok(None);
                }
            },
        };
        // Only now is the rectangle whole: before, it may have been read in vain.
        if let State::Update(update) = &mut self.state {
            update.rect_done();
            update.resized |= matches!(event, Some(ClientEvent::Resized { .. }));
        }
        Ok(event)
    }

    /// Takes an empty rectangle that says what the server can do; `false` if it is none.
    fn announcement(&mut self, encoding: Encoding) -> Result<bool, Error> {
        match encoding {
            Encoding::TIGHTROPE => self.peer.extensions = true,
            Encoding::QEMU_KEYS => self.peer.keycodes = true,
            Encoding::EXTENDED_BUTTONS => self.peer.extended_buttons = true,
            Encoding::SOUND => self.sound.acknowledged(),
            Encoding::QEMU_AUDIO => self.sound.qemu_acknowledged(),
            Encoding::CLOCK => {
                self.peer.clock = true;
                self.compare_clocks(self.now)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn begin_body(&mut self, rect: Rect, encoding: Encoding) {
        if let State::Update(update) = &mut self.state {
            update.current = Some((rect, encoding));
        }
    }

    fn on_desktop(&self, at: Point) -> Point {
        let size = self.framebuffer.size();
        let last = |length: u16| length.saturating_sub(1);
        Point::new(at.x.min(last(size.width)), at.y.min(last(size.height)))
    }

    fn take_leds(&mut self, leds: Leds) -> Option<ClientEvent> {
        let before = self.peer.leds.replace(leds);
        (before != Some(leds)).then_some(ClientEvent::LedsChanged(leds))
    }

    fn finish_update(&mut self, mut update: Update) -> Result<Option<ClientEvent>, Error> {
        update.add_drawn();
        self.updates.add();
        self.sound.finish_update();
        self.state = State::Idle;
        if update.resized {
            // What a resize leaves on the screen is undefined: ask for all of it.
            self.request_update(false)?;
            if self.peer.continuous_updates {
                self.enable_continuous_updates()?;
            }
        } else if !self.peer.continuous_updates {
            self.request_update(true)?;
        }
        if self.peer.fences
            && let Some(fence) = self.pulse.beat(self.now)
        {
            self.send(&ClientMessage::Fence(fence))?;
        }
        let damage = update.damage.clipped(self.framebuffer.size());
        let captured = update.captured;
        Ok((!damage.is_empty()).then_some(ClientEvent::Updated { damage, captured }))
    }

    /// Draws what is at hand of the body of `rect`.
    fn draw(&mut self, rect: Rect, encoding: Encoding, body: &mut Reader<'_>) -> Result<(), Error> {
        let outside = DecodeError::Invalid {
            field: "rectangle",
            value: rect.right().max(rect.bottom()).into(),
        };
        if encoding == Encoding::COPY_RECT {
            let from = Point::new(body.u16("src-x-position")?, body.u16("src-y-position")?);
            self.framebuffer.copy_within(from, rect).ok_or(outside)?;
        } else {
            let decoder = self.decoders.find(encoding).ok_or(DecodeError::Invalid {
                field: "encoding-type",
                value: encoding.0.into(),
            })?;
            let target = self.framebuffer.view_mut(rect).ok_or(outside)?;
            if decoder.decode(body, &self.pixels, target)? == Progress::More {
                return Ok(());
            }
        }
        *self.rectangles.entry(encoding.0).or_default() += 1;
        if let State::Update(update) = &mut self.state {
            update.rect_drawn(rect);
        }
        Ok(())
    }

    fn read_cursor(
        &mut self,
        form: CursorForm,
        rect: Rect,
        r: &mut Reader<'_>,
    ) -> Result<Option<ClientEvent>, Error> {
        let limit = self.config.limits.cursor_side;
        for (field, value) in [("cursor.width", rect.width), ("cursor.height", rect.height)] {
            if value > limit {
                return Err(Error::Decode(DecodeError::TooLarge {
                    field,
                    value: value.into(),
                    limit: limit.into(),
                }));
            }
        }
        let place = (rect.size(), rect.origin());
        let cursor = Cursor::decode_body(form, r, &self.pixels, place)?;
        self.cursor = Some(cursor);
        Ok(Some(ClientEvent::CursorChanged))
    }

    fn read_screens(
        &mut self,
        rect: Rect,
        r: &mut Reader<'_>,
    ) -> Result<Option<ClientEvent>, Error> {
        let count = r.u8("number-of-screens")?;
        r.bytes("screens.padding", 3)?;
        let screens: Vec<Screen> = (0..count)
            .map(|_| Screen::decode(r))
            .collect::<Result<_, _>>()?;
        self.peer.resize = true;
        let (reason, status) = (ResizeReason(rect.left), ResizeStatus(rect.top));
        if reason == ResizeReason::THIS_CLIENT && status != ResizeStatus::OK {
            return Ok(Some(ClientEvent::ResizeRefused(status)));
        }
        self.set_size(rect.size(), screens)
    }

    fn set_size(&mut self, size: Size, screens: Vec<Screen>) -> Result<Option<ClientEvent>, Error> {
        let size = self.accept_size(size)?;
        let known = std::mem::replace(&mut self.screens, screens.clone());
        if size == self.framebuffer.size() {
            // The first report of the screens changes nothing on the screen.
            let news = !known.is_empty() && known != screens;
            return Ok(news.then_some(ClientEvent::Resized { size, screens }));
        }
        self.framebuffer.resize(size);
        Ok(Some(ClientEvent::Resized { size, screens }))
    }
}
