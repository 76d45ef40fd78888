//! Credentials of one session: they let in once, survive the agent's restart, and are seen nowhere.

use std::path::Path;
use std::time::Duration;

use tightrope::{Bundle, Client, ClientConfig, ClientCredentials, ConnectError};

use crate::agent::{Agent, wait_for, wait_until_equal};
use crate::desktop::{connect, until};

/// Makes `DIR/agent` and `DIR/client`.
fn bundle() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let bundle = Bundle::generate(Duration::from_secs(600), Vec::new()).unwrap();
    bundle.write(&directory.path().join("pod")).unwrap();
    directory
}

fn agent(bundle: &Path, arguments: &[&str]) -> Agent {
    let own = bundle.join("pod/agent");
    let all = [&["--credentials", own.to_str().unwrap()], arguments].concat();
    Agent::on_its_own_display(&all)
}

/// As a viewer with `DIR/client` connects to this agent.
fn config(bundle: &Path, agent: &Agent) -> ClientConfig {
    let own = ClientCredentials::read(&bundle.join("pod/client")).unwrap();
    let mut config = ClientConfig::new(agent.credentials["url"].as_str().unwrap()).unwrap();
    config.fingerprint = own.fingerprint;
    config.identity = own.identity;
    config.quality = None;
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_let_in_once_and_their_owner_comes_back_to_an_agent_started_anew() {
    let bundle = bundle();
    let first = agent(bundle.path(), &[]);
    let port = first.credentials["url"].as_str().unwrap().to_owned();
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let second_port = elsewhere.local_addr().unwrap().to_string();
    drop(elsewhere);
    let mut both = config(bundle.path(), &first);
    assert_eq!(both.endpoints[0].to_string(), port);
    both.endpoints
        .push(format!("vncs://{second_port}").parse().unwrap());
    let mut client = Client::connect(both).await.unwrap();
    wait_until_equal(&mut client, &connect(&first.place().0)).await;

    let again = Client::connect(config(bundle.path(), &first)).await;
    let refused = match again {
        Err(error @ ConnectError::Refused { .. }) => error,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("credentials let in twice"),
    };
    assert_eq!(refused.exit_code(), 4);
    assert!(refused.to_string().contains("used"), "{refused}");

    // No goodbye: as a node that fails.
    first.signal(rustix::process::Signal::KILL);
    let lost = async { while client.next_event().await.is_ok() {} };
    tokio::time::timeout(crate::desktop::PATIENCE, lost)
        .await
        .unwrap();
    let second = agent(bundle.path(), &["--listen", &second_port]);
    client.reconnect().await.unwrap();
    assert_eq!(client.endpoint().address(), second_port);
    wait_until_equal(&mut client, &connect(&second.place().0)).await;
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_log_the_command_lines_or_the_environments() {
    let bundle = bundle();
    let agent = agent(bundle.path(), &["--verbose", "--allow", "tls,quic,ra2"]);
    let mut wrong = config(bundle.path(), &agent);
    wrong.identity = None;
    wrong.password = Some("completely wrong".into());
    assert!(Client::connect(wrong).await.is_err());
    let mut right = config(bundle.path(), &agent);
    let own = ClientCredentials::read(&bundle.path().join("pod/client")).unwrap();
    right.identity = None;
    right.password = own.password;
    let mut client = Client::connect(right).await.unwrap();
    client.key(0x61, true);
    wait_for(&mut client, |_, event| {
        matches!(event, tightrope::ClientEvent::Updated { .. }).then_some(())
    })
    .await;
    client.close().await;
    until("the end of the session in the log", || {
        agent.log().contains("a client has gone").then_some(())
    });

    let mut seen = agent.log();
    // The agent, its X server and its command.
    let own = agent.child.id();
    let children = std::fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap();
    let children = children.split_whitespace().map(|pid| pid.parse().unwrap());
    for pid in children.chain([own]) {
        for file in ["cmdline", "environ"] {
            let bytes = std::fs::read(format!("/proc/{pid}/{file}")).unwrap();
            seen.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
    assert!(seen.contains("a client has come in"), "{seen}");
    let stored = bundle.path().join("pod/agent");
    let read = |name: &str| std::fs::read_to_string(stored.join(name)).unwrap();
    let (password, key) = (read("password"), read("key.pem"));
    let secrets = key.lines().filter(|line| !line.starts_with('-'));
    // The first eight characters are all that VncAuth compares.
    for secret in secrets.chain([password.as_str(), &password[..8], "completely wrong"]) {
        assert!(!seen.contains(secret), "a secret in {seen}");
    }
}
