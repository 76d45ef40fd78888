//! Rectangles as they are sent, but for what depends on the connection: whether a zlib stream begins.

use std::time::Duration;

use rfb::wire::Encode;
use rfb::{Encoding, Rect, RectWriter};

use crate::control::{Control, Method, write_length};
use crate::deflate::STREAM_START;

/// The rectangles of one part of a picture.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sheet {
    rects: Vec<Entry>,
    /// The bodies without control byte and length, one after the other.
    bytes: Vec<u8>,
    watch: Option<Watch>,
}

/// What times are taken with, and when the last rectangle was whole.
#[derive(Clone, Copy, Debug)]
struct Watch {
    clock: fn() -> Duration,
    since: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    rect: Rect,
    body: Body,
    /// Where in the bytes what comes before the length ends, and where the body ends.
    head_end: usize,
    end: usize,
    /// The JPEG quality that the client will hold it at; `None`: without loss.
    quality: Option<u8>,
    /// What it took, if somebody wants to know.
    time: Duration,
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// Of an encoding without a control byte.
    Foreign(Encoding),
    /// After the control byte come the bytes as they are.
    Bare(Method),
    /// The data has its length before it.
    Counted(Method),
    /// The data goes through a zlib stream, and has its length before it.
    Zlib { stream: u8, filtered: bool },
}

impl Sheet {
    /// An empty one that takes times with `clock`, if there is one.
    pub(crate) fn timed(clock: Option<fn() -> Duration>) -> Self {
        let watch = clock.map(|clock| Watch {
            clock,
            since: clock(),
        });
        Self {
            watch,
            ..Self::default()
        }
    }

    /// Where the body of the next rectangle is to be appended.
    pub(crate) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// What was appended since the last rectangle is the body of `rect`; its data begins at `head_end`.
    pub(crate) fn end(&mut self, rect: Rect, body: Body, head_end: usize) {
        self.end_at(rect, body, head_end, None);
    }

    /// The same for a rectangle that the client will hold with the loss of JPEG at `quality`, 1 to 100.
    pub(crate) fn end_lossy(&mut self, rect: Rect, body: Body, head_end: usize, quality: u8) {
        self.end_at(rect, body, head_end, Some(quality));
    }

    fn end_at(&mut self, rect: Rect, body: Body, head_end: usize, quality: Option<u8>) {
        let end = self.bytes.len();
        let time = self.lap();
        self.rects.push(Entry {
            rect,
            body,
            head_end,
            end,
            quality,
            time,
        });
    }

    /// The time since the last rectangle was whole.
    fn lap(&mut self) -> Duration {
        let Some(watch) = &mut self.watch else {
            return Duration::ZERO;
        };
        let now = (watch.clock)();
        now.saturating_sub(std::mem::replace(&mut watch.since, now))
    }

    /// Bytes that it holds in memory, about.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len() + self.rects.len() * size_of::<Entry>()
    }
}

/// The zlib streams of one connection: which have begun.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Streams {
    begun: [bool; 4],
}

impl Streams {
    /// Writes the rectangles of `sheet` under the heading of `encoding`.
    pub(crate) fn write(&mut self, sheet: &Sheet, encoding: Encoding, out: &mut RectWriter<'_>) {
        let mut start = 0;
        for entry in &sheet.rects {
            let head = sheet.bytes.get(start..entry.head_end).unwrap_or_default();
            let data = sheet
                .bytes
                .get(entry.head_end..entry.end)
                .unwrap_or_default();
            start = entry.end;
            let (method, counted) = match entry.body {
                Body::Foreign(encoding) => {
                    let body = out.begin(entry.rect, encoding);
                    body.extend_from_slice(head);
                    body.extend_from_slice(data);
                    out.end_after(entry.time);
                    out.mark_exact(entry.rect);
                    continue;
                }
                Body::Bare(method) => (method, false),
                Body::Counted(method) => (method, true),
                Body::Zlib { stream, filtered } => (Method::Basic { stream, filtered }, true),
            };
            let begins = self.begin(entry.body);
            let body = out.begin(entry.rect, encoding);
            Control { resets: 0, method }.encode(body);
            body.extend_from_slice(head);
            if counted {
                write_length(begins.len() + data.len(), body);
            }
            body.extend_from_slice(begins);
            body.extend_from_slice(data);
            out.end_after(entry.time);
            match entry.quality {
                Some(quality) => out.mark_lossy(entry.rect, quality),
                None => out.mark_exact(entry.rect),
            }
        }
    }

    /// What comes before the first data of a stream.
    fn begin(&mut self, body: Body) -> &'static [u8] {
        let Body::Zlib { stream, .. } = body else {
            return &[];
        };
        match self.begun.get_mut(usize::from(stream)) {
            Some(begun) if !*begun => {
                *begun = true;
                &STREAM_START
            }
            _ => &[],
        }
    }
}
