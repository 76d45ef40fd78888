//! Whom an authenticator lets in, and how it is asked.

use std::sync::{Arc, Mutex, mpsc};

use rfb::ClientEvent;
use testkit::scenes;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use transport::{
    Allow, Authenticator, ClientConfig, Identity, Login, Protocol, Rights, RsaKey, Scheme, Secret,
    Server, ServerConfig, ServerEvent,
};

use super::{PATIENCE, SIZE, config, connect, event, invitation, refused, serve, wait_for};

/// Nobody but whom `authenticator` lets in.
fn asking(authenticator: Authenticator) -> ServerConfig {
    ServerConfig {
        password: None,
        authenticator: Some(authenticator),
        ..config()
    }
}

/// Lets `ada` in with the password `engine`, and remembers everybody.
fn doorkeeper() -> (Authenticator, Arc<Mutex<Vec<Login>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let logins = Arc::clone(&seen);
    let ask = move |login: Login| {
        let is_ada = login.user.as_deref() == Some("ada");
        let knows = login.password == Some(Secret::from("engine"));
        logins.lock().unwrap().push(login);
        async move { (is_ada && knows).then_some(Rights::FULL) }
    };
    (Authenticator::new(ask), seen)
}

fn coming(server: &Server, scheme: Scheme, user: &str, password: &str) -> ClientConfig {
    let mut config = invitation(server, scheme);
    config.user = Some(user.to_owned()).filter(|user| !user.is_empty());
    config.password = Some(password.into());
    config
}

fn connected(event: &ServerEvent) -> Rights {
    match event {
        ServerEvent::Connected { rights, .. } => *rights,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn user_and_password_are_judged_as_they_were_given_by_every_way_in() {
    let (authenticator, seen) = doorkeeper();
    let server = serve(ServerConfig {
        allow: Allow::default().with(&[Protocol::Ra2]),
        ..asking(authenticator.clone())
    })
    .await;
    // By our own protocol, by Plain inside of TLS, and by VeNCrypt's.
    for scheme in [Scheme::Vncs, Scheme::Quic, Scheme::Wss, Scheme::Vnc] {
        let mut client = connect(coming(&server, scheme, "ada", "engine"))
            .await
            .unwrap();
        wait_for(&mut client, &scenes::desktop(SIZE)).await;
        let login = seen.lock().unwrap().pop().unwrap();
        assert_eq!(login.user.as_deref(), Some("ada"), "{scheme}");
        assert_eq!(login.password, Some(Secret::from("engine")), "{scheme}");
        assert!(login.address.ip().is_loopback() && !login.probe);
        assert_eq!(login.certificate, None);
        for (user, password) in [("ada", "Engine"), ("eve", "engine"), ("", "engine")] {
            let message = refused(coming(&server, scheme, user, password)).await;
            assert!(
                message.ends_with("wrong user name or password"),
                "{message}"
            );
        }
    }
    let key = RsaKey::generate(2048).unwrap();
    let server = serve(ServerConfig {
        allow: Allow::only(&[Protocol::Ra2]),
        rsa_key: Some(key.clone()),
        ..asking(authenticator)
    })
    .await;
    let mut config = coming(&server, Scheme::Vnc, "ada", "engine");
    config.fingerprint = Some(key.fingerprint());
    assert!(connect(config.clone()).await.is_ok());
    config.user = Some("eve".to_owned());
    assert!(
        refused(config)
            .await
            .ends_with("wrong user name or password")
    );
    let users = seen.lock().unwrap();
    assert_eq!(users.last().unwrap().user.as_deref(), Some("eve"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_judged_by_its_fingerprint_and_who_shows_nothing_may_be_a_guest() {
    let known = Identity::generate().unwrap();
    let fingerprint = known.fingerprint();
    let server = serve(asking(Authenticator::new(move |login: Login| async move {
        match login.certificate {
            Some(own) => (own == fingerprint).then_some(Rights::FULL),
            None => Some(Rights::VIEW_ONLY),
        }
    })))
    .await;
    // Over TLS, our client speaks our protocol only if it has something to show.
    let mut config = invitation(&server, Scheme::Quic);
    let _guest = connect(config.clone()).await.unwrap();
    assert_eq!(connected(&event(&server).await), Rights::VIEW_ONLY);
    config.identity = Some(known);
    let mut owner = connect(config.clone()).await.unwrap();
    assert_eq!(connected(&event(&server).await), Rights::FULL);
    // Its session is its own: it comes back with the same certificate.
    timeout(PATIENCE, owner.reconnect()).await.unwrap().unwrap();
    config.identity = Some(Identity::generate().unwrap());
    let message = refused(config).await;
    assert!(message.ends_with("not known here"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_configured_counts_only_where_the_authenticator_cannot_judge() {
    let (authenticator, seen) = doorkeeper();
    let server = serve(ServerConfig {
        password: Some("challenge".into()),
        ..asking(authenticator)
    })
    .await;
    // Without a user our client takes the challenge.
    let _client = connect(coming(&server, Scheme::Vnc, "", "challenge"))
        .await
        .unwrap();
    let message = refused(coming(&server, Scheme::Vnc, "", "engine")).await;
    assert!(message.ends_with("wrong password"), "{message}");
    assert!(seen.lock().unwrap().is_empty());
    let message = refused(coming(&server, Scheme::Vncs, "", "challenge")).await;
    assert!(
        message.ends_with("wrong user name or password"),
        "{message}"
    );
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_certificate_lets_in_without_a_question() {
    let (authenticator, seen) = doorkeeper();
    let known = Identity::generate().unwrap();
    let server = serve(ServerConfig {
        trusted_clients: vec![known.fingerprint()],
        ..asking(authenticator)
    })
    .await;
    let mut config = invitation(&server, Scheme::Vncs);
    config.identity = Some(known);
    let _client = connect(config).await.unwrap();
    assert_eq!(connected(&event(&server).await), Rights::FULL);
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_takes_long_keeps_nobody_else_waiting() {
    let gate = Arc::new(Semaphore::new(0));
    let opens = Arc::clone(&gate);
    let server = serve(asking(Authenticator::new(move |login: Login| {
        let gate = Arc::clone(&gate);
        async move {
            if login.user.as_deref() == Some("slow") {
                gate.acquire().await.unwrap().forget();
            }
            Some(Rights::FULL)
        }
    })))
    .await;
    for scheme in [Scheme::Vncs, Scheme::Vnc] {
        let slow = tokio::spawn(connect(coming(&server, scheme, "slow", "x")));
        let mut fast = connect(coming(&server, scheme, "fast", "x")).await.unwrap();
        wait_for(&mut fast, &scenes::desktop(SIZE)).await;
        assert!(!slow.is_finished());
        opens.add_permits(1);
        assert!(slow.await.unwrap().is_ok());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_function_that_blocks_holds_up_no_thread_that_moves_bytes() {
    let (open, gate) = mpsc::channel();
    let gate = Mutex::new(gate);
    let server = serve(asking(Authenticator::blocking(move |login| {
        if login.user.as_deref() == Some("slow") {
            gate.lock().unwrap().recv().unwrap();
        }
        Some(Rights::FULL)
    })))
    .await;
    let slow = tokio::spawn(connect(coming(&server, Scheme::Vncs, "slow", "x")));
    let mut fast = connect(coming(&server, Scheme::Vncs, "fast", "x"))
        .await
        .unwrap();
    wait_for(&mut fast, &scenes::desktop(SIZE)).await;
    assert!(!slow.is_finished());
    open.send(()).unwrap();
    assert!(slow.await.unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authenticator_that_panics_turns_away_and_the_server_goes_on() {
    let judge = |login: Login| match login.user.as_deref() {
        Some("ada") => Some(Rights::FULL),
        other => panic!("who is {other:?}?"),
    };
    let at_once = Authenticator::new(move |login| std::future::ready(judge(login)));
    let later = Authenticator::new(move |login| async move { judge(login) });
    for authenticator in [at_once, later, Authenticator::blocking(judge)] {
        let server = serve(asking(authenticator)).await;
        for scheme in [Scheme::Vncs, Scheme::Vnc] {
            let message = refused(coming(&server, scheme, "eve", "x")).await;
            assert!(message.contains("could not find out"), "{message}");
            let mut client = connect(coming(&server, scheme, "ada", "x")).await.unwrap();
            wait_for(&mut client, &scenes::desktop(SIZE)).await;
        }
    }
}

/// The next event, which asks about a login.
async fn question(server: &Server) -> (transport::LoginId, Login) {
    match event(server).await {
        ServerEvent::Login { id, login } => (id, login),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_an_event_that_is_answered_by_a_call() {
    let server = serve(asking(Authenticator::by_event())).await;
    let coming_in = tokio::spawn(connect(coming(&server, Scheme::Vncs, "ada", "x")));
    let (id, login) = question(&server).await;
    assert_eq!(login.user.as_deref(), Some("ada"));
    assert!(!format!("{login:?}").contains("\"x\""), "{login:?}");
    assert!(server.answer_login(id, Some(Rights::VIEW_ONLY)));
    assert!(
        !server.answer_login(id, Some(Rights::FULL)),
        "answered before"
    );
    assert!(coming_in.await.unwrap().is_ok());
    let came = event(&server).await;
    assert_eq!(connected(&came), Rights::VIEW_ONLY);
    assert!(
        matches!(came, ServerEvent::Connected { address, .. } if address == login.address),
        "{came:?}"
    );

    let turned_away = tokio::spawn(refused(coming(&server, Scheme::Vnc, "eve", "x")));
    let (id, _) = loop {
        match event(&server).await {
            ServerEvent::Login { id, login } => break (id, login),
            ServerEvent::Parted { .. } | ServerEvent::Disconnected { .. } => {}
            other => panic!("{other:?}"),
        }
    };
    assert!(server.answer_login(id, None));
    let message = turned_away.await.unwrap();
    assert!(
        message.ends_with("wrong user name or password"),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_only_measures_is_judged_and_not_counted() {
    let (authenticator, seen) = doorkeeper();
    let server = serve(ServerConfig {
        uses: Some(1),
        ..asking(authenticator)
    })
    .await;
    let config = coming(&server, Scheme::Vncs, "ada", "engine");
    let decoders = Arc::new(tight::decoders);
    transport::probe(config.clone(), decoders.clone())
        .await
        .unwrap();
    assert!(seen.lock().unwrap().last().unwrap().probe);
    let wrong = coming(&server, Scheme::Vncs, "ada", "motor");
    assert!(transport::probe(wrong, decoders).await.is_err());
    let mut client = connect(config.clone()).await.unwrap();
    while !matches!(
        client.next_event().await.unwrap(),
        ClientEvent::Updated { .. }
    ) {}
    let message = refused(config).await;
    assert!(message.contains("as often as they may"), "{message}");
}
