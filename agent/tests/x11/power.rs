//! Shutting the command down and restarting it, as clients ask for it.

use tightrope::{Client, ClientEvent, GoodbyeCode, PowerAction};

use crate::agent::{Agent, goodbye, wait_for};
use crate::desktop::until;

/// A command that notes when it starts and, if it is asked, when it ends.
const NOTES: &str = "echo start >> {}/notes; trap 'echo end >> {}/notes; exit' TERM; \
                     sleep 1000 & wait";

fn notes(agent: &Agent) -> String {
    let notes = std::fs::read_to_string(agent.files.path().join("notes"));
    notes.unwrap_or_default().replace('\n', " ")
}

fn wait_for_notes(agent: &Agent, expect: &str) {
    until(expect, || (notes(agent) == expect).then_some(()));
}

/// A client that has heard what the server offers.
async fn client(agent: &Agent) -> Client {
    let mut client = agent.client().await;
    wait_for(&mut client, |_, event| {
        matches!(event, ClientEvent::Updated { .. }).then_some(())
    })
    .await;
    client
}

/// Lets the client send and receive until `done`.
async fn drive_until(client: &mut Client, mut done: impl FnMut() -> bool) {
    let done = async {
        while !done() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let events = async {
        loop {
            client.next_event().await.unwrap();
        }
    };
    tokio::select! {
        () = done => {}
        () = events => {}
        () = tokio::time::sleep(crate::desktop::PATIENCE) => panic!("it never happened"),
    }
}

#[tokio::test]
async fn a_client_shuts_the_command_down_and_the_agent_ends_well() {
    let mut agent = Agent::start(&["--power", "--exec", NOTES]);
    let mut client = client(&agent).await;
    assert!(client.can_power());
    wait_for_notes(&agent, "start ");
    client.power(PowerAction::Shutdown);
    let goodbye = goodbye(&mut client).await;
    assert_eq!(goodbye.code, GoodbyeCode::APPLICATION_ENDED);
    assert_eq!(goodbye.text, "the application was shut down");
    assert_eq!(notes(&agent), "start end ");
    assert_eq!(agent.end().code(), Some(0));
}

#[tokio::test]
async fn a_client_restarts_the_command_and_its_session_goes_on() {
    let agent = Agent::start(&["--power", "--exec", NOTES]);
    let mut client = client(&agent).await;
    wait_for_notes(&agent, "start ");
    client.power(PowerAction::Reboot);
    drive_until(&mut client, || notes(&agent) == "start end start ").await;
    // A reset does not ask.
    client.power(PowerAction::Reset);
    drive_until(&mut client, || notes(&agent) == "start end start start ").await;
    assert!(client.can_power());
}

#[tokio::test]
async fn without_the_flag_the_command_stays() {
    let agent = Agent::start(&["--exec", NOTES]);
    let client = client(&agent).await;
    assert!(!client.can_power());
    wait_for_notes(&agent, "start ");
}
