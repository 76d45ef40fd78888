//! What rectangles were written and what each took, for whoever studies an encoder.

use std::time::Duration;

use crate::{Encoding, Rect};

/// A rectangle that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Where.
    pub rect: Rect,
    /// Under which heading.
    pub encoding: Encoding,
    /// The bytes of its head and its body.
    pub bytes: usize,
    /// What it took to write it: by the thread that did. What it took to decide how a picture is cut belongs to none.
    pub time: Duration,
    /// The JPEG quality, 1 to 100, of the loss that the client will hold it with; `None`: without loss.
    pub quality: Option<u8>,
}

/// The rectangles that a writer has written so far.
#[derive(Debug)]
pub(super) struct Trace {
    clock: fn() -> Duration,
    rects: Vec<Written>,
    /// The last of them is not whole yet, and begins here.
    open: Option<usize>,
    /// When the last whole one was.
    since: Duration,
}

impl Trace {
    pub(super) fn new(clock: fn() -> Duration) -> Self {
        Self {
            clock,
            rects: Vec::new(),
            open: None,
            since: clock(),
        }
    }

    pub(super) fn clock(&self) -> fn() -> Duration {
        self.clock
    }

    /// A rectangle begins where so many bytes have been written.
    pub(super) fn begin(&mut self, rect: Rect, encoding: Encoding, written: usize) {
        self.end(written);
        self.open = Some(written);
        self.rects.push(Written {
            rect,
            encoding,
            bytes: 0,
            time: Duration::ZERO,
            quality: None,
        });
    }

    /// The last one ends where so many bytes have been written.
    pub(super) fn end(&mut self, written: usize) {
        let (Some(start), Some(last)) = (self.open.take(), self.rects.last_mut()) else {
            return;
        };
        let now = (self.clock)();
        last.bytes = written.saturating_sub(start);
        last.time = now.saturating_sub(self.since);
        self.since = now;
    }

    /// The last one took `time`, on whichever thread.
    pub(super) fn took(&mut self, time: Duration, written: usize) {
        self.end(written);
        if let Some(last) = self.rects.last_mut() {
            last.time = time;
        }
    }

    /// The last one is `rect`, with the loss of JPEG at `quality`.
    pub(super) fn mark_lossy(&mut self, rect: Rect, quality: u8) {
        if let Some(last) = self.rects.last_mut().filter(|last| last.rect == rect) {
            last.quality = Some(quality);
        }
    }

    pub(super) fn finish(mut self, written: usize) -> Vec<Written> {
        self.end(written);
        self.rects
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::super::{EncodeSettings, Encoder, RectWriter, ZrleEncoder};
    use crate::{Encoding, Framebuffer, Rect, Size};

    /// A second passes with each look at it.
    fn ticking() -> Duration {
        static SECONDS: AtomicU64 = AtomicU64::new(0);
        Duration::from_secs(SECONDS.fetch_add(1, Ordering::Relaxed))
    }

    #[test]
    fn every_rectangle_has_its_bytes_and_its_time() {
        let picture = Framebuffer::new(Size::new(300, 200));
        let region = Rect::from(picture.size()).into();
        let mut bytes = vec![0; 4];
        let mut out = RectWriter::new(&mut bytes, usize::MAX).traced(ticking);
        let settings = EncodeSettings::default();
        let left = ZrleEncoder::default().encode(picture.view(), &region, &settings, &mut out);
        assert!(left.is_empty());
        let count = out.count();
        let written = out.into_written();
        assert_eq!(u32::try_from(written.len()).unwrap(), count);
        assert_eq!(
            written.iter().map(|own| own.bytes).sum::<usize>(),
            bytes.len() - 4
        );
        for own in &written {
            assert_eq!(own.encoding, Encoding::ZRLE);
            assert_eq!(own.time, Duration::from_secs(1));
            assert_eq!(own.quality, None);
        }
        let area: usize = written.iter().map(|own| own.rect.area()).sum();
        assert_eq!(area, 300 * 200);
    }

    #[test]
    fn a_writer_that_is_not_traced_knows_nothing() {
        let mut bytes = Vec::new();
        let mut out = RectWriter::new(&mut bytes, usize::MAX);
        out.begin(Rect::new(0, 0, 1, 1), Encoding::RAW).push(7);
        out.end();
        assert!(out.clock().is_none());
        assert!(out.into_written().is_empty());
    }
}
