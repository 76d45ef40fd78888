//! What is sent with loss is sent again without: when, in which order, and never in the way of what changes.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rfb::codec::{JpegQuality, RawEncoder};
use rfb::wire::Encode;
use rfb::{
    ClientConfig, ClientConnection, ClientMessage, Decoders, EncodeSettings, Encoder, Encoders,
    Encoding, Framebuffer, LocalTime, Point, Rect, RectWriter, Region, ServerConnection, Size,
    View,
};
use testkit::pair::{Pair, open_server};
use testkit::scenes;

const SIZE: Size = Size::new(1024, 768);
/// Longer than any area waits for its refresh.
const STILL: Duration = Duration::from_secs(2);
const BLOCK: u16 = 256;

/// What was encoded, in order: whether with loss, and where.
type Sent = Arc<Mutex<Vec<(bool, Region)>>>;

/// Sends Raw, of half the brightness where loss is allowed: plainly not exact.
struct Dim(Sent);

impl Encoder for Dim {
    fn encode(
        &mut self,
        source: View<'_>,
        region: &Region,
        settings: &EncodeSettings,
        out: &mut RectWriter<'_>,
    ) -> Region {
        let mut shown = Framebuffer::new(source.size());
        let mut rows = shown.view_mut(source.size().into()).unwrap();
        for (to, from) in rows.rows_mut().zip(source.rows(source.size().into())) {
            to.copy_from_slice(from);
            if settings.loss_allowed() {
                to.iter_mut().for_each(|sample| *sample /= 2);
            }
        }
        let left = RawEncoder::default().encode(shown.view(), region, settings, out);
        let sent = region.difference(&left);
        if let Some(JpegQuality { quality, .. }) = settings.jpeg_quality() {
            let mark = |rect: &Rect| out.mark_lossy(*rect, quality);
            sent.rects().iter().for_each(mark);
        }
        self.0.lock().unwrap().push((settings.loss_allowed(), sent));
        left
    }
}

struct Session {
    pair: Pair,
    sent: Sent,
}

impl Session {
    fn new(desktop: Framebuffer) -> Self {
        let sent = Sent::default();
        let encoders = Encoders::raw().with(Encoding::TIGHT, Dim(Arc::clone(&sent)));
        let config = ClientConfig {
            quality: Some(5),
            ..ClientConfig::default()
        };
        let decoders = Decoders::raw().with(Encoding::TIGHT, rfb::codec::RawDecoder::default());
        let client = ClientConnection::new(config, decoders);
        let server = ServerConnection::new(open_server(SIZE), encoders);
        let mut session = Self {
            pair: Pair::of(desktop, client, server),
            sent,
        };
        session.pair.drive().unwrap();
        session
    }

    /// Shows this and lets nothing else happen.
    fn show(&mut self, change: impl FnOnce(&mut Framebuffer)) {
        let mut desktop = self.pair.desktop.clone();
        change(&mut desktop);
        self.pair.show(desktop);
        self.pair.drive().unwrap();
    }

    fn settle(&mut self) {
        while self.pair.server.poll_timeout().is_some() {
            self.pair.wait(STILL).unwrap();
        }
    }

    fn wait(&mut self, millis: u64) {
        self.pair.wait(Duration::from_millis(millis)).unwrap();
    }

    /// Where was sent with and where without loss since the last call, in order.
    fn taken(&self) -> Vec<(bool, Region)> {
        std::mem::take(&mut self.sent.lock().unwrap())
    }

    /// Where was refreshed since the last call, in order.
    fn refreshed(&self) -> Vec<Region> {
        let exact = |(lossy, region): (bool, Region)| (!lossy).then_some(region);
        self.taken().into_iter().filter_map(exact).collect()
    }
}

fn paint(rect: Rect, shade: u8) -> impl FnOnce(&mut Framebuffer) {
    move |desktop| desktop.view_mut(rect).unwrap().fill([shade, 99, 99, 0])
}

/// The index of the first refresh that touches `rect`.
fn turn(refreshed: &[Region], rect: Rect) -> usize {
    let touches = |region: &Region| region.intersects(rect);
    refreshed.iter().position(touches).unwrap()
}

#[test]
fn near_the_pointer_comes_first_and_then_where_there_is_most() {
    let mut session = Session::new(scenes::noise(SIZE));
    session.settle();
    session.taken();
    let (near, small, large) = (
        Rect::new(768, 512, 200, 200),
        Rect::new(0, 0, 100, 100),
        Rect::new(0, 512, BLOCK, BLOCK),
    );
    session.pair.server.set_pointer(Point::new(800, 600));
    let pixels = [near, small, large].map(|rect| (rect, 7));
    session.show(|desktop| {
        for (rect, shade) in pixels {
            desktop.view_mut(rect).unwrap().fill([shade, 80, 80, 0]);
        }
    });
    session.settle();
    let refreshed = session.refreshed();
    // Several blocks may fit in one update, in which order is not seen.
    assert_eq!(turn(&refreshed, near), 0);
    assert!(turn(&refreshed, large) <= turn(&refreshed, small));
    let all: Region = refreshed
        .iter()
        .flat_map(|own| own.rects().to_vec())
        .collect();
    let lossy: Region = [near, small, large].into_iter().collect();
    assert_eq!(all, lossy, "that and nothing else");
    assert!(session.pair.is_equal());
}

/// Carries what both ends have to say, and encodes nothing.
fn carry(pair: &mut Pair) {
    while let Some(bytes) = pair.server.poll_output() {
        pair.client.handle_bytes(pair.now, &bytes);
        while pair.client.poll_event().unwrap().is_some() {}
    }
    while let Some(bytes) = pair.client.poll_output() {
        pair.server.handle_bytes(pair.now, &bytes);
        while pair.server.poll_event().unwrap().is_some() {}
    }
}

#[test]
fn a_change_waits_for_no_more_than_one_small_piece() {
    let mut session = Session::new(scenes::noise(SIZE));
    let pair = &mut session.pair;
    pair.now = pair.now + STILL;
    let mut pieces = 0;
    while let Some(piece) = pair.server.begin_update(pair.now, usize::MAX) {
        pieces += 1;
        let piece = piece.run(pair.desktop.view());
        let block = usize::from(BLOCK) * usize::from(BLOCK) * 4;
        assert!(piece.len() < block + 100, "{} bytes", piece.len());
        // While it is made, something changes.
        let spot = Rect::new(10, 10, 4, 4);
        let mut desktop = pair.desktop.clone();
        paint(spot, pieces)(&mut desktop);
        pair.show(desktop);
        pair.server.finish_update(pair.now, piece);
        carry(pair);
        let next = pair.server.begin_update(pair.now, usize::MAX).unwrap();
        assert_eq!(next.region(), &Region::from(spot));
        let next = next.run(pair.desktop.view());
        pair.server.finish_update(pair.now, next);
        carry(pair);
        pair.now = pair.now + Duration::from_millis(1);
    }
    assert!(pieces > 10, "{pieces} pieces");
    session.settle();
    assert!(session.pair.is_equal());
}

#[test]
fn a_video_is_not_refreshed_between_its_pictures_and_all_else_is() {
    let mut session = Session::new(scenes::noise(SIZE));
    let video = Rect::new(512, 256, 200, 120);
    let cells = Rect::new(512, 256, 256, 128);
    // Three pictures a second: each is still for longer than a picture has to be otherwise.
    for picture in 0..4 {
        session.show(paint(video, picture));
        session.wait(330);
    }
    session.taken();
    for picture in 4..20 {
        session.show(paint(video, picture));
        session.wait(330);
    }
    assert_eq!(
        session.refreshed(),
        Vec::<Region>::new(),
        "all else is exact by now, and the video is let alone"
    );
    let lossy = session.pair.server.lossy();
    assert!(!lossy.is_empty() && lossy.difference(&cells.into()).is_empty());
    session.settle();
    assert!(session.pair.is_equal(), "the last picture is refreshed");
}

#[test]
fn what_is_worse_than_what_is_asked_for_now_comes_first() {
    let mut session = Session::new(scenes::noise(SIZE));
    session.settle();
    let (poor, fine) = (Rect::new(768, 512, 200, 200), Rect::new(0, 0, 200, 200));
    session.pair.server.set_pointer(Point::new(10, 10));
    session.show(paint(poor, 1));
    // The client asks for more.
    let mut bytes = Vec::new();
    let encodings = vec![Encoding::TIGHT, Encoding::quality(9)];
    ClientMessage::SetEncodings(encodings).encode(&mut bytes);
    session.pair.server.handle_bytes(session.pair.now, &bytes);
    session.show(paint(fine, 2));
    session.show(paint(Rect::new(300, 0, 200, 200), 3));
    session.taken();
    session.settle();
    let refreshed = session.refreshed();
    assert_eq!(turn(&refreshed, poor), 0);
    assert!(turn(&refreshed, fine) <= turn(&refreshed, Rect::new(300, 0, 200, 200)));
    assert!(session.pair.is_equal());
}

#[test]
fn what_is_moved_is_refreshed_where_it_is_now() {
    let mut session = Session::new(scenes::noise(SIZE));
    session.settle();
    session.taken();
    session.show(paint(Rect::new(0, 0, 100, 100), 1));
    let (from, to) = (Point::new(0, 0), Rect::new(500, 400, 100, 100));
    let pair = &mut session.pair;
    pair.desktop.copy_within(from, to).unwrap();
    pair.server.add_copy(from, to);
    // What was there is drawn over, and known exactly after that.
    paint(Rect::new(0, 0, 100, 100), 2)(&mut pair.desktop);
    pair.server.add_damage(&Rect::new(0, 0, 100, 100).into());
    pair.drive().unwrap();
    assert!(pair.server.lossy().intersects(to));
    session.settle();
    let refreshed: Region = session
        .refreshed()
        .iter()
        .flat_map(|own| own.rects().to_vec())
        .collect();
    let both: Region = [to, Rect::new(0, 0, 100, 100)].into_iter().collect();
    assert_eq!(refreshed, both);
    assert!(session.pair.is_equal());
    assert_eq!(session.pair.server.poll_timeout(), None::<LocalTime>);
}
