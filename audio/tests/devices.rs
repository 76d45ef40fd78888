//! Devices of a real sound server. PulseAudio and its programs must be installed.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use testkit::pulse::Pulse;
use testkit::tone::{frequency, level, longest_gap, side, tone};
use tightrope_audio::device::{
    DeviceError, Input, InputConfig, Kind, Moment, Notice, Output, OutputConfig, WavOutput, devices,
};

const PATIENCE: Duration = Duration::from_secs(30);
const HERTZ: f64 = 440.0;
const LEVEL: f64 = 0.5;

/// Names the test that a process was started for.
const OWN_TEST: &str = "TIGHTROPE_DEVICE_TEST";
/// A line that asks the other process for something begins with this.
const ORDER: &str = "order: ";

/// Runs `body` in a process of its own, whose sound server is a new one with these sinks: the environment that says which
/// is the whole process's. It may [`ask`] for something to be done to the server.
fn with_server(test: &str, sinks: &[&str], body: fn()) {
    if std::env::var(OWN_TEST).is_ok_and(|own| own == test) {
        return body();
    }
    let mut pulse = Pulse::start(sinks);
    let mut child = pulse
        .command(std::env::current_exe().unwrap().to_str().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(OWN_TEST, test)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    for line in stdout.lines().map(Result::unwrap) {
        match line.strip_prefix(ORDER) {
            Some("kill") => pulse.kill(),
            Some("restart") => pulse.restart(),
            _ => println!("{line}"),
        }
    }
    assert!(child.wait().unwrap().success());
}

/// Asks for "kill" or "restart" of the sound server.
fn ask(order: &str) {
    println!("\n{ORDER}{order}");
}

fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(start.elapsed() < PATIENCE, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What an input has heard.
type Heard = Arc<Mutex<Vec<f32>>>;

fn listen(device: &str) -> (Input, Heard, Receiver<Notice>) {
    let heard = Heard::default();
    let (sender, notices) = mpsc::channel();
    let config = InputConfig {
        device: Some(device.to_owned()),
        ..InputConfig::default()
    };
    let own = Arc::clone(&heard);
    let take = move |samples: &[f32], _: Moment| own.lock().unwrap().extend(samples);
    let input = Input::open(config, take, move |notice| {
        let _gone = sender.send(notice);
    });
    (input.unwrap(), heard, notices)
}

fn play_tone(device: Option<&str>) -> (Output, Receiver<Notice>) {
    let (sender, notices) = mpsc::channel();
    let config = OutputConfig {
        device: device.map(str::to_owned),
        ..OutputConfig::default()
    };
    let mut samples = tone(HERTZ, LEVEL, 1.0).into_iter().cycle();
    let render = move |out: &mut [f32], _: Moment| {
        out.iter_mut()
            .for_each(|sample| *sample = samples.next().unwrap());
    };
    let output = Output::open(config, render, move |notice| {
        let _gone = sender.send(notice);
    });
    (output.unwrap(), notices)
}

/// Waits for half a second of the tone without a gap, in what is heard from now on.
fn wait_for_tone(heard: &Heard) {
    heard.lock().unwrap().clear();
    until("the tone", || {
        let samples = side(&heard.lock().unwrap(), 1);
        samples
            .rchunks_exact(24_000)
            .next()
            .is_some_and(is_tone)
            .then_some(())
    });
}

fn is_tone(samples: &[f32]) -> bool {
    (frequency(samples) - HERTZ).abs() < 0.5
        && (level(samples, HERTZ) - LEVEL).abs() < 0.01
        && longest_gap(samples, 0.01) < 4
}

fn wait_for_notice(notices: &Receiver<Notice>) -> Notice {
    notices.recv_timeout(PATIENCE).unwrap()
}

#[test]
fn what_is_played_is_heard_as_it_was() {
    with_server("what_is_played_is_heard_as_it_was", &["out"], || {
        let (_input, heard, _) = listen("out");
        let (_output, _) = play_tone(Some("pulseaudio:out"));
        wait_for_tone(&heard);
    });
}

#[test]
fn what_another_program_plays_into_the_default_output_is_heard() {
    let name = "what_another_program_plays_into_the_default_output_is_heard";
    with_server(name, &["front", "back"], || {
        let heard = Heard::default();
        let own = Arc::clone(&heard);
        let config = InputConfig {
            monitor: true,
            ..InputConfig::default()
        };
        let take = move |samples: &[f32], _: Moment| own.lock().unwrap().extend(samples);
        let _input = Input::open(config, take, |_| {}).unwrap();
        let mut sox = Command::new("sox")
            .args([
                "-q", "-n", "-r", "48000", "-c", "2", "-e", "float", "-b", "32",
            ])
            .args(["-t", "raw", "-", "synth", "60", "sine", "440", "vol", "0.5"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("sox must be installed");
        let mut player = Command::new("pacat")
            .args([
                "--raw",
                "--format=float32le",
                "--rate=48000",
                "--channels=2",
            ])
            .args(["--latency-msec=50", "--device=front"])
            .stdin(sox.stdout.take().unwrap())
            .spawn()
            .expect("pacat must be installed (pulseaudio-utils)");
        wait_for_tone(&heard);
        for program in [&mut player, &mut sox] {
            program.kill().unwrap();
            program.wait().unwrap();
        }
    });
}

#[test]
fn both_sides_agree_on_the_moment_of_a_sample() {
    with_server(
        "both_sides_agree_on_the_moment_of_a_sample",
        &["out"],
        || {
            let played: Arc<Mutex<Vec<Instant>>> = Arc::default();
            let heard: Arc<Mutex<Vec<Instant>>> = Arc::default();
            let (writer, reader) = (Arc::clone(&played), Arc::clone(&heard));
            let mut was_quiet = true;
            let take = move |samples: &[f32], moment: Moment| {
                for (at, frame) in samples.chunks_exact(2).enumerate() {
                    let is_loud = frame[0] > 0.4;
                    if is_loud && was_quiet {
                        reader.lock().unwrap().push(moment.at + frames(at));
                    }
                    was_quiet = !is_loud;
                }
            };
            let config = InputConfig {
                device: Some("out".to_owned()),
                ..InputConfig::default()
            };
            let _input = Input::open(config, take, |_| {}).unwrap();
            let mut count = 0_usize;
            // A click every half second, once the clocks have settled.
            let render = move |out: &mut [f32], moment: Moment| {
                for (at, frame) in out.chunks_exact_mut(2).enumerate() {
                    count += 1;
                    if count > 96_000 && count.is_multiple_of(24_000) {
                        frame.fill(0.9);
                        writer.lock().unwrap().push(moment.at + frames(at));
                    }
                }
            };
            let _output = Output::open(OutputConfig::default(), render, |_| {}).unwrap();
            until("clicks", || {
                (heard.lock().unwrap().len() >= 5).then_some(())
            });
            let (played, heard) = (played.lock().unwrap(), heard.lock().unwrap());
            // One that fell into a gap is missing: each is compared with the nearest.
            let mut apart: Vec<Duration> = heard
                .iter()
                .map(|at| played.iter().map(|own| distance(*own, *at)).min().unwrap())
                .collect();
            apart.sort();
            assert!(
                apart[apart.len() / 2] < Duration::from_millis(20),
                "{apart:?}"
            );
        },
    );
}

fn frames(count: usize) -> Duration {
    Duration::from_secs(1) * u32::try_from(count).unwrap() / 48_000
}

fn distance(one: Instant, other: Instant) -> Duration {
    one.saturating_duration_since(other) + other.saturating_duration_since(one)
}

#[test]
fn a_sound_server_that_dies_is_a_loss_and_one_that_is_back_is_used_again() {
    let name = "a_sound_server_that_dies_is_a_loss_and_one_that_is_back_is_used_again";
    with_server(name, &["out"], || {
        let (_input, heard, input_notices) = listen("out");
        let (_output, output_notices) = play_tone(None);
        wait_for_tone(&heard);
        ask("kill");
        for notices in [&input_notices, &output_notices] {
            assert!(matches!(wait_for_notice(notices), Notice::Lost(_)));
        }
        ask("restart");
        for notices in [&input_notices, &output_notices] {
            assert_eq!(wait_for_notice(notices), Notice::Back);
        }
        wait_for_tone(&heard);
    });
}

#[test]
fn a_device_that_is_taken_away_is_waited_for() {
    with_server(
        "a_device_that_is_taken_away_is_waited_for",
        &["out"],
        || {
            let (_output, notices) = play_tone(Some("out"));
            let pactl = |arguments: &[&str]| {
                assert!(
                    Command::new("pactl")
                        .args(arguments)
                        .status()
                        .unwrap()
                        .success()
                );
            };
            pactl(&["unload-module", "module-null-sink"]);
            assert!(matches!(wait_for_notice(&notices), Notice::Lost(_)));
            pactl(&["load-module", "module-null-sink", "sink_name=other"]);
            let waited = notices.recv_timeout(Duration::from_millis(1200));
            assert!(waited.is_err(), "another device is none: {waited:?}");
            pactl(&["load-module", "module-null-sink", "sink_name=out"]);
            assert_eq!(wait_for_notice(&notices), Notice::Back);
            let (_input, heard, _) = listen("out");
            wait_for_tone(&heard);
        },
    );
}

#[test]
fn the_default_output_is_followed_when_it_is_another() {
    let name = "the_default_output_is_followed_when_it_is_another";
    with_server(name, &["front", "back"], || {
        let (_output, notices) = play_tone(None);
        let (_input, heard, _) = listen("back");
        let set = ["set-default-sink", "back"];
        assert!(Command::new("pactl").args(set).status().unwrap().success());
        wait_for_tone(&heard);
        assert!(notices.try_recv().is_err(), "nothing was lost");
    });
}

#[test]
fn a_device_that_is_not_there_is_named_with_those_that_are() {
    let name = "a_device_that_is_not_there_is_named_with_those_that_are";
    with_server(name, &["front", "back"], || {
        let config = OutputConfig {
            device: Some("side".to_owned()),
            ..OutputConfig::default()
        };
        let refused = Output::open(config, |_, _| {}, |_| {}).unwrap_err();
        let DeviceError::Unknown { name, kind, known } = refused else {
            panic!("{refused}");
        };
        assert_eq!((name.as_str(), kind), ("side", Kind::Output));
        assert_eq!(known, ["pulseaudio:front", "pulseaudio:back"]);
        let all = devices().unwrap();
        let of = |kind| all.iter().filter(move |own| own.kind == kind);
        assert_eq!(
            (of(Kind::Output).count(), of(Kind::Monitor).count()),
            (2, 2)
        );
        let default: Vec<&str> = of(Kind::Output)
            .filter(|own| own.is_default)
            .map(|own| own.id.as_str())
            .collect();
        assert_eq!(default, ["pulseaudio:front"]);
    });
}

#[test]
fn a_device_that_is_dropped_calls_nobody_and_leaves_no_thread_behind() {
    let name = "a_device_that_is_dropped_calls_nobody_and_leaves_no_thread_behind";
    with_server(name, &["out"], || {
        let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
        // The first look at the devices leaves the connection that all look-ups share.
        devices().unwrap();
        let before = until("the end of the first look", || {
            let count = threads();
            std::thread::sleep(Duration::from_millis(100));
            (threads() == count).then_some(count)
        });
        for _ in 0..5 {
            let (input, heard, _) = listen("out");
            let (output, _) = play_tone(None);
            wait_for_tone(&heard);
            drop(input);
            assert_eq!(Arc::strong_count(&heard), 1);
            drop(output);
            until("the end of all threads", || {
                (threads() <= before).then_some(())
            });
        }
    });
}

#[test]
fn a_file_is_played_into_at_the_clocks_pace_and_can_be_read_at_any_time() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sound.wav");
    let calls = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::clone(&calls);
    let mut samples = tone(HERTZ, LEVEL, 1.0).into_iter().cycle();
    let render = move |out: &mut [f32], moment: Moment| {
        own.lock().unwrap().push((moment, out.len()));
        out.iter_mut()
            .for_each(|sample| *sample = samples.next().unwrap());
    };
    let output = WavOutput::create(&path, render, |_| {}).unwrap();
    until("a second and a half", || {
        (calls.lock().unwrap().len() > 150).then_some(())
    });
    let early = wav(&path);
    assert!(early.len() >= 48_000 && is_tone(&early[..24_000]));
    drop(output);
    let all = wav(&path);
    let calls = calls.lock().unwrap();
    assert_eq!(all.len(), calls.len() * 480);
    assert!(is_tone(&all[..24_000]));
    for pair in calls.windows(2) {
        let step = pair[1].0.at - pair[0].0.at;
        assert!(step >= Duration::from_millis(10), "{step:?}");
    }
}

/// The left side of a file as its header describes it, by sox.
fn wav(path: &std::path::Path) -> Vec<f32> {
    let sox = Command::new("sox")
        .arg(path)
        .args(["-t", "f32", "-c", "2", "-"])
        .output();
    let bytes = sox.expect("sox must be installed").stdout;
    let samples = bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|own| f32::from_le_bytes(*own));
    side(&samples.collect::<Vec<f32>>(), 0)
}
