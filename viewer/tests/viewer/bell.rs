//! The bell of the desktop, on the X server in front of the person.

use crate::window::Scene;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xkb::{self, ConnectionExt};
use x11rb::rust_connection::RustConnection;

/// Hears the bells of the X server.
struct Ear(RustConnection);

impl Ear {
    fn new(scene: &Scene) -> Self {
        let (connection, _) = x11rb::connect(Some(&scene.screen.display)).unwrap();
        let version = connection.xkb_use_extension(1, 0).unwrap();
        assert!(version.reply().unwrap().supported);
        let bells = xkb::EventType::BELL_NOTIFY;
        let keyboard = u16::from(xkb::ID::USE_CORE_KBD);
        let (no_event, no_map) = (xkb::EventType::default(), xkb::MapPart::default());
        let none = xkb::SelectEventsAux::new();
        connection
            .xkb_select_events(keyboard, no_event, bells, no_map, no_map, &none)
            .unwrap()
            .check()
            .unwrap();
        Self(connection)
    }
    fn has_heard(&self) -> bool {
        // What was rung before is told before the answer.
        self.0.xkb_use_extension(1, 0).unwrap().reply().unwrap();
        let mut events = std::iter::from_fn(|| self.0.poll_for_event().unwrap());
        events.any(|event| matches!(event, Event::XkbBellNotify(_)))
    }
}

/// Rings, and waits until the viewer has heard of it.
fn ring(scene: &Scene) {
    scene.desk.server.bell();
    scene.desk.server.set_name("rung");
    scene.screen.window("rung - Tightrope");
}

#[test]
fn the_bell_rings_here() {
    let scene = Scene::open(&[]);
    scene.screen.expect(&scene.desk.picture, 0, 0);
    let ear = Ear::new(&scene);
    ring(&scene);
    crate::desk::eventually("a bell", || ear.has_heard().then_some(()));
}

#[test]
fn the_bell_is_silent_if_wanted() {
    let scene = Scene::open(&["--no-bell"]);
    scene.screen.expect(&scene.desk.picture, 0, 0);
    let ear = Ear::new(&scene);
    ring(&scene);
    assert!(!ear.has_heard());
}
