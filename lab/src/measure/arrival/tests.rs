#![expect(clippy::cast_possible_truncation, reason = "shades are made of them")]

use tightrope::Size;

use super::*;

const SIZE: Size = Size::new(320, 160);
const LEFT: Rect = Rect::new(64, 64, 128, 96);
const RIGHT: Rect = Rect::new(192, 64, 128, 96);

/// Something smooth with edges and a little noise, another for each `seed`.
fn scene(seed: u32) -> Framebuffer {
    let mut picture = Framebuffer::new(SIZE);
    let mut noise = seed.wrapping_mul(0x9e37_79b9) | 1;
    let mut view = picture.view_mut(SIZE.into()).unwrap();
    for (y, row) in view.rows_mut().enumerate() {
        for (x, pixel) in row.chunks_exact_mut(4).enumerate() {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let wave = (x as u32 * 2 + y as u32 * 3 + seed * 37) % 200;
            let value = wave + (noise >> 29);
            pixel.copy_from_slice(&[value as u8, (wave / 2) as u8, 90, 0]);
        }
    }
    picture
}

fn put(to: &mut Framebuffer, from: &Framebuffer, area: Rect) {
    let rows = from.view().rows(area);
    for (to, from) in to.view_mut(area).unwrap().rows_mut().zip(rows) {
        to.copy_from_slice(from);
    }
}

/// As a lossy encoder leaves it: details of a few steps are gone.
fn blurred(picture: &Framebuffer) -> Framebuffer {
    let mut blurred = picture.clone();
    for row in blurred.view_mut(SIZE.into()).unwrap().rows_mut() {
        for four in row.chunks_exact_mut(16) {
            for channel in 0..3 {
                let sum: u32 = (0..4).map(|at| u32::from(four[at * 4 + channel])).sum();
                (0..4).for_each(|at| four[at * 4 + channel] = (sum / 4) as u8);
            }
        }
    }
    blurred
}

/// Pictures that change LEFT and RIGHT, of which the watcher knows.
fn painted(count: u32) -> (Arrivals, Vec<Framebuffer>) {
    let mut arrivals = Arrivals::new(&Framebuffer::new(SIZE));
    let mut picture = scene(0);
    let mut pictures = Vec::new();
    for number in 0..count {
        if number > 0 {
            let next = scene(number);
            put(&mut picture, &next, LEFT);
            put(&mut picture, &next, RIGHT);
        }
        strip::paint(number, &mut picture);
        let damage = match number {
            0 => vec![SIZE.into()],
            _ => vec![LEFT, RIGHT],
        };
        arrivals.paint(&picture, &damage);
        pictures.push(picture.clone());
    }
    (arrivals, pictures)
}

fn look(arrivals: &mut Arrivals, shown: &Framebuffer, damage: Rect) -> Option<u32> {
    arrivals
        .look(shown, &damage.into())
        .map(|arrival| arrival.number)
}

#[test]
fn pictures_arrive_once_with_the_tiles_that_changed() {
    let (mut arrivals, pictures) = painted(3);
    let all = SIZE.into();
    assert_eq!(look(&mut arrivals, &Framebuffer::new(SIZE), all), None);
    let first = arrivals.look(&pictures[0], &Region::from(SIZE)).unwrap();
    assert_eq!((first.number, first.tiles.len()), (0, 15));
    assert_eq!(look(&mut arrivals, &pictures[0], all), None);
    let second = arrivals.look(&pictures[1], &Region::from(SIZE)).unwrap();
    // Four columns of two rows, and those of the strip's four tiles where its cells differ.
    assert_eq!(second.number, 1);
    assert!(second.tiles.contains(&Rect::new(64, 64, 64, 64)));
    assert!(!second.tiles.contains(&Rect::new(0, 64, 64, 64)));
    assert!(second.tiles.iter().any(|tile| tile.top == 0));
}

#[test]
fn pictures_before_one_that_arrived_are_skipped() {
    let (mut arrivals, pictures) = painted(4);
    assert_eq!(look(&mut arrivals, &pictures[2], SIZE.into()), Some(2));
    assert_eq!(look(&mut arrivals, &pictures[1], SIZE.into()), None);
    assert_eq!(look(&mut arrivals, &pictures[3], SIZE.into()), Some(3));
}

#[test]
fn a_picture_with_loss_arrives() {
    let (mut arrivals, pictures) = painted(4);
    for (number, picture) in (0..).zip(&pictures) {
        let mut shown = blurred(picture);
        // The strip is flat, and as good as lossless.
        put(&mut shown, picture, strip::AREA);
        let arrived = look(&mut arrivals, &shown, SIZE.into());
        assert_eq!(arrived, Some(number));
    }
}

#[test]
fn a_torn_picture_has_not_arrived_until_the_rest_is_drawn() {
    for lossy in [false, true] {
        let (mut arrivals, pictures) = painted(4);
        let lose = |picture: &Framebuffer| match lossy {
            true => blurred(picture),
            false => picture.clone(),
        };
        assert_eq!(look(&mut arrivals, &pictures[0], SIZE.into()), Some(0));
        let mut shown = lose(&pictures[0]);
        put(&mut shown, &pictures[1], strip::AREA);
        assert_eq!(look(&mut arrivals, &shown, strip::AREA), None);
        put(&mut shown, &lose(&pictures[1]), LEFT);
        assert_eq!(look(&mut arrivals, &shown, LEFT), None);
        // Half a tile is not enough either.
        let half = Rect::new(RIGHT.left, RIGHT.top, RIGHT.width, 32);
        put(&mut shown, &lose(&pictures[1]), half);
        assert_eq!(look(&mut arrivals, &shown, half), None);
        put(&mut shown, &lose(&pictures[1]), RIGHT);
        assert_eq!(look(&mut arrivals, &shown, RIGHT), Some(1));
    }
}

#[test]
fn a_picture_of_which_a_part_is_newer_has_not_arrived() {
    let (mut arrivals, pictures) = painted(3);
    assert_eq!(look(&mut arrivals, &pictures[0], SIZE.into()), Some(0));
    let mut shown = pictures[1].clone();
    put(&mut shown, &pictures[2], RIGHT);
    assert_eq!(look(&mut arrivals, &shown, SIZE.into()), None);
    put(&mut shown, &pictures[2], LEFT);
    put(&mut shown, &pictures[2], strip::AREA);
    assert_eq!(look(&mut arrivals, &shown, SIZE.into()), Some(2));
}

#[test]
fn a_part_that_skipped_a_picture_is_not_taken_for_the_next() {
    let (mut arrivals, pictures) = painted(4);
    assert_eq!(look(&mut arrivals, &pictures[0], SIZE.into()), Some(0));
    let mut shown = pictures[3].clone();
    put(&mut shown, &pictures[1], RIGHT);
    assert_eq!(look(&mut arrivals, &shown, SIZE.into()), None);
}

#[test]
fn what_was_not_painted_yet_does_not_arrive() {
    let (mut arrivals, mut pictures) = painted(2);
    strip::paint(9, &mut pictures[1]);
    assert_eq!(arrivals.number_on(&pictures[1]), Some(9));
    assert_eq!(look(&mut arrivals, &pictures[1], SIZE.into()), None);
}

#[test]
fn the_last_picture_is_known_exactly() {
    let (mut arrivals, pictures) = painted(3);
    assert!(!arrivals.is_last(&blurred(&pictures[2])));
    assert!(!arrivals.is_last(&pictures[1]));
    let mut almost = pictures[2].clone();
    almost
        .view_mut(Rect::new(319, 159, 1, 1))
        .unwrap()
        .fill([1, 2, 3, 0]);
    assert!(!arrivals.is_last(&almost));
    assert!(arrivals.is_last(&pictures[2]));
    assert_eq!(look(&mut arrivals, &pictures[2], SIZE.into()), Some(2));
    assert!(arrivals.is_last(&pictures[2]));
}

/// As a coarse encoder leaves it: steps of 32.
fn coarse(picture: &Framebuffer) -> Framebuffer {
    let mut coarse = blurred(picture);
    for row in coarse.view_mut(SIZE.into()).unwrap().rows_mut() {
        for pixel in row.chunks_exact_mut(4) {
            let colour = pixel.iter_mut().take(3);
            colour.for_each(|value| *value = *value / 32 * 32 + 16);
        }
    }
    coarse
}

#[test]
fn less_than_what_is_usually_lost_tells_no_picture_from_another() {
    let faint = Rect::new(208, 80, 16, 16);
    let even = Rect::new(192, 64, 64, 64);
    for (is_coarse, arrived) in [(true, Some(1)), (false, None)] {
        let (_, mut pictures) = painted(2);
        let mut arrivals = Arrivals::new(&Framebuffer::new(SIZE));
        // Of the second, a faint pattern on an even ground is lost, which the first did not have.
        pictures[0].view_mut(even).unwrap().fill([100, 100, 100, 0]);
        pictures[1].view_mut(even).unwrap().fill([100, 100, 100, 0]);
        let ground = pictures[1].clone();
        for row in pictures[1].view_mut(faint).unwrap().rows_mut() {
            for pixel in row.chunks_exact_mut(8) {
                pixel.copy_from_slice(&[92, 92, 92, 0, 108, 108, 108, 0]);
            }
        }
        arrivals.paint(&pictures[0], &[SIZE.into()]);
        assert_eq!(look(&mut arrivals, &pictures[0], SIZE.into()), Some(0));
        arrivals.paint(&pictures[1], &[SIZE.into()]);
        let mut shown = match is_coarse {
            true => coarse(&pictures[1]),
            false => pictures[1].clone(),
        };
        put(&mut shown, &ground, even);
        put(&mut shown, &pictures[1], strip::AREA);
        assert_eq!(look(&mut arrivals, &shown, SIZE.into()), arrived);
    }
}
