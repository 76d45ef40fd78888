//! Every protocol on the one port, with our own client.

use std::time::{Duration, SystemTime};

use testkit::scenes;
use transport::rsa_aes::RsaKey;
use transport::{Allow, Identity, Protocol, Scheme, ServerConfig};

use super::{SIZE, config, connect, invitation, refused, serve, wait_for};

/// A server with every protocol, and whether a client that comes by `scheme` is encrypted at the end.
async fn picture_by(scheme: Scheme, allow: &[Protocol], insecure: bool) -> bool {
    let mut config = config();
    config.allow = Allow::only(allow);
    let server = serve(config).await;
    let mut invited = invitation(&server, scheme);
    invited.insecure = insecure;
    let mut client = connect(invited).await.unwrap();
    wait_for(&mut client, &scenes::desktop(SIZE)).await;
    client.stats().encrypted
}

#[tokio::test(flavor = "multi_thread")]
async fn the_picture_comes_by_every_encrypted_protocol() {
    let all = [
        Protocol::Tls,
        Protocol::Wss,
        Protocol::Quic,
        Protocol::VeNCrypt,
    ];
    for scheme in [Scheme::Vncs, Scheme::Wss, Scheme::Quic, Scheme::Vnc] {
        assert!(picture_by(scheme, &all, false).await, "{scheme}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_picture_comes_in_clear_only_where_both_sides_say_so() {
    let open = [Protocol::Plain, Protocol::Ws];
    for scheme in [Scheme::Vnc, Scheme::Ws] {
        assert!(!picture_by(scheme, &open, true).await, "{scheme}");
    }
    let mut config = config();
    config.allow = Allow::only(&open);
    let server = serve(config).await;
    for scheme in [Scheme::Vnc, Scheme::Ws] {
        let message = refused(invitation(&server, scheme)).await;
        assert!(message.contains("nothing that is encrypted"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_allows_clear_text_still_takes_the_encrypted_way_if_there_is_one() {
    let both = [Protocol::Plain, Protocol::VeNCrypt];
    assert!(picture_by(Scheme::Vnc, &both, true).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn rsa_aes_is_spoken_by_name_and_its_key_is_pinned() {
    let key = RsaKey::generate(2048).unwrap();
    let serve_with = |protocols: &[Protocol]| {
        let config = ServerConfig {
            allow: Allow::only(protocols),
            rsa_key: Some(key.clone()),
            ..config()
        };
        serve(config)
    };
    let server = serve_with(&[Protocol::Ra2]).await;
    let mut invited = invitation(&server, Scheme::Vnc);
    let message = refused(invited.clone()).await;
    assert!(message.contains("is not known"), "{message}");
    invited.fingerprint = Some(key.fingerprint());
    let mut client = connect(invited.clone()).await.unwrap();
    wait_for(&mut client, &scenes::desktop(SIZE)).await;
    assert!(client.stats().encrypted);

    let server = serve_with(&[Protocol::Ra2ne, Protocol::Plain]).await;
    invited.endpoints = invitation(&server, Scheme::Vnc).endpoints;
    invited.password = server.password().cloned();
    invited.insecure = true;
    let mut client = connect(invited).await.unwrap();
    wait_for(&mut client, &scenes::desktop(SIZE)).await;
    assert!(!client.stats().encrypted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_certificate_needs_no_password_and_an_unknown_one_does() {
    let (known, unknown) = (Identity::generate().unwrap(), Identity::generate().unwrap());
    let mut config = config();
    config.trusted_clients = vec![known.fingerprint()];
    let server = serve(config).await;
    for scheme in [Scheme::Vncs, Scheme::Quic] {
        let mut invited = invitation(&server, scheme);
        invited.password = None;
        invited.identity = Some(known.clone());
        let mut client = connect(invited.clone()).await.unwrap();
        wait_for(&mut client, &scenes::desktop(SIZE)).await;
        invited.identity = Some(unknown.clone());
        let message = refused(invited.clone()).await;
        assert!(
            message.ends_with("certificate is not known here"),
            "{message}"
        );
        invited.identity = None;
        let message = refused(invited).await;
        assert!(message.ends_with("asks for a password"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_let_in_as_often_as_they_may_and_not_after_they_expire() {
    let mut once = config();
    once.uses = Some(1);
    let server = serve(once).await;
    let mut wrong = invitation(&server, Scheme::Vncs);
    wrong.password = Some("not this".into());
    assert!(refused(wrong).await.ends_with("wrong password"));
    let first = connect(invitation(&server, Scheme::Vncs)).await.unwrap();
    for scheme in [Scheme::Vncs, Scheme::Quic, Scheme::Wss, Scheme::Vnc] {
        let message = refused(invitation(&server, scheme)).await;
        assert!(message.contains("used as often as they may"), "{message}");
    }
    drop(first);

    let mut old = config();
    old.expires = Some(SystemTime::now() - Duration::from_secs(1));
    let server = serve(old).await;
    let message = refused(invitation(&server, Scheme::Vncs)).await;
    assert!(message.ends_with("have expired"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_password_counts_where_it_is_sent_whole() {
    let server = serve(config()).await;
    let whole = server.password().unwrap().reveal().to_owned();
    for (scheme, is_let_in) in [(Scheme::Vncs, false), (Scheme::Vnc, true)] {
        let mut invited = invitation(&server, scheme);
        invited.password = Some(whole[..8].into());
        // X509Vnc looks at eight characters and no more.
        assert_eq!(connect(invited).await.is_ok(), is_let_in, "{scheme}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_endpoint_that_answers_is_used() {
    let server = serve(config()).await;
    let mut invited = invitation(&server, Scheme::Vncs);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut silent = invited.endpoints[0].clone();
    silent.port = nobody.local_addr().unwrap().port();
    let mut closed = silent.clone();
    closed.host = "127.0.0.77".to_owned();
    invited.endpoints.insert(0, silent);
    invited.endpoints.insert(0, closed);
    let client = connect(invited.clone()).await.unwrap();
    assert_eq!(client.endpoint(), &invited.endpoints[2]);
}
