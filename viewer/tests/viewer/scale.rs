//! The desktop at other sizes than its own, and where the pointer is then.

use crate::desk::eventually;
use crate::window::Scene;
use tightrope::{Cursor, Framebuffer, Point, Rect, ServerEvent, Size};

/// Every pixel of `picture` so many times as wide and as high.
fn enlarged(picture: &Framebuffer, times: u16) -> Framebuffer {
    let size = picture.size();
    let mut large = Framebuffer::new(Size::new(size.width * times, size.height * times));
    let bytes = picture.bytes();
    let row_bytes = usize::from(size.width) * 4;
    let whole = large.size().into();
    for (y, row) in large.view_mut(whole).unwrap().rows_mut().enumerate() {
        let from = &bytes[y / usize::from(times) * row_bytes..][..row_bytes];
        for (x, pixel) in row.chunks_exact_mut(4).enumerate() {
            let at = x / usize::from(times) * 4;
            pixel.copy_from_slice(&from[at..at + 4]);
        }
    }
    large
}

fn expect_at(scene: &Scene, at: Point) {
    eventually(&format!("the pointer at {at:?}"), || {
        (scene.desk.expect_pointer() == (at, 0)).then_some(())
    });
}

#[test]
fn twice_the_size_is_exact_to_the_pixel_and_so_is_the_pointer() {
    let mut scene = Scene::open(&["--scale", "2"]);
    assert_eq!(scene.screen.size_of(scene.window), Size::new(720, 540));
    scene.screen.resize(scene.window, 800, 600);
    let whole = enlarged(&scene.desk.picture, 2);
    scene.screen.expect(&whole, 0, 0);
    scene.desk.fill(Rect::new(31, 17, 3, 5), [10, 20, 30]);
    let changed = enlarged(&scene.desk.picture, 2);
    scene.screen.expect(&changed, 0, 0);
    for (x, y) in [
        (0, 0),
        (1, 0),
        (2, 1),
        (3, 3),
        (401, 298),
        (797, 596),
        (799, 599),
    ] {
        scene.screen.point(x, y);
        let half = |position: i16| u16::try_from(position / 2).unwrap();
        let at = Point::new(half(x), half(y));
        // A place on the same pixel is no news.
        if (x, y) != (1, 0) && (x, y) != (0, 0) {
            expect_at(&scene, at);
        }
    }
}

#[test]
fn a_scale_divides_the_size_that_is_asked_for() {
    let scene = Scene::open(&["--scale", "2"]);
    let mut width = 600;
    // Sizes right after the window opens count as its own doing: another one until it is a person's.
    let size = eventually("a wish for another size", || {
        width += 2;
        scene.screen.resize(scene.window, width, 401);
        scene.desk.soon(|event| match event {
            ServerEvent::ResizeRequested { size, .. } => Some(size),
            _ => None,
        })
    });
    assert_eq!((u32::from(size.width) * 2, size.height), (width, 200));
}

#[test]
fn a_window_that_is_too_small_shows_the_part_that_the_pointer_goes_to() {
    let scene = Scene::open(&["--scale", "1", "--no-resize"]);
    let picture = &scene.desk.picture;
    scene.screen.expect(picture, 0, 0);
    scene.screen.resize(scene.window, 250, 200);
    let shows = |left: u16, top: u16| {
        eventually(&format!("the part at {left},{top}"), || {
            let part = Rect::new(left, top, 250, 200);
            let expect = picture.view().rows(part).flatten();
            let shown = scene.screen.pixels(Rect::new(0, 0, 250, 200));
            expect.eq(&shown).then_some(())
        });
    };
    shows(0, 0);
    scene.screen.point(100, 100);
    expect_at(&scene, Point::new(100, 100));
    scene.screen.point(249, 199);
    shows(150, 100);
    expect_at(&scene, Point::new(399, 299));
    scene.screen.point(100, 50);
    expect_at(&scene, Point::new(250, 150));
    scene.screen.point(100, 0);
    shows(150, 0);
    expect_at(&scene, Point::new(250, 0));
}

#[test]
fn fit_fills_the_window_and_half_of_it_is_smooth() {
    let mut scene = Scene::open(&["--scale", "fit", "--no-resize"]);
    let (black, white) = ([0, 0, 0], [255, 255, 255]);
    scene.desk.fill(Rect::new(0, 0, 400, 300), black);
    scene.desk.fill(Rect::new(200, 0, 200, 300), white);
    scene.screen.resize(scene.window, 800, 600);
    let expect = |x, y, colour| {
        eventually(&format!("{colour:?} at {x},{y}"), || {
            (scene.screen.pixel(x, y) == colour).then_some(())
        });
    };
    for (x, colour) in [(0, black), (399, black), (400, white), (799, white)] {
        expect(x, 599, colour);
    }
    // An edge in the middle of a pixel is the mean of its sides.
    scene.screen.resize(scene.window, 133, 200);
    expect(66, 100, [128, 128, 128]);
    expect(65, 100, black);
    expect(67, 100, white);
}

#[test]
fn the_pointers_shape_is_as_large_as_the_desktop_is_shown() {
    let scene = Scene::open(&["--scale", "2"]);
    let half_seen = [[40, 20, 10, 128], [10, 20, 30, 255]].concat();
    let cursor = Cursor::new(Size::new(2, 1), Point::new(1, 0), half_seen).unwrap();
    scene.desk.server.set_cursor(cursor);
    scene.screen.point(10, 10);
    let (left, right) = (0x8005_0a14, 0xff1e_140a);
    let row = [left, left, right, right];
    eventually("the shape at twice its size", || {
        (scene.screen.pointer_shape() == (4, 2, [row, row].concat())).then_some(())
    });
}

#[test]
fn the_pointer_goes_where_the_desktop_puts_it_if_it_is_there() {
    let scene = Scene::open(&["--scale", "2"]);
    scene.screen.focus(scene.window);
    scene.screen.point(10, 10);
    expect_at(&scene, Point::new(5, 5));
    // The desktop has done what was asked; then a program there moves it.
    scene.desk.server.set_pointer(Point::new(5, 5));
    scene.desk.server.set_pointer(Point::new(100, 50));
    eventually("the pointer at its new place", || {
        (scene.screen.pointer_place() == (201, 101)).then_some(())
    });
    // It is not told where it is; it is told where it goes.
    scene.screen.point(300, 100);
    assert_eq!(scene.desk.expect_pointer(), (Point::new(150, 50), 0));
    scene.desk.server.set_pointer(Point::new(150, 50));
    scene.screen.unfocus();
    scene.desk.server.set_pointer(Point::new(10, 10));
    scene.desk.server.set_name("later");
    scene.screen.window("later - Tightrope");
    assert_eq!(scene.screen.pointer_place(), (300, 100));
}
