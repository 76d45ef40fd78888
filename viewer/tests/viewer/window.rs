//! The window on a real X server, without a window manager: the window stands at the top left.

use crate::desk::{Desk, eventually};
use crate::process::Viewer;
use crate::screen::Screen;
use std::ffi::OsString;
use tightrope::{Cursor, GoodbyeCode, Point, Rect, ServerEvent, Size};
use x11rb::protocol::xproto::Window;

const SIZE: Size = Size::new(400, 300);

/// A desktop, a screen, and a viewer that shows one on the other.
pub(crate) struct Scene {
    pub(crate) viewer: Viewer,
    pub(crate) screen: Screen,
    pub(crate) desk: Desk,
    pub(crate) window: Window,
}

impl Scene {
    pub(crate) fn open(flags: &[&str]) -> Self {
        Self::over(Desk::open(SIZE), flags)
    }
    /// The same for a desktop that is served already.
    pub(crate) fn over(desk: Desk, flags: &[&str]) -> Self {
        Self::with(desk, &[], flags)
    }
    /// The same, with these variables in the viewer's environment.
    pub(crate) fn with(desk: Desk, variables: &[(&str, OsString)], flags: &[&str]) -> Self {
        let screen = Screen::start(800, 600);
        let credentials = desk.credentials();
        let base = ["--credentials", &credentials, "--quality", "lossless"];
        let all = base.into_iter().chain(flags.iter().copied());
        let viewer = Viewer::start_with(Some(&screen.display), variables, all);
        let title = match flags.contains(&"--view-only") {
            true => "Tightrope (view only) - Tightrope",
            false => "Tightrope - Tightrope",
        };
        let window = screen.window(title);
        Self {
            viewer,
            screen,
            desk,
            window,
        }
    }
}

#[test]
fn the_window_shows_every_pixel_and_every_change() {
    let mut scene = Scene::open(&[]);
    scene.screen.expect(&scene.desk.picture, 0, 0);
    scene.desk.fill(Rect::new(30, 40, 50, 60), [10, 20, 30]);
    scene.screen.expect(&scene.desk.picture, 0, 0);
    scene.desk.server.set_name("another name");
    scene.screen.window("another name - Tightrope");
}

#[test]
fn keys_arrive_as_what_they_type_and_nothing_stays_pressed() {
    let Scene {
        screen,
        desk,
        window,
        ..
    } = &Scene::open(&[]);
    screen.expect(&desk.picture, 0, 0);
    screen.focus(*window);
    let (a, capital, shift) = (0x61, 0x41, 0xffe1);
    screen.key(a, true);
    screen.key(a, false);
    desk.expect_keys(&[(a, true), (a, false)]);
    screen.key(shift, true);
    screen.key(a, true);
    screen.key(shift, false);
    screen.key(a, false);
    desk.expect_keys(&[
        (shift, true),
        (capital, true),
        (shift, false),
        (capital, false),
    ]);
    for key in [0xff0d, 0xffc2, 0xff51] {
        screen.key(key, true);
        screen.key(key, false);
        desk.expect_keys(&[(key, true), (key, false)]);
    }
    screen.key(a, true);
    desk.expect_keys(&[(a, true)]);
    screen.unfocus();
    desk.expect_keys(&[(a, false)]);
}

#[test]
fn f11_is_for_full_screen_and_can_still_be_sent() {
    let Scene {
        screen,
        desk,
        window,
        ..
    } = &Scene::open(&[]);
    let _manager = screen.manage();
    screen.expect_bordered(*window);
    screen.focus(*window);
    let (control, shift, f11) = (0xffe3, 0xffe1, 0xffc8);
    for size in [screen.size(), SIZE] {
        screen.key(f11, true);
        screen.key(f11, false);
        eventually(&format!("a window of {size}"), || {
            (screen.size_of(*window) == size).then_some(())
        });
    }
    for key in [control, shift, f11] {
        screen.key(key, true);
    }
    desk.expect_keys(&[(control, true), (shift, true)]);
    let sent: [_; 6] = std::array::from_fn(|_| desk.next_key());
    // Nothing is held while it is pressed; the order of the modifiers does not matter.
    assert_eq!(sent[2..4], [(f11, true), (f11, false)]);
    for modifier in [control, shift] {
        assert!(sent[..2].contains(&(modifier, false)), "{sent:x?}");
        assert!(sent[4..].contains(&(modifier, true)), "{sent:x?}");
    }
}

#[test]
fn the_pointer_and_the_wheel_arrive_where_they_are() {
    let Scene { screen, desk, .. } = &Scene::open(&[]);
    screen.expect(&desk.picture, 0, 0);
    screen.point(30, 40);
    let at = Point::new(30, 40);
    while desk.expect_pointer() != (at, 0) {}
    for (button, bit) in (1..=9_u8).map(|button| (button, 1_u16 << (button - 1))) {
        screen.click(button);
        assert_eq!(desk.expect_pointer(), (at, bit), "button {button}");
        assert_eq!(desk.expect_pointer(), (at, 0), "button {button}");
    }
    screen.point(500, 40);
    screen.point(399, 299);
    assert_eq!(desk.expect_pointer(), (Point::new(399, 299), 0));
}

#[test]
fn a_text_copied_on_one_side_can_be_pasted_on_the_other() {
    let Scene {
        screen,
        desk,
        window,
        ..
    } = &Scene::open(&[]);
    screen.expect(&desk.picture, 0, 0);
    screen.copy("from here: grüße €");
    screen.focus(*window);
    assert_eq!(desk.expect_clipboard(), "from here: grüße €");
    desk.server.set_clipboard("from there ✓");
    eventually("the text of the server", || {
        (screen.paste() == "from there ✓").then_some(())
    });
    // It does not come back when the window gets the keyboard again; the next text does.
    screen.unfocus();
    screen.focus(*window);
    screen.unfocus();
    screen.copy("something else");
    screen.focus(*window);
    assert_eq!(desk.expect_clipboard(), "something else");
}

#[test]
fn the_desktop_follows_the_window() {
    let mut scene = Scene::open(&[]);
    scene.screen.expect(&scene.desk.picture, 0, 0);
    // Sizes right after the window opens count as its own doing: another one until it is a person's.
    let mut width = 500;
    let (session, size) = eventually("a wish for another size", || {
        width += 1;
        scene.screen.resize(scene.window, width, 350);
        scene.desk.soon(|event| match event {
            ServerEvent::ResizeRequested { session, size, .. } => Some((session, size)),
            _ => None,
        })
    });
    assert_eq!((u32::from(size.width), size.height), (width, 350));
    scene.desk.server.resize(size, Some(session));
    scene.desk.paint(size);
    scene.screen.expect(&scene.desk.picture, 0, 0);
}

#[test]
fn the_window_follows_a_desktop_that_changes_by_itself() {
    let mut scene = Scene::open(&[]);
    scene.screen.expect(&scene.desk.picture, 0, 0);
    let size = Size::new(500, 360);
    scene.desk.server.resize(size, None);
    scene.desk.paint(size);
    scene.screen.expect(&scene.desk.picture, 0, 0);
}

#[test]
fn a_desktop_larger_than_the_window_is_shown_whole() {
    let mut scene = Scene::open(&["--no-resize"]);
    let (left, right) = (Rect::new(0, 0, 200, 300), Rect::new(200, 0, 200, 300));
    let (red, green, black) = ([0, 0, 255], [0, 255, 0], [0, 0, 0]);
    scene.desk.fill(left, red);
    scene.desk.fill(right, green);
    scene.screen.expect(&scene.desk.picture, 0, 0);
    scene.screen.resize(scene.window, 200, 300);
    let expect = [
        (0, 74, black),
        (0, 75, red),
        (99, 224, red),
        (100, 75, green),
        (199, 225, black),
    ];
    for (x, y, colour) in expect {
        eventually(&format!("{colour:?} at {x},{y}"), || {
            (scene.screen.pixel(x, y) == colour).then_some(())
        });
    }
    scene.screen.point(150, 150);
    while scene.desk.expect_pointer() != (Point::new(300, 150), 0) {}
    // What changes is drawn at its scaled place.
    scene.desk.fill(Rect::new(0, 0, 100, 300), green);
    for (x, colour) in [(0, green), (49, green), (50, red)] {
        eventually(&format!("{colour:?} at {x}"), || {
            (scene.screen.pixel(x, 100) == colour).then_some(())
        });
    }
}

#[test]
fn the_pointer_has_the_desktops_shape_over_the_desktop() {
    let Scene { screen, desk, .. } = &Scene::open(&[]);
    screen.expect(&desk.picture, 0, 0);
    let local = screen.pointer_shape();
    screen.point(10, 10);
    let pixels = [[10, 20, 30, 255], [0, 0, 0, 0]].concat();
    let dot = Cursor::new(Size::new(2, 1), Point::new(1, 0), pixels).unwrap();
    desk.server.set_cursor(dot);
    let expect = (2, 1, vec![0xff1e_140a, 0]);
    eventually("the shape of the desktop's pointer", || {
        (screen.pointer_shape() == expect).then_some(())
    });
    screen.point(700, 10);
    eventually("the local pointer beside the desktop", || {
        (screen.pointer_shape() == local).then_some(())
    });
    screen.point(20, 10);
    desk.server.set_cursor(Cursor::default());
    eventually("no pointer", || {
        let (_, _, pixels) = screen.pointer_shape();
        pixels.iter().all(|pixel| pixel >> 24 == 0).then_some(())
    });
}

#[test]
fn the_end_of_the_session_closes_the_window_and_is_told() {
    let scene = Scene::open(&["--stats"]);
    scene.screen.expect(&scene.desk.picture, 0, 0);
    scene
        .desk
        .shut_down(GoodbyeCode::SHUTTING_DOWN, "maintenance at noon");
    let ending = scene.viewer.ending();
    assert_eq!(ending.code, 0, "{ending:?}");
    let told = "the session ended: maintenance at noon";
    assert!(ending.errors.contains(told), "{}", ending.errors);
    assert_eq!(ending.statistics()["ended"], "goodbye");
}

#[test]
fn without_a_display_a_person_is_told_what_to_do() {
    let desk = Desk::open(SIZE);
    let ending = Viewer::start(None, ["--credentials", &*desk.credentials()]).ending();
    assert_eq!(ending.code, 1);
    assert!(ending.errors.contains("--headless"), "{}", ending.errors);
}
