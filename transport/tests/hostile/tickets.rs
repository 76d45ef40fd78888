//! Tickets that are replayed, altered, stolen or somebody else's, and credentials that are.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use transport::{Identity, Protocol, Scheme, ServerConfig, ServerEvent};

use super::ours::{BY_CERTIFICATE, BY_PASSWORD, BY_TICKET, come_in, hello};
use super::wire::{self, Certificate};
use super::{PATIENCE, assert_serves, config, invitation, log, refused, serve};

fn password(server: &transport::Server) -> Vec<u8> {
    server.password().unwrap().reveal().as_bytes().to_vec()
}

async fn shown(server: &transport::Server, ticket: &[u8]) -> String {
    match come_in(server.address(), None, BY_TICKET, ticket).await {
        Ok(_) => panic!("let in"),
        Err(reason) => reason,
    }
}

const OLD: &str = "the session's ticket has expired or was replaced";
const FOREIGN: &str = "the session's ticket is not from a server with this identity";

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_worth_nothing_once_the_one_after_it_was_used() {
    let server = serve(config(&[Protocol::Tls])).await;
    let at = server.address();
    let come_back = async |guest: super::ours::Guest| {
        come_in(at, None, BY_TICKET, &guest.ticket.bytes)
            .await
            .unwrap()
    };
    let secret = password(&server);
    let first = come_in(at, None, BY_PASSWORD, &secret).await.unwrap();
    assert!(!first.ticket.resumed);
    let replayed = first.ticket.bytes.clone();
    let second = come_back(first).await;
    assert!(second.ticket.resumed);
    let third = come_back(second).await;
    assert_eq!(shown(&server, &replayed).await, OLD);
    // The session's owner is not disturbed.
    let fourth = come_back(third).await;
    assert!(fourth.ticket.resumed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_finds_no_room_is_still_good() {
    let server = serve(ServerConfig {
        max_clients: 1,
        ..config(&[Protocol::Tls])
    })
    .await;
    let at = server.address();
    let secret = password(&server);
    let first = come_in(at, None, BY_PASSWORD, &secret).await.unwrap();
    let ticket = first.ticket.bytes.clone();
    drop(first);
    parted(&server).await;
    // It gives way to who knows the password, until that one is lost as well.
    let second = come_in(at, None, BY_PASSWORD, &secret).await.unwrap();
    assert_eq!(shown(&server, &ticket).await, "1 clients are here already");
    drop(second);
    parted(&server).await;
    let back = come_in(at, None, BY_TICKET, &ticket).await.unwrap();
    assert!(!back.ticket.resumed);
}

/// Waits until the connection of some client is lost.
async fn parted(server: &transport::Server) {
    let lost = async { while !matches!(server.next_event().await, ServerEvent::Parted { .. }) {} };
    timeout(PATIENCE, lost).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_breaks_the_rules_before_it_is_in_does_not_end_the_session_it_asked_for() {
    let server = serve(config(&[Protocol::Tls])).await;
    let at = server.address();
    let secret = password(&server);
    let guest = come_in(at, None, BY_PASSWORD, &secret).await.unwrap();
    let mut stream = wire::tls(wire::tcp(at).await, b"tightrope/1", None)
        .await
        .unwrap();
    let hello = hello(BY_TICKET, 0, &guest.ticket.bytes);
    stream.write_all(&hello).await.unwrap();
    stream.write_all(b"this is not RFB\n").await.unwrap();
    wire::rest(&mut stream).await;
    let back = come_in(at, None, BY_TICKET, &guest.ticket.bytes).await;
    assert!(back.unwrap().ticket.resumed);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_not_used_up_by_who_does_not_come_in_and_not_usable_twice_meanwhile() {
    let server = serve(ServerConfig {
        uses: Some(1),
        ..config(&[Protocol::Tls])
    })
    .await;
    let at = server.address();
    let secret = password(&server);
    let come = async || come_in(at, None, BY_PASSWORD, &secret).await;
    let mut stream = wire::tls(wire::tcp(at).await, b"tightrope/1", None)
        .await
        .unwrap();
    stream
        .write_all(&hello(BY_PASSWORD, 0, &secret))
        .await
        .unwrap();
    // The greeting, and the server's version of RFB: it has been let in.
    stream.read_exact(&mut [0; 13]).await.unwrap();
    let spent = "these credentials have been used as often as they may be";
    assert_eq!(come().await.err().as_deref(), Some(spent));
    drop(stream);
    // As soon as the server notices.
    let guest = async {
        loop {
            match come().await {
                Ok(guest) => return guest,
                Err(reason) => assert_eq!(reason, spent),
            }
        }
    };
    let _guest = timeout(PATIENCE, guest).await.unwrap();
    assert_eq!(come().await.err().as_deref(), Some(spent));
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_not_used_up_by_who_finds_no_room() {
    let server = serve(ServerConfig {
        uses: Some(2),
        max_clients: 1,
        ..config(&[Protocol::Tls])
    })
    .await;
    let secret = password(&server);
    let come = async || come_in(server.address(), None, BY_PASSWORD, &secret).await;
    let first = come().await.unwrap();
    let full = "1 clients are here already";
    assert_eq!(come().await.err().as_deref(), Some(full));
    drop(first);
    parted(&server).await;
    assert!(come().await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_was_altered_or_cut_is_nobodys() {
    let server = serve(config(&[Protocol::Tls])).await;
    let secret = password(&server);
    let guest = come_in(server.address(), None, BY_PASSWORD, &secret)
        .await
        .unwrap();
    let ticket = guest.ticket.bytes.to_vec();
    for at in (0..ticket.len()).step_by(5) {
        let mut altered = ticket.clone();
        altered[at] ^= 1;
        assert_eq!(shown(&server, &altered).await, FOREIGN, "byte {at}");
        assert_eq!(shown(&server, &ticket[..at]).await, FOREIGN, "{at} bytes");
    }
    let longer = [&ticket[..], &[0]].concat();
    assert_eq!(shown(&server, &longer).await, FOREIGN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_of_another_server_is_worth_nothing() {
    let (server, other) = (
        serve(config(&[Protocol::Tls])).await,
        serve(config(&[Protocol::Tls])).await,
    );
    let secret = password(&other);
    let guest = come_in(other.address(), None, BY_PASSWORD, &secret)
        .await
        .unwrap();
    assert_eq!(shown(&server, &guest.ticket.bytes).await, FOREIGN);
    assert_serves(&server, Scheme::Vncs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_goes_with_the_certificate_that_it_was_given_to() {
    let (owner, thief) = (Certificate::generate(), Certificate::generate());
    let server = serve(ServerConfig {
        password: None,
        trusted_clients: vec![owner.identity.fingerprint(), thief.identity.fingerprint()],
        ..config(&[Protocol::Tls])
    })
    .await;
    let at = server.address();
    let guest = come_in(at, Some(&owner), BY_CERTIFICATE, &[])
        .await
        .unwrap();
    let ticket = guest.ticket.bytes.to_vec();
    let stolen = "the session's ticket belongs to another client";
    for who in [None, Some(&thief)] {
        let reason = come_in(at, who, BY_TICKET, &ticket).await.err();
        assert_eq!(reason.as_deref(), Some(stolen));
    }
    let back = come_in(at, Some(&owner), BY_TICKET, &ticket).await.unwrap();
    assert!(back.ticket.resumed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_foreign_or_spent_lets_nobody_in() {
    let (known, foreign) = (Certificate::generate(), Certificate::generate());
    let server = serve(ServerConfig {
        trusted_clients: vec![known.identity.fingerprint()],
        uses: Some(1),
        ..config(&[Protocol::Tls])
    })
    .await;
    let at = server.address();
    let come = async |who| {
        let came = come_in(at, Some(who), BY_CERTIFICATE, &[]).await;
        came.map(|guest| guest.ticket.resumed)
    };
    let unknown = "the client's certificate is not known here";
    assert_eq!(come(&foreign).await, Err(unknown.to_owned()));
    assert_eq!(come(&known).await, Ok(false));
    let spent = "these credentials have been used as often as they may be";
    assert_eq!(come(&known).await, Err(spent.to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_certificate_has_expired_is_left_though_it_is_pinned() {
    let protocols = [
        Protocol::Tls,
        Protocol::Wss,
        Protocol::Quic,
        Protocol::VeNCrypt,
    ];
    let server = serve(ServerConfig {
        identity: Certificate::expired().identity,
        ..config(&protocols)
    })
    .await;
    for scheme in [Scheme::Vncs, Scheme::Wss, Scheme::Quic, Scheme::Vnc] {
        let message = refused(invitation(&server, scheme, server.address())).await;
        assert!(
            message.contains("certificate expired"),
            "{scheme}: {message}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_another_certificate_is_told_nothing_by_any_protocol() {
    let server = serve(config(&[
        Protocol::Tls,
        Protocol::Wss,
        Protocol::Quic,
        Protocol::VeNCrypt,
    ]))
    .await;
    for scheme in [Scheme::Vncs, Scheme::Wss, Scheme::Quic, Scheme::Vnc] {
        let mut invited = invitation(&server, scheme, server.address());
        invited.fingerprint = Some(Identity::generate().unwrap().fingerprint());
        let message = refused(invited).await;
        assert!(message.contains("not the pinned"), "{scheme}: {message}");
        assert!(message.ends_with("Nothing was sent to it"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_answer_nor_log_tells_how_right_a_password_was() {
    log::listen();
    let server = serve(config(&[Protocol::Tls])).await;
    let right = server.password().unwrap().reveal().to_owned();
    let nearly = right[..right.len() - 1].to_owned();
    for wrong in ["", "x", &nearly, &format!("{right}x")] {
        let came = come_in(server.address(), None, BY_PASSWORD, wrong.as_bytes()).await;
        assert_eq!(came.err().as_deref(), Some("wrong password"));
    }
    log::said(&["127.0.0.1", "wrong password"]).await;
    assert!(!log::is_said(&nearly));
}
