//! A session that outlives its connections: a desktop, its server, a client, and a link between them that breaks after so
//! many bytes.

use std::time::Duration;

use bytes::Bytes;
use rfb::damage::{Change, Move};
use rfb::screen::ResizeReason;
use rfb::server::Held;
use rfb::{
    ClientConfig, ClientConnection, ClientEvent, Cursor, Framebuffer, Leds, LocalTime, Point, Rect,
    Region, Screen, ServerConnection, Size, Ticket,
};

use crate::pair::open_server;
use crate::scenes;

/// What happens on the desktop.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// A rectangle shows something else.
    Paint(Rect, u8),
    /// What is at the point moves to the rectangle.
    Move(Point, Rect),
    /// All of it shows a photograph.
    Photograph,
    /// The pointer has another shape.
    Cursor(u8),
    /// Other lights are on.
    Leds(u8),
    /// It has another size, and shows something else.
    Resize(Size),
    /// A second passes.
    Wait,
}

/// An update that was sent.
struct Sent {
    number: u32,
    pixels: Region,
}

/// See the module.
pub struct World {
    /// What the server shows.
    pub desktop: Framebuffer,
    /// The client's end of the connection there is.
    pub client: ClientConnection,
    /// The server's.
    pub server: ServerConnection,
    /// Bytes the client still gets before the link breaks.
    pub left: usize,
    /// Bytes the server has sent on this connection.
    pub sent: usize,
    /// What the client has learnt on this connection.
    pub events: Vec<ClientEvent>,
    now: LocalTime,
    /// The number of the server's connection, which is its ticket.
    connection: u8,
    /// The ticket the client has.
    ticket: Option<u8>,
    updates: Vec<Sent>,
    /// Where copies went since the last update was begun.
    copied: Vec<Rect>,
}

fn config() -> ClientConfig {
    ClientConfig {
        eager: true,
        ..ClientConfig::default()
    }
}

impl World {
    /// A first connection that lets `left` of the server's bytes through.
    #[must_use]
    pub fn new(desktop: Framebuffer, left: usize) -> Self {
        let mut world = Self {
            client: ClientConnection::new(config(), tight::decoders()),
            server: ServerConnection::new(open_server(desktop.size()), tight::encoders()),
            desktop,
            left,
            sent: 0,
            events: Vec::new(),
            now: LocalTime::default(),
            connection: 0,
            ticket: None,
            updates: Vec::new(),
            copied: Vec::new(),
        };
        world.server.set_ticket(world.next_ticket(false));
        world.drive();
        world
    }

    fn next_ticket(&self, resumed: bool) -> Ticket {
        Ticket {
            resumed,
            lifetime: Duration::from_secs(60),
            bytes: Bytes::from(vec![self.connection; 120]),
        }
    }

    /// Carries bytes, as long as the link holds, until nothing moves.
    pub fn drive(&mut self) {
        loop {
            self.now = self.now + Duration::from_micros(10);
            while let Some(event) = self.client.poll_event().unwrap() {
                if let ClientEvent::Ticket(ticket) = &event {
                    self.ticket = ticket.bytes.first().copied();
                }
                self.events.push(event);
            }
            while self.server.poll_event().unwrap().is_some() {}
            self.encode();
            let output = self.server.poll_output();
            let input = self.client.poll_output();
            if output.is_none() && input.is_none() {
                return;
            }
            let output = output.unwrap_or_default();
            let arrived = output.len().min(self.left);
            self.left -= arrived;
            self.sent += output.len();
            self.client.handle_bytes(self.now, &output[..arrived]);
            if self.left > 0 {
                self.server
                    .handle_bytes(self.now, &input.unwrap_or_default());
            }
        }
    }

    fn encode(&mut self) {
        let Some(job) = self.server.begin_update(self.now, 4000) else {
            return;
        };
        let copies: Region = self.copied.drain(..).collect();
        let pixels = job.region().union(&copies);
        let update = job.run(self.desktop.view());
        if !update.is_empty() {
            let number = self.updates.last().map_or(1, |last| last.number + 1);
            self.updates.push(Sent { number, pixels });
        }
        self.server.finish_update(self.now, update);
    }

    /// Everything that the server cannot know the client to hold.
    #[must_use]
    pub fn unsure(&self) -> Region {
        let updates = self.client.updates();
        let lost = self.updates.iter().filter(|sent| sent.number > updates);
        let lost = lost.fold(self.server.damage().clone(), |all, sent| {
            all.union(&sent.pixels)
        });
        lost.union(&self.copied.iter().copied().collect())
    }

    /// Something happens on the desktop, and the server goes on as if the link held.
    pub fn step(&mut self, step: Step) {
        let mut change = Change::default();
        if let Step::Wait = step {
            self.now = self.now + Duration::from_secs(1);
        }
        let resized = apply(&mut self.desktop, step, &mut change);
        self.tell(resized, &change);
        match step {
            Step::Cursor(shade) => self.server.set_cursor(&cursor(shade)),
            Step::Leds(lights) => self.server.set_leds(Leds(lights)),
            _ => {}
        }
        self.drive();
    }

    fn tell(&mut self, resized: bool, change: &Change) {
        if resized {
            let size = self.desktop.size();
            let screens = vec![Screen::whole(size)];
            self.server.resize(size, screens, ResizeReason::SERVER);
        }
        self.copied.extend(change.moves.iter().map(|own| own.to));
        self.server.add_change(change);
    }

    /// The link is gone, and the client comes back after `meanwhile` happened on the desktop; the new link lets `left`
    /// bytes through.
    pub fn come_back(&mut self, meanwhile: &[Step], left: usize) {
        let updates = match self.ticket == Some(self.connection) {
            true => self.client.updates(),
            false => 0,
        };
        let config_of_server = open_server(self.desktop.size());
        let server = ServerConnection::new(config_of_server, tight::encoders());
        let held: Held = std::mem::replace(&mut self.server, server).part();
        let mut change = Change::default();
        let mut resized = false;
        for step in meanwhile {
            resized |= apply(&mut self.desktop, *step, &mut change);
        }
        self.connection += 1;
        self.server.resume(held, updates);
        self.server.set_ticket(self.next_ticket(true));
        self.begin(left, |old| {
            ClientConnection::resume(config(), tight::decoders(), &old)
        });
        self.tell(resized, &change);
        self.drive();
    }

    /// The same, but the server knows nothing of the session.
    pub fn come_back_to_another_server(&mut self) {
        self.server = ServerConnection::new(open_server(self.desktop.size()), tight::encoders());
        self.begin(usize::MAX, |old| {
            ClientConnection::resume(config(), tight::decoders(), &old)
        });
        self.drive();
    }

    fn begin(&mut self, left: usize, client: impl FnOnce(ClientConnection) -> ClientConnection) {
        let none = ClientConnection::new(config(), tight::decoders());
        self.client = client(std::mem::replace(&mut self.client, none));
        (self.left, self.sent) = (left, 0);
        self.updates.clear();
        self.copied.clear();
        self.events.clear();
    }

    /// Time passes until everything that was sent with loss has been sent again.
    pub fn settle(&mut self) {
        for _ in 0..20 {
            self.step(Step::Wait);
        }
    }

    /// Whether the client sees exactly what the desktop shows.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.client.framebuffer() == &self.desktop
    }
}

/// Does `step` to the desktop and notes it. Gives whether it has another size now.
fn apply(desktop: &mut Framebuffer, step: Step, change: &mut Change) -> bool {
    let size = desktop.size();
    match step {
        Step::Paint(rect, shade) => {
            let rect = rect.intersection(size.into());
            if let Some(mut view) = desktop.view_mut(rect) {
                view.fill([shade, shade ^ 0x55, 9, 0]);
            }
            change.add_damage(&rect.into());
        }
        Step::Move(from, to) => {
            let source = Rect::new(from.x, from.y, to.width, to.height);
            if source.fits(size) && to.fits(size) {
                desktop.copy_within(from, to).unwrap();
                change.add_move(Move { from, to });
            }
        }
        Step::Photograph => {
            *desktop = scenes::gradient(size);
            change.add_damage(&size.into());
        }
        Step::Resize(size) => {
            *desktop = scenes::desktop(size);
            change.add_damage(&size.into());
            return true;
        }
        Step::Cursor(_) | Step::Leds(_) | Step::Wait => {}
    }
    false
}

/// The pointer's shape after [`Step::Cursor`].
#[must_use]
pub fn cursor(shade: u8) -> Cursor {
    let pixels = [shade, 1, 2, 255].repeat(6);
    Cursor::new(Size::new(3, 2), Point::new(1, 1), pixels).unwrap()
}
