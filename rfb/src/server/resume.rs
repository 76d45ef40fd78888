//! A session that outlives its connection. docs/PROTOCOL.md "Resuming a session".

use super::flight::Flight;
use super::news::News;
use super::pointer::Pointer;
use super::state::Sent;
use super::{ServerConnection, State};
use crate::message::Extension;
use crate::screen::ResizeReason;
use crate::{Cursor, Encoding, Point, Screen, ServerMessage, Ticket};

/// What a client holds whose connection is gone, as far as its server knows: the pixels it was sent and how well, and what
/// else it was told. For [`ServerConnection::resume`].
#[derive(Debug)]
pub struct Held(Box<Parts>);

#[derive(Debug)]
struct Parts {
    sent: Sent,
    flight: Flight,
    news: News,
    pointer: Pointer,
    drawn: Option<(Cursor, Point)>,
}

impl ServerConnection {
    /// Ends the connection, and gives what its client holds. What was still to be written is not needed any more, nor the
    /// result of an update that is being encoded.
    #[must_use]
    pub fn part(self) -> Held {
        let mut machine = self.machine;
        if machine.state != State::Running && !machine.is_resumed {
            // The client knows nothing yet.
            machine.sent.resize(machine.config.size);
        }
        machine.abandon_unfinished();
        machine.sent.moves_to_damage();
        Held(Box::new(Parts {
            sent: machine.sent,
            flight: machine.flight,
            news: machine.news,
            pointer: machine.pointer,
            drawn: machine.drawn,
        }))
    }

    /// Goes on where another connection has ended, before a byte was read: the client is sent what it does not hold.
    ///
    /// `updates` is how many updates of the connection that `held` is of the client has drawn to their end. A client says
    /// so beside the last ticket it was given: beside that connection's ticket the number it says, beside any earlier one
    /// of the session zero, as then it has got nothing of that connection.
    ///
    /// Nothing happens once a byte was read: then the client is sent everything, as any client that is new. What has
    /// changed since [`Self::part`] is to be told as ever, after this.
    pub fn resume(&mut self, held: Held, updates: u32) {
        let machine = &mut self.machine;
        if machine.state != State::Version || !self.input.unread().is_empty() {
            return;
        }
        let Parts {
            mut sent,
            flight,
            news,
            pointer,
            drawn,
        } = *held.0;
        let lost = flight.lost_after(updates);
        if lost.resized {
            let size = sent.size;
            sent.resize(size);
        } else {
            sent.add_damage(&lost.pixels);
        }
        machine.sent = sent;
        machine.news = news.resume(&lost);
        if machine.news.size != machine.config.size {
            let size = machine.config.size;
            machine
                .news
                .resize(size, vec![Screen::whole(size)], ResizeReason::SERVER);
        }
        machine.pointer = pointer.resume(lost.pointer);
        machine.drawn = drawn;
        machine.is_resumed = true;
    }

    /// Gives the client this ticket, as soon as it has announced that it reads our extensions, and before its next update.
    pub fn set_ticket(&mut self, ticket: Ticket) {
        let message = ServerMessage::Extension(Extension::Ticket(ticket));
        if self.machine.supports(Encoding::TIGHTROPE) {
            self.machine.say(&message);
        } else {
            self.machine.ticket = Some(message);
        }
    }
}
