//! Draws Tight and TightPNG bodies. rfbproto "Tight Encoding", "Tight PNG Encoding".

pub(crate) mod body;
mod gradient;
mod inflate;
mod paint;
mod toolbox;
mod unfilter;

use rfb::codec::Job;
use rfb::pixel::Unpacker;
use rfb::wire::Reader;
use rfb::{DecodeError, Decoder, Progress, Size, ViewMut};

use crate::control::Flavour;

use body::{Body, Content, Data};
use inflate::Inflaters;
use paint::{Tools, paint};
use toolbox::Toolbox;

/// Pixels of an image that may be drawn apart: they are held once more meanwhile.
const APART_PIXELS: usize = 1 << 20;

/// The Tight decoder of one connection: everything a server may send, on any of the four zlib streams.
#[derive(Debug, Default)]
pub struct TightDecoder {
    painter: Painter,
}

/// The TightPNG decoder of one connection.
#[derive(Debug, Default)]
pub struct TightPngDecoder {
    painter: Painter,
}

impl Decoder for TightDecoder {
    fn decode(
        &mut self,
        body: &mut Reader<'_>,
        pixels: &Unpacker,
        target: ViewMut<'_>,
    ) -> Result<Progress, DecodeError> {
        self.painter.decode(body, Flavour::Tight, pixels, target)
    }

    fn take<'a>(
        &self,
        body: &mut Reader<'a>,
        pixels: &'a Unpacker,
        size: Size,
    ) -> Result<Option<Job<'a>>, DecodeError> {
        self.painter.take(body, Flavour::Tight, pixels, size)
    }
}

impl Decoder for TightPngDecoder {
    fn decode(
        &mut self,
        body: &mut Reader<'_>,
        pixels: &Unpacker,
        target: ViewMut<'_>,
    ) -> Result<Progress, DecodeError> {
        self.painter.decode(body, Flavour::TightPng, pixels, target)
    }

    fn take<'a>(
        &self,
        body: &mut Reader<'a>,
        pixels: &'a Unpacker,
        size: Size,
    ) -> Result<Option<Job<'a>>, DecodeError> {
        self.painter.take(body, Flavour::TightPng, pixels, size)
    }
}

/// What both hold. A handle: clones share it.
#[derive(Clone, Debug, Default)]
struct Painter {
    inflaters: Inflaters,
    tools: Toolbox<Tools>,
}

impl Painter {
    fn decode(
        &self,
        body: &mut Reader<'_>,
        flavour: Flavour,
        pixels: &Unpacker,
        target: ViewMut<'_>,
    ) -> Result<Progress, DecodeError> {
        let body = Body::take(body, flavour, pixels.format(), target.size())?;
        self.draw(body, pixels, target).map(|()| Progress::Whole)
    }

    fn take<'a>(
        &self,
        body: &mut Reader<'a>,
        flavour: Flavour,
        pixels: &'a Unpacker,
        size: Size,
    ) -> Result<Option<Job<'a>>, DecodeError> {
        let body = Body::take(body, flavour, pixels.format(), size)?;
        let lane = match &body.content {
            Content::Basic {
                data: Data::Zlib { stream, .. },
                ..
            } => Some(*stream),
            Content::Jpeg(_) | Content::Png(_) if size.area() > APART_PIXELS => return Ok(None),
            _ => None,
        };
        // Other streams that it starts afresh may be in use.
        let own = lane.map_or(0, |stream| 1 << stream);
        if body.resets & !own != 0 {
            return Ok(None);
        }
        let painter = self.clone();
        let draw = move |target: ViewMut<'_>| painter.draw(body, pixels, target);
        Ok(Some(Job::new(lane, draw)))
    }

    fn draw(
        &self,
        body: Body<'_>,
        pixels: &Unpacker,
        target: ViewMut<'_>,
    ) -> Result<(), DecodeError> {
        self.inflaters.reset(body.resets);
        self.tools
            .lend(|tools| paint(body.content, &self.inflaters, tools, pixels, target))
    }
}
