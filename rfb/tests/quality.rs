//! What a client announces of quality, compression and subsampling, and what encoders are told of it.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rfb::codec::{JpegQuality, RawEncoder};
use rfb::server::{PixelCost, UpdateJob};
use rfb::wire::{Encode, Reader};
use rfb::{
    ClientConfig, ClientConnection, ClientMessage, EncodeSettings, Encoder, Encoders, Encoding,
    Limits, Rect, RectWriter, Region, ServerConnection, Size, Subsampling, View,
};
use testkit::pair::{Pair, open_server};
use testkit::scenes;

const SIZE: Size = Size::new(40, 30);

/// What encoders were asked for, in order.
type Asked = Arc<Mutex<Vec<(Encoding, EncodeSettings)>>>;

/// Notes what it is asked for, and sends Raw; with loss, as it says, where that is allowed.
struct Probe(Encoding, Asked);

impl Encoder for Probe {
    fn encode(
        &mut self,
        source: View<'_>,
        region: &Region,
        settings: &EncodeSettings,
        out: &mut RectWriter<'_>,
    ) -> Region {
        let asked = (self.0, settings.clone());
        self.1.lock().unwrap().push(asked);
        let left = RawEncoder::default().encode(source, region, settings, out);
        if settings.loss_allowed() {
            let mark = |rect: &_| out.mark_lossy(*rect, 50);
            region.difference(&left).rects().iter().for_each(mark);
        }
        left
    }
}

/// What the encoders of a server are asked for by a client that announces `encodings`: once for a picture, and again
/// when it is still.
fn asked(encodings: &[Encoding]) -> Vec<(Encoding, EncodeSettings)> {
    let asked = Asked::default();
    let probed = [Encoding::TIGHT, Encoding::TIGHT_PNG, Encoding::JPEG];
    let encoders = probed.into_iter().fold(Encoders::raw(), |all, encoding| {
        all.with(encoding, Probe(encoding, Arc::clone(&asked)))
    });
    let client = ClientConnection::new(ClientConfig::default(), tight::decoders());
    let server = ServerConnection::new(open_server(SIZE), encoders);
    let mut pair = Pair::of(scenes::flat(SIZE), client, server);
    pair.drive().unwrap();
    let mut bytes = Vec::new();
    ClientMessage::SetEncodings(encodings.to_vec()).encode(&mut bytes);
    pair.server.handle_bytes(pair.now, &bytes);
    pair.drive().unwrap();
    pair.wait(Duration::from_secs(1)).unwrap();
    asked.lock().unwrap().clear();
    pair.show(scenes::noise(SIZE));
    pair.drive().unwrap();
    pair.wait(Duration::from_secs(1)).unwrap();
    std::mem::take(&mut asked.lock().unwrap())
}

fn first(encodings: &[Encoding]) -> EncodeSettings {
    asked(&[&[Encoding::TIGHT], encodings].concat())
        .swap_remove(0)
        .1
}

#[test]
fn nothing_is_lost_unless_a_quality_is_asked_for() {
    assert_eq!(first(&[]), EncodeSettings::default());
    let subsampled = first(&[Encoding::subsampling(Subsampling::Gray)]);
    assert!(!subsampled.loss_allowed());
    assert!(first(&[Encoding::quality(0)]).loss_allowed());
    assert!(first(&[Encoding::fine_quality(0)]).loss_allowed());
}

#[test]
fn encoders_are_told_what_the_client_asks_for() {
    let told = first(&[
        Encoding::quality(3),
        Encoding::fine_quality(71),
        Encoding::subsampling(Subsampling::Yuv422),
        Encoding::compression(7),
        Encoding::TIGHT_WITHOUT_ZLIB,
    ]);
    let expected = EncodeSettings {
        quality: Some(3),
        fine_quality: Some(71),
        subsampling: Some(Subsampling::Yuv422),
        compression: 7,
        without_zlib: true,
        ..EncodeSettings::default()
    };
    assert_eq!(told, expected);
}

#[test]
fn what_is_still_is_sent_again_without_loss() {
    let all = asked(&[
        Encoding::TIGHT,
        Encoding::fine_quality(71),
        Encoding::subsampling(Subsampling::Gray),
    ]);
    let loss: Vec<bool> = all.iter().map(|(_, told)| told.loss_allowed()).collect();
    assert_eq!(loss, [true, false]);
    assert_eq!(all.last().unwrap().1.subsampling, None);
}

#[test]
fn jpeg_alone_is_passed_over_where_nothing_may_be_lost() {
    let encodings = |encodings: &[Encoding]| {
        let asked = asked(encodings).into_iter();
        asked.map(|(encoding, _)| encoding).collect::<Vec<_>>()
    };
    let (jpeg, png) = (Encoding::JPEG, Encoding::TIGHT_PNG);
    assert_eq!(encodings(&[jpeg, png]), [png]);
    assert_eq!(encodings(&[jpeg, png, Encoding::quality(8)]), [jpeg, png]);
    // Raw for want of another.
    assert_eq!(encodings(&[jpeg, Encoding::quality(8)]), [jpeg]);
}

#[test]
fn gradients_are_kept_from_novnc_before_it_could_undo_them() {
    let novnc = [
        Encoding::TIGHT_PNG,
        Encoding::ZRLE,
        Encoding::JPEG,
        Encoding::quality(6),
    ];
    assert!(!first(&novnc).gradient);
    assert!(first(&[&novnc[..], &[Encoding::QEMU_LEDS]].concat()).gradient);
    assert!(first(&[&novnc[..], &[Encoding::TIGHT_WITHOUT_ZLIB]].concat()).gradient);
    assert!(first(&[Encoding::ZRLE]).gradient);
}

/// JPEG and the pseudo-encodings about its quality, of what a client announces.
fn announced(config: ClientConfig) -> Vec<Encoding> {
    let client = ClientConnection::new(config, tight::decoders());
    let server = ServerConnection::new(open_server(SIZE), tight::encoders());
    let mut pair = Pair::of(scenes::flat(SIZE), client, server);
    pair.drive().unwrap();
    // Behind the version, the security type and the shared-flag.
    let bytes = pair.client_bytes.get(14..).unwrap();
    let mut reader = Reader::new(bytes);
    let numbers = loop {
        let message = ClientMessage::decode(&mut reader, &Limits::default(), false).unwrap();
        if let ClientMessage::SetEncodings(numbers) = message {
            break numbers;
        }
    };
    let of_interest = |number: &Encoding| {
        *number == Encoding::JPEG
            || number.quality_level().is_some()
            || number.fine_quality_level().is_some()
            || number.subsampling_level().is_some()
    };
    numbers.into_iter().filter(of_interest).collect()
}

#[test]
fn a_client_announces_the_quality_it_wants_the_finer_after_the_coarser() {
    let config = ClientConfig {
        quality: Some(4),
        fine_quality: Some(55),
        subsampling: Some(Subsampling::Yuv420),
        ..ClientConfig::default()
    };
    let expected = [
        Encoding::JPEG,
        Encoding::quality(4),
        Encoding::fine_quality(55),
        Encoding::subsampling(Subsampling::Yuv420),
    ];
    assert_eq!(announced(config), expected);
}

#[test]
fn a_client_that_wants_no_loss_does_not_announce_jpeg() {
    let config = ClientConfig {
        quality: None,
        ..ClientConfig::default()
    };
    assert_eq!(announced(config), []);
}

/// A server whose encoder notes what it is asked for, and its client, which holds the desktop.
fn probed(config: ClientConfig) -> (Pair, Asked) {
    let asked = Asked::default();
    let probe = Probe(Encoding::TIGHT, Arc::clone(&asked));
    let encoders = Encoders::raw().with(Encoding::TIGHT, probe);
    let client = ClientConnection::new(config, tight::decoders());
    let server = ServerConnection::new(open_server(WIDE), encoders);
    let mut pair = Pair::of(scenes::noise(WIDE), client, server);
    pair.drive().unwrap();
    (pair, asked)
}

/// Two cells side by side.
const WIDE: Size = Size::new(128, 64);
const LESS: JpegQuality = JpegQuality {
    quality: 30,
    subsampling: Subsampling::Yuv420,
};

/// The qualities an encoder is asked for in the next update after damage of `damage`.
fn qualities(
    (pair, asked): &mut (Pair, Asked),
    damage: Rect,
    wish: impl FnOnce(UpdateJob) -> UpdateJob,
) -> Vec<Option<JpegQuality>> {
    pair.server.add_damage(&damage.into());
    pair.now = pair.now + Duration::from_millis(40);
    asked.lock().unwrap().clear();
    let job = pair.server.begin_update(pair.now, usize::MAX).unwrap();
    let update = wish(job).run(pair.desktop.view());
    pair.server.finish_update(pair.now, update);
    pair.drive().unwrap();
    let asked = asked.lock().unwrap();
    asked.iter().map(|(_, told)| told.jpeg_quality()).collect()
}

#[test]
fn an_update_may_be_of_less_quality_than_was_asked_for_and_never_of_more() {
    let mut session = probed(ClientConfig::default());
    let all = Rect::from(WIDE);
    let asked_for = JpegQuality::of_level(8);
    let least = qualities(&mut session, all, |job| job.at_most(LESS));
    assert_eq!(least, [Some(LESS)]);
    let most = JpegQuality::of_level(9);
    let more = qualities(&mut session, all, |job| job.at_most(most));
    assert_eq!(more, [Some(asked_for)]);
    let lossless = ClientConfig {
        quality: None,
        ..ClientConfig::default()
    };
    let exact = qualities(&mut probed(lossless), all, |job| job.at_most(LESS));
    assert_eq!(exact, [None]);
}

#[test]
fn what_keeps_changing_may_be_of_less_quality_than_the_rest() {
    let mut session = probed(ClientConfig::default());
    let (left, all) = (Rect::new(0, 0, 64, 64), Rect::from(WIDE));
    for _ in 0..5 {
        qualities(&mut session, left, |job| job);
    }
    let asked_for = Some(JpegQuality::of_level(8));
    let told = qualities(&mut session, all, |job| {
        assert_eq!(job.moving(), &Region::from(left));
        job.moving_at_most(LESS)
    });
    assert_eq!(told.len(), 2);
    assert!(told.contains(&asked_for) && told.contains(&Some(LESS)));
    assert_eq!(
        session.0.server.moving(&all.into(), session.0.now),
        Region::from(left)
    );
    session.0.wait(Duration::from_secs(1)).unwrap();
    let told = qualities(&mut session, left, |job| job.moving_at_most(LESS));
    assert_eq!(told, [asked_for], "it has been still");
}

#[test]
fn an_update_tells_what_it_cost() {
    let (mut pair, _) = probed(ClientConfig::default());
    let (one, other) = (Rect::new(0, 0, 20, 20), Rect::new(100, 40, 20, 20));
    pair.server.add_damage(&[one, other].into_iter().collect());
    let job = pair.server.begin_update(pair.now, 10).unwrap();
    let part = job.run(pair.desktop.view());
    assert!(!part.is_whole() && !part.is_refresh());
    assert_eq!(part.still_cost().pixels, one.area());
    pair.server.finish_update(pair.now, part);
    while pair.server.poll_output().is_some() {}
    let job = pair.server.begin_update(pair.now, usize::MAX).unwrap();
    let rest = job.at_most(LESS).run(pair.desktop.view());
    assert!(rest.is_whole());
    // What the probe says of all.
    assert_eq!(rest.lowest_quality(), Some(50));
    assert_eq!(rest.moving_cost(), PixelCost::default());
    let cost = rest.still_cost();
    assert_eq!(cost.pixels, other.area());
    assert!(cost.lossy_pixels == cost.pixels && cost.lossy_bytes == cost.bytes);
    assert_eq!(cost.bytes, 12 + other.area() * 4);
}

#[test]
fn a_client_says_whether_it_takes_less_than_it_asks_for() {
    for adapts in [true, false] {
        let config = ClientConfig {
            adapts,
            ..ClientConfig::default()
        };
        assert_eq!(probed(config).0.server.takes_less_quality(), adapts);
    }
}
