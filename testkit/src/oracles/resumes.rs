//! Sessions that outlive their connections.

use rfb::{Point, Rect, Size};

use super::choices::Choices;
use crate::parting::{Step, World};
use crate::scenes;

const SIZE: Size = Size::new(64, 48);
/// Steps of one input: what comes after them is not looked at.
const STEPS: usize = 40;

/// The bytes choose what happens on a desktop, and after how many bytes each connection breaks: in the end the client sees
/// the desktop.
pub fn resumes(data: &[u8]) {
    let mut choices = Choices::new(data);
    let mut world = World::new(scenes::icons(SIZE), left(&mut choices));
    for _ in 0..STEPS {
        if choices.is_empty() {
            break;
        }
        match step(&mut choices) {
            Some(step) => world.step(step),
            None => {
                let meanwhile = choices.below(3);
                let meanwhile: Vec<Step> =
                    (0..meanwhile).filter_map(|_| step(&mut choices)).collect();
                world.come_back(&meanwhile, left(&mut choices));
            }
        }
    }
    world.come_back(&[], usize::MAX);
    world.settle();
    assert!(world.is_equal(), "the client sees something else");
}

/// Bytes until a connection breaks.
fn left(choices: &mut Choices<'_>) -> usize {
    usize::from(choices.byte()) * 64 + usize::from(choices.byte())
}

/// What happens; `None` if the connection breaks.
fn step(choices: &mut Choices<'_>) -> Option<Step> {
    Some(match choices.below(10) {
        0 | 1 => Step::Paint(rect(choices), choices.byte()),
        2 | 3 => {
            let to = rect(choices);
            Step::Move(Point::new(choices.below(40), choices.below(30)), to)
        }
        4 => Step::Photograph,
        5 => Step::Cursor(choices.byte()),
        6 => Step::Leds(choices.byte() % 8),
        7 => Step::Resize(Size::new(40 + choices.below(50), 30 + choices.below(30))),
        8 => Step::Wait,
        _ => return None,
    })
}

fn rect(choices: &mut Choices<'_>) -> Rect {
    let (left, top) = (choices.below(60), choices.below(44));
    let (width, height) = (1 + choices.below(63), 1 + choices.below(47));
    Rect::new(left, top, width, height).intersection(SIZE.into())
}
