//! Several screens on one desktop.

use tightrope::rfb::screen::ResizeStatus;
use tightrope::{Rect, Screen, Size};
use tightrope_agent::capture::Capture;
use tightrope_agent::monitors::{divide, is_possible, layout, meant};
use tightrope_agent::resize::resize;

use crate::desktop::Desktop;

const SIZE: Size = Size::new(1000, 600);

fn screen(id: u32, left: u16, width: u16) -> Screen {
    Screen {
        id,
        rect: Rect::new(left, 0, width, 600),
        flags: 0,
    }
}

#[tokio::test]
async fn a_desktop_is_divided_into_screens_and_made_one_again() {
    let desktop = Desktop::new(Size::new(1400, 1050)).await;
    let capture = Capture::new(desktop.display()).unwrap();
    let link = capture.link();
    let whole = Size::new(1400, 1050);
    assert_eq!(layout(link, whole).unwrap(), [Screen::whole(whole)]);

    assert_eq!(resize(link, SIZE).unwrap(), ResizeStatus::OK);
    for screens in [
        vec![screen(3, 0, 600), screen(70_000, 600, 400)],
        vec![screen(3, 0, 300), screen(4, 300, 300), screen(5, 600, 400)],
    ] {
        divide(link, SIZE, &screens).unwrap();
        let mut found = layout(link, SIZE).unwrap();
        found.sort_by_key(|screen| screen.rect.left);
        assert_eq!(found, screens);
        let listed = desktop.output("xrandr", &["--listactivemonitors"]);
        let listed = String::from_utf8(listed).unwrap();
        assert!(
            listed.contains(&format!("Monitors: {}", screens.len())),
            "{listed}"
        );
    }
    divide(link, SIZE, &[Screen::whole(SIZE)]).unwrap();
    assert_eq!(layout(link, SIZE).unwrap(), [Screen::whole(SIZE)]);
}

#[test]
fn one_screen_as_large_as_the_desktop_covers_it() {
    let astray = Screen {
        id: 7,
        rect: Rect::new(9000, 8000, SIZE.width, SIZE.height),
        flags: 1,
    };
    assert_eq!(meant(SIZE, vec![astray]), [Screen::whole(SIZE)]);
    let small = Screen {
        rect: Rect::new(0, 0, 10, 10),
        ..astray
    };
    assert_eq!(meant(SIZE, vec![small]), [small]);
    assert_eq!(meant(SIZE, vec![astray, small]), [astray, small]);
}

#[test]
fn layouts_nobody_can_show_are_known() {
    let possible = [screen(1, 0, 500), screen(2, 500, 500)];
    assert!(is_possible(SIZE, &possible));
    for impossible in [
        vec![],
        vec![screen(1, 0, 0)],
        vec![screen(1, 501, 500)],
        vec![screen(1, 0, 500), screen(1, 500, 500)],
        (0..17).map(|id| screen(id, 0, 10)).collect(),
    ] {
        assert!(!is_possible(SIZE, &impossible), "{impossible:?}");
    }
}
