//! The menu of the window, opened and used by keys and the mouse.

use crate::desk::{Desk, PATIENCE, eventually};
use crate::window::Scene;
use std::time::{Duration, Instant};
use tightrope::{Point, PowerAction, Rect, ServerEvent, Size};

const A: u32 = 0x61;
const DELETE: u32 = 0xffff;
const DOWN: u32 = 0xff54;
const END: u32 = 0xff57;
const ESCAPE: u32 = 0xff1b;
const F8: u32 = 0xffc5;
const F9: u32 = 0xffc6;
const LEFT: u32 = 0xff51;
const RETURN: u32 = 0xff0d;
const RIGHT: u32 = 0xff53;
const UP: u32 = 0xff52;

/// A window that shows its desktop and has the keyboard.
fn open(flags: &[&str]) -> Scene {
    let scene = Scene::open(flags);
    scene.screen.expect(&scene.desk.picture, 0, 0);
    scene.screen.focus(scene.window);
    scene
}

fn press(scene: &Scene, keysyms: &[u32]) {
    for &keysym in keysyms {
        scene.screen.key(keysym, true);
        scene.screen.key(keysym, false);
    }
}

/// Opens the menu, and waits until it is there.
fn open_menu(scene: &Scene) {
    let key = Rect::new(200, 150, 1, 1);
    let before = scene.screen.pixels(key);
    press(scene, &[F8]);
    eventually("the menu", || {
        (scene.screen.pixels(key) != before).then_some(())
    });
}

/// The key that arrives is the first since then.
fn expect_only(scene: &Scene, keysym: u32) {
    press(scene, &[keysym]);
    scene.desk.expect_keys(&[(keysym, true), (keysym, false)]);
}

#[test]
fn the_menu_lies_over_the_desktop_and_leaves_it_as_it_is() {
    let mut scene = open(&[]);
    open_menu(&scene);
    // Keys and the mouse are the menu's, and what changes below it is there afterwards.
    press(&scene, &[A, DOWN, UP]);
    scene.screen.point(200, 150);
    scene.desk.fill(Rect::new(0, 0, 400, 20), [1, 2, 3]);
    eventually("what changes beside the menu", || {
        (scene.screen.pixel(1, 1) == [1, 2, 3]).then_some(())
    });
    scene.desk.fill(Rect::new(150, 100, 100, 100), [4, 5, 6]);
    press(&scene, &[ESCAPE]);
    scene.screen.expect(&scene.desk.picture, 0, 0);
    expect_only(&scene, A);
    // Where the mouse was over the menu, it is on the desktop now.
    scene.screen.point(201, 150);
    assert_eq!(scene.desk.expect_pointer(), (Point::new(201, 150), 0));
}

#[test]
fn the_menus_key_can_still_be_sent_and_be_another_one() {
    let scene = open(&[]);
    open_menu(&scene);
    press(&scene, &[F8]);
    scene.desk.expect_keys(&[(F8, true), (F8, false)]);
    expect_only(&scene, A);

    let scene = open(&["--menu-key", "none"]);
    expect_only(&scene, F8);

    let scene = open(&["--menu-key", "F9"]);
    expect_only(&scene, F8);
    press(&scene, &[F9, ESCAPE]);
    expect_only(&scene, A);
}

#[test]
fn ctrl_alt_del_is_sent_from_the_menu() {
    let scene = open(&[]);
    open_menu(&scene);
    // Disconnect, Send F8, Send Ctrl+Alt+Del
    press(&scene, &[END, UP, UP, RETURN]);
    let (control, alt) = (0xffe3, 0xffe9);
    scene.desk.expect_keys(&[
        (control, true),
        (alt, true),
        (DELETE, true),
        (DELETE, false),
        (alt, false),
        (control, false),
    ]);
    expect_only(&scene, A);
}

#[test]
fn disconnect_ends_the_program_well() {
    let scene = open(&["--stats"]);
    open_menu(&scene);
    press(&scene, &[UP, RETURN]);
    let ending = scene.viewer.ending();
    assert_eq!(ending.code, 0, "{ending:?}");
    assert_eq!(ending.statistics()["ended"], "closed");
}

#[test]
fn a_click_beside_the_menu_closes_it_and_is_not_the_desktops() {
    let scene = open(&[]);
    scene.screen.point(3, 3);
    while scene.desk.expect_pointer() != (Point::new(3, 3), 0) {}
    open_menu(&scene);
    scene.screen.click(1);
    scene.screen.expect(&scene.desk.picture, 0, 0);
    scene.screen.click(3);
    assert_eq!(scene.desk.expect_pointer(), (Point::new(3, 3), 4));
}

#[test]
fn view_only_holds_from_the_moment_it_is_chosen() {
    let scene = open(&[]);
    open_menu(&scene);
    // Full screen, scale, resize, quality, compression, refresh, view only
    press(&scene, &[DOWN; 6]);
    press(&scene, &[RIGHT]);
    scene.screen.window("Tightrope (view only) - Tightrope");
    press(&scene, &[ESCAPE, A]);
    scene.screen.click(1);
    scene.screen.expect(&scene.desk.picture, 0, 0);
    open_menu(&scene);
    press(&scene, &[DOWN; 6]);
    press(&scene, &[LEFT, ESCAPE]);
    scene.screen.window("Tightrope - Tightrope");
    expect_only(&scene, DELETE);
}

#[test]
fn a_server_that_offers_it_is_shut_down_only_when_asked_twice() {
    let scene = Scene::over(Desk::open_with_power(Size::new(400, 300)), &[]);
    scene.screen.expect(&scene.desk.picture, 0, 0);
    scene.screen.focus(scene.window);
    open_menu(&scene);
    // Disconnect, reset, reboot
    press(&scene, &[END, UP, UP, RETURN, UP, DOWN, RETURN]);
    let power = |event| match event {
        ServerEvent::Power { session, action } => Some((session, action)),
        _ => None,
    };
    assert_eq!(scene.desk.soon(power), None);
    press(&scene, &[RETURN]);
    let (session, action) = scene.desk.expect("a wish to reboot", power);
    assert_eq!(action, PowerAction::Reboot);
    scene.desk.server.refuse_power(session);
    expect_only(&scene, A);
    scene.viewer.terminate();
    let errors = scene.viewer.ending().errors;
    assert!(errors.contains("does not shut down"), "{errors}");
}

/// Paints one picture and the other, again and again, as long as `go_on` has it with how many pixels of the screen are
/// from neither.
fn flicker(scene: &mut Scene, mut go_on: impl FnMut(usize) -> bool) {
    let size = Size::new(400, 300);
    let one = scene.desk.picture.clone();
    let mut two = one.clone();
    for row in two.view_mut(size.into()).unwrap().rows_mut() {
        row.reverse();
        row.rotate_right(1);
        row.iter_mut().skip(3).step_by(4).for_each(|x| *x = 0);
    }
    loop {
        for picture in [&two, &one] {
            scene.desk.show(picture);
            std::thread::sleep(Duration::from_millis(30));
            let pixels = scene.screen.pixels(size.into());
            let shown = pixels.chunks_exact(4);
            let [ones, twos] = [&one, &two].map(|picture| picture.bytes().chunks_exact(4));
            let strays = shown
                .zip(ones.zip(twos))
                .filter(|(pixel, (one, two))| pixel != one && pixel != two);
            if !go_on(strays.count()) {
                return;
            }
        }
    }
}

#[test]
fn another_quality_is_asked_for_at_once() {
    let mut scene = open(&[]);
    let mut rounds = 0;
    flicker(&mut scene, |strays| {
        assert_eq!(strays, 0, "the picture is lossless");
        rounds += 1;
        rounds < 6
    });
    let quality = [F8, DOWN, DOWN, DOWN];
    press(&scene, &quality);
    press(&scene, &[RIGHT, RIGHT, RIGHT, RIGHT, ESCAPE]);
    let start = Instant::now();
    flicker(&mut scene, |strays| {
        assert!(start.elapsed() < PATIENCE, "the picture is never lossy");
        strays < 10_000
    });
    press(&scene, &quality);
    press(&scene, &[LEFT, LEFT, LEFT, LEFT, ESCAPE]);
    let start = Instant::now();
    let mut exact = 0;
    flicker(&mut scene, |strays| {
        assert!(start.elapsed() < PATIENCE, "it stays lossy");
        exact = if strays == 0 { exact + 1 } else { 0 };
        exact < 6
    });
}
