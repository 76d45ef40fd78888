//! What is told again, and what is not.

use rfb::{ClientEvent, Leds, LocalTime, Rect, ServerConnection, Size};
use testkit::pair::open_server;
use testkit::parting::{Step, World, cursor};
use testkit::scenes;

use super::SIZE;

/// Bytes of the server's side of the handshake: version, types, result, and the description of the desktop "desk".
const HANDSHAKE: usize = 12 + 2 + 4 + 24 + 4;

/// A session that has come to rest.
fn resting() -> World {
    let mut world = World::new(scenes::desktop(Size::new(400, 300)), usize::MAX);
    world.step(Step::Cursor(7));
    world.step(Step::Leds(3));
    world.settle();
    world
}

fn is_about_news(event: &ClientEvent) -> bool {
    matches!(
        event,
        ClientEvent::CursorChanged
            | ClientEvent::LedsChanged(_)
            | ClientEvent::Resized { .. }
            | ClientEvent::Updated { .. }
    )
}

#[test]
fn coming_back_to_an_unchanged_desktop_costs_next_to_nothing() {
    let mut world = resting();
    world.come_back(&[], usize::MAX);
    let cost = world.sent - HANDSHAKE;
    assert!(cost < 300, "{cost} bytes");
    assert!(
        !world.events.iter().any(is_about_news),
        "{:?}",
        world.events
    );
    world.settle();
    assert_eq!(world.sent - HANDSHAKE, cost, "and then nothing");
    assert!(world.is_equal());
    assert_eq!(world.client.cursor(), Some(&cursor(7)));
    assert_eq!(world.client.leds(), Some(Leds(3)));
    assert_eq!(world.client.screens().len(), 1);
    assert!(world.client.can_resize() && world.client.name() == "desk");
}

#[test]
fn only_what_changed_meanwhile_is_sent() {
    let mut world = resting();
    let rect = Rect::new(5, 6, 7, 8);
    world.come_back(&[Step::Paint(rect, 200)], usize::MAX);
    let damage = world.events.iter().find_map(|event| match event {
        ClientEvent::Updated { damage, .. } => Some(damage.bounds()),
        _ => None,
    });
    assert_eq!(damage, Some(rect));
    assert!(world.sent < 400, "{} bytes", world.sent);
    assert!(world.is_equal());
}

#[test]
fn what_may_not_have_arrived_is_told_again() {
    for step in [Step::Cursor(8), Step::Leds(5)] {
        let mut world = resting();
        world.left = 0;
        world.step(step);
        world.come_back(&[], usize::MAX);
        match step {
            Step::Cursor(shade) => assert_eq!(world.client.cursor(), Some(&cursor(shade))),
            _ => assert_eq!(world.client.leds(), Some(Leds(5))),
        }
        assert!(world.sent < HANDSHAKE + 400);
    }
}

#[test]
fn a_desktop_of_another_size_is_sent_as_a_whole() {
    for size in [Size::new(20, 30), Size::new(500, 310)] {
        let mut world = resting();
        world.come_back(&[Step::Resize(size)], usize::MAX);
        assert_eq!(world.client.framebuffer().size(), size);
        world.settle();
        assert!(world.is_equal());
    }
}

#[test]
fn a_desktop_that_came_back_to_its_size_is_right() {
    let mut world = World::new(scenes::icons(SIZE), usize::MAX);
    world.settle();
    world.left = 0;
    world.step(Step::Resize(Size::new(50, 50)));
    world.step(Step::Resize(SIZE));
    world.come_back(&[], usize::MAX);
    world.settle();
    assert!(world.is_equal());
}

#[test]
fn what_was_held_with_loss_is_refreshed_after_the_resume() {
    let mut world = World::new(scenes::gradient(SIZE), usize::MAX);
    let lossy = world.server.lossy();
    assert!(!lossy.is_empty() && !world.is_equal());
    world.come_back(&[], 0);
    assert_eq!(world.server.lossy(), lossy);
    assert!(world.server.damage().is_empty());
    world.come_back(&[], usize::MAX);
    world.settle();
    assert!(world.server.lossy().is_empty() && world.is_equal());
}

#[test]
fn an_update_that_was_being_encoded_is_sent_again() {
    let mut world = World::new(scenes::icons(SIZE), usize::MAX);
    world.settle();
    let rect = Rect::new(5, 6, 7, 8);
    world.desktop.view_mut(rect).unwrap().fill([1, 2, 3, 0]);
    world.server.add_damage(&rect.into());
    let job = world.server.begin_update(LocalTime::default(), 4000);
    assert_eq!(job.unwrap().region(), &rect.into());
    assert!(world.server.damage().is_empty());
    world.come_back(&[], usize::MAX);
    assert!(world.is_equal());
}

#[test]
fn a_server_that_knows_nothing_of_the_session_sends_everything() {
    let mut world = resting();
    world.desktop = scenes::icons(world.desktop.size());
    world.come_back_to_another_server();
    world.settle();
    assert!(world.is_equal());
}

#[test]
fn who_says_it_has_drawn_more_than_was_sent_is_sent_everything() {
    let world = resting();
    let size = world.desktop.size();
    let held = world.server.part();
    let mut server = ServerConnection::new(open_server(size), tight::encoders());
    server.resume(held, 1_000_000);
    assert_eq!(server.damage(), &size.into());
}

#[test]
fn a_resume_after_the_first_byte_changes_nothing() {
    let world = resting();
    let size = world.desktop.size();
    let held = world.server.part();
    let mut server = ServerConnection::new(open_server(size), tight::encoders());
    server.handle_bytes(LocalTime::default(), b"RFB 003.008\n\x01\x01");
    server.resume(held, 0);
    while server.poll_event().unwrap().is_some() {}
    assert_eq!(server.damage(), &size.into());
}

#[test]
fn a_ticket_goes_only_to_who_reads_it_and_before_the_first_update() {
    let world = resting();
    let ticket = |event: &ClientEvent| matches!(event, ClientEvent::Ticket(_));
    let update = |event: &ClientEvent| matches!(event, ClientEvent::Updated { .. });
    let first = |what: &dyn Fn(&ClientEvent) -> bool| world.events.iter().position(what);
    assert!(first(&ticket).unwrap() < first(&update).unwrap());

    let mut server = ServerConnection::new(open_server(SIZE), tight::encoders());
    server.set_ticket(rfb::Ticket {
        resumed: false,
        lifetime: std::time::Duration::from_secs(1),
        bytes: bytes::Bytes::from_static(b"secret"),
    });
    let raw = [2, 0, 0, 1, 0, 0, 0, 0];
    let login = [&b"RFB 003.008\n\x01\x01"[..], &raw].concat();
    server.handle_bytes(LocalTime::default(), &login);
    while server.poll_event().unwrap().is_some() {}
    while let Some(output) = server.poll_output() {
        assert!(!output.windows(6).any(|part| part == b"secret"));
    }
}
