//! Sessions that are lost, claimed, given up and forgotten.

use std::time::Duration;

use futures_util::FutureExt as _;
use rfb::server::Security;
use rfb::{Encoders, Limits, ServerConnection, Size};

use super::*;
use crate::rights::Rights;
use crate::server::{Server, ServerConfig};

const KEY: SessionKey = [7; 16];

fn later() -> SystemTime {
    SystemTime::now() + Duration::from_secs(60)
}

fn ticket(serial: u32) -> Ticket {
    Ticket {
        session: KEY,
        serial,
        expires: later(),
        rights: Rights::FULL,
        client: None,
    }
}

/// Another session's first ticket.
fn ticket_of(number: u32) -> Ticket {
    let mut session = KEY;
    session[..4].copy_from_slice(&number.to_be_bytes());
    Ticket {
        session,
        ..ticket(1)
    }
}

async fn server() -> Server {
    let config = ServerConfig::new(Size::new(1, 1)).unwrap();
    Server::bind(config, Arc::new(Encoders::standard))
        .await
        .unwrap()
}

fn parted(server: &Server) -> Parted {
    let config = rfb::ServerConfig {
        size: Size::new(1, 1),
        name: String::new(),
        security: Security::open(),
        power: false,
        sound: None,
        limits: Limits::default(),
    };
    Parted {
        place: Place::new(&server.shared, None),
        mailbox: Arc::default(),
        held: ServerConnection::new(config, Encoders::standard()).part(),
    }
}

fn session(claim: &Claim) -> Option<SessionId> {
    claim.parted.as_ref().map(|parted| parted.place.session())
}

#[tokio::test]
async fn the_ticket_before_is_good_until_the_new_one_is_shown_and_never_after() {
    let (server, lasting) = (server().await, Lasting::default());
    let first = lasting.begin(KEY, later()).unwrap().serial;
    let claim = async |serial| lasting.claim(&ticket(serial), later()).await;
    lasting.part(KEY, first, parted(&server), "").ok().unwrap();
    let claimed = claim(first).await.unwrap();
    assert!(claimed.parted.is_some() && claimed.is_of_last_connection);
    let second = claimed.hold.serial;
    // The client never got the second: it comes with the first again, and has seen nothing of the second connection.
    lasting.part(KEY, second, parted(&server), "").ok().unwrap();
    let claimed = claim(first).await.unwrap();
    assert!(claimed.parted.is_some() && !claimed.is_of_last_connection);
    let third = claimed.hold.serial;
    lasting.part(KEY, third, parted(&server), "").ok().unwrap();
    let claimed = claim(third).await.unwrap();
    assert!(claimed.parted.is_some() && claimed.is_of_last_connection);
    for worthless in [first, second, claimed.hold.serial + 1] {
        let refused = claim(worthless).await.err();
        assert_eq!(refused, Some(Refusal::OldTicket), "{worthless}");
    }
}

#[tokio::test]
async fn a_session_that_is_over_is_not_gone_on_with() {
    let lasting = Lasting::default();
    let hold = lasting.begin(KEY, later()).unwrap();
    lasting.end(KEY);
    let refused = lasting.claim(&ticket(hold.serial), later()).await.err();
    assert_eq!(refused, Some(Refusal::OldTicket));
}

#[tokio::test]
async fn who_asks_for_a_session_that_ends_meanwhile_is_refused() {
    let lasting = Lasting::default();
    let hold = lasting.begin(KEY, later()).unwrap();
    let shown = ticket(hold.serial);
    let ends = async {
        lasting.end(KEY);
        drop(hold);
    };
    let (claim, ()) = tokio::join!(lasting.claim(&shown, later()), ends);
    assert_eq!(claim.err(), Some(Refusal::OldTicket));
}

#[tokio::test]
async fn the_connection_there_still_is_hands_over_what_it_has() {
    let (server, lasting) = (server().await, Lasting::default());
    let hold = lasting.begin(KEY, later()).unwrap();
    let left = parted(&server);
    let expected = left.place.session();
    let shown = ticket(hold.serial);
    let old = async { hold.taken_over.await.unwrap().send(left).ok().unwrap() };
    let (claim, ()) = tokio::join!(lasting.claim(&shown, later()), old);
    assert_eq!(session(&claim.unwrap()), Some(expected));
}

#[tokio::test]
async fn of_two_who_show_one_ticket_at_once_the_last_has_the_session() {
    let (server, lasting) = (server().await, Lasting::default());
    let hold = lasting.begin(KEY, later()).unwrap();
    let left = parted(&server);
    let expected = left.place.session();
    let shown = ticket(hold.serial);
    let first = async {
        let claim = lasting.claim(&shown, later()).await.unwrap();
        let heir = claim.hold.taken_over.await.unwrap();
        heir.send(claim.parted.unwrap()).ok().unwrap();
        // Too late to part: it is not this connection's session any more.
        let parted = lasting.part(KEY, claim.hold.serial, parted(&server), "");
        assert!(parted.is_err());
    };
    let old = async { hold.taken_over.await.unwrap().send(left).ok().unwrap() };
    let last = lasting.claim(&shown, later());
    let ((), claim, ()) = tokio::join!(first, last, old);
    assert_eq!(session(&claim.unwrap()), Some(expected));
}

#[tokio::test]
async fn what_nobody_takes_over_after_all_can_be_asked_for_again() {
    let (server, lasting) = (server().await, Lasting::default());
    let hold = lasting.begin(KEY, later()).unwrap();
    let (shown, left) = (ticket(hold.serial), parted(&server));
    let given_up = lasting.claim(&shown, later()).now_or_never();
    assert!(given_up.is_none());
    let heir = hold.taken_over.await.unwrap();
    let left = heir.send(left).err().unwrap();
    lasting.part(KEY, hold.serial, left, "").ok().unwrap();
    let claim = lasting.claim(&shown, later()).await.unwrap();
    assert!(claim.parted.is_some() && claim.is_of_last_connection);
}

#[tokio::test]
async fn who_asks_a_connection_that_is_gone_gets_nothing_and_does_not_wait() {
    let lasting = Lasting::default();
    let hold = lasting.begin(KEY, later()).unwrap();
    let shown = ticket(hold.serial);
    drop(hold);
    let claim = lasting.claim(&shown, later()).now_or_never().unwrap();
    assert!(claim.unwrap().parted.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_one_that_parted_first_is_given_up_first() {
    let (server, lasting) = (server().await, Lasting::default());
    let mut left = Vec::new();
    assert!(!lasting.has_parted());
    for number in 0..5 {
        let key = ticket_of(number).session;
        let hold = lasting.begin(key, later()).unwrap();
        let own = parted(&server);
        left.push(own.place.session());
        lasting.part(key, hold.serial, own, "").ok().unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let given_up = std::iter::from_fn(|| lasting.give_up_longest_parted());
    let given_up: Vec<_> = given_up.map(|own| own.place.session()).collect();
    assert_eq!(given_up, left);
    assert!(!lasting.has_parted());
}

#[tokio::test]
async fn a_ticket_that_is_forgotten_is_worth_nothing_again() {
    let (lasting, expires) = (Lasting::default(), later());
    for number in 0..u32::try_from(SESSIONS).unwrap() + 10 {
        let key = ticket_of(number).session;
        let _hold = lasting.begin(key, expires).unwrap();
        lasting.end(key);
    }
    assert_eq!(lasting.sessions().entries.len(), SESSIONS);
    for number in [0, 9, 10, 1000] {
        let shown = Ticket {
            expires,
            ..ticket_of(number)
        };
        let refused = lasting.claim(&shown, later()).await.err();
        assert_eq!(refused, Some(Refusal::OldTicket), "{number}");
    }
}

#[tokio::test]
async fn what_has_expired_is_forgotten_first_and_costs_nobody_a_ticket() {
    let lasting = Lasting::default();
    let past = SystemTime::now() - Duration::from_secs(1);
    for number in 0..u32::try_from(SESSIONS).unwrap() {
        let expires = if number % 2 == 0 { past } else { later() };
        let key = ticket_of(number).session;
        let _hold = lasting.begin(key, expires).unwrap();
        lasting.end(key);
    }
    assert!(lasting.begin(KEY, later()).is_some());
    assert_eq!(lasting.sessions().entries.len(), SESSIONS / 2 + 1);
    // Of a session at another server with the same key.
    let unknown = ticket_of(u32::MAX);
    assert!(lasting.claim(&unknown, later()).await.is_ok());
}

#[tokio::test]
async fn no_more_sessions_last_than_are_remembered() {
    let lasting = Lasting::default();
    let begin = |number| lasting.begin(ticket_of(number).session, later());
    let mut holds: Vec<Hold> = (0..u32::try_from(SESSIONS).unwrap())
        .map(|number| begin(number).unwrap())
        .collect();
    assert!(begin(u32::MAX).is_none());
    let refused = lasting.claim(&ticket_of(u32::MAX), later()).await.err();
    assert_eq!(refused, Some(Refusal::OldTicket));
    holds.pop();
    assert!(begin(u32::MAX).is_some());
}
