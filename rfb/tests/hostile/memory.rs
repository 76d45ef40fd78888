//! However little a peer sends, it does not make us hold much.

use rfb::{Encoding, LocalTime};
use testkit::{memory, oracles};

use super::{NOW, client, greeted, logged_in, server};

/// Bytes a connection of small limits may hold: framebuffers, zlib streams, tables.
const BYTES: usize = 4 << 20;

/// The most a server holds while it hears `messages` and is never asked for its answers.
fn server_holds(messages: &[u8]) -> usize {
    let bytes = logged_in(messages);
    let ((), held) = memory::peak(|| {
        let mut server = server();
        for part in bytes.chunks(1 << 12) {
            server.handle_bytes(NOW, part);
            while let Ok(Some(_)) = server.poll_event() {}
        }
    });
    held
}

/// The most a client holds while it hears `messages`.
fn client_holds(messages: &[u8]) -> usize {
    let bytes = greeted(messages);
    let ((), held) = memory::peak(|| {
        let mut client = client();
        for part in bytes.chunks(1 << 12) {
            client.handle_bytes(LocalTime::default(), part);
            while let Ok(Some(_)) = client.poll_event() {}
            client.poll_output();
        }
    });
    held
}

/// Columns and rows of one pixel with gaps between them: together they cut the plane into squares.
fn lattice(lines: u16) -> impl Iterator<Item = [u16; 4]> {
    (0..lines).flat_map(|line| [[line * 2, 0, 1, 65_535], [0, line * 2, 65_535, 1]])
}

#[test]
fn requests_for_a_lattice_are_not_kept_square_by_square() {
    for incremental in [1, 0] {
        let requests: Vec<u8> = lattice(1000)
            .flat_map(|rect| {
                let edges = rect.into_iter().flat_map(u16::to_be_bytes);
                [3, incremental].into_iter().chain(edges)
            })
            .collect();
        let held = server_holds(&requests);
        assert!(held < BYTES, "{held}");
    }
}

#[test]
fn an_update_of_a_lattice_is_not_kept_square_by_square() {
    let mut update = vec![0, 0, 255, 255];
    for [left, top, width, height] in lattice(32) {
        let rect = [left, top, width.min(64), height.min(64)];
        rect.iter()
            .for_each(|edge| update.extend(edge.to_be_bytes()));
        update.extend(Encoding::COPY_RECT.0.to_be_bytes());
        update.extend([0; 4]);
    }
    let held = client_holds(&update.repeat(50));
    assert!(held < BYTES, "{held}");
}

#[test]
fn encodings_announced_and_taken_back_again_and_again_are_not_all_remembered() {
    let mut all = vec![2, 0, 0, 0];
    let announced = [
        Encoding::QEMU_KEYS,
        Encoding::EXTENDED_BUTTONS,
        Encoding::TIGHTROPE,
        Encoding::CLOCK,
        Encoding::EXTENDED_DESKTOP_SIZE,
    ];
    all[3] = u8::try_from(announced.len()).unwrap();
    announced
        .iter()
        .for_each(|encoding| all.extend(encoding.0.to_be_bytes()));
    all.extend([2, 0, 0, 0]);
    let (few, many) = (
        server_holds(&all.repeat(10)),
        server_holds(&all.repeat(50_000)),
    );
    // What waits unread of one part of the input may differ.
    assert!(many < few + (1 << 14), "{few} {many}");
}

#[test]
fn a_message_that_never_ends_is_held_up_to_the_limit_of_its_kind() {
    let limits = oracles::small_limits();
    let text = u32::try_from(limits.clipboard_text).unwrap().to_be_bytes();
    let unfinished = [&[6, 0, 0, 0], &text[..], &[b'x'; 4095]].concat();
    let held = server_holds(&unfinished);
    assert!(held < BYTES, "{held}");
}

#[test]
fn desktops_of_every_size_in_turn_do_not_add_up() {
    let mut update = vec![0, 0, 255, 255];
    for size in [[1, 0, 1, 0], [0, 1, 0, 1], [0, 128, 2, 0], [0, 0, 0, 0]] {
        update.extend([0; 4]);
        update.extend(size);
        update.extend(Encoding::DESKTOP_SIZE.0.to_be_bytes());
    }
    let held = client_holds(&update.repeat(50));
    assert!(held < BYTES, "{held}");
}
