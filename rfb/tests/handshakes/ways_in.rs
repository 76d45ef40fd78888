//! Each method, in each version that has it.

use rfb::handshake::{Layer, Method};
use rfb::server::Proof;
use rfb::{ClientEvent, Error, ServerEvent};

use super::{ANSWER, CHALLENGE, log_in, pair};

const VERSIONS: [&[u8; 12]; 2] = [b"RFB 003.007\n", b"RFB 003.008\n"];

/// The layer and the proof that a method goes by.
fn expected(method: Method) -> (Option<Layer>, Option<Proof>) {
    let rsa_aes = |bits, encrypted| Some(Layer::RsaAes { bits, encrypted });
    let answered = Some(Proof::VncAuth {
        challenge: CHALLENGE,
        answer: ANSWER,
    });
    let credentials = Some(Proof::Plain {
        user: "ann".into(),
        password: b"secret".to_vec().into(),
    });
    match method {
        Method::VncAuth => (None, answered),
        Method::Plain => (None, credentials),
        Method::X509None => (Some(Layer::Tls), None),
        Method::X509Vnc => (Some(Layer::Tls), answered),
        Method::X509Plain => (Some(Layer::Tls), credentials),
        Method::Ra2 => (rsa_aes(128, true), None),
        Method::Ra2_256 => (rsa_aes(256, true), None),
        Method::Ra2ne => (rsa_aes(128, false), None),
        Method::Ra2ne_256 => (rsa_aes(256, false), None),
        _ => (None, None),
    }
}

#[test]
fn every_method_gets_in_by_its_layer_and_its_proof() {
    for method in Method::ALL {
        for version in VERSIONS {
            let mut pair = pair(&[method], &[method]);
            pair.server.poll_output();
            pair.client.handle_bytes(pair.now, version);
            let learnt = log_in(&mut pair, |_| Ok(())).unwrap();
            let (layer, proof) = expected(method);
            let layers = learnt.client.iter().filter_map(|event| match event {
                ClientEvent::Upgrade(layer) => Some(*layer),
                _ => None,
            });
            assert!(layers.eq(layer), "{method}");
            let layers = learnt.server.iter().filter_map(|event| match event {
                ServerEvent::Upgrade(layer) => Some(*layer),
                _ => None,
            });
            assert!(layers.eq(layer), "{method}");
            let proofs = learnt.server.iter().filter_map(|event| match event {
                ServerEvent::Authenticate(proof) => Some(proof.clone()),
                _ => None,
            });
            assert!(proofs.eq(proof), "{method}");
            assert!(pair.server.is_running() && pair.client.name() == "desk");
        }
    }
}

#[test]
fn a_wrong_proof_is_refused_with_a_reason_where_the_version_has_one() {
    for method in Method::ALL {
        if expected(method).1.is_none() {
            continue;
        }
        for (version, reason) in VERSIONS.iter().zip(["authentication failed", "no"]) {
            let mut pair = pair(&[method], &[method]);
            pair.server.poll_output();
            pair.client.handle_bytes(pair.now, *version);
            let error = log_in(&mut pair, |_| Err("no")).unwrap_err();
            let reason = reason.into();
            assert_eq!(error, Error::Refused { reason }, "{method}");
        }
    }
}

#[test]
fn a_client_takes_the_first_of_its_ways_in_that_is_on_offer() {
    use Method::{None, Plain, Ra2_256, VncAuth, X509None, X509Plain, X509Vnc};
    let layers_with = |offered: &[Method], wanted: &[Method]| {
        let mut pair = pair(offered, wanted);
        let learnt = log_in(&mut pair, |_| Ok(())).unwrap();
        assert!(pair.server.is_running());
        learnt.client
    };
    let tls = ClientEvent::Upgrade(Layer::Tls);
    let learnt = layers_with(&[None, VncAuth, X509Vnc], &[X509Plain, X509Vnc, VncAuth]);
    assert_eq!(
        learnt[..2],
        [tls.clone(), ClientEvent::Challenge(CHALLENGE)]
    );
    let learnt = layers_with(&[X509None, X509Plain, VncAuth], &[X509Plain, X509None]);
    assert_eq!(learnt[..2], [tls, ClientEvent::CredentialsWanted]);
    let learnt = layers_with(&[None, Ra2_256, Plain], &[Ra2_256, Plain, None]);
    let rsa_aes = Layer::RsaAes {
        bits: 256,
        encrypted: true,
    };
    assert_eq!(learnt[0], ClientEvent::Upgrade(rsa_aes));
    // The server's own order does not matter.
    let learnt = layers_with(&[VncAuth, None], &[None, VncAuth]);
    assert!(matches!(learnt[0], ClientEvent::Connected { .. }));
}

#[test]
fn a_client_of_version_3_3_gets_what_it_knows_of_the_offer() {
    let methods = [
        Method::X509Plain,
        Method::Ra2,
        Method::VncAuth,
        Method::None,
    ];
    let mut pair = pair(&methods, &methods);
    pair.server.poll_output();
    pair.client.handle_bytes(pair.now, b"RFB 003.003\n");
    let learnt = log_in(&mut pair, |_| Ok(())).unwrap();
    assert_eq!(learnt.client[0], ClientEvent::Challenge(CHALLENGE));
    assert!(pair.server.is_running());
}

#[test]
fn a_client_of_version_3_3_is_told_if_there_is_nothing_for_it() {
    let methods = [Method::X509Plain, Method::Ra2ne];
    let mut pair = pair(&methods, &[Method::VncAuth]);
    pair.server.poll_output();
    pair.client.handle_bytes(pair.now, b"RFB 003.003\n");
    assert_eq!(
        pair.drive().unwrap_err().to_string(),
        "refused by peer: version 3.3 has no security type that is allowed here"
    );
}
