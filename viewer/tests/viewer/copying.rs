//! Text, HTML, RTF and images copied on one side and pasted on the other.

use crate::desk::{Desk, eventually};
use crate::headless::driven;
use crate::window::Scene;
use serde_json::json;
use std::fs;
use tightrope::image::{read_png, write_png};
use tightrope::rfb::clipboard::{Bitmap, Content, Image};
use tightrope::{ServerEvent, SessionId, Size};

const SIZE: Size = Size::new(320, 200);
const LIMIT: usize = 32 << 20;

/// Noise with transparency: what does not come through unchanged is seen.
fn picture(width: u16, height: u16) -> Bitmap {
    let size = Size::new(width, height);
    let mut state = 7_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    let pixels = (0..size.area() * 4).map(|_| noise()).collect();
    Bitmap::new(size, pixels).unwrap()
}

fn html(html: &str) -> Content {
    Content {
        html: Some(html.to_owned()),
        ..Content::default()
    }
}

fn rtf(rtf: &str) -> Content {
    Content {
        rtf: Some(rtf.as_bytes().to_vec()),
        ..Content::default()
    }
}

fn image(bitmap: &Bitmap) -> Content {
    Content {
        image: Some(Image::Dib(bitmap.encode().into())),
        ..Content::default()
    }
}

/// What the viewer has copied, and its session.
fn copied(desk: &Desk) -> (SessionId, Content) {
    desk.expect("something copied", |event| match event {
        ServerEvent::Clipboard { session, content } => Some((session, content)),
        _ => None,
    })
}

/// The image that the viewer has copied.
fn copied_image(desk: &Desk) -> Bitmap {
    let (session, content) = copied(desk);
    assert_eq!(content.image, Some(Image::OnRequest), "{content:?}");
    desk.server.request_clipboard_image(session);
    let dib = desk.expect("an image", |event| match event {
        ServerEvent::ClipboardImage { image, .. } => Some(image),
        _ => None,
    });
    Bitmap::decode(&dib.unwrap(), LIMIT).unwrap()
}

#[test]
fn a_script_copies_and_pastes_html_and_rtf() {
    let desk = Desk::open(SIZE);
    let mut viewer = driven(&desk, &[]);
    viewer.does(r"clipboard-html <b>Grüße</b>\n<i>x</i>");
    assert_eq!(copied(&desk).1, html("<b>Grüße</b>\n<i>x</i>"));
    viewer.does(r"clipboard-rtf {\\rtf1 x}");
    assert_eq!(copied(&desk).1, rtf(r"{\rtf1 x}"));
    desk.server.set_clipboard(Content {
        text: Some("back".to_owned()),
        ..html("<u>back</u>")
    });
    let wanted = json!({ "ok": true, "text": "back", "html": "<u>back</u>" });
    assert_eq!(viewer.does("clipboard-wait"), wanted);
    desk.server.set_clipboard(rtf(r"{\rtf1 back}"));
    let wanted = json!({ "ok": true, "rtf": r"{\rtf1 back}" });
    assert_eq!(viewer.does("clipboard-wait"), wanted);
}

#[test]
fn a_script_copies_and_pastes_images_pixel_by_pixel() {
    let desk = Desk::open(SIZE);
    let mut viewer = driven(&desk, &[]);
    let (there, back) = (picture(301, 203), picture(640, 480));
    let (from, to) = (desk.path("from.png"), desk.path("to.png"));
    fs::write(&from, write_png(&there).unwrap()).unwrap();
    viewer.does(&format!("clipboard-image {}", from.display()));
    assert!(copied_image(&desk) == there);

    desk.server.set_clipboard(image(&back));
    let size = viewer.does(&format!("clipboard-save {}", to.display()));
    assert_eq!(size, json!({ "ok": true, "size": "640x480" }));
    assert!(read_png(&fs::read(&to).unwrap(), LIMIT).unwrap() == back);

    // One that is made when it is asked for.
    desk.server.set_clipboard(Content {
        image: Some(Image::OnRequest),
        ..Content::default()
    });
    std::thread::scope(|scope| {
        let saved = scope.spawn(|| viewer.does(&format!("clipboard-save {}", to.display())));
        let session = desk.expect("a wish for the image", |event| match event {
            ServerEvent::ClipboardImageWanted { session } => Some(session),
            _ => None,
        });
        let dib = Some(there.encode().into());
        desk.server.give_clipboard_image(session, dib);
        assert_eq!(saved.join().unwrap()["size"], "301x203");
    });
    assert!(read_png(&fs::read(&to).unwrap(), LIMIT).unwrap() == there);
}

#[test]
fn files_that_are_no_images_are_named() {
    let desk = Desk::open(SIZE);
    let mut viewer = driven(&desk, &[]);
    let none = desk.path("none.png");
    let line = format!("clipboard-image {}", none.display());
    let error = viewer.ask(&line)["error"].as_str().unwrap().to_owned();
    assert!(error.contains("none.png"), "{error}");
    fs::write(&none, "GIF89a").unwrap();
    let error = viewer.ask(&line)["error"].as_str().unwrap().to_owned();
    assert!(error.contains("none.png: png: "), "{error}");
    let error = viewer.ask("clipboard-save")["error"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(error, "clipboard-save: a file name is missing");
}

#[test]
fn html_copied_beside_the_window_reaches_the_desktop_and_comes_from_there() {
    let Scene {
        screen,
        desk,
        window,
        ..
    } = &Scene::open(&[]);
    screen.expect(&desk.picture, 0, 0);
    screen.copy_as("text/html", "<b>von hier: grüße €</b>".as_bytes());
    screen.focus(*window);
    assert_eq!(copied(desk).1, html("<b>von hier: grüße €</b>"));
    desk.server.set_clipboard(Content {
        text: Some("von dort ✓".to_owned()),
        ..html("<b>von dort ✓</b>")
    });
    for (target, wanted) in [
        ("text/html", "<b>von dort ✓</b>"),
        ("UTF8_STRING", "von dort ✓"),
    ] {
        eventually(target, || {
            (screen.paste_as(target) == wanted.as_bytes()).then_some(())
        });
    }
    // It does not come back.
    screen.unfocus();
    screen.focus(*window);
    screen.unfocus();
    screen.copy("something else");
    screen.focus(*window);
    assert_eq!(copied(desk).1, "something else".into());
}

#[test]
fn an_image_copied_beside_the_window_reaches_the_desktop_and_comes_from_there() {
    let Scene {
        screen,
        desk,
        window,
        ..
    } = &Scene::open(&[]);
    screen.expect(&desk.picture, 0, 0);
    let (there, back) = (picture(500, 300), picture(333, 222));
    screen.copy_as("image/png", &write_png(&there).unwrap());
    screen.focus(*window);
    assert!(copied_image(desk) == there);
    // As browsers copy an image: with where it is from.
    desk.server.set_clipboard(Content {
        text: Some("https://example.org/a.png".to_owned()),
        html: Some("<meta charset=\"utf-8\"><img src=\"https://example.org/a.png\">".to_owned()),
        ..image(&back)
    });
    eventually("the image of the server", || {
        let file = screen.paste_as("image/png");
        read_png(&file, LIMIT).ok().filter(|pasted| *pasted == back)
    });
    // It does not come back.
    screen.unfocus();
    screen.focus(*window);
    screen.unfocus();
    screen.copy("something else");
    screen.focus(*window);
    assert_eq!(copied(desk).1, "something else".into());
}
