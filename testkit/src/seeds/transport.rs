//! Seeds of what carries a session.

/// Nothing changed, and a change of each kind in each part of the handshake and behind it, for all four; peers that
/// begin well.
#[must_use]
pub fn rsa_aes() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = (0..4).map(|suite| vec![8 | suite]).collect();
    for suite in 0..4 {
        for at in [0_u16, 3, 100, 259, 300, 391, 400, 430, 470, 500, 9000] {
            let [high, low] = at.to_be_bytes();
            seeds.extend([0_u8, 2, 4].map(|kind| {
                let mut seed = vec![8 | suite];
                for direction in [0, 1] {
                    seed.extend([kind | direction, high, low, 0x10]);
                }
                seed
            }));
        }
        // A key of 1024 bits to the server; the number and a record to the client.
        seeds.push(
            [
                &[suite, 0, 0, 4, 0][..],
                &[0xff; 125],
                &[0; 125],
                &[1, 0, 1],
            ]
            .concat(),
        );
        seeds.push(
            [
                &[4 | suite, 0, 128][..],
                &[0x11; 128],
                &[0, 20],
                &[0x22; 36],
            ]
            .concat(),
        );
    }
    seeds
}

/// Requests, and frames of every kind.
#[must_use]
pub fn websocket() -> Vec<Vec<u8>> {
    let frame = |first: u8, payload: &[u8]| {
        let mut frame = vec![first, 0x80 | payload.len() as u8, 1, 2, 3, 4];
        let mask = [1, 2, 3, 4].iter().cycle();
        frame.extend(payload.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
        frame
    };
    let frames = |frames: &[(u8, &[u8])]| {
        let bytes = frames.iter().flat_map(|(first, text)| frame(*first, text));
        [0].into_iter().chain(bytes).collect()
    };
    vec![
        frames(&[(0x82, b"RFB 003.008\n"), (0x88, &[3, 232])]),
        frames(&[(0x02, b"a"), (0x89, b"ping"), (0x00, b"b"), (0x80, b"c")]),
        frames(&[(0x82, b""), (0x8a, b"pong"), (0x81, b"text")]),
        frames(&[(0x82, b"x"), (0x88, b"")]),
        vec![0, 0x82, 3, 1, 2, 3],
        [&[0, 0x82, 0xff][..], &[0, 0, 0, 0, 0, 1, 0, 0], &[0; 4]].concat(),
        b"\x01GET / HTTP/1.1\r\nHost: pod\r\n\r\n".to_vec(),
        b"\x01GET /x HTTP/1.0\r\nOrigin: null\r\nSec-WebSocket-Protocol: chat\r\n\r\n".to_vec(),
    ]
}
