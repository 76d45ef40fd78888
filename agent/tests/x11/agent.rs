//! A running agent, and what a client of it waits for.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tightrope::{Client, ClientConfig, ClientEvent, Goodbye};
use tightrope_agent::display::Display;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, ImageFormat};
use x11rb::rust_connection::RustConnection;

use crate::desktop::{PATIENCE, until};

/// A running agent.
pub(crate) struct Agent {
    pub(crate) child: Child,
    pub(crate) credentials: Value,
    pub(crate) files: TempDir,
}

pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tightrope-agent"))
}

impl Agent {
    /// Starts one on a free port, unless another is given; `{}` in the arguments stands for a directory of its own.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_as(program(), arguments)
    }

    pub(crate) fn start_as(mut program: Command, arguments: &[&str]) -> Self {
        let files = tempfile::tempdir().unwrap();
        let path = files.path().to_str().unwrap();
        let log = File::create(files.path().join("log")).unwrap();
        let listen: &[&str] = match arguments.contains(&"--listen") {
            true => &[],
            false => &["--listen", "127.0.0.1:0"],
        };
        let mut child = program
            .args(
                arguments
                    .iter()
                    .map(|argument| argument.replace("{}", path)),
            )
            .args(listen)
            .args(["--print-credentials", "1"])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "one line, then closed");
        let log = std::fs::read_to_string(files.path().join("log")).unwrap();
        let credentials = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{error} in {line:?}; the log: {log}"));
        Self {
            child,
            credentials,
            files,
        }
    }

    /// One whose command stays until it is ended, and notes where it runs.
    pub(crate) fn on_its_own_display(arguments: &[&str]) -> Self {
        let command = "echo $DISPLAY $XAUTHORITY > {}/new; mv {}/new {}/where; exec sleep 1000";
        let all: Vec<&str> = ["--exec", command]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        Self::start(&all)
    }

    /// The display of its command, and the file that opens it.
    pub(crate) fn place(&self) -> (Display, PathBuf) {
        let path = self.files.path().join("where");
        let place = until("the command", || std::fs::read_to_string(&path).ok());
        let (name, authority) = place.trim().split_once(' ').unwrap();
        let entry = std::fs::read(authority).unwrap();
        let cookie = entry.last_chunk().copied();
        let display = Display {
            name: name.to_owned(),
            cookie,
        };
        (display, authority.into())
    }

    pub(crate) fn config(&self, password: &str) -> ClientConfig {
        let mut config = ClientConfig::new(self.credentials["url"].as_str().unwrap()).unwrap();
        let fingerprint = self.credentials["fingerprint"].as_str();
        config.fingerprint = fingerprint.map(|text| text.parse().unwrap());
        config.insecure = fingerprint.is_none();
        config.password = self.credentials[password].as_str().map(Into::into);
        config.quality = None;
        config
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.config("password")).await.unwrap()
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.files.path().join("log")).unwrap()
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    pub(crate) fn end(&mut self) -> ExitStatus {
        until("the agent's end", || self.child.try_wait().unwrap())
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        if self.child.try_wait().unwrap().is_none() {
            self.signal(rustix::process::Signal::TERM);
            self.end();
        }
    }
}

/// The next event that `pick` takes.
pub(crate) async fn wait_for<T>(
    client: &mut Client,
    mut pick: impl FnMut(&Client, &ClientEvent) -> Option<T>,
) -> T {
    let found = async {
        loop {
            let event = client.next_event().await.unwrap();
            if let Some(found) = pick(client, &event) {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await.unwrap()
}

/// Waits until the client shows what the X server shows.
pub(crate) async fn wait_until_equal(client: &mut Client, x: &RustConnection) {
    let size = client.size();
    let root = x.setup().roots[0].root;
    let format = ImageFormat::Z_PIXMAP;
    let image = x.get_image(format, root, 0, 0, size.width, size.height, !0);
    let shown = image.unwrap().reply().unwrap().data;
    let colours = |bytes: &[u8]| -> Vec<[u8; 3]> {
        bytes
            .chunks_exact(4)
            .map(|pixel| [pixel[0], pixel[1], pixel[2]])
            .collect()
    };
    let shown = colours(&shown);
    wait_for(client, |client, _| {
        (colours(client.framebuffer().bytes()) == shown).then_some(())
    })
    .await;
}

/// What the server says before it ends the session.
pub(crate) async fn goodbye(client: &mut Client) -> Goodbye {
    let goodbye = wait_for(client, |_, event| match event {
        ClientEvent::Goodbye(goodbye) => Some(goodbye.clone()),
        _ => None,
    })
    .await;
    let closed = async { while client.next_event().await.is_ok() {} };
    tokio::time::timeout(PATIENCE, closed).await.unwrap();
    goodbye
}
