//! `link` on a small recording.
#![cfg(test)]

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use lab::vtz::Writer;
use serde_json::Value;
use testkit::scenes;
use tightrope::{Framebuffer, Rect, Region, Size};

/// A desktop on which a bar changes, `count` pictures in all.
fn record(path: &Path, size: Size, count: u8) {
    let mut writer = Writer::create(path, size, 1).unwrap();
    let mut picture: Framebuffer = scenes::desktop(size);
    let mut damage = Region::from(size);
    for number in 0..count {
        writer.take(picture.view(), &damage);
        let time = Duration::from_millis(200) * u32::from(number);
        writer.write(time).unwrap();
        let bar = Rect::new(0, 64, size.width, 40);
        picture
            .view_mut(bar)
            .unwrap()
            .fill([number, 200, 30 * number, 0]);
        damage = bar.into();
    }
    writer.finish().unwrap();
}

fn link(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tightrope-bench"));
    command.current_dir(directory).arg("link").args(arguments);
    command.output().unwrap()
}

/// The line of `scene.vtz`.
fn line(directory: &Path, arguments: &[&str]) -> Value {
    let output = link(
        directory,
        &[&["--session", "scene.vtz"], arguments].concat(),
    );
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn pictures_arrive_whole_over_every_transport() {
    let directory = tempfile::tempdir().unwrap();
    record(&directory.path().join("scene.vtz"), Size::new(400, 200), 4);
    for transport in ["tcp", "tls", "ws", "quic"] {
        let line = line(
            directory.path(),
            &[
                "--transport",
                transport,
                "--quality",
                "lossless",
                "--rtt",
                "20ms",
            ],
        );
        assert_eq!(
            (&line["session"], &line["transport"]),
            (&"scene".into(), &transport.into())
        );
        assert_eq!(
            (&line["pictures"], &line["rtt_ms"]),
            (&3.into(), &20.0.into())
        );
        // On a machine with much to do some may be skipped, but not the last.
        assert!(line["arrived"].as_u64().unwrap() >= 1, "{line}");
        assert_eq!(line["psnr_db"], 99.0, "{line}");
        // Half a round trip at least.
        assert!(
            line["latency_ms"]["p50"].as_f64().unwrap() >= 10.0,
            "{line}"
        );
        assert!(line["lossless_ms"].as_f64().unwrap() >= 10.0, "{line}");
        assert!(line["mbit_mean"].as_f64().unwrap() > 0.0, "{line}");
    }
}

#[test]
fn music_a_cap_and_a_step_of_the_rate_have_figures() {
    let directory = tempfile::tempdir().unwrap();
    record(&directory.path().join("scene.vtz"), Size::new(400, 200), 8);
    let step = [
        "--rate",
        "8mbit,2mbit@500ms",
        "--audio",
        "--max-rate",
        "6mbit",
    ];
    let line = line(directory.path(), &step);
    assert_eq!(
        (&line["rate_mbit"], &line["max_rate_mbit"]),
        (&8.0.into(), &6.0.into())
    );
    assert_eq!(line["adapts"], true);
    assert!(line["recover_ms"].is_number(), "{line}");
    assert!(line["max_rate_excess"].is_number(), "{line}");
    assert!(line["audio"]["underruns"].is_number(), "{line}");
    assert!(
        line["audio"]["delay_ms"]["p50"].as_f64() > Some(0.0),
        "{line}"
    );
}

#[test]
fn what_cannot_be_measured_is_said_in_so_many_words() {
    let directory = tempfile::tempdir().unwrap();
    record(&directory.path().join("scene.vtz"), Size::new(400, 200), 2);
    record(&directory.path().join("small.vtz"), Size::new(128, 128), 2);
    let cases: [(&[&str], &str); 6] = [
        (&["--session", "none.vtz"], "none.vtz"),
        (&["--session", "small.vtz"], "no room for their number"),
        (&["--session", "scene.vtz", "--speed", "0"], "above 0"),
        (
            &[
                "--session",
                "scene.vtz",
                "--against",
                "xtigervnc",
                "--max-rate",
                "1mbit",
            ],
            "--max-rate",
        ),
        (
            &["--session", "scene.vtz", "--max-rate", "2mbit,1mbit@1s"],
            "one rate",
        ),
        (
            &[
                "--session",
                "scene.vtz",
                "--against",
                "vnc://127.0.0.1:1",
                "--display",
                ":239",
            ],
            "239",
        ),
    ];
    for (arguments, words) in cases {
        let output = link(directory.path(), arguments);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(output.stdout.is_empty());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains(words), "{arguments:?}: {errors}");
    }
}
