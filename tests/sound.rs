//! A desktop's sound from a server's samples to what a client's sound card is given, and a microphone's the other way.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use testkit::tone::{level, side, tone};
use tightrope::rfb::sound::{SoundEnd, SoundStream};
use tightrope::{
    Client, ClientConfig, ClientEvent, Framebuffer, Scheme, Server, ServerConfig, ServerEvent,
    Size, SoundSettings,
};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

/// What a device's callback is asked for at once: 10 ms.
const CHUNK: usize = 960;
const PERIOD: Duration = Duration::from_millis(10);
const LIMIT: Duration = Duration::from_secs(20);

async fn serve(microphone: bool) -> Server {
    let config = ServerConfig {
        sound: true,
        microphone,
        ..ServerConfig::new(Size::new(64, 64)).unwrap()
    };
    let server = Server::bind(config).await.unwrap();
    let desktop = Framebuffer::new(Size::new(64, 64));
    server.update(desktop.view(), &server.size().into());
    server
}

fn config_for(server: &Server, scheme: Scheme) -> ClientConfig {
    let url = format!("{scheme}://{}", server.address());
    ClientConfig {
        fingerprint: server.fingerprint(),
        password: server.password().cloned(),
        sound: Some(SoundSettings::default()),
        ..ClientConfig::new(&url).unwrap()
    }
}

async fn listen(server: &Server, scheme: Scheme) -> Client {
    Client::connect(config_for(server, scheme)).await.unwrap()
}

/// Waits for an event; what comes before it is of no interest.
async fn until(client: &mut Client, wanted: impl Fn(&ClientEvent) -> bool) -> ClientEvent {
    let wait = async {
        loop {
            let event = client.next_event().await.unwrap();
            if wanted(&event) {
                return event;
            }
        }
    };
    tokio::time::timeout(LIMIT, wait).await.unwrap()
}

fn is_start(stream: SoundStream) -> impl Fn(&ClientEvent) -> bool {
    move |event| matches!(event, ClientEvent::SoundStarted(own, _) if *own == stream)
}

/// Gives `samples` to `push` at the pace of a device, 10 ms at a time.
fn play(samples: Vec<f32>, push: impl Fn(&[f32], Instant) + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        for chunk in samples.chunks(CHUNK) {
            let at = ticks.tick().await;
            push(chunk, at.into_std());
        }
    })
}

/// Takes so many chunks at the pace of a device.
fn record(
    chunks: usize,
    fill: impl Fn(&mut [f32], Instant, Instant) + Send + 'static,
) -> JoinHandle<Vec<f32>> {
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut taken = Vec::new();
        for _ in 0..chunks {
            let at = ticks.tick().await.into_std();
            let mut chunk = [9.0; CHUNK];
            fill(&mut chunk, at, at + PERIOD);
            taken.extend(chunk);
        }
        taken
    })
}

/// Most of it is the tone: a machine that is busy may leave gaps.
fn assert_tone(stereo: &[f32]) {
    for channel in [0, 1] {
        let side = side(stereo, channel);
        let is_tone = |part: &[f32]| (level(part, 440.0) - 0.4).abs() < 0.08;
        let parts = side.chunks(2400).filter(|part| is_tone(part)).count();
        assert!(parts >= 10, "{parts} of 20 twentieths of a second");
    }
}

async fn a_tone_is_heard_over(scheme: Scheme) {
    let server = serve(false).await;
    let mut wanted = server.sound_wanted();
    let mut client = listen(&server, scheme).await;
    until(&mut client, is_start(SoundStream::Desktop)).await;
    wanted.wait_for(|wanted| *wanted).await.unwrap();

    let player = client.player();
    let filled = player.clone();
    let recorded = record(150, move |out, called, plays| {
        filled.fill(out, called, plays)
    });
    let pushed = server.clone();
    let played = play(tone(440.0, 0.4, 1.0), move |samples, at| {
        pushed.push_sound(samples, at)
    });
    let recorded = tokio::select! {
        recorded = recorded => recorded.unwrap(),
        _ = until(&mut client, |_| false) => unreachable!(),
    };
    played.await.unwrap();
    assert_tone(&recorded);
    let stats = player.stats().unwrap();
    assert_eq!((stats.lost, stats.malformed), (0, 0), "{stats:?}");
    assert!(client.stats().received.sound > 0);

    client.stop_sound();
    until(&mut client, |event| {
        matches!(
            event,
            ClientEvent::SoundStopped(SoundStream::Desktop, SoundEnd::STOPPED)
        )
    })
    .await;
    tokio::time::timeout(LIMIT, wanted.wait_for(|wanted| !wanted))
        .await
        .unwrap()
        .unwrap();
    assert!(server.sound_feeds().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tone_of_the_desktop_is_heard_in_the_stream() {
    a_tone_is_heard_over(Scheme::Vncs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tone_of_the_desktop_is_heard_in_datagrams() {
    a_tone_is_heard_over(Scheme::Quic).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_mutes_is_not_sent() {
    let server = serve(false).await;
    let mut client = listen(&server, Scheme::Vncs).await;
    until(&mut client, is_start(SoundStream::Desktop)).await;
    let pushed = server.clone();
    let stop = play(tone(440.0, 0.4, 20.0), move |samples, at| {
        pushed.push_sound(samples, at);
    });
    let received = |client: &Client| client.stats().received.sound;
    while received(&client) == 0 {
        listen_for(&mut client, PERIOD).await;
    }
    client.set_muted(true);
    assert!(client.player().is_muted());
    let silent = async {
        loop {
            let before = received(&client);
            listen_for(&mut client, 20 * PERIOD).await;
            if received(&client) == before {
                return;
            }
        }
    };
    tokio::time::timeout(LIMIT, silent).await.unwrap();
    stop.abort();
}

/// Takes what comes for so long.
async fn listen_for(client: &mut Client, time: Duration) {
    let _time_is_over = tokio::time::timeout(time, until(client, |_| false)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_microphone_is_heard_where_it_is_allowed() {
    let server = serve(true).await;
    let mut client = listen(&server, Scheme::Quic).await;
    until(&mut client, is_start(SoundStream::Desktop)).await;
    assert!(client.takes_microphone());
    client.start_microphone();
    until(&mut client, is_start(SoundStream::Microphone)).await;
    let input = client.microphone();
    let microphone = server.microphone();
    assert!(input.is_on());
    let recorded = record(150, move |out, called, plays| {
        microphone.fill(out, called, plays)
    });
    let played = play(tone(440.0, 0.4, 1.0), move |samples, at| {
        input.push(samples, at)
    });
    let recorded = tokio::select! {
        recorded = recorded => recorded.unwrap(),
        _ = until(&mut client, |_| false) => unreachable!(),
    };
    played.await.unwrap();
    assert_tone(&recorded);

    client.stop_microphone();
    let gone = async {
        while !matches!(
            server.next_event().await,
            ServerEvent::MicrophoneStopped { .. }
        ) {}
    };
    let moved = until(&mut client, |_| false);
    tokio::select! {
        () = async { tokio::time::timeout(LIMIT, gone).await.unwrap() } => {}
        _ = moved => unreachable!(),
    }
    assert!(server.microphone().stats().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_microphone_that_is_not_allowed_is_refused_with_a_reason() {
    let server = serve(false).await;
    let mut client = listen(&server, Scheme::Vncs).await;
    until(&mut client, is_start(SoundStream::Desktop)).await;
    assert!(!client.takes_microphone());
    client.start_microphone();
    let refused = ClientEvent::SoundStopped(SoundStream::Microphone, SoundEnd::PROHIBITED);
    until(&mut client, |event| *event == refused).await;
    assert!(!client.microphone().is_on());
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_goes_on_over_another_connection() {
    let server = serve(false).await;
    let mut client = listen(&server, Scheme::Vncs).await;
    until(&mut client, is_start(SoundStream::Desktop)).await;
    client.reconnect().await.unwrap();
    assert!(client.player().stats().is_none(), "until it has begun anew");
    until(&mut client, is_start(SoundStream::Desktop)).await;
    let pushed = server.clone();
    let player = client.player();
    let heard = player.clone();
    let recorded = record(40, move |out, called, plays| {
        player.fill(out, called, plays)
    });
    let played = play(tone(440.0, 0.4, 0.3), move |samples, at| {
        pushed.push_sound(samples, at)
    });
    tokio::select! {
        recorded = recorded => assert!(recorded.unwrap().iter().any(|sample| *sample > 0.3)),
        _ = until(&mut client, |_| false) => unreachable!(),
    }
    played.await.unwrap();
    assert!(heard.stats().unwrap().packets > 0);
}

/// Updates that a client takes to hold a picture of noise that is sent at 5 Mbit/s.
async fn updates_for_noise(sound: bool) -> u64 {
    let size = Size::new(640, 480);
    let config = ServerConfig {
        sound: true,
        size,
        max_rate: Some(5_000_000),
        ..ServerConfig::new(size).unwrap()
    };
    let server = Server::bind(config).await.unwrap();
    let (black, noise) = (Framebuffer::new(size), testkit::scenes::noise(size));
    server.update(black.view(), &size.into());
    let mut config = config_for(&server, Scheme::Vncs);
    config.quality = None;
    config.sound = sound.then(SoundSettings::default);
    let mut client = Client::connect(config).await.unwrap();
    if sound {
        until(&mut client, is_start(SoundStream::Desktop)).await;
    }
    server.update(noise.view(), &size.into());
    let follow = async {
        while *client.framebuffer() != noise {
            client.next_event().await.unwrap();
        }
    };
    tokio::time::timeout(LIMIT, follow).await.unwrap();
    client.stats().updates
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_sound_pictures_come_in_smaller_updates() {
    let alone = updates_for_noise(false).await;
    let beside = updates_for_noise(true).await;
    assert!(
        11 * alone < 10 * beside,
        "{alone} alone, {beside} beside sound"
    );
}
