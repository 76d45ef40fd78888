//! Rectangles whose bodies are at hand, drawn by several threads.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Machine, State};
use crate::codec::Job;
use crate::wire::{Decode, Reader};
use crate::{DecodeError, Encoding, Error, Framebuffer, Rect, ViewMut, Workers};

/// Bytes at hand below which threads are not worth it.
const LEAST_BYTES: usize = 4 << 10;
/// Pixels of all rectangles below which they are not: about a quarter of a millisecond.
const LEAST_PIXELS: usize = 64 << 10;
/// Rectangles drawn together at most: each is held against all before it.
const MOST_RECTS: usize = 512;

/// What one thread draws, in order: each job with its number and its pixels.
type Share<'a, 'f> = Vec<(usize, Job<'a>, ViewMut<'f>)>;

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
        let (mut rects, mut encodings, mut jobs) = (Vec::new(), Vec::new(), Vec::new());
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
            jobs.push((encoding, job));
            rects.push(rect);
            encodings.push(encoding);
            end = ahead;
        }
        let result = draw_all(workers, &mut self.framebuffer, &rects, jobs);
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

/// Draws every job on its rectangle. What fails first, by number, is told; the rest may be drawn or not.
fn draw_all(
    workers: &Workers,
    framebuffer: &mut Framebuffer,
    rects: &[Rect],
    jobs: Vec<(Encoding, Job<'_>)>,
) -> Result<(), (usize, DecodeError)> {
    let pixels: usize = rects.iter().map(|rect| rect.area()).sum();
    if pixels < LEAST_PIXELS {
        return draw_in_turn(framebuffer, rects, jobs);
    }
    let lanes: BTreeSet<_> = jobs.iter().map(lane).collect();
    if lanes.len() < 2 && !lanes.contains(&None) || jobs.len() < 2 {
        return draw_in_turn(framebuffer, rects, jobs);
    }
    let Some(views) = framebuffer.views_mut(rects) else {
        return draw_in_turn(framebuffer, rects, jobs);
    };
    let failures = workers.map(
        &mut Vec::new(),
        || (),
        share_out(jobs, views),
        |(), share| {
            share
                .into_iter()
                .find_map(|(number, job, view)| Some((number, job.draw(view).err()?)))
        },
    );
    let first = failures
        .into_iter()
        .flatten()
        .min_by_key(|(number, _)| *number);
    first.map_or(Ok(()), Err)
}

/// The same by this thread alone.
fn draw_in_turn(
    framebuffer: &mut Framebuffer,
    rects: &[Rect],
    jobs: Vec<(Encoding, Job<'_>)>,
) -> Result<(), (usize, DecodeError)> {
    for ((number, rect), (_, job)) in rects.iter().enumerate().zip(jobs) {
        if let Some(view) = framebuffer.view_mut(*rect) {
            job.draw(view).map_err(|error| (number, error))?;
        }
    }
    Ok(())
}

/// The stream that a job goes through, if any.
fn lane((encoding, job): &(Encoding, Job<'_>)) -> Option<(i32, u8)> {
    job.lane().map(|lane| (encoding.0, lane))
}

/// A share for each lane, the longest work, and then one for each job without.
fn share_out<'a, 'f>(
    jobs: Vec<(Encoding, Job<'a>)>,
    views: Vec<ViewMut<'f>>,
) -> Vec<Share<'a, 'f>> {
    let mut lanes: BTreeMap<(i32, u8), Share<'a, 'f>> = BTreeMap::new();
    let mut alone = Vec::new();
    for ((number, job), view) in jobs.into_iter().enumerate().zip(views) {
        let lane = lane(&job);
        let part = (number, job.1, view);
        match lane {
            Some(lane) => lanes.entry(lane).or_default().push(part),
            None => alone.push(vec![part]),
        }
    }
    let mut shares: Vec<_> = lanes.into_values().collect();
    let pixels = |share: &Share<'_, '_>| {
        share
            .iter()
            .map(|(_, _, view)| view.size().area())
            .sum::<usize>()
    };
    shares.sort_by_cached_key(|share| Reverse(pixels(share)));
    shares.append(&mut alone);
    shares
}
