//! Handshakes that end: wrong order, wrong numbers, too long, too much, at the wrong time.

use rfb::handshake::Method;
use rfb::server::Proof;
use rfb::{Error, ServerEvent};

use super::{CHALLENGE, NOW, client, client_error, pair, server, server_error};

const TLS_METHODS: [Method; 2] = [Method::X509None, Method::X509Plain];

#[test]
#[rustfmt::skip]
fn a_server_names_what_a_client_chose_wrongly() {
    let cases: [(&[u8], &str); 7] = [
        (&[1], "security-type: invalid value 1"),
        (&[2], "security-type: invalid value 2"),
        (&[129], "security-type: invalid value 129"),
        (&[19, 0, 1], "vencrypt.version: invalid value 1"),
        (&[19, 0, 0], "vencrypt.version: invalid value 0"),
        (&[19, 0, 2, 0, 0, 1, 0], "vencrypt.sub-type: invalid value 256"),
        (&[19, 0, 2, 0, 0, 1, 5], "vencrypt.sub-type: invalid value 261"),
    ];
    for (said, expected) in cases {
        let bytes = [b"RFB 003.008\n", said].concat();
        let error = server_error(&TLS_METHODS, &bytes);
        assert_eq!(error, format!("unreadable message: {expected}"));
    }
}

#[test]
#[rustfmt::skip]
fn a_client_names_what_a_server_did_wrongly() {
    let cases: [(&[u8], &str); 6] = [
        (&[0, 1], "unreadable message: vencrypt.version: invalid value 1"),
        (&[0, 2, 1], "unreadable message: vencrypt.version-ack: invalid value 1"),
        (&[0, 2, 0, 0], "vencrypt.sub-types: the server offers [], we would take [260, 262]"),
        (&[0, 2, 0, 2, 0, 0, 1, 0, 0, 0, 1, 2], "vencrypt.sub-types: the server offers [256, 258], we would take [260, 262]"),
        (&[0, 2, 0, 1, 0, 0, 1, 6, 0], "unreadable message: vencrypt.sub-type-ack: invalid value 0"),
        (&[0, 2, 0, 1, 0, 0, 1, 6, 22], "unreadable message: vencrypt.sub-type-ack: invalid value 22"),
    ];
    for (said, expected) in cases {
        let bytes = [b"RFB 003.008\n\x01\x13", said].concat();
        assert_eq!(client_error(&TLS_METHODS, &bytes), expected);
    }
}

#[test]
fn a_server_that_was_stripped_of_encryption_is_left_before_anything_is_said() {
    for (offer, told) in [
        ("\x02\x01\x02", "[1, 2]"),
        ("\x01\x02", "[2]"),
        ("\x01\x12", "[18]"),
    ] {
        let mut client = client(&TLS_METHODS);
        client.handle_bytes(NOW, format!("RFB 003.008\n{offer}").as_bytes());
        let error = client.poll_event().unwrap_err();
        let expected = format!("security-types: the server offers {told}, we would take [19]");
        assert_eq!(error.to_string(), expected);
        assert_eq!(client.poll_output().as_deref(), Some(&b"RFB 003.008\n"[..]));
    }
    let error = client_error(&TLS_METHODS, b"RFB 003.003\n\0\0\0\x02");
    assert_eq!(
        error,
        "security-types: the server offers [2], we would take []"
    );
}

#[test]
fn a_newer_vencrypt_is_answered_with_ours() {
    let mut client = client(&TLS_METHODS);
    client.handle_bytes(NOW, b"RFB 003.008\n\x01\x13\x01\x00");
    assert_eq!(client.poll_event(), Ok(None));
    assert!(client.poll_output().unwrap().ends_with(&[19, 0, 2]));
}

#[test]
fn credentials_over_the_limit_are_refused_before_they_come() {
    let choice = b"RFB 003.008\n\x13\x00\x02\x00\x00\x01\x00";
    for (lengths, field) in [
        ([0, 0, 4, 1, 0, 0, 0, 0], "plain.username-length"),
        ([0, 0, 0, 0, 0, 0, 4, 1], "plain.password-length"),
    ] {
        let bytes = [&choice[..], &lengths].concat();
        let error = server_error(&[Method::Plain], &bytes);
        let expected = format!("unreadable message: {field}: 1025 is over the limit 1024");
        assert_eq!(error, expected);
    }
}

#[test]
fn credentials_over_the_limit_are_not_sent() {
    let mut pair = pair(&[Method::Plain], &[Method::Plain]);
    pair.drive().unwrap();
    let long = "x".repeat(1025);
    for (user, password) in [(&*long, ""), ("", &*long)] {
        let error = pair.client.give_credentials(user, password.as_bytes());
        assert!(matches!(error, Err(Error::Misuse(_))));
    }
    assert_eq!(pair.client.poll_output(), None);
}

#[test]
fn what_is_sent_before_the_verdict_is_bounded_on_both_sides() {
    let flood = vec![0; (1 << 18) + 1];
    for methods in [[Method::VncAuth], [Method::Ra2]] {
        let number = methods[0].security_type().0;
        let choice = [&b"RFB 003.008\n"[..], &[number], &[0; 16]].concat();
        let error = server_error(&methods, &[choice, flood.clone()].concat());
        assert!(error.contains("bytes before the verdict: "), "{error}");
        let offer = [&b"RFB 003.008\n\x01"[..], &[number], &CHALLENGE].concat();
        let error = client_error(&methods, &[offer, flood.clone()].concat());
        assert!(error.contains("bytes before our answer: "), "{error}");
    }
}

#[test]
fn a_call_out_of_turn_is_misuse_and_changes_nothing() {
    let mut pair = pair(&[Method::VncAuth], &[Method::VncAuth]);
    assert!(matches!(pair.server.accept(), Err(Error::Misuse(_))));
    assert!(matches!(pair.server.refuse("x"), Err(Error::Misuse(_))));
    assert!(matches!(
        pair.client.answer(CHALLENGE),
        Err(Error::Misuse(_))
    ));
    let given = pair.client.give_credentials("", b"");
    assert!(matches!(given, Err(Error::Misuse(_))));
    assert!(pair.client.upgrade().is_empty() && pair.server.upgrade().is_empty());
    super::log_in(&mut pair, |_| Ok(())).unwrap();
    assert!(pair.server.is_running());
}

#[test]
fn no_secret_is_printed() {
    let proof = Proof::Plain {
        user: "ann".into(),
        password: b"secret".to_vec().into(),
    };
    let printed = format!("{:?}", ServerEvent::Authenticate(proof));
    assert_eq!(printed, "Authenticate(Plain(..))");
    let security = rfb::server::Security::vnc_auth([77; 16]);
    assert_eq!(format!("{security:?}"), "Offer([VncAuth])");
}

#[test]
fn an_offer_of_nothing_turns_everybody_away() {
    let mut server = server(&[]);
    server.handle_bytes(NOW, b"RFB 003.008\n");
    assert_eq!(server.poll_event(), Ok(Some(ServerEvent::Refused)));
    let error = client_error(&Method::ALL, &server.poll_output().unwrap());
    assert_eq!(error, "refused by peer: no security type is allowed here");
}
