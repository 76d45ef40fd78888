//! Connection after connection, each broken somewhere.

use proptest::prelude::*;
use rfb::{Point, Rect, Size};
use testkit::parting::{Step, World};
use testkit::scenes;

use super::SIZE;

fn rect() -> impl Strategy<Value = Rect> {
    (0..60_u16, 0..44_u16, 1..64_u16, 1..48_u16)
        .prop_map(|(x, y, w, h)| Rect::new(x, y, w, h).intersection(SIZE.into()))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (rect(), any::<u8>()).prop_map(|(rect, shade)| Step::Paint(rect, shade)),
        4 => (rect(), 0..40_u16, 0..30_u16).prop_map(|(to, x, y)| Step::Move(Point::new(x, y), to)),
        1 => Just(Step::Photograph),
        1 => any::<u8>().prop_map(Step::Cursor),
        1 => (0..8_u8).prop_map(Step::Leds),
        1 => (40..90_u16, 30..60_u16).prop_map(|(w, h)| Step::Resize(Size::new(w, h))),
        2 => Just(Step::Wait),
    ]
}

/// What happens while it stands, how many bytes it carries, and what happens after it.
fn connection() -> impl Strategy<Value = (Vec<Step>, usize, Vec<Step>)> {
    let steps = || prop::collection::vec(step(), 0..5);
    let left = prop_oneof![0..400_usize, 400..6000_usize];
    (steps(), left, steps())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn after_any_number_of_broken_connections_the_client_sees_the_desktop(
        connections in prop::collection::vec(connection(), 1..5),
    ) {
        let mut world: Option<World> = None;
        let mut meanwhile: Vec<Step> = Vec::new();
        for (steps, left, after) in &connections {
            match &mut world {
                None => world = Some(World::new(scenes::icons(SIZE), *left)),
                Some(world) => world.come_back(&meanwhile, *left),
            }
            let world = world.as_mut().unwrap();
            steps.iter().for_each(|step| world.step(*step));
            meanwhile.clone_from(after);
        }
        let mut world = world.unwrap();
        world.come_back(&meanwhile, usize::MAX);
        world.settle();
        prop_assert!(world.is_equal());
    }
}

#[test]
fn a_client_that_got_nothing_of_a_resumed_connection_comes_back_as_from_the_one_before() {
    let mut world = World::new(scenes::icons(SIZE), usize::MAX);
    world.step(Step::Paint(Rect::new(3, 3, 20, 10), 200));
    world.settle();
    let drawn = world.client.updates();
    assert!(drawn > 1);
    for shade in 0..3 {
        world.come_back(&[Step::Paint(Rect::new(30, 20, 5, 5), shade)], 0);
        assert_eq!(
            world.client.updates(),
            drawn,
            "its ticket is still the first"
        );
    }
    world.come_back(&[], usize::MAX);
    assert!(world.client.updates() < drawn, "counted anew");
    let whole = world.sent;
    world.settle();
    assert!(world.is_equal());
    assert!(
        whole < 600,
        "only a small square was lost, not {whole} bytes"
    );
}
