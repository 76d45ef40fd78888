//! What clients are told of the pointer and the lights of the keyboard.

use tightrope::rfb::Leds;
use tightrope::{Client, ClientEvent, Point, Rect, ResizeStatus, Screen, Size};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::ConnectionExt;

use crate::agent::{Agent, wait_for};
use crate::desktop::{connect, until};

async fn leds(client: &mut Client) -> Leds {
    wait_for(client, |_, event| match event {
        ClientEvent::LedsChanged(leds) => Some(*leds),
        _ => None,
    })
    .await
}

async fn pointer(client: &mut Client, expected: Point) {
    wait_for(client, |_, event| match event {
        ClientEvent::PointerMoved(at) => (*at == expected).then_some(()),
        _ => None,
    })
    .await;
}

async fn first_picture(client: &mut Client) {
    wait_for(client, |_, event| {
        matches!(event, ClientEvent::Updated { .. }).then_some(())
    })
    .await;
}

#[tokio::test]
async fn clients_are_told_of_the_lights_whoever_switches_them() {
    let agent = Agent::on_its_own_display(&["--geometry", "320x240"]);
    let (display, authority) = agent.place();
    let mut client = agent.client().await;
    assert_eq!(leds(&mut client).await, Leds::default());
    let xdotool = |key: &str| {
        let mut command = std::process::Command::new("xdotool");
        command.args(["key", key]);
        command.env("DISPLAY", &display.name);
        command.env("XAUTHORITY", &authority);
        assert!(command.status().expect("xdotool is installed").success());
    };
    xdotool("Caps_Lock");
    assert_eq!(leds(&mut client).await, Leds::CAPS);
    xdotool("Num_Lock");
    assert_eq!(leds(&mut client).await, Leds::CAPS.with(Leds::NUM));
    client.key(0xffe5, true);
    client.key(0xffe5, false);
    assert_eq!(leds(&mut client).await, Leds::NUM);
    assert_eq!(client.leds(), Some(Leds::NUM));
    let mut second = agent.client().await;
    assert_eq!(leds(&mut second).await, Leds::NUM);
}

#[tokio::test]
async fn a_client_is_told_where_others_move_the_pointer() {
    let agent = Agent::on_its_own_display(&["--geometry", "320x240"]);
    let (display, _) = agent.place();
    let x = connect(&display);
    let root = x.setup().roots[0].root;
    let (mut first, mut second) = (agent.client().await, agent.client().await);
    first_picture(&mut first).await;
    first_picture(&mut second).await;
    first.pointer(Point::new(30, 40), 0);
    // The client has to run for its message to be sent; nothing need come back to it.
    let sent = async { while first.next_event().await.is_ok() {} };
    tokio::select! {
        () = sent => panic!("the first session has ended"),
        () = pointer(&mut second, Point::new(30, 40)) => {}
    }
    // A program on the desktop sets it elsewhere, and draws.
    x.warp_pointer(x11rb::NONE, root, 0, 0, 0, 0, 100, 120)
        .unwrap();
    let window = crate::desktop::window(&x, Rect::new(0, 0, 10, 10), 0xff_ffff);
    tokio::join!(
        pointer(&mut first, Point::new(100, 120)),
        pointer(&mut second, Point::new(100, 120)),
    );
    x.destroy_window(window).unwrap().check().unwrap();
    first.pointer(Point::new(319, 239), 1);
    first.pointer(Point::new(319, 239), 0);
    let sent = async { while first.next_event().await.is_ok() {} };
    tokio::select! {
        () = sent => panic!("the first session has ended"),
        () = pointer(&mut second, Point::new(319, 239)) => {}
    }
    until("the pointer", || {
        let pointer = x.query_pointer(root).unwrap().reply().unwrap();
        ((pointer.root_x, pointer.root_y) == (319, 239)).then_some(())
    });
}

#[tokio::test]
async fn a_bell_that_a_program_rings_is_heard() {
    let agent = Agent::on_its_own_display(&["--geometry", "320x240"]);
    let mut client = agent.client().await;
    first_picture(&mut client).await;
    let x = connect(&agent.place().0);
    x.bell(0).unwrap();
    x.flush().unwrap();
    wait_for(&mut client, |_, event| {
        (*event == ClientEvent::Bell).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_client_divides_the_desktop_into_screens_and_the_others_are_told() {
    let agent = Agent::on_its_own_display(&["--geometry", "320x240"]);
    let mut asking = agent.client().await;
    let mut other = agent.client().await;
    first_picture(&mut asking).await;
    first_picture(&mut other).await;
    let size = Size::new(300, 200);
    let screen = |id, left, width| Screen {
        id,
        rect: Rect::new(left, 0, width, 200),
        flags: 0,
    };
    let wanted = vec![screen(5, 0, 200), screen(6, 200, 100)];
    asking.request_screens(size, wanted.clone());
    for client in [&mut asking, &mut other] {
        let told = wait_for(client, |_, event| match event {
            ClientEvent::Resized { size, screens } => Some((*size, screens.clone())),
            _ => None,
        })
        .await;
        assert_eq!(told, (size, wanted.clone()));
    }
    // A layout nobody can show.
    asking.request_screens(size, vec![screen(5, 0, 200), screen(5, 200, 100)]);
    let refused = wait_for(&mut asking, |_, event| match event {
        ClientEvent::ResizeRefused(status) => Some(*status),
        _ => None,
    })
    .await;
    assert_eq!(refused, ResizeStatus::INVALID_LAYOUT);
}
