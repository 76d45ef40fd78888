//! Capture, cursor and size, with a second connection that draws.

use std::collections::HashSet;

use crate::desktop::{Desktop, PATIENCE, bare_xvfb, connect, fill, sync, until, window};
use tightrope::rfb::screen::ResizeStatus;
use tightrope::{Framebuffer, Point, Rect, Region, Size, View};
use tightrope_agent::capture::{Capture, Changes};
use tightrope_agent::resize::resize;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConnectionExt, CreateWindowAux, ImageFormat, WindowClass,
};
use x11rb::rust_connection::RustConnection;

const SIZE: Size = Size::new(800, 600);

/// What a client would see: everything captured so far.
struct Seen {
    picture: Framebuffer,
    fetched: Region,
}

impl Seen {
    fn new(size: Size) -> Self {
        Self {
            picture: Framebuffer::new(size),
            fetched: Region::default(),
        }
    }

    fn capture(&mut self, capture: &mut Capture) {
        self.fetched = Region::default();
        let put = |patches: &[(Point, View<'_>)], _| {
            patches.iter().for_each(|(at, view)| self.put(*at, *view));
        };
        capture.capture(put).unwrap();
    }

    /// Whether it was at most `limit` pixels, and is captured.
    fn capture_little(&mut self, capture: &mut Capture, limit: usize) -> bool {
        self.fetched = Region::default();
        let put = |patches: &[(Point, View<'_>)], _| {
            patches.iter().for_each(|(at, view)| self.put(*at, *view));
        };
        capture.capture_little(limit, put).unwrap()
    }

    fn put(&mut self, at: Point, view: View<'_>) {
        let rect = Rect::new(at.x, at.y, view.size().width, view.size().height);
        self.fetched.add(rect);
        let mut target = self.picture.view_mut(rect).unwrap();
        for (to, from) in target.rows_mut().zip(view.rows(view.size().into())) {
            to.copy_from_slice(from);
        }
    }

    fn assert_shows_what_x_shows(&self, x: &RustConnection) {
        let size = self.picture.size();
        let image = x
            .get_image(
                ImageFormat::Z_PIXMAP,
                x.setup().roots[0].root,
                0,
                0,
                size.width,
                size.height,
                !0,
            )
            .unwrap()
            .reply()
            .unwrap();
        assert!(self.picture.bytes() == image.data, "the pictures differ");
    }
}

/// Waits for events until something is pending or has changed.
async fn next(capture: &mut Capture) -> Changes {
    let wait = async {
        loop {
            let changes = capture.handle_events().unwrap();
            if capture.is_pending() || changes != Changes::default() {
                return changes;
            }
            capture.link().wait().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .expect("the X server says something")
}

#[tokio::test]
async fn the_first_capture_is_the_whole_screen_and_equals_it() {
    let desktop = Desktop::new(SIZE).await;
    let x = desktop.connect();
    let drawn = window(&x, Rect::new(37, 41, 333, 222), 0x0012_ab34);
    fill(&x, drawn, 0x00ff_0001, &[Rect::new(3, 5, 17, 19)]);
    let mut capture = Capture::new(desktop.display()).unwrap();
    let mut seen = Seen::new(capture.size());
    seen.capture(&mut capture);
    assert_eq!(seen.fetched, SIZE.into());
    seen.assert_shows_what_x_shows(&x);
    assert!(!capture.is_pending());
}

#[tokio::test]
async fn without_shared_memory_pixels_come_through_the_socket() {
    let (_xvfb, display) = bare_xvfb("-screen 0 800x600x24 -extension MIT-SHM");
    let x = connect(&display);
    let drawn = window(&x, Rect::new(37, 41, 333, 222), 0x0012_ab34);
    let mut capture = Capture::new(&display).unwrap();
    let mut seen = Seen::new(SIZE);
    seen.capture(&mut capture);
    seen.assert_shows_what_x_shows(&x);
    fill(&x, drawn, 0x00ff_0001, &[Rect::new(3, 5, 17, 19)]);
    next(&mut capture).await;
    seen.capture(&mut capture);
    seen.assert_shows_what_x_shows(&x);
}

#[tokio::test]
async fn only_what_was_drawn_is_fetched_and_nothing_is_missed() {
    let desktop = Desktop::new(SIZE).await;
    let x = desktop.connect();
    let drawn = window(&x, Rect::new(0, 0, 800, 600), 0x0033_3333);
    let mut capture = Capture::new(desktop.display()).unwrap();
    let mut seen = Seen::new(SIZE);
    seen.capture(&mut capture);
    while capture.handle_events().unwrap() != Changes::default() {}
    seen.capture(&mut capture);
    for round in 0..20_u16 {
        let corners = [
            Rect::new(round * 7, 10, 16, 16),
            Rect::new(700 - round, 500 + round, 30, 9),
        ];
        for corner in corners {
            // One request each: the X server reports the bounds of what a request draws.
            fill(&x, drawn, u32::from(round) * 0x0a_1b07, &[corner]);
        }
        next(&mut capture).await;
        seen.capture(&mut capture);
        // Whole columns of 64 pixels; a corner may lie in two.
        let most = corners.iter().map(|rect| usize::from(rect.height) * 128);
        assert!(
            seen.fetched.area() <= most.sum(),
            "round {round} fetched {:?}",
            seen.fetched
        );
        seen.assert_shows_what_x_shows(&x);
    }
}

#[tokio::test]
async fn what_is_little_is_captured_before_what_is_large_and_nothing_is_missed() {
    let desktop = Desktop::new(SIZE).await;
    let x = desktop.connect();
    let drawn = window(&x, Rect::new(0, 0, 800, 600), 0x0033_3333);
    let mut capture = Capture::new(desktop.display()).unwrap();
    let mut seen = Seen::new(SIZE);
    seen.capture(&mut capture);
    while capture.handle_events().unwrap() != Changes::default() {}
    seen.capture(&mut capture);
    let (large, little) = (Rect::new(0, 0, 640, 400), Rect::new(700, 500, 20, 20));
    for round in 0..10_u32 {
        fill(&x, drawn, 0x0101 * (round + 1), &[large]);
        next(&mut capture).await;
        assert!(!seen.capture_little(&mut capture, 10_000));
        assert!(capture.is_pending() && !capture.has_news());
        fill(&x, drawn, 0x0b_0001 * (round + 1), &[little]);
        while !capture.has_news() {
            capture.link().wait().await.unwrap();
            capture.handle_events().unwrap();
        }
        assert!(seen.capture_little(&mut capture, 10_000));
        assert!(seen.fetched.intersects(little) && !seen.fetched.intersects(large));
        assert!(capture.is_pending());
        seen.capture(&mut capture);
        assert!(seen.fetched.intersects(large) && !seen.fetched.intersects(little));
        seen.assert_shows_what_x_shows(&x);
    }
}

#[tokio::test]
async fn scattered_drawing_is_seen_whole() {
    let desktop = Desktop::new(SIZE).await;
    let x = desktop.connect();
    let drawn = window(&x, Rect::new(0, 0, 800, 600), 0);
    let mut capture = Capture::new(desktop.display()).unwrap();
    let mut seen = Seen::new(SIZE);
    seen.capture(&mut capture);
    let dots: Vec<Rect> = (0..400_u16)
        .map(|i| Rect::new(i * 79 % 797, i * 113 % 599, 2, 1))
        .collect();
    for dot in dots {
        fill(&x, drawn, 0x00ff_ffff, &[dot]);
    }
    next(&mut capture).await;
    seen.capture(&mut capture);
    seen.assert_shows_what_x_shows(&x);
}

#[tokio::test]
async fn a_still_screen_has_nothing_to_say() {
    let desktop = Desktop::new(SIZE).await;
    let mut capture = Capture::new(desktop.display()).unwrap();
    let mut seen = Seen::new(SIZE);
    seen.capture(&mut capture);
    sync(capture.link().x());
    capture.handle_events().unwrap();
    seen.capture(&mut capture);
    sync(capture.link().x());
    assert_eq!(capture.handle_events().unwrap(), Changes::default());
    assert!(!capture.is_pending());
}

#[tokio::test]
async fn the_pointer_takes_the_shape_of_the_window_under_it() {
    let desktop = Desktop::new(SIZE).await;
    let x = desktop.connect();
    let mut capture = Capture::new(desktop.display()).unwrap();
    let mut shapes = HashSet::new();
    for glyph in [34_u16, 68, 152] {
        let font = x.generate_id().unwrap();
        x.open_font(font, b"cursor").unwrap();
        let shape = x.generate_id().unwrap();
        x.create_glyph_cursor(shape, font, font, glyph, glyph + 1, 0, 0, 0, !0, 0, 0)
            .unwrap();
        let root = x.setup().roots[0].root;
        x.change_window_attributes(root, &ChangeWindowAttributesAux::new().cursor(shape))
            .unwrap();
        x.flush().unwrap();
        capture.capture(|_, _| ()).unwrap();
        while !next(&mut capture).await.cursor {
            capture.capture(|_, _| ()).unwrap();
        }
        let cursor = capture.cursor().unwrap().unwrap();
        assert!(cursor.size().area() > 0);
        let red = cursor
            .pixels()
            .chunks_exact(4)
            .any(|pixel| pixel == [0, 0, 255, 255]);
        assert!(red, "glyph {glyph} has its background");
        shapes.insert(cursor.pixels().to_vec());
    }
    assert_eq!(shapes.len(), 3);
}

#[tokio::test]
async fn a_shape_that_the_x_server_keeps_from_us_is_no_error() {
    let (_xvfb, display) = bare_xvfb("-screen 0 800x600x24 +extension SECURITY -noreset");
    let mut capture = Capture::new(&display).unwrap();
    assert!(capture.cursor().unwrap().is_some());
    // A shape whose maker has gone, as xsetroot leaves it.
    let x = connect(&display);
    let (font, shape) = (x.generate_id().unwrap(), x.generate_id().unwrap());
    x.open_font(font, b"cursor").unwrap();
    x.create_glyph_cursor(shape, font, font, 34, 35, 0, 0, 0, !0, 0, 0)
        .unwrap();
    let root = x.setup().roots[0].root;
    x.change_window_attributes(root, &ChangeWindowAttributesAux::new().cursor(shape))
        .unwrap();
    sync(&x);
    drop(x);
    while !next(&mut capture).await.cursor {}
    until("the shape is kept from us", || {
        capture.cursor().unwrap().is_none().then_some(())
    });
}

#[tokio::test]
async fn any_size_up_to_the_largest_can_be_had() {
    let desktop = Desktop::new(Size::new(1400, 1050)).await;
    let x = desktop.connect();
    let mut capture = Capture::new(desktop.display()).unwrap();
    for size in [
        (641, 483),
        (1, 1),
        (1400, 1050),
        (1399, 3),
        (641, 483),
        (800, 600),
    ] {
        let size = Size::new(size.0, size.1);
        assert_eq!(resize(capture.link(), size).unwrap(), ResizeStatus::OK);
        assert_eq!(capture.follow_size().unwrap(), Some(size));
        let mut seen = Seen::new(size);
        seen.capture(&mut capture);
        seen.assert_shows_what_x_shows(&x);
        sync(capture.link().x());
        assert_eq!(capture.handle_events().unwrap().size, None, "told once");
    }
    let modes = String::from_utf8(desktop.output("xrandr", &[])).unwrap();
    assert!(
        modes.matches("tightrope-").count() <= 1,
        "modes of sizes gone are removed: {modes}"
    );
    for (size, status) in [
        (Size::new(1401, 10), ResizeStatus::OUT_OF_RESOURCES),
        (Size::new(10, 1051), ResizeStatus::OUT_OF_RESOURCES),
        (Size::new(0, 10), ResizeStatus::INVALID_LAYOUT),
    ] {
        assert_eq!(resize(capture.link(), size).unwrap(), status);
        assert_eq!(capture.follow_size().unwrap(), None);
    }
}

#[tokio::test]
async fn a_size_given_by_another_program_is_followed() {
    let desktop = Desktop::new(Size::new(1400, 1050)).await;
    let x = desktop.connect();
    let mut capture = Capture::new(desktop.display()).unwrap();
    capture.capture(|_, _| ()).unwrap();
    for arguments in [
        "--newmode other 65 1024 1048 1184 1344 768 771 777 806",
        "--addmode screen other",
        "--output screen --mode other",
    ] {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        desktop.output("xrandr", &arguments);
    }
    let mut sizes = Vec::new();
    while sizes.is_empty() {
        sizes.extend(next(&mut capture).await.size);
        if sizes.is_empty() {
            capture.capture(|_, _| ()).unwrap();
        }
    }
    assert_eq!(sizes, [Size::new(1024, 768)]);
    let mut seen = Seen::new(capture.size());
    seen.capture(&mut capture);
    seen.assert_shows_what_x_shows(&x);
}

#[tokio::test]
async fn a_resize_in_the_middle_of_a_capture_does_no_harm() {
    let desktop = Desktop::new(Size::new(1400, 1050)).await;
    let mut capture = Capture::new(desktop.display()).unwrap();
    let other = Capture::new(desktop.display()).unwrap();
    assert_eq!(
        resize(other.link(), Size::new(500, 400)).unwrap(),
        ResizeStatus::OK
    );
    let mut rectangles = 0;
    capture
        .capture(|patches, _| rectangles += patches.len())
        .unwrap();
    assert_eq!(rectangles, 0, "the old size is no longer there");
    assert!(capture.is_pending());
    assert_eq!(
        capture.handle_events().unwrap().size,
        Some(Size::new(500, 400))
    );
    capture
        .capture(|patches, _| rectangles += patches.len())
        .unwrap();
    assert_eq!(rectangles, 1);
}

#[tokio::test]
async fn windows_beyond_the_edges_are_captured_as_far_as_they_show() {
    let desktop = Desktop::new(SIZE).await;
    let x = desktop.connect();
    let mut capture = Capture::new(desktop.display()).unwrap();
    let mut seen = Seen::new(SIZE);
    seen.capture(&mut capture);
    let root = x.setup().roots[0].root;
    let large = x.generate_id().unwrap();
    let look = CreateWindowAux::new()
        .background_pixel(0x0055_aaff)
        .override_redirect(1);
    let class = WindowClass::INPUT_OUTPUT;
    x.create_window(0, large, root, -500, -400, 3000, 2000, 0, class, 0, &look)
        .unwrap();
    x.map_window(large).unwrap();
    sync(&x);
    next(&mut capture).await;
    seen.capture(&mut capture);
    seen.assert_shows_what_x_shows(&x);
}
