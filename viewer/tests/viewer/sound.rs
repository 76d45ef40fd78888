//! Sound: into a file, to a device of a real sound server, in the window's menu, and a microphone's way back.

use crate::desk::{Desk, eventually};
use crate::process::Viewer;
use crate::relay::Relay;
use crate::window::Scene;
use serde_json::Value;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use testkit::pulse::Pulse;
use testkit::tone::{frequency, heard, level, longest_gap, side, tone};
use tightrope::audio::device::WavOutput;
use tightrope::{Server, ServerConfig, Size};

const SIZE: Size = Size::new(400, 300);
const HERTZ: f64 = 440.0;
const LEVEL: f64 = 0.5;
/// In hertz: to have as much to play as it needs, a playout may be a little faster or slower for a while.
const NEAR: f64 = 3.0;
/// A tone is louder than this almost always, and silence never.
const QUIET: f32 = 0.02;
const END: u32 = 0xff57;
const ESCAPE: u32 = 0xff1b;
const F8: u32 = 0xffc5;
const LEFT: u32 = 0xff51;
const RETURN: u32 = 0xff0d;
const UP: u32 = 0xff52;

/// No sound server is there.
fn nowhere() -> [(&'static str, OsString); 1] {
    [("PULSE_SERVER", "unix:/nonexistent/sound".into())]
}

/// A tone that a desktop plays, until this is dropped.
struct Tone {
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// A desktop with a tone.
fn open() -> (Desk, Tone) {
    let desk = Desk::with(ServerConfig {
        sound: true,
        microphone: true,
        ..ServerConfig::new(SIZE).unwrap()
    });
    let end = Arc::new(AtomicBool::new(false));
    let (server, ended) = (desk.server.clone(), Arc::clone(&end));
    let thread = std::thread::spawn(move || play(&server, &ended));
    let thread = Some(thread);
    (desk, Tone { end, thread })
}

impl Drop for Tone {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

/// As a sound card would give it: 10 ms at a time.
fn play(server: &Server, ended: &AtomicBool) {
    let period = Duration::from_millis(10);
    // 440 Hz fits into a tenth of a second, so it goes on without a step.
    let tone = tone(HERTZ, LEVEL, 0.1);
    let mut at = Instant::now();
    for samples in tone.chunks(2 * 480).cycle() {
        if ended.load(Ordering::Relaxed) {
            return;
        }
        server.push_sound(samples, at);
        at += period;
        std::thread::sleep(at.saturating_duration_since(Instant::now()));
    }
}

/// A viewer without a window that obeys line by line.
fn driven(desk: &Desk, variables: &[(&str, OsString)], flags: &[&str]) -> Viewer {
    let credentials = desk.credentials();
    let base = ["--credentials", &credentials, "--headless", "--script", "-"];
    Viewer::start_with(
        None,
        variables,
        base.into_iter().chain(flags.iter().copied()),
    )
}

/// Waits until so many more packets came than `since`; how many there are then.
fn wait_for_packets(viewer: &mut Viewer, since: u64, more: u64) -> u64 {
    eventually("packets of sound", || {
        let packets = viewer.does("stats")["sound"]["packets"].as_u64()?;
        (packets >= since + more).then_some(packets)
    })
}

/// Waits until the server sends no sound; how many packets came before.
fn wait_until_none_come(viewer: &mut Viewer) -> u64 {
    eventually("no more packets", || {
        let packets = |viewer: &mut Viewer| viewer.does("stats")["sound"]["packets"].as_u64();
        let before = packets(viewer)?;
        viewer.does("wait 0.3");
        let after = packets(viewer)?;
        (before == after).then_some(after)
    })
}

/// The left side of a WAV file of 16 bits and two channels at 48 kHz.
fn read_wav(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!((&bytes[..4], &bytes[8..12]), (&b"RIFF"[..], &b"WAVE"[..]));
    assert_eq!((bytes[22], number(24), bytes[34]), (2, 48_000, 16));
    let data = &bytes[44..];
    assert_eq!(number(40) as usize, data.len());
    let samples = data.as_chunks().0.iter();
    let samples: Vec<f32> = samples
        .map(|&sample| f32::from(i16::from_le_bytes(sample)) / 32_768.0)
        .collect();
    side(&samples, 0)
}

/// Whether it is the desktop's tone, `gain` times as loud, and nothing else.
fn is_tone(samples: &[f32], gain: f64) -> bool {
    let loudness = level(samples, HERTZ) / LEVEL;
    (frequency(samples) - HERTZ).abs() < NEAR && (loudness / gain - 1.0).abs() < 0.1
}

/// The latest half second of `samples`, as far as there is one.
fn last(samples: &[f32]) -> Vec<f32> {
    let start = samples.len().saturating_sub(24_000);
    samples.get(start..).unwrap().to_vec()
}

/// The half second of `samples` in the middle.
fn middle(samples: &[f32]) -> &[f32] {
    let middle = samples.len() / 2;
    samples.get(middle - 12_000..middle + 12_001).unwrap()
}

#[test]
fn sound_is_stored_at_the_volume_asked_for_and_told_in_the_figures() {
    let (desk, _tone) = open();
    let file = desk.path("sound.wav");
    let place = file.to_str().unwrap();
    let mut viewer = driven(
        &desk,
        &nowhere(),
        &["--sound", place, "--volume", "50", "--stats"],
    );
    wait_for_packets(&mut viewer, 0, 75);
    viewer.says("quit");
    let ending = viewer.ending();
    assert_eq!(ending.code, 0, "{ending:?}");
    let samples = read_wav(&file);
    let heard = middle(heard(&samples, QUIET));
    assert!(is_tone(heard, 0.5), "{} Hz", frequency(heard));

    let sound = &ending.statistics()["sound"];
    assert_eq!(sound["format"], "opus, 2 channels, 20 ms, 80 kbit/s");
    assert!(sound["packets"].as_u64() >= Some(75), "{sound}");
    assert_eq!(sound["lost"], 0, "{sound}");
    let delay = sound["delay_ms"].as_f64().unwrap();
    assert!(delay > 0.0 && delay < 500.0, "{sound}");
    for figure in ["depth_ms", "target_ms", "drift_ppm"] {
        assert!(sound[figure].is_f64(), "{sound}");
    }
    for count in ["recovered", "concealed", "late", "underruns"] {
        assert!(sound[count].is_u64(), "{sound}");
    }
}

#[test]
fn what_is_muted_is_silent_and_not_sent() {
    let (desk, _tone) = open();
    let file = desk.path("sound.wav");
    let mut viewer = driven(
        &desk,
        &nowhere(),
        &["--sound", file.to_str().unwrap(), "--mute"],
    );
    wait_until_none_come(&mut viewer);
    viewer.does("mute off");
    wait_for_packets(&mut viewer, 0, 40);
    viewer.does("mute on");
    let muted = wait_until_none_come(&mut viewer);
    viewer.does("mute off");
    wait_for_packets(&mut viewer, muted, 40);
    viewer.does("quit");
    viewer.ending();
    let samples = read_wav(&file);
    let heard = heard(&samples, QUIET);
    assert!(longest_gap(heard, QUIET) > 48_000 / 4);
    let ends = [&heard[..12_000], &heard[heard.len() - 12_000..]];
    for end in ends {
        assert!((frequency(end) - HERTZ).abs() < NEAR);
    }
}

#[test]
fn without_a_window_no_sound_is_asked_for_unless_it_is_given() {
    let (desk, _tone) = open();
    let mut viewer = driven(&desk, &nowhere(), &[]);
    eventually("the first picture", || {
        viewer.does("stats")["first_picture_ms"].as_f64()
    });
    assert_eq!(viewer.does("stats")["sound"], Value::Null);
    assert!(!*desk.server.sound_wanted().borrow());
    viewer.does("mute on");
    let refused = viewer.ask("microphone on");
    assert!(refused["error"].as_str().unwrap().contains("microphone"));
}

#[test]
fn a_device_that_is_not_there_is_told_and_the_session_goes_on() {
    let (desk, _tone) = open();
    let pulse = Pulse::start(&["ears"]);
    let (there, nowhere) = (&pulse.environment()[..], &nowhere()[..]);
    for (variables, device, told) in [
        (there, "trumpet", "\"trumpet\"; there is pulseaudio:ears"),
        (nowhere, "auto", "/nonexistent/sound"),
        (
            there,
            "/nonexistent/sound.wav",
            "/nonexistent/sound.wav cannot be written",
        ),
    ] {
        let mut viewer = driven(&desk, variables, &["--sound", device]);
        wait_until_none_come(&mut viewer);
        viewer.does("type a");
        desk.expect_keys(&[(0x61, true), (0x61, false)]);
        viewer.does("quit");
        let ending = viewer.ending();
        assert_eq!(ending.code, 0, "{ending:?}");
        assert!(ending.errors.contains("no sound: "), "{}", ending.errors);
        assert!(ending.errors.contains(told), "{}", ending.errors);
    }
}

#[test]
fn sound_goes_on_over_another_connection_when_one_is_cut() {
    let (desk, _tone) = open();
    let relay = Relay::to(desk.server.address());
    let file = desk.path("sound.wav");
    let (url, place) = (relay.url(), file.to_str().unwrap());
    let mut viewer = driven(&desk, &nowhere(), &[&url, "--sound", place]);
    let before = wait_for_packets(&mut viewer, 0, 20);
    relay.cut(Some(desk.server.address()));
    eventually("another connection", || {
        (viewer.does("stats")["reconnects"] == 1).then_some(())
    });
    wait_for_packets(&mut viewer, before, 60);
    viewer.does("quit");
    assert_eq!(viewer.ending().code, 0);
    let samples = read_wav(&file);
    let heard = heard(&samples, QUIET);
    let end = &heard[heard.len() - 12_000..];
    assert!((frequency(end) - HERTZ).abs() < NEAR);
}

/// Keeps what a sink plays, until it is asked for it.
struct Recorder {
    child: Child,
    file: std::path::PathBuf,
}

impl Recorder {
    fn start(pulse: &Pulse, sink: &str, file: &Path) -> Self {
        let mut command = pulse.command("parec");
        command.args([
            "--raw",
            "--format=float32le",
            "--rate=48000",
            "--channels=2",
        ]);
        command.arg(format!("--device={sink}.monitor"));
        command.arg("--latency-msec=20");
        let output = std::fs::File::create(file).unwrap();
        let child = command.stdout(Stdio::from(output)).spawn().unwrap();
        let file = file.to_owned();
        Self { child, file }
    }
    /// The left side so far.
    fn samples(&self) -> Vec<f32> {
        let bytes = std::fs::read(&self.file).unwrap();
        let samples = bytes.as_chunks().0.iter();
        let samples: Vec<f32> = samples.map(|&sample| f32::from_le_bytes(sample)).collect();
        side(&samples, 0)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[test]
fn a_real_sound_server_plays_what_the_desktop_does() {
    let (desk, _tone) = open();
    let pulse = Pulse::start(&["ears", "other"]);
    let recorders = ["ears", "other"]
        .map(|sink| Recorder::start(&pulse, sink, &desk.path(&format!("{sink}.raw"))));
    let listed = Command::new(env!("CARGO_BIN_EXE_tightrope-viewer"))
        .arg("--list-sound-devices")
        .envs(pulse.environment())
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("output*\tpulseaudio:ears\t"), "{listed}");
    assert!(
        listed.contains("monitor\tpulseaudio:other.monitor\t"),
        "{listed}"
    );

    for (flag, recorder) in [("auto", &recorders[0]), ("other", &recorders[1])] {
        let mut viewer = driven(&desk, &pulse.environment(), &["--sound", flag]);
        eventually("the tone", || {
            viewer.does("still 1");
            is_tone(&last(&recorder.samples()), 1.0).then_some(())
        });
    }
}

#[test]
fn a_sound_server_that_is_started_anew_is_played_to_again() {
    let (desk, _tone) = open();
    let mut pulse = Pulse::start(&["ears"]);
    let mut viewer = driven(&desk, &pulse.environment(), &["--sound", "auto"]);
    wait_for_packets(&mut viewer, 0, 20);
    pulse.restart();
    let recorder = Recorder::start(&pulse, "ears", &desk.path("ears.raw"));
    eventually("sound again", || {
        viewer.does("still 1");
        let samples = recorder.samples();
        (heard(&samples, QUIET).len() > 24_000).then_some(())
    });
    viewer.does("quit");
    let errors = viewer.ending().errors;
    for told in ["the sound device is lost", "the sound device is back"] {
        assert!(errors.contains(told), "{errors}");
    }
}

#[test]
fn what_the_microphone_hears_is_played_on_the_desktop_when_both_sides_want_it() {
    let (desk, _tone) = open();
    let pulse = Pulse::start(&["ears", "mouth"]);
    let mut viewer = driven(
        &desk,
        &pulse.environment(),
        &["--sound", "ears", "--microphone=mouth"],
    );
    let _speaker = pulse.play("mouth", tone(HERTZ, LEVEL, 60.0));
    let microphone = desk.server.microphone();
    let heard_there = Arc::new(Mutex::new(Vec::new()));
    let keeps = Arc::clone(&heard_there);
    // A device of the desktop's, of which only the samples count.
    let _device = WavOutput::create(
        &desk.path("microphone.wav"),
        move |out, moment| {
            microphone.fill(out, moment.called, moment.at);
            keeps.lock().unwrap().extend_from_slice(out);
        },
        |_| {},
    );
    let latest = || last(&side(&heard_there.lock().unwrap(), 0));
    eventually("the tone", || {
        viewer.does("still 1");
        is_tone(&latest(), 1.0).then_some(())
    });
    viewer.does("microphone off");
    eventually("silence", || {
        heard(&latest(), QUIET).is_empty().then_some(())
    });
}

#[test]
fn the_menu_mutes_and_makes_quieter() {
    let (desk, _tone) = open();
    let pulse = Pulse::start(&["ears"]);
    let recorder = Recorder::start(&pulse, "ears", &desk.path("ears.raw"));
    let scene = Scene::with(desk, &pulse.environment(), &[]);
    scene.screen.expect(&scene.desk.picture, 0, 0);
    scene.screen.focus(scene.window);
    let press = |keys: &[u32]| {
        for &key in keys {
            scene.screen.key(key, true);
            scene.screen.key(key, false);
        }
    };
    let plays = |gain: f64| is_tone(&last(&recorder.samples()), gain).then_some(());
    eventually("the tone", || plays(1.0));
    // Disconnect, microphone, volume; then sound
    press(&[F8, END, UP, UP, LEFT, LEFT, LEFT, LEFT, LEFT]);
    eventually("half of it", || plays(0.5));
    press(&[UP, RETURN]);
    eventually("silence", || {
        heard(&last(&recorder.samples()), QUIET)
            .is_empty()
            .then_some(())
    });
    press(&[RETURN, ESCAPE]);
    eventually("the tone again", || plays(0.5));
}
