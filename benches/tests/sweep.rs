//! The sweep, with a program in the place of `link` that says what it was told.
#![cfg(test)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Fails at 3 Mbit/s, prints nothing at 4, hangs at 5; otherwise prints figures. Each call leaves a line.
const LINK: &str = r#"
echo "$@" >> calls
case "$*" in
*3mbit*) echo 'error: no "display"' >&2; exit 2;;
*4mbit*) echo 'progress'; exit 0;;
*5mbit*) exec sleep 1000;;
esac
echo 'a word before'
echo '{"session":"a","mbit_mean":1.5,"latency_ms":{"p50":40.5,"p95":null},"mbit_over_time":[1,2]}'
"#;

fn prepare(directory: &Path) {
    // A shell, told `link …`, runs the file of that name.
    fs::write(directory.join("link"), LINK).unwrap();
    fs::write(directory.join("a.vtz"), "").unwrap();
}

fn sweep(directory: &Path, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tightrope-bench"))
        .current_dir(directory)
        .args([
            "sweep",
            "--program",
            "sh",
            "--session",
            "a.vtz",
            "--out",
            "out",
        ])
        .args(arguments.split_whitespace())
        .output()
        .unwrap()
}

fn lines(directory: &Path) -> Vec<Value> {
    let text = fs::read_to_string(directory.join("out/sweep.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn calls(directory: &Path) -> usize {
    let calls = fs::read_to_string(directory.join("calls")).unwrap();
    calls.lines().count()
}

#[test]
fn every_combination_has_a_line_and_is_measured_once() {
    let directory = tempfile::tempdir().unwrap();
    prepare(directory.path());
    let asked = "--rate 2mbit,20mbit,6mbit@1s --quality auto,8 --against xtigervnc";
    let output = sweep(directory.path(), asked);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(
        errors.contains("5/6 83 %") && errors.contains("left"),
        "{errors}"
    );
    let all = lines(directory.path());
    assert_eq!((all.len(), calls(directory.path())), (6, 6));
    assert!(
        all.iter()
            .all(|line| line["ok"] == true && line["mbit_mean"] == 1.5)
    );
    assert_eq!(all[0]["combination"]["quality"], "auto");
    let table = fs::read_to_string(directory.path().join("out/sweep.csv")).unwrap();
    let head = table.lines().next().unwrap();
    assert!(
        head.starts_with("combination.against,combination.audio,"),
        "{head}"
    );
    assert!(head.contains("latency_ms.p50") && table.lines().count() == 7);
    // Again: nothing is left to do. With one value more, that alone.
    assert!(sweep(directory.path(), asked).status.success());
    assert_eq!(calls(directory.path()), 6);
    assert!(
        sweep(directory.path(), "--rate 2mbit,7mbit")
            .status
            .success()
    );
    assert_eq!(calls(directory.path()), 7);
}

#[test]
fn what_fails_has_a_line_the_rest_goes_on_and_the_end_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    prepare(directory.path());
    let output = sweep(
        directory.path(),
        "--rate 3mbit,4mbit,5mbit,6mbit --limit 1s",
    );
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(errors.contains("3 of 4 combinations failed"), "{errors}");
    let all = lines(directory.path());
    let said = |index: usize| all[index]["error"].as_str().unwrap().to_owned();
    assert!(said(0).contains("2: error: no \"display\""), "{}", said(0));
    assert!(said(1).contains("no figures"), "{}", said(1));
    assert!(said(2).contains("longer than 1 s"), "{}", said(2));
    assert_eq!(all[3]["ok"], true);
    // Those that failed are tried again, and have one line still.
    assert!(
        !sweep(directory.path(), "--rate 3mbit,6mbit")
            .status
            .success()
    );
    assert_eq!(calls(directory.path()), 5);
    let all = lines(directory.path());
    let again: Vec<&Value> = all.iter().filter(|line| line["ok"] == false).collect();
    assert_eq!((all.len(), again.len()), (2, 1));
}

#[test]
fn a_line_that_was_being_written_is_measured_again() {
    let directory = tempfile::tempdir().unwrap();
    prepare(directory.path());
    assert!(
        sweep(directory.path(), "--rate 2mbit,6mbit")
            .status
            .success()
    );
    let path = directory.path().join("out/sweep.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() - 20]).unwrap();
    assert!(
        sweep(directory.path(), "--rate 2mbit,6mbit")
            .status
            .success()
    );
    assert_eq!(
        (lines(directory.path()).len(), calls(directory.path())),
        (2, 3)
    );
    // In the middle it was not this program.
    fs::write(&path, format!("broken\n{text}")).unwrap();
    let output = sweep(directory.path(), "--rate 2mbit,6mbit");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("sweep.jsonl: line 1"), "{errors}");
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        format!("broken\n{text}")
    );
}

#[test]
fn its_results_make_a_page() {
    let directory = tempfile::tempdir().unwrap();
    prepare(directory.path());
    sweep(
        directory.path(),
        "--rate 2mbit,3mbit --against xtigervnc --quality 8",
    );
    let output = Command::new(env!("CARGO_BIN_EXE_tightrope-bench"))
        .current_dir(directory.path())
        .args(["report", "out", "--out", "page.html", "--svg", "plots"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let page = fs::read_to_string(directory.path().join("page.html")).unwrap();
    assert!(page.contains("Xtigervnc") && page.contains("What failed"));
    let plot = fs::read_to_string(directory.path().join("plots/bit-rate-over-time-1.svg")).unwrap();
    assert!(plot.starts_with("<svg") && !plot.contains("var("));
}
