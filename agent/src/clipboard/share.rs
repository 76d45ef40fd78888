//! The task that keeps the desktop's clipboard and the clients' the same.

use std::time::Instant;

use anyhow::Result;
use tightrope::rfb::clipboard::Content;
use tightrope::{Server, SessionId};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::{Clipboard, ImageFile, News};

/// What a client does with its clipboard, and what it wants of the desktop's.
#[derive(Debug)]
pub(crate) enum Order {
    /// It has copied this.
    Offer {
        session: SessionId,
        content: Content,
    },
    /// The image it was asked for, a DIB.
    GiveImage {
        session: SessionId,
        dib: Option<Vec<u8>>,
    },
    /// It wants the desktop's image.
    WantImage { session: SessionId },
    /// It is gone.
    Leave { session: SessionId },
}

/// An image in the form the other side takes; none if it cannot be had.
enum Converted {
    /// A client's, for the desktop.
    File(Option<ImageFile>),
    /// The desktop's, for these clients.
    Dib(Vec<SessionId>, Option<Vec<u8>>),
}

struct Share {
    clipboard: Clipboard,
    server: Server,
    /// Whose content the desktop has.
    from: Option<SessionId>,
    /// Who waits for the desktop's image.
    waiting: Vec<SessionId>,
    /// How often something was copied, on either side.
    copies: u64,
    /// Images that are being read and written, on other threads, with the number of copies when that began: they are of
    /// no use if something else was copied since.
    conversions: JoinSet<(u64, Converted)>,
}

/// Shares the clipboard until there will be no more orders.
pub(crate) async fn share(
    clipboard: Clipboard,
    server: Server,
    mut orders: Receiver<Order>,
) -> Result<()> {
    let mut share = Share {
        clipboard,
        server,
        from: None,
        waiting: Vec::new(),
        copies: 0,
        conversions: JoinSet::new(),
    };
    loop {
        for news in share.clipboard.handle_events(Instant::now())? {
            share.tell(news)?;
        }
        let limit = share.clipboard.timeout();
        let left = limit.map(|limit| limit.saturating_duration_since(Instant::now()));
        tokio::select! {
            waited = share.clipboard.link().wait() => waited?,
            order = orders.recv() => match order {
                Some(order) => share.obey(order)?,
                None => return Ok(()),
            },
            Some(converted) = share.conversions.join_next() => share.hand_over(converted?)?,
            () = sleep(left.unwrap_or_default()), if left.is_some() => {
                share.clipboard.handle_timeout(Instant::now())?;
            }
        }
    }
}

impl Share {
    fn obey(&mut self, order: Order) -> Result<()> {
        let now = Instant::now();
        match order {
            Order::Offer { session, content } => {
                self.copies += 1;
                self.from = Some(session);
                self.clipboard.offer(content)?;
            }
            Order::GiveImage { session, dib } if self.from == Some(session) => {
                self.convert(move || {
                    Converted::File(dib.and_then(|dib| ImageFile::from_dib(&dib)))
                });
            }
            Order::GiveImage { .. } => {}
            Order::WantImage { session } => {
                if self.waiting.is_empty() {
                    self.clipboard.fetch_image(now)?;
                }
                self.waiting.push(session);
            }
            Order::Leave { session } => {
                self.waiting.retain(|&waiting| waiting != session);
                if self.from == Some(session) {
                    self.from = None;
                    self.clipboard.lose_image(now)?;
                }
            }
        }
        Ok(())
    }

    fn tell(&mut self, news: News) -> Result<()> {
        match news {
            News::Copied(content) => {
                self.copies += 1;
                self.server.set_clipboard(content);
            }
            News::Image(file) => {
                let waiting = std::mem::take(&mut self.waiting);
                self.convert(move || Converted::Dib(waiting, file.and_then(|file| file.to_dib())));
            }
            News::ImageWanted => match self.from {
                Some(session) => self.server.request_clipboard_image(session),
                None => self.clipboard.give_image(None, Instant::now())?,
            },
        }
        Ok(())
    }

    fn convert(&mut self, work: impl FnOnce() -> Converted + Send + 'static) {
        let copies = self.copies;
        self.conversions.spawn_blocking(move || (copies, work()));
    }

    fn hand_over(&mut self, (copies, converted): (u64, Converted)) -> Result<()> {
        if copies != self.copies {
            return Ok(());
        }
        match converted {
            Converted::File(file) => self.clipboard.give_image(file, Instant::now())?,
            Converted::Dib(waiting, dib) => {
                let dib = dib.map(Into::into);
                for session in waiting {
                    self.server.give_clipboard_image(session, dib.clone());
                }
            }
        }
        Ok(())
    }
}
