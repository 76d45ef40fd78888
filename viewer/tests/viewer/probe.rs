//! `--probe` over links that are known.

use crate::desk::{Desk, eventually};
use crate::process::{Ending, Viewer};
use lab::link::{LinkSettings, Rates, Relay};
use serde_json::Value;
use std::time::Duration;
use tightrope::{ServerConfig, ServerEvent, Size};
use tokio::runtime::Runtime;

const SIZE: Size = Size::new(320, 200);

fn probe(desk: &Desk, flags: &[&str]) -> Ending {
    let credentials = desk.credentials();
    let flags = flags.iter().copied();
    Viewer::start(
        None,
        ["--probe", "--credentials", &credentials]
            .into_iter()
            .chain(flags),
    )
    .ending()
}

fn report(ending: &Ending) -> Value {
    serde_json::from_str(&ending.output).unwrap_or_else(|_| panic!("{ending:?}"))
}

fn is_near(found: &Value, wanted: f64, tolerance: f64) -> bool {
    let found = found.as_f64();
    found.is_some_and(|found| (found / wanted - 1.0).abs() <= tolerance)
}

/// Measures over a relay like this until it is right, as other programs may need the machine meanwhile.
fn finds(mbit: u64, rtt_ms: u32, scheme: &str) {
    let desk = Desk::open(SIZE);
    let runtime = Runtime::new().unwrap();
    let settings = LinkSettings {
        rate: Rates::steady(mbit * 1_000_000),
        rtt: Duration::from_millis(rtt_ms.into()),
        ..LinkSettings::default()
    };
    let target = desk.server.address();
    let relay = runtime.block_on(async {
        match scheme {
            "quic" => Relay::udp(target, &settings).await,
            _ => Relay::tcp(target, &settings).await,
        }
    });
    let relay = relay.unwrap();
    let url = format!("{scheme}://{}", relay.address());
    eventually("the link is measured rightly", || {
        let ending = probe(&desk, &[&url, "--max-rtt=1s"]);
        let link = report(&ending);
        eprintln!("{mbit} Mbit/s, {rtt_ms} ms, {scheme}: {link}");
        let is_right = is_near(&link["rate_down_mbit"], mbit as f64, 0.2)
            && is_near(&link["rate_up_mbit"], mbit as f64, 0.2)
            && is_near(&link["rtt_ms"], rtt_ms.into(), 0.1);
        is_right.then_some(())
    });
}

#[test]
fn a_slow_link_is_measured() {
    finds(2, 40, "vncs");
}

#[test]
fn a_link_as_at_home_is_measured() {
    finds(20, 40, "vncs");
}

#[test]
fn a_fast_link_is_measured() {
    finds(100, 40, "vncs");
}

#[test]
fn a_link_of_quic_is_measured() {
    finds(20, 40, "quic");
}

#[test]
fn probing_uses_nothing_up_and_is_no_session() {
    let desk = Desk::with(ServerConfig {
        uses: Some(1),
        ..ServerConfig::new(SIZE).unwrap()
    });
    for _ in 0..2 {
        let ending = probe(&desk, &[]);
        assert_eq!(ending.code, 0, "{ending:?}");
        assert_eq!(report(&ending)["good_enough"], true);
    }
    assert_eq!(desk.server.sessions(), 0);
    let credentials = desk.credentials();
    let flags = ["--headless", "--credentials", &credentials, "--for", "0.1"];
    assert_eq!(Viewer::start(None, flags).ending().code, 0);
    let first = desk.expect("an event", Some);
    assert!(matches!(first, ServerEvent::Connected { .. }), "{first:?}");
    let ending = probe(&desk, &[]);
    assert_eq!(ending.code, 4, "used up: {ending:?}");
    assert!(ending.errors.contains("used as often"), "{ending:?}");
}

#[test]
fn a_link_that_is_not_good_enough_ends_with_its_own_code_and_the_reasons() {
    let desk = Desk::open(SIZE);
    let ending = probe(&desk, &["--max-rtt=0ms"]);
    assert_eq!(ending.code, 3, "{ending:?}");
    let report = report(&ending);
    assert_eq!(report["good_enough"], false);
    assert!(
        report["reasons"][0]
            .as_str()
            .unwrap()
            .contains("round trip")
    );
}

#[test]
fn who_is_refused_or_finds_nobody_learns_nothing() {
    let desk = Desk::open(SIZE);
    let secret = desk.path("secret");
    std::fs::write(&secret, "mistaken\n").unwrap();
    let print = desk.server.fingerprint().unwrap().to_string();
    let url = desk.server.url();
    let flags = [
        "--probe",
        &url,
        "--fingerprint",
        &print,
        "--password-file",
        secret.to_str().unwrap(),
    ];
    let ending = Viewer::start(None, flags).ending();
    assert_eq!((ending.code, ending.output.as_str()), (4, ""), "{ending:?}");
    let ending = probe(&desk, &["vncs://127.0.0.1:1"]);
    assert_eq!((ending.code, ending.output.as_str()), (1, ""), "{ending:?}");
}

#[test]
fn a_server_that_knows_no_probes_is_measured_as_far_as_it_goes() {
    let desk = Desk::open_insecure(SIZE);
    let url = format!("vnc://{}", desk.server.address());
    let ending = Viewer::start(None, ["--probe", &url, "--insecure"]).ending();
    assert_eq!(ending.code, 0, "{ending:?}");
    assert!(report(&ending)["rtt_ms"].is_number());
}
