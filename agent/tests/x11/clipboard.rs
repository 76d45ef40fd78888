//! What is copied on the desktop and by clients, with xclip as the program on the desktop.

use std::io::Write;
use std::process::Stdio;
use std::time::Instant;

use tightrope::Size;
use tightrope::image::{read_png, write_png};
use tightrope::rfb::clipboard::{Bitmap, Content, Image};
use tightrope_agent::clipboard::{Clipboard, ImageFile, News};
use tightrope_agent::display::Link;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, CreateWindowAux, WindowClass};

use crate::desktop::{Desktop, PATIENCE, Program, sync, until};

const LIMIT: usize = 32 << 20;

async fn start() -> (Desktop, Clipboard) {
    let desktop = Desktop::new(Size::new(320, 200)).await;
    let clipboard = Clipboard::new(desktop.display()).unwrap();
    (desktop, clipboard)
}

/// About `bytes` bytes that are the same nowhere.
fn text(bytes: usize) -> String {
    let mut text = String::new();
    for line in 0.. {
        if text.len() >= bytes {
            break;
        }
        text += &format!("line {line}: naïve café, {} €\n", line * 7919);
    }
    text
}

/// Noise, which no compression makes small, with transparency.
fn picture(width: u16, height: u16) -> Bitmap {
    let size = Size::new(width, height);
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    let pixels = (0..size.area() * 4).map(|_| noise()).collect();
    Bitmap::new(size, pixels).unwrap()
}

fn with_image(content: impl Into<Content>) -> Content {
    Content {
        image: Some(Image::OnRequest),
        ..content.into()
    }
}

/// Copies on the desktop. xclip stays in the background until somebody else copies.
fn copy(desktop: &Desktop, selection: &str, text: &str) -> Program {
    copy_as(desktop, &["-selection", selection], text.as_bytes())
}

fn copy_as(desktop: &Desktop, arguments: &[&str], bytes: &[u8]) -> Program {
    let mut child = desktop
        .command("xclip")
        .args(["-in", "-quiet"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("xclip must be installed");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(bytes).unwrap();
    Program(child)
}

/// Pastes on the desktop while `clipboard` serves, with `image` as the client's; none if there is nothing to paste.
async fn try_paste(
    desktop: &Desktop,
    clipboard: &mut Clipboard,
    arguments: &[&str],
    image: Option<&ImageFile>,
) -> Option<Vec<u8>> {
    let mut command = desktop.command("xclip");
    command.arg("-out").args(arguments).stderr(Stdio::inherit());
    let output = tokio::process::Command::from(command).output();
    tokio::pin!(output);
    let pasted = async {
        loop {
            for news in clipboard.handle_events(Instant::now()).unwrap() {
                assert_eq!(news, News::ImageWanted);
                let image = image.cloned();
                clipboard.give_image(image, Instant::now()).unwrap();
            }
            tokio::select! {
                output = &mut output => return output.expect("xclip must be installed"),
                waited = wait(clipboard.link()) => waited,
            }
        }
    };
    let output = tokio::time::timeout(PATIENCE, pasted).await.unwrap();
    output.status.success().then_some(output.stdout)
}

async fn paste(desktop: &Desktop, clipboard: &mut Clipboard, arguments: &[&str]) -> Vec<u8> {
    let pasted = try_paste(desktop, clipboard, arguments, None).await;
    pasted.expect("xclip pastes something")
}

async fn targets(desktop: &Desktop, clipboard: &mut Clipboard, selection: &str) -> Vec<String> {
    let arguments = ["-selection", selection, "-target", "TARGETS"];
    let targets = paste(desktop, clipboard, &arguments).await;
    let targets = String::from_utf8(targets).unwrap();
    targets.lines().map(str::to_owned).collect()
}

async fn wait(link: &Link) {
    link.wait().await.unwrap();
}

/// The next thing that is told.
async fn news(clipboard: &mut Clipboard) -> News {
    let news = async {
        loop {
            let mut news = clipboard.handle_events(Instant::now()).unwrap();
            if !news.is_empty() {
                assert_eq!(news.len(), 1, "{news:?}");
                return news.remove(0);
            }
            clipboard.link().wait().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, news).await.unwrap()
}

/// The next thing that a program copies.
async fn copied(clipboard: &mut Clipboard) -> Content {
    match news(clipboard).await {
        News::Copied(content) => content,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_a_program_copies_is_read_short_or_long() {
    let (desktop, mut clipboard) = start().await;
    for selection in ["clipboard", "primary"] {
        for bytes in [5, 700_000] {
            let text = if bytes == 5 {
                "h€l".to_owned()
            } else {
                text(bytes)
            };
            let _xclip = copy(&desktop, selection, &text);
            assert!(
                copied(&mut clipboard).await == text.into(),
                "{selection}, {bytes}"
            );
        }
    }
}

#[tokio::test]
async fn html_and_rtf_that_a_program_copies_are_read() {
    let (desktop, mut clipboard) = start().await;
    let html = text(300_000);
    let rtf = r"{\rtf1\ansi caf\'e9}";
    for (target, bytes, expected) in [
        (
            "text/html",
            html.as_bytes().to_vec(),
            Content {
                html: Some(html.clone()),
                ..Content::default()
            },
        ),
        (
            "text/html",
            [
                &[0xff, 0xfe][..],
                &"<b>€</b>"
                    .encode_utf16()
                    .flat_map(u16::to_le_bytes)
                    .collect::<Vec<_>>(),
            ]
            .concat(),
            Content {
                html: Some("<b>€</b>".to_owned()),
                ..Content::default()
            },
        ),
        (
            "application/rtf",
            rtf.into(),
            Content {
                rtf: Some(rtf.into()),
                ..Content::default()
            },
        ),
    ] {
        let arguments = ["-selection", "clipboard", "-target", target];
        let _xclip = copy_as(&desktop, &arguments, &bytes);
        assert!(copied(&mut clipboard).await == expected, "{target}");
    }
}

#[tokio::test]
async fn an_image_that_a_program_copies_is_read_when_it_is_wanted() {
    let (desktop, mut clipboard) = start().await;
    let large = picture(700, 500);
    let png = write_png(&large).unwrap();
    assert!(png.len() > 1 << 20, "it comes in pieces");
    for (target, file) in [("image/png", png), ("image/bmp", large.to_file())] {
        let arguments = ["-selection", "clipboard", "-target", target];
        let _xclip = copy_as(&desktop, &arguments, &file);
        assert_eq!(copied(&mut clipboard).await, with_image(Content::default()));
        for _ in 0..2 {
            clipboard.fetch_image(Instant::now()).unwrap();
            let News::Image(Some(read)) = news(&mut clipboard).await else {
                panic!("no image");
            };
            assert!(read.0 == file);
            let dib = read.to_dib().unwrap();
            assert!(Bitmap::decode(&dib, LIMIT).unwrap() == large, "{target}");
        }
    }
    let _text = copy(&desktop, "clipboard", "no image");
    assert_eq!(copied(&mut clipboard).await, "no image".into());
    clipboard.fetch_image(Instant::now()).unwrap();
    assert_eq!(news(&mut clipboard).await, News::Image(None));
}

#[test]
fn an_image_that_is_none_or_too_large_is_given_to_nobody() {
    for file in [&b"not an image"[..], b"BM", b"\x89PNG\r\n\x1a\n"] {
        assert_eq!(ImageFile(file.into()).to_dib(), None);
        assert_eq!(ImageFile::from_dib(file), None);
    }
    let mut huge = picture(2, 2).to_file();
    huge[18..22].copy_from_slice(&40_000_u32.to_le_bytes());
    huge[22..26].copy_from_slice(&40_000_u32.to_le_bytes());
    assert_eq!(ImageFile(huge).to_dib(), None);
}

#[tokio::test]
async fn what_a_client_copies_is_pasted_short_or_long() {
    let (desktop, mut clipboard) = start().await;
    for text in ["hel€".to_owned(), text(700_000), text(1_000_000)] {
        clipboard.offer(text.clone()).unwrap();
        for selection in ["clipboard", "primary"] {
            for target in ["UTF8_STRING", "TEXT", "text/plain;charset=utf-8"] {
                let arguments = ["-selection", selection, "-target", target];
                let pasted = paste(&desktop, &mut clipboard, &arguments).await;
                assert!(pasted == text.as_bytes(), "{selection} {target}");
            }
        }
    }
}

#[tokio::test]
async fn every_form_of_what_a_client_copies_is_pasted() {
    let (desktop, mut clipboard) = start().await;
    let content = Content {
        text: Some("text".to_owned()),
        rtf: Some(br"{\rtf1 text}".to_vec()),
        html: Some(text(400_000)),
        image: Some(Image::OnRequest),
    };
    clipboard.offer(content.clone()).unwrap();
    let large = picture(600, 400);
    let file = ImageFile::from_dib(&large.encode()).unwrap();
    for (target, expected) in [
        ("UTF8_STRING", b"text".to_vec()),
        ("text/html", content.html.unwrap().into_bytes()),
        ("text/rtf", br"{\rtf1 text}".to_vec()),
        ("application/rtf", br"{\rtf1 text}".to_vec()),
        ("image/png", file.0.clone()),
        ("image/bmp", large.to_file()),
    ] {
        let arguments = ["-selection", "clipboard", "-target", target];
        let pasted = try_paste(&desktop, &mut clipboard, &arguments, Some(&file)).await;
        assert!(pasted == Some(expected), "{target}");
    }
    assert!(read_png(&file.0, LIMIT).unwrap() == large);
}

#[tokio::test]
async fn an_image_that_does_not_come_is_not_waited_for_for_ever() {
    let (desktop, mut clipboard) = start().await;
    let arguments = ["-selection", "clipboard", "-target", "image/png"];
    // The client has none after all: from then on it is not offered.
    clipboard.offer(with_image("text")).unwrap();
    let pasted = try_paste(&desktop, &mut clipboard, &arguments, None).await;
    assert_eq!(pasted, None);
    let left = targets(&desktop, &mut clipboard, "clipboard").await;
    assert!(!left.contains(&"image/png".to_owned()), "{left:?}");
    assert!(left.contains(&"UTF8_STRING".to_owned()), "{left:?}");

    // It says nothing, it has gone, or it copies something else.
    for case in 0..3 {
        clipboard.offer(with_image(Content::default())).unwrap();
        let mut command = desktop.command("xclip");
        command.arg("-out").args(arguments);
        let mut xclip = tokio::process::Command::from(command).spawn().unwrap();
        assert_eq!(news(&mut clipboard).await, News::ImageWanted);
        let deadline = clipboard.timeout().expect("the program waits");
        match case {
            0 => clipboard.handle_timeout(deadline).unwrap(),
            1 => clipboard.lose_image(Instant::now()).unwrap(),
            _ => clipboard.offer("else").unwrap(),
        }
        sync(clipboard.link().x());
        assert_eq!(clipboard.timeout(), None);
        let ended = tokio::time::timeout(PATIENCE, xclip.wait()).await;
        assert!(!ended.unwrap().unwrap().success(), "case {case}");
        clipboard.handle_events(Instant::now()).unwrap();
    }
}

#[tokio::test]
async fn an_image_that_has_come_stays_when_its_client_goes() {
    let (desktop, mut clipboard) = start().await;
    let dib = picture(3, 2).encode();
    let content = Content {
        image: Some(Image::Dib(dib.into())),
        ..Content::default()
    };
    clipboard.offer(content).unwrap();
    clipboard.lose_image(Instant::now()).unwrap();
    let arguments = ["-selection", "clipboard", "-target", "image/png"];
    let pasted = paste(&desktop, &mut clipboard, &arguments).await;
    assert!(read_png(&pasted, LIMIT).unwrap() == picture(3, 2));
}

#[tokio::test]
async fn an_image_alone_leaves_the_middle_button_its_text() {
    let (desktop, mut clipboard) = start().await;
    clipboard.offer("text").unwrap();
    clipboard.offer(with_image(Content::default())).unwrap();
    let arguments = ["-selection", "primary"];
    assert_eq!(paste(&desktop, &mut clipboard, &arguments).await, b"text");
    let offered = targets(&desktop, &mut clipboard, "clipboard").await;
    assert_eq!(offered, ["TARGETS", "TIMESTAMP", "image/png", "image/bmp"]);
}

#[tokio::test]
async fn old_programs_get_latin_1() {
    let (desktop, mut clipboard) = start().await;
    clipboard.offer("café €").unwrap();
    let arguments = ["-selection", "clipboard", "-target", "STRING"];
    let pasted = paste(&desktop, &mut clipboard, &arguments).await;
    assert_eq!(pasted, b"caf\xe9 ?");
}

#[tokio::test]
async fn programs_are_told_what_there_is() {
    let (desktop, mut clipboard) = start().await;
    clipboard.offer("x").unwrap();
    let targets = targets(&desktop, &mut clipboard, "clipboard").await;
    for target in ["TARGETS", "TIMESTAMP", "UTF8_STRING", "STRING", "TEXT"] {
        assert!(targets.contains(&target.to_owned()), "{targets:?}");
    }
    assert!(!targets.contains(&"text/html".to_owned()), "{targets:?}");
    let arguments = ["-selection", "clipboard", "-target", "TIMESTAMP"];
    let time = paste(&desktop, &mut clipboard, &arguments).await;
    let time = String::from_utf8(time).unwrap();
    assert_ne!(time.trim().parse::<u64>().unwrap(), 0);
}

#[tokio::test]
async fn what_a_client_copied_never_comes_back() {
    let (desktop, mut clipboard) = start().await;
    let content = Content {
        html: Some("<b>from a client</b>".to_owned()),
        ..with_image("from a client")
    };
    clipboard.offer(content).unwrap();
    sync(clipboard.link().x());
    assert_eq!(clipboard.handle_events(Instant::now()).unwrap(), []);
    let x = desktop.connect();
    let name = x.intern_atom(false, b"CLIPBOARD").unwrap();
    let name = name.reply().unwrap().atom;
    let owner = || x.get_selection_owner(name).unwrap().reply().unwrap().owner;
    // As a clipboard manager does.
    let before = owner();
    let _manager = copy(&desktop, "clipboard", "from a client");
    until("it has it", || (owner() != before).then_some(()));
    let _other = copy(&desktop, "primary", "by hand");
    assert_eq!(copied(&mut clipboard).await, "by hand".into());
    let arguments = ["-selection", "clipboard", "-target", "text/html"];
    let before = owner();
    let _manager = copy_as(&desktop, &arguments, b"<b>from a client</b>");
    until("it has it", || (owner() != before).then_some(()));
    let _other = copy_as(&desktop, &arguments, b"<b>by hand</b>");
    let by_hand = Content {
        html: Some("<b>by hand</b>".to_owned()),
        ..Content::default()
    };
    assert_eq!(copied(&mut clipboard).await, by_hand);
}

#[tokio::test]
async fn a_text_that_is_too_long_is_left_out_and_the_next_one_read() {
    let (desktop, mut clipboard) = start().await;
    let _long = copy(&desktop, "clipboard", &text(3_000_000));
    // Until the long one has been offered, then until it has been taken and thrown away.
    for under_way in [true, false] {
        while clipboard.timeout().is_some() != under_way {
            let waited = clipboard.link().wait();
            tokio::time::timeout(PATIENCE, waited)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(clipboard.handle_events(Instant::now()).unwrap(), []);
        }
    }
    let _short = copy(&desktop, "clipboard", "short");
    assert_eq!(copied(&mut clipboard).await, "short".into());
}

#[tokio::test]
async fn an_owner_that_does_not_answer_is_given_up() {
    let (desktop, mut clipboard) = start().await;
    let silent = desktop.connect();
    let window = silent.generate_id().unwrap();
    let root = silent.setup().roots[0].root;
    let class = WindowClass::INPUT_ONLY;
    let look = CreateWindowAux::new();
    silent
        .create_window(0, window, root, 0, 0, 1, 1, 0, class, 0, &look)
        .unwrap();
    let name = silent.intern_atom(false, b"CLIPBOARD").unwrap();
    let name = name.reply().unwrap().atom;
    silent.set_selection_owner(window, name, 0u32).unwrap();
    sync(&silent);
    sync(clipboard.link().x());
    let now = Instant::now();
    assert_eq!(clipboard.handle_events(now).unwrap(), []);
    let timeout = clipboard.timeout().expect("it waits for an answer");
    assert!(timeout > now);
    let _xclip = copy(&desktop, "primary", "another");
    clipboard.handle_timeout(timeout).unwrap();
    assert_eq!(copied(&mut clipboard).await, "another".into());
    assert_eq!(clipboard.timeout(), None);
}
