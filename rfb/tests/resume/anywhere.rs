//! The link breaks after any byte.

use rfb::{Point, Rect, Region};
use testkit::parting::{Step, World};
use testkit::scenes;

use super::SIZE;

/// Pictures, copies that follow each other, and other news.
fn script() -> Vec<Step> {
    vec![
        Step::Paint(Rect::new(3, 3, 20, 10), 200),
        Step::Cursor(7),
        Step::Move(Point::new(0, 8), Rect::new(0, 0, 64, 40)),
        Step::Paint(Rect::new(0, 40, 64, 8), 77),
        Step::Leds(3),
        Step::Move(Point::new(3, 3), Rect::new(30, 20, 20, 20)),
        Step::Move(Point::new(30, 20), Rect::new(5, 25, 20, 20)),
        Step::Wait,
        Step::Paint(Rect::new(50, 40, 9, 7), 1),
    ]
}

fn run(left: usize) -> World {
    let mut world = World::new(scenes::icons(SIZE), left);
    for step in script() {
        world.step(step);
    }
    world
}

/// A coarse cover of `region`: what is remembered of updates may be a little more than they wrote.
fn around(region: &Region) -> Region {
    region.coarsened(16)
}

#[test]
fn wherever_the_link_breaks_the_picture_is_right_after_a_resume() {
    let whole = run(usize::MAX).sent;
    for left in 0..whole {
        let mut world = run(left);
        let unsure = world.unsure();
        let has_begun = world.client.framebuffer().size() == SIZE;
        world.come_back(&[], 0);
        if has_begun {
            let beyond = world.server.damage().difference(&around(&unsure));
            assert!(
                beyond.is_empty(),
                "cut at {left}: {beyond:?} beyond {unsure:?}"
            );
        }
        world.come_back(&[], usize::MAX);
        world.settle();
        assert!(world.is_equal(), "cut at {left} of {whole}");
    }
}

#[test]
fn what_happens_meanwhile_is_seen_wherever_the_link_broke() {
    let meanwhile = [
        Step::Move(Point::new(10, 10), Rect::new(0, 0, 40, 30)),
        Step::Paint(Rect::new(20, 5, 9, 9), 99),
    ];
    let whole = run(usize::MAX).sent;
    for left in (0..whole).step_by(7) {
        let mut world = run(left);
        world.come_back(&meanwhile, usize::MAX);
        world.settle();
        assert!(world.is_equal(), "cut at {left} of {whole}");
    }
}
