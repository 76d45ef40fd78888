//! The handshakes byte by byte.

use rfb::handshake::{Layer, Method};
use rfb::server::Proof;
use rfb::{ClientEvent, ServerEvent};

use super::{ANSWER, CHALLENGE, NOW, client, server};

#[rustfmt::skip]
const SERVER: [&[u8]; 5] = [
    b"RFB 003.008\n",
    &[/* number-of-security-types */ 1, /* VeNCrypt */ 19],
    &[/* version */ 0, 2],
    &[/* agreed */ 0, /* count */ 2, /* X509Vnc */ 0, 0, 1, 5, /* X509Plain */ 0, 0, 1, 6],
    &[/* TLS follows */ 1],
];

#[rustfmt::skip]
const CLIENT: [&[u8]; 4] = [
    b"RFB 003.008\n",
    &[/* VeNCrypt */ 19],
    &[/* version */ 0, 2],
    &[/* X509Plain */ 0, 0, 1, 6],
];

#[test]
fn a_server_says_vencrypt_in_these_bytes() {
    let mut server = server(&[Method::X509Vnc, Method::X509Plain]);
    for (said, heard) in SERVER.iter().zip(CLIENT.iter().map(Some).chain([None])) {
        assert_eq!(server.poll_output().as_deref(), Some(*said));
        assert_eq!(server.poll_event(), Ok(None));
        if let Some(heard) = heard {
            server.handle_bytes(NOW, heard);
            let event = server.poll_event().unwrap();
            let is_last = *heard == CLIENT[3];
            assert_eq!(event, is_last.then_some(ServerEvent::Upgrade(Layer::Tls)));
        }
    }
    // What comes before the layer is up is the layer's.
    server.handle_bytes(NOW, &[22, 3, 1]);
    assert_eq!(server.poll_event(), Ok(None));
    assert_eq!(server.upgrade(), b"\x16\x03\x01");
    assert!(server.upgrade().is_empty(), "once");
    server.handle_bytes(NOW, &[0, 0, 0, 1, 0, 0, 0, 2, b'a']);
    assert_eq!(server.poll_event(), Ok(None));
    server.handle_bytes(NOW, b"pw");
    let proof = Proof::Plain {
        user: "a".into(),
        password: b"pw".to_vec().into(),
    };
    let event = server.poll_event().unwrap();
    assert_eq!(event, Some(ServerEvent::Authenticate(proof)));
    server.accept().unwrap();
    assert_eq!(server.poll_output().as_deref(), Some(&[0; 4][..]));
}

#[test]
fn a_client_says_vencrypt_in_these_bytes() {
    let mut client = client(&[Method::X509Plain]);
    for (heard, said) in SERVER.iter().zip(CLIENT.iter().map(Some).chain([None])) {
        client.handle_bytes(NOW, heard);
        let is_last = *heard == SERVER[4];
        let event = client.poll_event().unwrap();
        assert_eq!(event, is_last.then_some(ClientEvent::Upgrade(Layer::Tls)));
        assert_eq!(client.poll_output().as_deref(), said.copied());
    }
    client.handle_bytes(NOW, &[22, 3, 3]);
    assert_eq!(client.poll_event(), Ok(None));
    assert_eq!(client.upgrade(), b"\x16\x03\x03");
    let event = client.poll_event().unwrap();
    assert_eq!(event, Some(ClientEvent::CredentialsWanted));
    client.give_credentials("", b"pw").unwrap();
    let expected: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 2, b'p', b'w'];
    assert_eq!(client.poll_output().as_deref(), Some(expected));
    client.handle_bytes(NOW, &[0; 4]);
    assert_eq!(client.poll_event(), Ok(None));
    let client_init: &[u8] = &[1];
    assert_eq!(client.poll_output().as_deref(), Some(client_init));
}

#[test]
fn rsa_aes_begins_right_after_the_choice() {
    let mut server = server(&[Method::Ra2, Method::Ra2_256]);
    server.handle_bytes(NOW, b"RFB 003.008\n\x81key");
    let layer = Layer::RsaAes {
        bits: 256,
        encrypted: true,
    };
    let event = server.poll_event().unwrap();
    assert_eq!(event, Some(ServerEvent::Upgrade(layer)));
    let offer = server.poll_output().unwrap();
    assert!(offer.ends_with(b"\x02\x05\x81"));
    assert_eq!(server.upgrade(), b"key");
    server.accept().unwrap();

    let mut client = client(&[Method::Ra2_256]);
    client.handle_bytes(NOW, &[&offer, &b"key"[..]].concat());
    let event = client.poll_event().unwrap();
    assert_eq!(event, Some(ClientEvent::Upgrade(layer)));
    let output = client.poll_output().unwrap();
    assert_eq!(&output[..], b"RFB 003.008\n\x81");
    assert_eq!(client.upgrade(), b"key");
    client.handle_bytes(NOW, &server.poll_output().unwrap());
    assert_eq!(client.poll_event(), Ok(None));
    let client_init: &[u8] = &[1];
    assert_eq!(client.poll_output().as_deref(), Some(client_init));
}

#[test]
fn a_challenge_after_tls_is_asked_and_answered_like_any() {
    let mut server = server(&[Method::X509Vnc]);
    let choice = b"RFB 003.008\n\x13\x00\x02\x00\x00\x01\x05";
    server.handle_bytes(NOW, choice);
    assert!(server.poll_event().unwrap().is_some());
    while server.poll_output().is_some() {}
    assert!(server.upgrade().is_empty());
    assert_eq!(server.poll_output().as_deref(), Some(&CHALLENGE[..]));
    server.handle_bytes(NOW, &ANSWER);
    let event = server.poll_event().unwrap();
    assert!(matches!(event, Some(ServerEvent::Authenticate(_))));
}
