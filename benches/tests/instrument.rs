//! The program, on a small recording.
#![cfg(test)]

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use lab::vtz::Writer;
use serde_json::Value;
use testkit::scenes;
use tightrope::{Framebuffer, Rect, Region, Size};

const SIZE: Size = Size::new(300, 200);

/// A still picture, one that changed a little, and one that changed all over.
fn record(path: &Path) {
    let mut writer = Writer::create(path, SIZE, 3).unwrap();
    let mut dotted = scenes::desktop(SIZE);
    let dot = Rect::new(70, 70, 10, 10);
    dotted.view_mut(dot).unwrap().fill([1, 2, 3, 0]);
    let pictures: [(Framebuffer, Region); 3] = [
        (scenes::desktop(SIZE), SIZE.into()),
        (dotted, dot.into()),
        (scenes::gradient(SIZE), SIZE.into()),
    ];
    for (second, (picture, damage)) in (0..).zip(&pictures) {
        writer.take(picture.view(), damage);
        writer.write(Duration::from_secs(second)).unwrap();
    }
    writer.finish().unwrap();
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tightrope-bench"));
    command.current_dir(directory).args(arguments);
    command.output().unwrap()
}

/// The one object it prints.
fn figures(directory: &Path, arguments: &[&str]) -> Value {
    let output = run(directory, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn what_is_sent_lossless_is_equal_and_what_is_lossy_is_close() {
    let directory = tempfile::tempdir().unwrap();
    record(&directory.path().join("scene.vtz"));
    let codec = ["codec", "--session", "scene.vtz", "--compress", "2"];
    let exact = figures(
        directory.path(),
        &[&codec[..], &["--quality", "lossless"]].concat(),
    );
    assert_eq!(exact["session"], "scene");
    assert_eq!(
        (&exact["frames"], &exact["quality"]),
        (&3.into(), &(-1).into())
    );
    assert_eq!(
        (&exact["lossless"], &exact["psnr_db"]),
        (&true.into(), &99.0.into())
    );
    // All of it twice, and one tile.
    assert_eq!(exact["changed_mpx"], 0.124);
    let lossy = figures(
        directory.path(),
        &[&codec[..], &["--quality", "4"]].concat(),
    );
    let psnr = lossy["psnr_db"].as_f64().unwrap();
    assert!(lossy["lossless"] == false && psnr > 20.0, "{lossy}");
    assert!(lossy["bytes"].as_u64() < exact["bytes"].as_u64(), "{lossy}");
}

#[test]
fn a_stream_that_was_kept_decodes_to_the_same_figures() {
    let directory = tempfile::tempdir().unwrap();
    record(&directory.path().join("scene.vtz"));
    let session = ["--session", "scene.vtz"];
    let kept = [
        "--quality",
        "6",
        "--compress",
        "1",
        "--stream-out",
        "scene.rfbs",
    ];
    let made = figures(
        directory.path(),
        &[&["codec"], &session[..], &kept].concat(),
    );
    let stream = ["decode", "--stream", "scene.rfbs", "--repeat", "2"];
    let read = figures(directory.path(), &[&stream[..], &session].concat());
    for field in [
        "frames",
        "changed_mpx",
        "bytes",
        "psnr_db",
        "worst_psnr_db",
        "ssim",
        "kinds",
    ] {
        assert_eq!(made[field], read[field], "{field}");
    }
    assert!(read["encode_cpu_s"].is_null() && read["quality"].is_null());
}

#[test]
fn a_file_that_is_no_recording_is_an_error_that_names_it() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("other.vtz"), b"GIF89a").unwrap();
    let codec = [
        "codec",
        "--quality",
        "8",
        "--compress",
        "2",
        "--session",
        "other.vtz",
    ];
    let output = run(directory.path(), &codec);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && errors.contains("cannot read other.vtz"),
        "{errors}"
    );
}

#[test]
fn libvncserver_is_measured_on_the_same_recording_and_put_into_tables_and_plots() {
    let directory = tempfile::tempdir().unwrap();
    record(&directory.path().join("scene.vtz"));
    let document = directory.path().join("figures.md");
    let marks = "before\n<!-- figures: begin -->\nold\n<!-- figures: end -->\nafter\n";
    std::fs::write(&document, marks).unwrap();
    let peers = ["peers", "--session", "scene.vtz", "--repeat", "1"];
    let files = [
        "--markdown",
        "figures.md",
        "--svg",
        "plots",
        "--streams-out",
        "streams",
    ];
    let levels = ["--at", "lossless/2", "4/3"];
    let output = run(directory.path(), &[&peers[..], &files, &levels].concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");

    let lines = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let encoders: Vec<_> = lines
        .iter()
        .map(|line| (line["encoder"].as_str().unwrap(), line["copy"] == true))
        .collect();
    let three = [
        ("libvncserver", false),
        ("tightrope", true),
        ("tightrope", false),
    ];
    assert_eq!(encoders, [three, three].concat());
    assert!(
        lines[..3].iter().all(|line| line["lossless"] == true),
        "{lines:?}"
    );
    assert!(
        lines[3..]
            .iter()
            .all(|line| line["bytes"].as_u64() < lines[0]["bytes"].as_u64())
    );

    let text = std::fs::read_to_string(document).unwrap();
    assert!(text.starts_with("before\n") && text.ends_with("after\n") && !text.contains("old"));
    assert!(
        text.contains("### Lossless, compression 2") && text.contains("| scene "),
        "{text}"
    );
    for plot in ["plots/cpu.svg", "plots/psnr.svg"] {
        let svg = std::fs::read_to_string(directory.path().join(plot)).unwrap();
        assert!(
            svg.contains(">LibVNCServer<") && svg.ends_with("</svg>\n"),
            "{plot}"
        );
    }
    // What LibVNCServer made is read by `decode` as by LibVNCClient.
    let stream = ["--stream", "streams/scene-4-3-libvncserver.rfbs"];
    let decode = ["decode", "--session", "scene.vtz"];
    let read = figures(directory.path(), &[&decode[..], &stream].concat());
    assert_eq!(read["psnr_db"], lines[3]["psnr_db"]);
}

#[test]
fn threads_are_measured_side_by_side() {
    let directory = tempfile::tempdir().unwrap();
    record(&directory.path().join("scene.vtz"));
    let scaling = ["scaling", "--session", "scene.vtz", "--threads", "3"];
    let level = ["--quality", "8", "--compress", "2", "--repeat", "1"];
    let line = figures(directory.path(), &[&scaling[..], &level].concat());
    assert_eq!((&line["threads"], &line["quality"]), (&3.into(), &8.into()));
    assert!(
        line["alone_s"].as_f64() > Some(0.0) && line["ratio"].as_f64() > Some(0.0),
        "{line}"
    );
}

#[test]
fn sound_and_picture_of_a_real_desktop_are_measured() {
    let directory = tempfile::tempdir().unwrap();
    record(&directory.path().join("scene.vtz"));
    let av = ["av", "--transport", "quic", "--samples", "4", "--music"];
    let load = ["--load", "scene.vtz", "--speed", "4", "--rtt", "10ms"];
    let line = figures(directory.path(), &[&av[..], &load].concat());
    assert_eq!(
        (&line["transport"], &line["load"]),
        (&"quic".into(), &"scene".into())
    );
    assert_eq!(line["rtt_ms"], 10.0);
    let (samples, missing) = (line["samples"].as_u64(), line["missing"].as_u64());
    assert_eq!(
        samples.zip(missing).map(|(some, rest)| some + rest),
        Some(4),
        "{line}"
    );
    assert!(samples > Some(0), "{line}");
    for field in ["skew_ms", "delay_ms"] {
        let shares = &line[field];
        assert!(shares["p50"].as_f64() <= shares["p95"].as_f64(), "{line}");
        assert!(shares["p50"].is_f64(), "{line}");
    }
    // Music never stops, so there are frames all the time.
    assert!(line["packets"].as_u64() > Some(100), "{line}");
    assert!(
        line["down_kbit_s"].as_f64() > Some(0.0) && line["underruns"].is_u64(),
        "{line}"
    );
}

#[test]
fn a_pixel_of_a_real_desktop_is_followed_to_the_client_and_that_of_others_too() {
    let directory = tempfile::tempdir().unwrap();
    record(&directory.path().join("scene.vtz"));
    let measured = |arguments: &[&str]| {
        let line = figures(directory.path(), &[&["latency"], arguments].concat());
        let latency = &line["latency_ms"];
        let [half, most, nearly_all] = ["p50", "p95", "p99"].map(|share| latency[share].as_f64());
        assert!(
            half > Some(0.0) && half <= most && most <= nearly_all,
            "{line}"
        );
        let (least, greatest) = (line["min_ms"].as_f64(), line["max_ms"].as_f64());
        assert!(least <= half && nearly_all <= greatest, "{line}");
        assert!(
            line["cpu"]["agent"].is_f64() && line["cpu"]["viewer"].is_f64(),
            "{line}"
        );
        line
    };
    let full = measured(&["--size", "full", "--samples", "2", "--transport", "quic"]);
    assert_eq!(
        (&full["size"], &full["samples"]),
        (&"full".into(), &2.into())
    );
    assert!(
        full["against"].is_null() && full["echo_ms"].is_null(),
        "{full}"
    );
    let link = ["--rtt", "20ms", "--rate", "10mbit"];
    let load = ["--samples", "3", "--load", "scene.vtz", "--load-speed", "4"];
    let typed = measured(&[&link[..], &load].concat());
    assert_eq!(
        (&typed["transport"], &typed["load"]),
        (&"tls".into(), &"scene".into())
    );
    assert_eq!(
        (&typed["rtt_ms"], &typed["rate_mbit"]),
        (&20.0.into(), &10.0.into())
    );
    // A way there for the key, and one back for the pixel.
    assert!(typed["latency_ms"]["p50"].as_f64() >= Some(10.0), "{typed}");
    assert!(typed["echo_ms"]["p50"].as_f64() >= Some(20.0), "{typed}");
    let theirs = measured(&["--samples", "3", "--against", "xtigervnc"]);
    assert_eq!(
        (&theirs["against"], &theirs["transport"]),
        (&"xtigervnc".into(), &"tcp".into())
    );
}

#[test]
fn a_photograph_as_large_as_the_screen_has_no_room_for_a_load() {
    let directory = tempfile::tempdir().unwrap();
    record(&directory.path().join("scene.vtz"));
    let full = ["latency", "--size", "full", "--load", "scene.vtz"];
    let output = run(directory.path(), &full);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && errors.contains("--load goes with --size 64x64"),
        "{errors}"
    );
}

#[test]
fn sound_without_flashes_needs_to_know_how_long() {
    let directory = tempfile::tempdir().unwrap();
    let output = run(directory.path(), &["av", "--samples", "0"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && errors.contains("--samples 0 needs --seconds"),
        "{errors}"
    );
}
