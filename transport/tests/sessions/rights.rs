//! What each right allows, and that nothing else does.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rfb::sound::{FrameLength, SoundCodec, SoundEnd, SoundFormat, SoundStream};
use rfb::{ClientEvent, Point, PowerAction, Size, screen::ResizeStatus};
use testkit::scenes;
use tokio::time::timeout;
use transport::{
    Authenticator, Client, Rights, Scheme, Server, ServerConfig, ServerEvent, SoundSettings,
};

use super::relay::Relay;
use super::{PATIENCE, SIZE, config, connect, event, invitation, serve, wait_for};

pub(crate) const FORMAT: SoundFormat = SoundFormat {
    codec: SoundCodec::OPUS,
    channels: 2,
    frame: FrameLength::Ms10,
    bit_rate: 96_000,
};

/// What a client with `rights` did that came through: what the server heard, and what the client was given.
#[derive(Debug, Default, PartialEq, Eq)]
struct Through {
    heard: BTreeSet<&'static str>,
    given: BTreeSet<&'static str>,
}

/// A server that allows everything there is, to whom the authenticator lets in.
async fn serve_with(rights: Rights) -> Server {
    let server = serve(ServerConfig {
        password: None,
        authenticator: Some(Authenticator::new(move |_| async move { Some(rights) })),
        power: true,
        sound: true,
        microphone: true,
        ..config()
    })
    .await;
    server.on_microphone(Box::new(|_| {}));
    server
}

/// Does everything that a client can do.
async fn try_everything(rights: Rights, scheme: Scheme) -> Through {
    let server = serve_with(rights).await;
    let mut config = invitation(&server, scheme);
    config.user = Some("ada".to_owned());
    config.password = Some("x".into());
    config.sound = Some(SoundSettings::default());
    let mut client = connect(config).await.unwrap();
    let ServerEvent::Connected { rights: told, .. } = event(&server).await else {
        panic!("it is not in");
    };
    assert_eq!(told, rights);
    // With the picture came what the server offers.
    wait_for(&mut client, &scenes::desktop(SIZE)).await;
    client.set_clipboard("mine");
    if !rights.clipboard {
        server.set_clipboard("yours");
    }
    client.key(0x61, true);
    client.pointer(Point::new(1, 1), 1);
    client.start_sound(FORMAT);
    client.start_microphone(FORMAT);
    client.power(PowerAction::Shutdown);
    client.request_size(Size::new(100, 100));
    let mut through = Through::default();
    let (said, listened) = tokio::join!(
        timeout(PATIENCE, follow(client, rights)),
        timeout(PATIENCE, serve_wishes(&server)),
    );
    through.given = said.unwrap();
    through.heard = listened.unwrap();
    through
}

/// Follows until everything is answered; then goes.
async fn follow(mut client: Client, rights: Rights) -> BTreeSet<&'static str> {
    let (mut given, mut refused) = (BTreeSet::new(), BTreeSet::new());
    let mut answers = 4 + usize::from(rights.clipboard);
    while answers > 0 {
        let (set, what) = match client.next_event().await.unwrap() {
            ClientEvent::SoundStarted(SoundStream::Desktop, _) if rights.sound => {
                (&mut given, "sound")
            }
            ClientEvent::SoundStarted(SoundStream::Microphone, _) if rights.microphone => {
                (&mut given, "microphone")
            }
            ClientEvent::SoundStopped(SoundStream::Desktop, SoundEnd::PROHIBITED) => {
                (&mut refused, "sound")
            }
            ClientEvent::SoundStopped(SoundStream::Microphone, SoundEnd::PROHIBITED) => {
                (&mut refused, "microphone")
            }
            ClientEvent::Clipboard(_) => (&mut given, "clipboard"),
            ClientEvent::PowerRefused => (&mut refused, "power"),
            ClientEvent::ResizeRefused(ResizeStatus::PROHIBITED) => (&mut refused, "size"),
            ClientEvent::ResizeRefused(_) => (&mut given, "size"),
            _ => continue,
        };
        assert!(set.insert(what), "{what} twice");
        answers -= 1;
    }
    client.close().await;
    given
}

/// Answers wishes until the client has gone; what was heard.
async fn serve_wishes(server: &Server) -> BTreeSet<&'static str> {
    let mut heard = BTreeSet::new();
    loop {
        heard.insert(match event(server).await {
            ServerEvent::Key { .. } => "key",
            ServerEvent::Pointer { .. } => "pointer",
            ServerEvent::Clipboard { .. } => {
                // Not before: who is told of another clipboard gives up its own.
                server.set_clipboard("yours");
                "clipboard"
            }
            ServerEvent::MicrophoneStarted { .. } => "microphone",
            ServerEvent::MicrophoneStopped { .. } => continue,
            ServerEvent::Power { session, .. } => {
                server.refuse_power(session);
                "power"
            }
            ServerEvent::ResizeRequested { session, .. } => {
                // Another refusal than that of who may not ask.
                server.refuse_resize(session, ResizeStatus::OUT_OF_RESOURCES);
                "size"
            }
            ServerEvent::Disconnected { .. } => return heard,
            other => panic!("{other:?}"),
        });
    }
}

fn all_but(rights: Rights) -> Through {
    let heard = [
        ("key", rights.control),
        ("pointer", rights.control),
        ("size", rights.control),
        ("clipboard", rights.clipboard),
        ("microphone", rights.microphone),
        ("power", rights.power),
    ];
    let given = [
        ("size", rights.control),
        ("clipboard", rights.clipboard),
        ("sound", rights.sound),
        ("microphone", rights.microphone),
    ];
    let set = |all: &[(&'static str, bool)]| {
        let allowed = all.iter().filter(|(_, allowed)| *allowed);
        allowed.map(|(what, _)| *what).collect()
    };
    Through {
        heard: set(&heard),
        given: set(&given),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_right_that_is_withheld_is_missed_and_no_other() {
    let full = Rights::FULL;
    let each = [
        full,
        Rights::VIEW_ONLY,
        Rights {
            control: false,
            ..full
        },
        Rights {
            clipboard: false,
            ..full
        },
        Rights {
            sound: false,
            ..full
        },
        Rights {
            microphone: false,
            ..full
        },
        Rights {
            power: false,
            ..full
        },
    ];
    for rights in each {
        for scheme in [Scheme::Vncs, Scheme::Vnc] {
            let through = try_everything(rights, scheme).await;
            assert_eq!(through, all_but(rights), "{rights:?} {scheme}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_goes_on_keeps_its_rights_and_nobody_is_asked_again() {
    let rights = Rights {
        control: false,
        ..Rights::FULL
    };
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let server = serve(ServerConfig {
        authenticator: Some(Authenticator::new(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            async move { Some(rights) }
        })),
        ..config()
    })
    .await;
    let relay = Relay::to(server.address()).await;
    let mut invited = invitation(&server, Scheme::Vncs);
    invited.endpoints[0].port = relay.address.port();
    let mut client = connect(invited).await.unwrap();
    wait_for(&mut client, &scenes::desktop(SIZE)).await;
    relay.cut();
    while client.next_event().await.is_ok() {}
    timeout(PATIENCE, client.reconnect())
        .await
        .unwrap()
        .unwrap();
    client.key(0x61, true);
    client.set_clipboard("mine");
    server.update(scenes::icons(SIZE).view(), &SIZE.into());
    wait_for(&mut client, &scenes::icons(SIZE)).await;
    let heard = async {
        loop {
            match event(&server).await {
                ServerEvent::Clipboard { content, .. } => return content,
                ServerEvent::Key { .. } => panic!("it may not touch"),
                _ => {}
            }
        }
    };
    let follow = async { while client.next_event().await.is_ok() {} };
    tokio::select! {
        content = heard => assert_eq!(content, "mine".into()),
        () = follow => panic!("the session is over"),
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}
