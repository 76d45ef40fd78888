//! The desktop's sound, from programs to clients and back. PulseAudio and its programs must be installed.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use testkit::pulse::Pulse;
use testkit::tone::{frequency, level, side, tone};
use tightrope::sound::Player;
use tightrope::{Client, SessionError, Size, SoundSettings};

use crate::agent::{Agent, program};
use crate::desktop::{Desktop, PATIENCE, Program, until};

/// What a device asks for at once.
const PERIOD: Duration = Duration::from_millis(10);

const HERTZ: f64 = 440.0;
const LEVEL: f64 = 0.5;

/// The sound server of a desktop.
struct Sound {
    server: String,
    cookie: PathBuf,
}

/// An agent with a desktop of its own, and the desktop's sound server as its command finds it.
fn agent(arguments: &[&str]) -> (Agent, Sound) {
    let command = "echo $PULSE_SERVER $PULSE_COOKIE > {}/new; mv {}/new {}/where; exec sleep 1000";
    let all = [&["--exec", command], arguments].concat();
    let agent = Agent::start(&all);
    let path = agent.files.path().join("where");
    let place = until("the command", || std::fs::read_to_string(&path).ok());
    let (server, cookie) = place.trim().split_once(' ').unwrap();
    let sound = Sound {
        server: server.to_owned(),
        cookie: cookie.into(),
    };
    (agent, sound)
}

impl Sound {
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("PULSE_SERVER", &self.server);
        command.env("PULSE_COOKIE", &self.cookie);
        command
    }

    fn pactl(&self, arguments: &[&str]) -> String {
        let output = self.command("pactl").args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// Plays a tone into the default sink until it is dropped.
    fn play(&self, files: &Path) -> Program {
        let samples = tone(HERTZ, LEVEL, 60.0);
        let bytes: Vec<u8> = samples.into_iter().flat_map(f32::to_le_bytes).collect();
        let path = files.join("tone");
        std::fs::write(&path, bytes).unwrap();
        let mut pacat = self.command("pacat");
        pacat.args(["--playback", "--raw", "--format=float32le"]);
        pacat.args(["--rate=48000", "--channels=2", "--latency-msec=40"]);
        Program(pacat.arg(path).spawn().unwrap())
    }
}

async fn listening(agent: &Agent) -> Client {
    let mut config = agent.config("password");
    config.sound = Some(SoundSettings::default());
    Client::connect(config).await.unwrap()
}

/// Half a second of a tone as it was played, heard without a gap; looked for until it comes.
fn is_tone(samples: &[f32]) -> bool {
    let samples = side(samples, 0);
    samples.len() >= 24_000
        && samples.windows(24_000).step_by(2_400).any(|part| {
            (frequency(part) - HERTZ).abs() < 1.0 && (level(part, HERTZ) - LEVEL).abs() < 0.03
        })
}

/// Plays on a device of the test's until a tone is heard.
fn hear_tone(player: &Player) {
    let mut heard = Vec::new();
    let mut due = Instant::now();
    until("a tone", || {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let mut samples = [0.0; 960];
        player.fill(&mut samples, Instant::now(), due + PERIOD);
        due += PERIOD;
        heard.extend(samples);
        // The last second is enough.
        let surplus = heard.len().saturating_sub(96_000);
        heard.drain(..surplus);
        is_tone(&heard).then_some(())
    });
}

/// Moves the client's bytes while `work` blocks a thread of its own.
async fn during<T: Send + 'static>(
    client: &mut Client,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let moving = async {
        loop {
            let event = client.next_event().await;
            if let Err(error) = event {
                break error;
            }
        }
    };
    tokio::select! {
        done = tokio::task::spawn_blocking(work) => done.unwrap(),
        error = moving => panic!("the session has ended: {error}"),
    }
}

#[tokio::test]
async fn a_client_hears_what_a_program_plays() {
    let (agent, sound) = agent(&[]);
    let _playing = sound.play(agent.files.path());
    let mut client = listening(&agent).await;
    let player = client.player();
    during(&mut client, move || hear_tone(&player)).await;
}

#[tokio::test]
async fn nothing_is_captured_while_nobody_listens() {
    let (agent, sound) = agent(&[]);
    let captures = |sound: &Sound| sound.pactl(&["list", "short", "source-outputs"]);
    assert_eq!(captures(&sound), "");
    let mut silent = agent.client().await;
    let mut client = listening(&agent).await;
    let own = Sound {
        server: sound.server.clone(),
        cookie: sound.cookie.clone(),
    };
    during(&mut client, move || {
        until("a capture", || (!captures(&own).is_empty()).then_some(()));
    })
    .await;
    client.close().await;
    during(&mut silent, move || {
        until("no capture", || captures(&sound).is_empty().then_some(()));
    })
    .await;
}

#[tokio::test]
async fn a_sound_server_that_dies_is_started_again_and_heard_again() {
    let (agent, sound) = agent(&[]);
    let mut client = listening(&agent).await;
    let player = client.player();
    let files = agent.files.path().to_owned();
    let script = sound.cookie.with_file_name("start.pa");
    during(&mut client, move || {
        let playing = sound.play(&files);
        hear_tone(&player);
        kill_process(daemon(&script), Signal::KILL).unwrap();
        drop(playing);
        until("the sound server", || {
            sound.pactl(&["info"]).contains("tightrope").then_some(())
        });
        let _playing = sound.play(&files);
        // What is left of the first tone in the player is not the second.
        let mut rest = vec![0.0; 96_000];
        player.fill(&mut rest, Instant::now(), Instant::now());
        hear_tone(&player);
    })
    .await;
    assert!(
        agent.log().contains("PulseAudio has ended"),
        "{}",
        agent.log()
    );
}

/// The process that was started with this file.
fn daemon(script: &Path) -> Pid {
    let script = script.to_str().unwrap().as_bytes();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let found = processes.map(|process| process.path()).find(|process| {
        let line = std::fs::read(process.join("cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|part| part == script)
    });
    let number = found.unwrap();
    let number = number.file_name().unwrap().to_str().unwrap();
    Pid::from_raw(number.parse().unwrap()).unwrap()
}

#[tokio::test]
async fn nobody_else_reaches_the_desktops_sound_and_nothing_of_it_stays_behind() {
    let (mut agent, sound) = agent(&["--microphone"]);
    let directory = sound.cookie.parent().unwrap();
    assert!(
        sound
            .server
            .starts_with(&format!("unix:{}", directory.display()))
    );
    let mode = std::fs::metadata(directory).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let mode = std::fs::metadata(&sound.cookie)
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    agent.signal(Signal::TERM);
    assert_eq!(agent.end().code(), Some(0));
    assert!(!directory.exists());
}

#[tokio::test]
async fn what_a_client_says_is_heard_by_programs_that_record() {
    let (agent, sound) = agent(&["--microphone"]);
    let default = sound.pactl(&["get-default-source"]);
    assert_eq!(default.trim(), "tightrope_microphone_source");
    let mut client = listening(&agent).await;
    while !client.takes_microphone() {
        client.next_event().await.unwrap();
    }
    client.start_microphone();
    let microphone = client.microphone();
    during(&mut client, move || {
        let (stop, stopped) = mpsc::channel::<()>();
        let speaking = std::thread::spawn(move || {
            let samples = tone(HERTZ, LEVEL, 60.0);
            let mut due = Instant::now();
            for part in samples.chunks(960) {
                microphone.push(part, due);
                due += PERIOD;
                let left = due.saturating_duration_since(Instant::now());
                if stopped.recv_timeout(left) != Err(mpsc::RecvTimeoutError::Timeout) {
                    break;
                }
            }
        });
        let mut record = sound.command("pacat");
        record.args(["--record", "--raw", "--format=float32le"]);
        record.args(["--rate=48000", "--channels=2", "--latency-msec=20"]);
        let mut recorder = Program(record.stdout(Stdio::piped()).spawn().unwrap());
        let mut recorded = recorder.0.stdout.take().unwrap();
        let mut heard = Vec::new();
        until("the tone in the recording", || {
            let mut bytes = [0; 8 * 480];
            std::io::Read::read_exact(&mut recorded, &mut bytes).unwrap();
            let samples = bytes.as_chunks::<4>().0.iter();
            heard.extend(samples.map(|bytes| f32::from_le_bytes(*bytes)));
            let surplus = heard.len().saturating_sub(96_000);
            heard.drain(..surplus);
            is_tone(&heard).then_some(())
        });
        drop(stop);
        speaking.join().unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_microphone_is_not_there_unless_it_is_asked_for() {
    let (agent, sound) = agent(&[]);
    assert!(
        !sound
            .pactl(&["list", "short", "sources"])
            .contains("microphone")
    );
    let mut client = listening(&agent).await;
    let player = client.player();
    let _playing = sound.play(agent.files.path());
    during(&mut client, move || hear_tone(&player)).await;
    assert!(!client.takes_microphone());
}

#[tokio::test]
async fn the_sound_of_a_desktop_that_runs_already_is_that_of_its_default_output_or_of_one_named() {
    let pulse = Pulse::start(&["front", "back"]);
    let desktop = Desktop::new(Size::new(640, 480)).await;
    let name = desktop.display().name.clone();
    let arguments = ["--display", &name];
    for (extra, sink) in [(&[][..], "front"), (&["--sound", "back"], "back")] {
        let mut program = program();
        program.env("XAUTHORITY", desktop.xvfb.authority());
        program.envs(pulse.environment());
        let agent = Agent::start_as(program, &[&arguments, extra].concat());
        let _playing = pulse.play(sink, tone(HERTZ, LEVEL, 60.0));
        let mut client = listening(&agent).await;
        let player = client.player();
        during(&mut client, move || hear_tone(&player)).await;
    }
}

#[tokio::test]
async fn without_pulseaudio_the_desktop_is_silent_and_the_agent_says_what_to_install() {
    let programs = tempfile::tempdir().unwrap();
    for name in ["Xvfb", "sh", "sleep", "mv", "xkbcomp"] {
        let path = until(name, || {
            ["/usr/bin", "/bin"]
                .map(|directory| Path::new(directory).join(name))
                .into_iter()
                .find(|path| path.exists())
        });
        symlink(path, programs.path().join(name)).unwrap();
    }
    let mut program = program();
    program.env("PATH", programs.path());
    let agent = Agent::start_as(program, &["--exec", "exec sleep 1000"]);
    assert!(
        agent.log().contains("apt install pulseaudio"),
        "{}",
        agent.log()
    );
    let mut client = listening(&agent).await;
    let updated = async {
        loop {
            match client.next_event().await? {
                tightrope::ClientEvent::Updated { .. } => return Ok::<(), SessionError>(()),
                tightrope::ClientEvent::SoundOffered(offer) => panic!("{offer:?}"),
                _ => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, updated)
        .await
        .unwrap()
        .unwrap();
}

/// Runs the program to its end; gives the exit code, what it printed and what it said.
fn run(program: &mut Command) -> (i32, String, String) {
    let output = program.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn sound_devices_are_listed_and_one_that_is_not_there_is_named_with_those_that_are() {
    let pulse = Pulse::start(&["front", "back"]);
    let mut list = program();
    list.arg("--list-sound-devices").envs(pulse.environment());
    let (code, printed, said) = run(&mut list);
    assert_eq!(code, 0, "{said}");
    assert!(printed.contains("* output  pulseaudio:front "), "{printed}");
    assert!(
        printed.contains("* monitor pulseaudio:front.monitor "),
        "{printed}"
    );
    assert!(printed.contains("  output  pulseaudio:back "), "{printed}");
    let wrong = [
        "--exec",
        "true",
        "--print-credentials",
        "1",
        "--listen",
        "127.0.0.1:0",
    ];
    for extra in [
        &["--sound", "side"][..],
        &["--sound", "back", "--microphone"],
    ] {
        let mut program = program();
        program.args(wrong).args(extra).envs(pulse.environment());
        let (code, _, said) = run(&mut program);
        assert_eq!(code, 1, "{said}");
        match extra.contains(&"--microphone") {
            true => assert!(said.contains("pactl load-module"), "{said}"),
            false => assert!(
                said.contains("\"side\"") && said.contains("pulseaudio:back"),
                "{said}"
            ),
        }
    }
    let (code, _, said) = run(program()
        .args(wrong)
        .args(["--sound", "side"])
        .env("PULSE_SERVER", "unix:/nowhere/native"));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("/nowhere/native"), "{said}");
}
