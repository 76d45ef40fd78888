//! However many threads draw an update, the picture, the events and the error are those of one.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use rfb::codec::{Job, RectWriter};
use rfb::pixel::Unpacker;
use rfb::wire::{Encode, Reader};
use rfb::{
    ClientConfig, ClientConnection, DecodeError, Decoder, Decoders, EncodeSettings, Encoding,
    Framebuffer, LocalTime, Point, Progress, Rect, Region, Size, ViewMut, Workers,
};
use testkit::{oracles, scenes};

const SIZE: Size = Size::new(512, 384);

/// An encoding whose bodies are a lane (4: none), a colour and bytes that mean nothing. What is drawn follows from all
/// bodies of that lane so far.
const LANES: Encoding = Encoding(0x7e57);
/// So that a few bodies are worth several threads.
const PADDING: usize = 700;
/// So that two are.
const LONG: usize = 40_000;
/// A colour that is refused when it is drawn.
const BROKEN: u8 = 255;

#[derive(Clone, Default)]
struct LaneDecoder {
    lanes: Arc<[Mutex<u32>; 4]>,
}

struct Body {
    lane: u8,
    colour: u8,
}

impl Body {
    fn take(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (lane, colour) = (r.u8("lane")?, r.u8("colour")?);
        r.bytes("padding", PADDING)?;
        if lane > 4 {
            let (field, value) = ("lane", lane.into());
            return Err(DecodeError::Invalid { field, value });
        }
        Ok(Self { lane, colour })
    }
}

impl LaneDecoder {
    fn draw(&self, body: &Body, mut target: ViewMut<'_>) -> Result<(), DecodeError> {
        if body.colour == BROKEN {
            let (field, value) = ("colour", target.size().width.into());
            return Err(DecodeError::Invalid { field, value });
        }
        let mut value = u32::from(body.colour) + 1;
        if let Some(lane) = self.lanes.get(usize::from(body.lane)) {
            let mut state = lane.lock().unwrap();
            *state = state.wrapping_mul(31).wrapping_add(value);
            value = *state;
        }
        let [blue, green, red, _] = value.to_le_bytes();
        target.fill([blue, green, red, 0]);
        Ok(())
    }
}

impl Decoder for LaneDecoder {
    fn decode(
        &mut self,
        body: &mut Reader<'_>,
        _pixels: &Unpacker,
        target: ViewMut<'_>,
    ) -> Result<Progress, DecodeError> {
        self.draw(&Body::take(body)?, target)
            .map(|()| Progress::Whole)
    }

    fn take<'a>(
        &self,
        body: &mut Reader<'a>,
        _pixels: &'a Unpacker,
        _size: Size,
    ) -> Result<Option<Job<'a>>, DecodeError> {
        let body = Body::take(body)?;
        let own = self.clone();
        let lane = (body.lane < 4).then_some(body.lane);
        Ok(Some(Job::new(lane, move |target| own.draw(&body, target))))
    }
}

/// A rectangle of an update.
#[derive(Clone, Debug)]
enum Step {
    Lane(Rect, u8, u8),
    Copy(Point, Rect),
    Raw(Rect),
    /// Of an encoding that nobody knows.
    Unknown(Rect),
}

fn rect() -> impl Strategy<Value = Rect> {
    (0..SIZE.width, 0..SIZE.height, 1..260_u16, 1..200_u16).prop_map(
        |(left, top, width, height)| Rect::new(left, top, width, height).intersection(SIZE.into()),
    )
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let lane = || (rect(), 0..5_u8, 0..250_u8).prop_map(|(at, lane, c)| Step::Lane(at, lane, c));
    let copy = (rect(), rect()).prop_map(|(from, to)| {
        let (width, height) = (from.width.min(to.width), from.height.min(to.height));
        Step::Copy(from.origin(), Rect::new(to.left, to.top, width, height))
    });
    let odd = prop_oneof![
        4 => lane(),
        2 => copy,
        1 => rect().prop_map(Step::Raw),
        1 => (rect(), 0..5_u8).prop_map(|(at, lane)| Step::Lane(at, lane, BROKEN)),
        1 => (rect(), 5..9_u8).prop_map(|(at, lane)| Step::Lane(at, lane, 0)),
        1 => rect().prop_map(Step::Unknown),
        1 => Just(Step::Lane(Rect::new(500, 0, 20, 20), 0, 0)),
    ];
    // Most are whole; many small ones beside each other, as encoders send them, come between.
    let tiles = (0..250_u8).prop_map(|colour| {
        let tile = |n: u16| Rect::new(n % 8 * 64, n / 8 * 64, 64, 64);
        let tiles = (0..48_u8).map(|n| Step::Lane(tile(n.into()), n % 5, colour));
        tiles.collect::<Vec<_>>()
    });
    let some = prop_oneof![
        6 => tiles,
        12 => lane().prop_map(|step| vec![step]),
        1 => odd.prop_map(|step| vec![step]),
    ];
    prop::collection::vec(some, 1..24).prop_map(|steps| steps.concat())
}

/// An update of these rectangles.
fn update(steps: &[Step]) -> Vec<u8> {
    let mut bytes = vec![0, 0];
    bytes.extend(u16::try_from(steps.len()).unwrap().to_be_bytes());
    let begin = |bytes: &mut Vec<u8>, rect: Rect, encoding: Encoding| {
        rect.encode(bytes);
        bytes.extend(encoding.0.to_be_bytes());
    };
    for step in steps {
        match *step {
            Step::Lane(rect, lane, colour) => {
                begin(&mut bytes, rect, LANES);
                bytes.extend([lane, colour]);
                bytes.extend([7; PADDING]);
            }
            Step::Copy(from, to) => {
                begin(&mut bytes, to, Encoding::COPY_RECT);
                bytes.extend(from.x.to_be_bytes());
                bytes.extend(from.y.to_be_bytes());
            }
            Step::Raw(rect) => {
                begin(&mut bytes, rect, Encoding::RAW);
                let pixels = (0..rect.area()).flat_map(|n| u32::try_from(n).unwrap().to_le_bytes());
                bytes.extend(pixels);
            }
            Step::Unknown(rect) => begin(&mut bytes, rect, Encoding(0x7e58)),
        }
    }
    bytes
}

/// What a client makes of `bytes` that come in pieces of `piece`: what it tells, shows and counts.
fn outcome(
    decoders: Decoders,
    threads: usize,
    bytes: &[u8],
    piece: usize,
) -> (String, Framebuffer, u64) {
    let config = ClientConfig {
        workers: Workers::new(NonZeroUsize::new(threads).unwrap()),
        ..ClientConfig::default()
    };
    let mut client = ClientConnection::new(config, decoders);
    let mut log = String::new();
    let bytes = [&oracles::greeting(SIZE), bytes].concat();
    for part in bytes.chunks(piece) {
        client.handle_bytes(LocalTime::default(), part);
        loop {
            match client.poll_event() {
                Ok(Some(event)) => log += &format!("{event:?}\n"),
                Ok(None) => break,
                Err(error) => {
                    return (
                        format!("{log}{error}"),
                        Framebuffer::default(),
                        client.rectangles(),
                    );
                }
            }
        }
    }
    (log, client.framebuffer().clone(), client.rectangles())
}

fn assert_same_for_all(decoders: impl Fn() -> Decoders, bytes: &[u8], piece: usize) {
    let one = outcome(decoders(), 1, bytes, usize::MAX);
    for (threads, piece) in [(2, usize::MAX), (3, piece), (5, usize::MAX)] {
        let other = outcome(decoders(), threads, bytes, piece);
        assert_eq!(other.0, one.0, "{threads} threads");
        assert_eq!(other.2, one.2, "{threads} threads: rectangles");
        assert!(other.1 == one.1, "{threads} threads: other pixels");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn overlaps_copies_and_errors_come_out_as_with_one_thread(steps in steps(), piece in 1_usize..40_000) {
        let decoders = || Decoders::raw().with(LANES, LaneDecoder::default());
        assert_same_for_all(decoders, &update(&steps), piece);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn tight_pictures_and_broken_ones_come_out_as_with_one_thread(
        parts in prop::collection::vec((rect(), 0..4_u8, prop::option::of(0..10_u8)), 1..12),
        broken in prop::option::of((any::<prop::sample::Index>(), 1..=255_u8)),
        piece in 1000_usize..100_000,
    ) {
        let mut bytes = vec![0, 0, 0, 0];
        let mut count = 0;
        let mut encoders: Vec<_> = vec![tight::TightEncoder::default()];
        for (rect, scene, quality) in parts {
            let picture = match scene {
                0 => scenes::icons(SIZE),
                1 => scenes::gradient(SIZE),
                _ => scenes::desktop(SIZE),
            };
            let settings = EncodeSettings { quality, ..EncodeSettings::default() };
            let mut out = RectWriter::new(&mut bytes, usize::MAX);
            let encoder = encoders.first_mut().unwrap();
            let left = rfb::Encoder::encode(encoder, picture.view(), &Region::from(rect), &settings, &mut out);
            prop_assert!(left.is_empty());
            count += out.count();
        }
        if let Some((at, change)) = broken {
            *at.get_mut(&mut bytes) ^= change;
        }
        let count = u16::try_from(count).unwrap();
        bytes.splice(..4, [0, 0].into_iter().chain(count.to_be_bytes()));
        assert_same_for_all(tight::decoders, &bytes, piece);
    }
}

/// Draws nothing before another has come as far.
struct Meeting {
    ends: Mutex<Vec<(Sender<()>, Receiver<()>)>>,
    met: Arc<Mutex<u32>>,
}

impl Decoder for Meeting {
    fn decode(
        &mut self,
        _body: &mut Reader<'_>,
        _pixels: &Unpacker,
        _target: ViewMut<'_>,
    ) -> Result<Progress, DecodeError> {
        unreachable!("bodies are taken");
    }

    fn take<'a>(
        &self,
        body: &mut Reader<'a>,
        _pixels: &'a Unpacker,
        _size: Size,
    ) -> Result<Option<Job<'a>>, DecodeError> {
        body.bytes("padding", LONG)?;
        let (here, there) = self.ends.lock().unwrap().pop().unwrap();
        let met = Arc::clone(&self.met);
        Ok(Some(Job::new(None, move |_| {
            here.send(()).unwrap();
            if there.recv_timeout(Duration::from_secs(60)).is_ok() {
                *met.lock().unwrap() += 1;
            }
            Ok(())
        })))
    }
}

#[test]
fn rectangles_beside_each_other_are_drawn_at_the_same_time() {
    let ((to_second, from_first), (to_first, from_second)) = (channel(), channel());
    let met = Arc::new(Mutex::new(0));
    let meeting = Meeting {
        ends: Mutex::new(vec![(to_second, from_second), (to_first, from_first)]),
        met: Arc::clone(&met),
    };
    let mut bytes = vec![0, 0, 0, 2];
    for left in [0, 256] {
        Rect::new(left, 0, 256, 256).encode(&mut bytes);
        bytes.extend(LANES.0.to_be_bytes());
        bytes.extend([0; LONG]);
    }
    let (log, ..) = outcome(Decoders::raw().with(LANES, meeting), 2, &bytes, usize::MAX);
    assert!(log.contains("Updated"), "{log}");
    assert_eq!(*met.lock().unwrap(), 2);
}
