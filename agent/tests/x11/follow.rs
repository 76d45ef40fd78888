//! What clients are told of the pointer and the lights of the keyboard.

use tightrope::rfb::Leds;
use tightrope::{Client, ClientEvent, Point};
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
    let window = crate::desktop::window(&x, tightrope::Rect::new(0, 0, 10, 10), 0xff_ffff);
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
