//! The daemon of tests starts, plays, and comes back.

use tightrope_testkit::pulse::Pulse;
use tightrope_testkit::tone::tone;

#[test]
fn a_daemon_has_the_sinks_asked_for_and_comes_back_with_them() {
    let mut pulse = Pulse::start(&["first", "second"]);
    let sinks = pulse.pactl(&["list", "short", "sinks"]);
    assert!(
        sinks.contains("first") && sinks.contains("second"),
        "{sinks}"
    );
    assert_eq!(pulse.pactl(&["get-default-sink"]).trim(), "first");
    pulse.play("second", tone(440.0, 0.5, 0.2)).finish();
    pulse.kill();
    pulse.restart();
    assert_eq!(pulse.pactl(&["list", "short", "sinks"]), sinks);
}
