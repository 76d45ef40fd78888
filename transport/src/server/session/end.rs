//! What is left of a session when its connection ends.

use std::sync::Arc;

use tokio::sync::watch;

use super::{End, Session};
use crate::server::Shared;
use crate::server::lasting::{Hold, Parted};

impl Session {
    /// Says how it ended, and keeps what is left if the client may come back.
    pub(super) async fn finish(mut self, end: End, alive: watch::Receiver<()>) {
        if let Some(job) = self.job.take() {
            // What is encoded has not been sent; the encoder is needed for nothing more.
            let _encoded = job.await;
        }
        let (shared, address) = (Arc::clone(&self.shared), self.address);
        let (was_here, is_known) = (self.place.is_here(), self.place.is_known());
        let may_linger = is_known && !shared.config.linger.is_zero();
        // How one goes who is to go does not matter, nor whether it has read so.
        let told = self.closing.take().filter(|_| self.gone_by.is_some());
        let told = told.or_else(|| self.mailbox.goodbye().map(|own| own.reason()));
        let is_over = was_here || told.is_some();
        let end = match (end, told) {
            (End::Lost(_), Some(reason)) => End::Over(reason),
            (end, _) => end,
        };
        let lasting = self.lasting.take().map(|(hold, _)| hold);
        match (end, lasting) {
            (End::TakenOver(heir), Some(hold)) => {
                let reason = "its client is elsewhere";
                tracing::info!("session {} leaves {address}: {reason}", self.id);
                self.place.part(reason);
                match heir.send(self.part()) {
                    Ok(()) => {}
                    // Who asked for it is gone already, and may ask again.
                    Err(parted) if may_linger => {
                        linger(&shared, hold, parted, reason, alive).await;
                    }
                    Err(parted) => parted.place.leave("its client is gone"),
                }
            }
            (End::Over(reason), Some(hold)) if is_over => {
                shared.lasting.end(hold.key);
                self.place.leave(&reason);
            }
            // What goes wrong before its client is in does not end the session that it wanted to go on with.
            (End::Lost(reason) | End::Over(reason), Some(hold)) if may_linger => {
                tracing::info!("session {} of {address} parted: {reason}", self.id);
                linger(&shared, hold, self.part(), &reason, alive).await;
            }
            (End::Lost(reason) | End::Over(reason), hold) => {
                if let Some(hold) = hold {
                    shared.lasting.lose(hold.key, hold.serial);
                }
                self.place.leave(&reason);
            }
            (End::TakenOver(_), None) => self.place.leave("its client is elsewhere"),
        }
    }

    /// What is left without the connection.
    fn part(self) -> Parted {
        Parted {
            place: self.place,
            mailbox: self.mailbox,
            held: self.connection.part(),
        }
    }
}

/// Keeps what is left of a session until its client comes back, it has been too long, or the server ends.
async fn linger(
    shared: &Shared,
    hold: Hold,
    parted: Parted,
    reason: &str,
    mut alive: watch::Receiver<()>,
) {
    let (key, serial) = (hold.key, hold.serial);
    let (session, mailbox) = (parted.place.session(), Arc::clone(&parted.mailbox));
    // Before others wait for it: this calls the application.
    parted.place.silence(shared);
    if let Err(mut parted) = shared.lasting.part(key, serial, parted, reason) {
        parted.place.part(reason);
        // Its client came back at this very moment, and who asks for the session is about to say so; or it is forgotten.
        let heir = match hold.taken_over.is_terminated() {
            true => None,
            false => hold.taken_over.await.ok(),
        };
        let left = match heir {
            Some(heir) => heir.send(*parted).err(),
            None => Some(*parted),
        };
        leave(left, reason);
        return;
    }
    if let Some(goodbye) = mailbox.goodbye() {
        leave(shared.lasting.end_parted(session), &goodbye.reason());
        return;
    }
    tokio::select! {
        () = tokio::time::sleep(shared.config.linger) => {}
        _ = alive.changed() => {}
    }
    leave(shared.lasting.give_up(key, serial), reason);
}

fn leave(left: Option<Parted>, reason: &str) {
    if let Some(Parted { place, .. }) = left {
        place.leave(reason);
    }
}
