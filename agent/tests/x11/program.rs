//! The program itself, from its command line to its end, seen by clients.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tightrope::{
    Client, ClientConfig, ClientEvent, GoodbyeCode, Identity, Point, Rect, ResizeStatus,
    SessionError, Size,
};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::ConnectionExt;
use x11rb::rust_connection::RustConnection;

use crate::agent::{Agent, goodbye, program, wait_for, wait_until_equal};
use crate::desktop::{Desktop, PATIENCE, bare_xvfb, connect, fill, until, window};

#[tokio::test]
async fn a_client_sees_the_desktop_and_everything_drawn_on_it() {
    let agent = Agent::on_its_own_display(&["--geometry", "1000x700", "--name", "Desk"]);
    let (display, _) = agent.place();
    let x = connect(&display);
    let drawn = window(&x, Rect::new(100, 50, 640, 480), 0x0040_80c0);
    let mut client = agent.client().await;
    assert_eq!(
        (client.size(), client.name()),
        (Size::new(1000, 700), "Desk")
    );
    wait_until_equal(&mut client, &x).await;
    for round in 1..6_u16 {
        fill(
            &x,
            drawn,
            0x00ff_0000 >> round,
            &[Rect::new(round * 31, 7, 50, 300)],
        );
        wait_until_equal(&mut client, &x).await;
    }
    client.close().await;
    fill(&x, drawn, 0x0012_3456, &[Rect::new(0, 0, 640, 480)]);
    let mut client = agent.client().await;
    wait_until_equal(&mut client, &x).await;
}

#[tokio::test]
async fn a_client_types_into_the_command_and_the_agent_ends_with_it() {
    let mut agent = Agent::start(&[
        "--exec",
        "xterm -e sh -c 'read line; echo \"$line\" > {}/line'",
    ]);
    let mut client = agent.client().await;
    client.pointer(Point::new(50, 50), 0);
    // The terminal's window is white.
    wait_for(&mut client, |client, _| {
        let bytes = client.framebuffer().bytes();
        let white = bytes
            .chunks_exact(4)
            .filter(|pixel| pixel[0] == 255)
            .count();
        (white > 10_000).then_some(())
    })
    .await;
    for keysym in "Hello, ünïcode €!".chars().map(u32::from) {
        let keysym = if keysym < 0x100 {
            keysym
        } else {
            0x0100_0000 + keysym
        };
        client.key(keysym, true);
        client.key(keysym, false);
    }
    client.key(0xff0d, true);
    client.key(0xff0d, false);
    let goodbye = goodbye(&mut client).await;
    assert_eq!(goodbye.code, GoodbyeCode::APPLICATION_ENDED);
    let line = std::fs::read_to_string(agent.files.path().join("line")).unwrap();
    assert_eq!(line, "Hello, ünïcode €!\n");
    assert_eq!(agent.end().code(), Some(0));
}

#[tokio::test]
async fn a_command_that_fails_makes_the_agent_fail() {
    let mut agent = Agent::start(&["--exec", "sleep 0.5; exit 3"]);
    let mut client = agent.client().await;
    assert_eq!(
        goodbye(&mut client).await.code,
        GoodbyeCode::APPLICATION_ENDED
    );
    assert_eq!(agent.end().code(), Some(1));
    assert!(agent.log().contains("exit status: 3"), "{}", agent.log());
}

#[tokio::test]
async fn a_signal_ends_sessions_with_a_goodbye_and_leaves_nothing_behind() {
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::INT] {
        let command =
            "echo $DISPLAY $XAUTHORITY > {}/new; mv {}/new {}/where; sleep 1000 & sleep 1001";
        let mut agent = Agent::start(&["--exec", command]);
        let (_, authority) = agent.place();
        until("Xvfb, the shell, and two that sleep", || {
            (processes_with(&authority) == 4).then_some(())
        });
        let mut client = agent.client().await;
        wait_for(&mut client, |_, event| {
            matches!(event, ClientEvent::Updated { .. }).then_some(())
        })
        .await;
        agent.signal(signal);
        assert_eq!(goodbye(&mut client).await.code, GoodbyeCode::SHUTTING_DOWN);
        assert_eq!(agent.end().code(), Some(0));
        assert!(!authority.parent().unwrap().exists());
        assert_eq!(processes_with(&authority), 0);
    }
}

#[tokio::test]
async fn an_agent_that_is_killed_takes_its_programs_along() {
    let mut agent = Agent::on_its_own_display(&[]);
    let (_, authority) = agent.place();
    assert_eq!(processes_with(&authority), 2, "Xvfb and the command");
    agent.child.kill().unwrap();
    agent.end();
    until("the programs' end", || {
        (processes_with(&authority) == 0).then_some(())
    });
    std::fs::remove_dir_all(authority.parent().unwrap()).unwrap();
}

/// Processes that were given this Xauthority file, as an argument or in the environment.
fn processes_with(authority: &Path) -> usize {
    let authority = authority.to_str().unwrap().as_bytes();
    let mentions = |path: PathBuf| {
        let text = std::fs::read(path).unwrap_or_default();
        text.windows(authority.len()).any(|part| part == authority)
    };
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .map(|process| process.path())
        .filter(|process| mentions(process.join("cmdline")) || mentions(process.join("environ")))
        .count()
}

#[tokio::test]
async fn an_x_server_that_goes_away_ends_the_agent_with_a_goodbye() {
    let desktop = Desktop::new(Size::new(640, 480)).await;
    let mut program = program();
    program.env("XAUTHORITY", desktop.xvfb.authority());
    let name = desktop.display().name.clone();
    let mut agent = Agent::start_as(program, &["--display", &name]);
    let mut client = agent.client().await;
    assert_eq!(client.size(), Size::new(640, 480));
    wait_until_equal(&mut client, &desktop.connect()).await;
    desktop.xvfb.stop().await;
    let goodbye = goodbye(&mut client).await;
    let words = format!("the X server on {name} closed the connection");
    assert_eq!(goodbye.text, words);
    assert_eq!(agent.end().code(), Some(5));
    assert!(agent.log().contains(&words), "{}", agent.log());
}

#[tokio::test]
async fn clients_resize_the_desktop_within_its_limits() {
    let agent = Agent::on_its_own_display(&["--geometry", "640x480", "--max-geometry", "1024x768"]);
    let x = connect(&agent.place().0);
    let mut client = agent.client().await;
    let mut other = agent.client().await;
    wait_until_equal(&mut client, &x).await;
    wait_for(&mut client, |client, _| client.can_resize().then_some(())).await;
    for size in [
        Size::new(1001, 701),
        Size::new(33, 768),
        Size::new(1024, 768),
    ] {
        client.request_size(size);
        for client in [&mut client, &mut other] {
            wait_for(client, |_, event| match event {
                ClientEvent::Resized { size: now, .. } if *now == size => Some(()),
                _ => None,
            })
            .await;
        }
        let root = x
            .get_geometry(x.setup().roots[0].root)
            .unwrap()
            .reply()
            .unwrap();
        assert_eq!(Size::new(root.width, root.height), size);
        window(&x, Rect::new(0, 0, size.width, 9), u32::from(size.width));
        wait_until_equal(&mut client, &x).await;
        wait_until_equal(&mut other, &x).await;
    }
    client.request_size(Size::new(1025, 768));
    let status = wait_for(&mut client, |_, event| match event {
        ClientEvent::ResizeRefused(status) => Some(*status),
        _ => None,
    })
    .await;
    assert_eq!(status, ResizeStatus::OUT_OF_RESOURCES);
}

#[tokio::test]
async fn text_is_copied_between_clients_and_the_desktop() {
    let agent = Agent::on_its_own_display(&[]);
    let (display, authority) = agent.place();
    let xclip = |arguments: &str| {
        let mut command = Command::new("xclip");
        command
            .args(arguments.split(' '))
            .env("DISPLAY", &display.name);
        command.env("XAUTHORITY", &authority).stderr(Stdio::null());
        command
    };
    let mut client = agent.client().await;
    // Before that the client does not know yet that the server takes more than Latin-1.
    wait_for(&mut client, |_, event| {
        matches!(event, ClientEvent::Updated { .. }).then_some(())
    })
    .await;
    let text = "from the client: €\nand more\n".repeat(20_000);
    client.set_clipboard(&text);
    let x = connect(&display);
    let name = x
        .intern_atom(false, b"CLIPBOARD")
        .unwrap()
        .reply()
        .unwrap()
        .atom;
    let owned = async {
        while x.get_selection_owner(name).unwrap().reply().unwrap().owner == x11rb::NONE {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let moving = async { while client.next_event().await.is_ok() {} };
    tokio::select! {
        () = owned => {},
        () = moving => panic!("the session has ended"),
    }
    let pasted = xclip("-out -selection clipboard").output();
    let pasted = pasted.expect("xclip must be installed").stdout;
    assert!(pasted == text.as_bytes());

    let copied = agent.files.path().join("copied");
    std::fs::write(&copied, "from the desktop: ж").unwrap();
    let mut owner = xclip("-in -selection clipboard -quiet")
        .stdin(File::open(copied).unwrap())
        .spawn()
        .unwrap();
    let text = wait_for(&mut client, |_, event| match event {
        ClientEvent::Clipboard(content) => content.text.clone(),
        _ => None,
    })
    .await;
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert_eq!(text, "from the desktop: ж");
}

#[tokio::test]
async fn who_may_only_look_cannot_touch_and_who_leaves_holds_nothing() {
    let agent = Agent::on_its_own_display(&["--view-only"]);
    let x = connect(&agent.place().0);
    let config = agent.config("view_only_password");
    let mut looking = Client::connect(config).await.unwrap();
    let mut touching = agent.client().await;
    wait_until_equal(&mut looking, &x).await;
    looking.key(u32::from('b'), true);
    looking.request_full_update();
    wait_until_equal(&mut looking, &x).await;
    touching.key(u32::from('a'), true);
    touching.key(0xffe1, true);
    wait_until_pressed(&mut touching, &x, 2).await;
    touching.close().await;
    until("no key", || (keys_down(&x) == 0).then_some(()));
}

/// How many keys the desktop holds for pressed.
fn keys_down(x: &RustConnection) -> u32 {
    let keys = x.query_keymap().unwrap().reply().unwrap().keys;
    keys.iter().map(|byte| byte.count_ones()).sum()
}

/// Lets `client` say what it has to say until the desktop holds so many keys for pressed.
async fn wait_until_pressed(client: &mut Client, x: &RustConnection, keys: u32) {
    let pressed = async {
        while keys_down(x) != keys {
            client.request_full_update();
            client.next_event().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, pressed).await.unwrap();
}

#[tokio::test]
async fn who_loses_the_connection_holds_nothing_while_the_session_is_kept() {
    let agent = Agent::on_its_own_display(&["--verbose"]);
    let x = connect(&agent.place().0);
    let mut client = agent.client().await;
    wait_until_equal(&mut client, &x).await;
    client.key(u32::from('a'), true);
    wait_until_pressed(&mut client, &x, 1).await;
    // Without a word.
    drop(client);
    until("no key", || (keys_down(&x) == 0).then_some(()));
    assert!(agent.log().contains("a client has lost its connection"));
    assert!(!agent.log().contains("a client has gone"));
}

#[tokio::test]
async fn the_log_never_holds_what_lets_people_in() {
    let mut agent = Agent::on_its_own_display(&["--view-only", "--verbose"]);
    let mut client = agent.client().await;
    wait_for(&mut client, |_, event| {
        matches!(event, ClientEvent::Updated { .. }).then_some(())
    })
    .await;
    let mut wrong = agent.config("password");
    wrong.password = Some("wrong".into());
    Client::connect(wrong).await.map(|_| ()).unwrap_err();
    agent.signal(rustix::process::Signal::TERM);
    agent.end();
    let log = agent.log();
    assert!(log.contains("serving"));
    for name in ["url", "fingerprint", "password", "view_only_password"] {
        let secret = agent.credentials[name].as_str().unwrap();
        assert!(!log.contains(secret), "{name} is in the log");
    }
}

#[tokio::test]
async fn credentials_from_a_directory_are_used_and_not_shown() {
    let files = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["pod".to_owned()]).unwrap();
    let (certificate, key) = (
        certificate.self_signed(&key).unwrap().pem(),
        key.serialize_pem(),
    );
    for (name, text) in [
        ("certificate.pem", certificate.as_str()),
        ("key.pem", &key),
        ("password", "geheim\n"),
    ] {
        std::fs::write(files.path().join(name), text).unwrap();
    }
    let log = files.path().join("log");
    let mut child = program()
        .args(["--exec", "sleep 1000", "--listen", "127.0.0.1:0"])
        .arg("--credentials")
        .arg(files.path())
        .stdout(Stdio::piped())
        .stderr(File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let address = until("the address in the log", || {
        let log = std::fs::read_to_string(&log).unwrap();
        let (_, rest) = log.split_once("address=")?;
        Some(rest.split_once(' ')?.0.to_owned())
    });
    let mut config = ClientConfig::new(&format!("vncs://{address}")).unwrap();
    let identity = Identity::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
    config.fingerprint = Some(identity.fingerprint());
    config.password = Some("geheim".into());
    Client::connect(config).await.unwrap().close().await;
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let mut shown = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut shown)
        .unwrap();
    assert_eq!(
        (shown.as_str(), child.wait().unwrap().code()),
        ("", Some(0))
    );
    assert!(!std::fs::read_to_string(&log).unwrap().contains("geheim"));
}

#[tokio::test]
async fn without_protection_only_if_asked_for_by_name() {
    let agent = Agent::on_its_own_display(&["--insecure", "--no-password"]);
    assert!(
        agent.credentials["url"]
            .as_str()
            .unwrap()
            .starts_with("vnc://")
    );
    assert_eq!(agent.credentials["fingerprint"], Value::Null);
    assert_eq!(agent.credentials["password"], Value::Null);
    let mut client = agent.client().await;
    wait_until_equal(&mut client, &connect(&agent.place().0)).await;
    assert!(!client.stats().encrypted);
}

#[tokio::test]
async fn no_more_clients_than_allowed_are_let_in() {
    let agent = Agent::on_its_own_display(&["--max-clients", "1"]);
    let mut first = agent.client().await;
    wait_until_equal(&mut first, &connect(&agent.place().0)).await;
    let second = match Client::connect(agent.config("password")).await {
        Err(_) => true,
        Ok(mut client) => {
            let ended = async { while client.next_event().await.is_ok() {} };
            tokio::time::timeout(PATIENCE, ended).await.is_ok()
        }
    };
    assert!(second, "the second client is turned away");
    first.request_full_update();
    let event: Result<ClientEvent, SessionError> = first.next_event().await;
    event.unwrap();
}

/// Runs the program to its end; gives the exit code and what it said.
fn run(program: &mut Command) -> (i32, String) {
    let output = program.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), said)
}

#[test]
fn what_cannot_be_done_is_explained() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let shown = ["--print-credentials", "1", "--exec", "true"];
    let cases: &[(&[&str], i32, &str)] = &[
        (&["--exec", "true"], 2, "--print-credentials"),
        (&["--exec", "true", "--print-credentials", "77"], 2, "77"),
        (&[], 2, "--exec"),
        (&["--exec", "true", "--geometry", "big"], 2, "1280x800"),
        (
            &["--display", ":4711", "--print-credentials", "1"],
            1,
            ":4711",
        ),
        (
            &["--exec", "true", "--credentials", "/nowhere"],
            1,
            "certificate.pem",
        ),
    ];
    for (arguments, code, words) in cases {
        let (got, said) = run(program().args(*arguments).args(["--listen", "127.0.0.1:0"]));
        assert_eq!(got, *code, "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    let (code, said) = run(program().args(shown).args(["--listen", &taken]));
    assert_eq!(code, 1);
    assert!(said.contains(&taken) && said.contains("--listen"), "{said}");
    let (code, said) = run(program()
        .args(shown)
        .args(["--listen", "127.0.0.1:0"])
        .env("PATH", "/nowhere"));
    assert_eq!(code, 1);
    assert!(said.contains("apt install xvfb"), "{said}");
}

#[test]
fn a_screen_that_cannot_be_served_is_refused_with_the_value() {
    let (_xvfb, display) = bare_xvfb("-screen 0 640x480x16");
    let (code, said) = run(program()
        .args(["--display", &display.name, "--print-credentials", "1"])
        .args(["--listen", "127.0.0.1:0"]));
    assert_eq!(code, 1);
    assert!(said.contains("depth 16"), "{said}");
}
