//! Rectangles whose bodies are at hand, drawn by several threads.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Machine, State};
use crate::codec::Job;
use crate::wire::{Decode, Reader};
use crate::{DecodeError, Encoding, Error, Framebuffer, Rect, ViewMut, Workers};

/// Bytes at hand below which threads are not worth it.
const LEAST_BYTES: usize = 4 << 10;
/// Work beside the longest share below which they are not: about a fifth of a millisecond.
const LEAST_WORK: usize = 256 << 10;
/// What a byte takes to read, where drawing a pixel takes one: about a nanosecond.
const WORK_OF_BYTE: usize = 8;
/// Rectangles drawn together at most: each is held against all before it.
const MOST_RECTS: usize = 512;

/// A job and what it takes.
struct Task<'a> {
    /// The stream it goes through, if any.
    lane: Option<(i32, u8)>,
    work: usize,
    job: Job<'a>,
}

/// What one thread draws, in order: each job with its number and its pixels.
#[derive(Default)]
struct Share<'a, 'f> {
    work: usize,
    parts: Vec<(usize, Job<'a>, ViewMut<'f>)>,
}

impl Machine {
    /// Draws the rectangles that come next in the update, as far as they are at hand, share no pixel and any thread may
    /// draw them. Gives whether there were any; what comes then is for [`Self::update_step`], whatever it is.
    ///
    /// Nothing is kept for later: what has come is drawn.
    pub(super) fn draw_together(&mut self, r: &mut Reader<'_>) -> Result<bool, Error> {
        let State::Update(update) = &mut self.state else {
            return Ok(false);
        };
        let workers = &self.config.workers;
        if workers.most() == 1 || r.rest().len() < LEAST_BYTES {
            return Ok(false);
        }
        let size = self.framebuffer.size();
        let mut end = r.clone();
        let (mut rects, mut encodings, mut tasks) = (Vec::new(), Vec::new(), Vec::new());
        while rects.len() < MOST_RECTS && update.expects(rects.len()) {
            let mut ahead = end.clone();
            let begun = update.current().filter(|_| rects.is_empty());
            let Some((rect, encoding)) = begun.or_else(|| header(&mut ahead)) else {
                break;
            };
            let apart = |other: &Rect| other.intersection(rect).is_empty();
            if !rect.fits(size) || !rects.iter().all(apart) {
                break;
            }
            let taken = match self.decoders.find(encoding) {
                Some(decoder) => decoder.take(&mut ahead, &self.pixels, rect.size()),
                None => break,
            };
            // What it cannot take, or finds wrong, is met again where one rectangle is read after another.
            let Ok(Some(job)) = taken else { break };
            let bytes = ahead.position() - end.position();
            tasks.push(Task {
                lane: job.lane().map(|lane| (encoding.0, lane)),
                work: rect.area() + bytes * WORK_OF_BYTE,
                job,
            });
            rects.push(rect);
            encodings.push(encoding);
            end = ahead;
        }
        let result = draw_all(workers, &mut self.framebuffer, &rects, tasks);
        let drawn = result
            .as_ref()
            .map_or_else(|failed| failed.0, |()| rects.len());
        for (rect, encoding) in rects.iter().zip(encodings).take(drawn) {
            *self.rectangles.entry(encoding.0).or_default() += 1;
            update.rect_drawn(*rect);
        }
        r.bytes("rectangles", end.position() - r.position())?;
        match result {
            Ok(()) => Ok(!rects.is_empty()),
            Err((_, error)) => Err(error.into()),
        }
    }
}

/// The header of the next rectangle, if it is at hand.
fn header(r: &mut Reader<'_>) -> Option<(Rect, Encoding)> {
    let rect = Rect::decode(r).ok()?;
    let encoding = Encoding(r.i32("encoding-type").ok()?);
    Some((rect, encoding))
}

/// Does every task on its rectangle. What fails first, by number, is told; the rest may be drawn or not.
fn draw_all(
    workers: &Workers,
    framebuffer: &mut Framebuffer,
    rects: &[Rect],
    tasks: Vec<Task<'_>>,
) -> Result<(), (usize, DecodeError)> {
    if beside_the_longest(&tasks) < LEAST_WORK {
        return draw_in_turn(framebuffer, rects, tasks);
    }
    let Some(views) = framebuffer.views_mut(rects) else {
        return draw_in_turn(framebuffer, rects, tasks);
    };
    let shares = share_out(tasks, views);
    let failures = workers.map(
        &mut Vec::new(),
        || (),
        shares,
        |(), share| {
            let mut parts = share.parts.into_iter();
            parts.find_map(|(number, job, view)| Some((number, job.draw(view).err()?)))
        },
    );
    let failures = failures.into_iter().flatten();
    failures
        .min_by_key(|(number, _)| *number)
        .map_or(Ok(()), Err)
}

/// The same by this thread alone.
fn draw_in_turn(
    framebuffer: &mut Framebuffer,
    rects: &[Rect],
    tasks: Vec<Task<'_>>,
) -> Result<(), (usize, DecodeError)> {
    for ((number, rect), task) in rects.iter().enumerate().zip(tasks) {
        if let Some(view) = framebuffer.view_mut(*rect) {
            task.job.draw(view).map_err(|error| (number, error))?;
        }
    }
    Ok(())
}

/// The work that can be done while the longest share is.
fn beside_the_longest(tasks: &[Task<'_>]) -> usize {
    let mut lanes: BTreeMap<_, usize> = BTreeMap::new();
    let (mut all, mut longest) = (0, 0);
    for task in tasks {
        all += task.work;
        longest = longest.max(match task.lane {
            None => task.work,
            Some(lane) => {
                let share = lanes.entry(lane).or_default();
                *share += task.work;
                *share
            }
        });
    }
    all - longest
}

/// A share for each lane and for each task without one; the longest first, so that threads are done at about the same
/// time.
fn share_out<'a, 'f>(tasks: Vec<Task<'a>>, views: Vec<ViewMut<'f>>) -> Vec<Share<'a, 'f>> {
    let mut lanes: BTreeMap<_, Share<'a, 'f>> = BTreeMap::new();
    let mut shares = Vec::new();
    for ((number, task), view) in tasks.into_iter().enumerate().zip(views) {
        let mut own = Share::default();
        let share = match task.lane {
            Some(lane) => lanes.entry(lane).or_default(),
            None => &mut own,
        };
        share.work += task.work;
        share.parts.push((number, task.job, view));
        if task.lane.is_none() {
            shares.push(own);
        }
    }
    shares.extend(lanes.into_values());
    shares.sort_by_key(|share| Reverse(share.work));
    shares
}
