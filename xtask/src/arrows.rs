//! The arrows of the architecture: who may depend on whom, checked against what cargo knows.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::process::run as run_program;
use crate::workspace::Workspace;

/// What one crate may depend on in normal and build dependencies; development dependencies are free.
struct Rule {
    package: &'static str,
    /// The crates of this workspace it may name.
    ours: &'static [&'static str],
    /// Foreign crates it must not reach, however far away.
    never: &'static [&'static str],
    reason: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        package: "tightrope-rfb",
        ours: &[],
        never: &["tokio", "rustls", "turbojpeg"],
        reason: "rfb is a pure state machine at the bottom: bytes and time in, bytes and events out",
    },
    Rule {
        package: "tightrope-tight",
        ours: &["tightrope-rfb"],
        never: &["tokio", "rustls"],
        reason: "an encoding turns pixels into bytes; connections and transports are not its business",
    },
    Rule {
        package: "tightrope-audio",
        ours: &["tightrope-rfb"],
        never: &["tokio", "rustls", "turbojpeg"],
        reason: "audio turns samples into packets and back; connections and transports are not its business",
    },
    Rule {
        package: "tightrope-transport",
        ours: &["tightrope-rfb"],
        never: &["turbojpeg", "opus", "cpal"],
        reason: "transport moves a connection's bytes and learns of codecs only by injection",
    },
    Rule {
        package: "tightrope",
        ours: &[
            "tightrope-rfb",
            "tightrope-tight",
            "tightrope-audio",
            "tightrope-transport",
        ],
        never: &["x11rb", "winit"],
        reason: "the facade joins the three; it is embedded, so it knows no platform and no program",
    },
    Rule {
        package: "tightrope-blocking",
        ours: &["tightrope"],
        never: &["x11rb", "winit"],
        reason: "it is the facade without async, for the bindings",
    },
    Rule {
        package: "tightrope-c",
        ours: &["tightrope", "tightrope-blocking"],
        never: &["x11rb", "winit"],
        reason: "a binding is a border around the facade: what it does, others do",
    },
    Rule {
        package: "tightrope-lab",
        ours: &["tightrope"],
        never: &["x11rb", "winit"],
        reason: "recordings are of pictures and streams, wherever they come from",
    },
    Rule {
        package: "tightrope-python",
        ours: &["tightrope", "tightrope-blocking", "tightrope-lab"],
        never: &["x11rb", "winit"],
        reason: "it hands Python what embedders and experiments get, and no program",
    },
    Rule {
        package: "tightrope-agent",
        ours: &["tightrope", "tightrope-rfb", "tightrope-lab"],
        never: &["winit"],
        reason: "the agent holds only what belongs to X11; everything an embedder needs is in the facade",
    },
    Rule {
        package: "tightrope-viewer",
        ours: &["tightrope", "tightrope-rfb", "tightrope-lab"],
        never: &[],
        reason: "the viewer holds only window and presentation; everything an embedder needs is in the facade",
    },
    Rule {
        package: "tightrope-testkit",
        // Recordings, sound and transport only for the oracles of fuzzing: features that nobody below them asks for.
        ours: &[
            "tightrope-rfb",
            "tightrope-tight",
            "tightrope-audio",
            "tightrope-transport",
            "tightrope-lab",
        ],
        never: &[],
        reason: "the testkit serves the tests of the lower crates, and no product carries it",
    },
    Rule {
        package: "tightrope-bench",
        ours: &["tightrope", "tightrope-lab", "tightrope-agent"],
        never: &["winit"],
        reason: "the instrument measures what embedders get, the facade, on recordings; and the agent, on a desktop it paints on",
    },
    Rule {
        package: "xtask",
        ours: &[],
        never: &["turbojpeg", "tokio"],
        reason: "xtask is built before the system packages are there, so it needs no C library and none of ours",
    },
];

/// Checks the workspace; says so on standard error.
///
/// # Errors
/// An arrow points where it must not: each is named with the reason.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let members = members(workspace.metadata());
    let mut wrong = wrong_arrows(&members);
    for rule in RULES.iter().filter(|rule| !rule.never.is_empty()) {
        wrong.extend(forbidden(rule, &reached(workspace, rule.package)?));
    }
    if !wrong.is_empty() {
        bail!("wrong arrows between crates:\n  {}", wrong.join("\n  "));
    }
    eprintln!(
        "arrows: {} crates depend only on what they may",
        members.len()
    );
    Ok(())
}

/// A crate of the workspace and the names of those of its workspace dependencies that its users get too.
struct Member {
    name: String,
    ours: BTreeSet<String>,
}

fn members(metadata: &Value) -> Vec<Member> {
    let list = |value: &Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let text = |value: &Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let member = |package: &Value| {
        let dependencies = list(package, "dependencies");
        // A dependency with a path is one of ours; `kind` is null for a normal one, else "dev" or "build".
        let ours = dependencies
            .iter()
            .filter(|d| d.get("path").is_some() && text(d, "kind") != "dev");
        Member {
            name: text(package, "name"),
            ours: ours.map(|dependency| text(dependency, "name")).collect(),
        }
    };
    list(metadata, "packages").iter().map(member).collect()
}

fn wrong_arrows(members: &[Member]) -> Vec<String> {
    let mut wrong = Vec::new();
    for Member { name, ours } in members {
        let Some(rule) = RULES.iter().find(|rule| rule.package == name) else {
            wrong.push(format!(
                "{name} has no rule: say what it may depend on in xtask/src/arrows.rs"
            ));
            continue;
        };
        for target in ours
            .iter()
            .filter(|target| !rule.ours.contains(&target.as_str()))
        {
            wrong.push(format!("{name} -> {target}: {}", rule.reason));
        }
    }
    wrong
}

/// The packages a crate reaches by normal dependencies, on this platform.
fn reached(workspace: &Workspace, package: &str) -> Result<BTreeSet<String>> {
    let mut tree = workspace.cargo();
    tree.args([
        "tree",
        "--locked",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
        "--package",
        package,
    ]);
    // The first call on a new machine downloads the index of the registry and the sources.
    let text = run_program(&mut tree, Duration::from_secs(600))?;
    Ok(text
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect())
}

fn forbidden(rule: &Rule, reached: &BTreeSet<String>) -> Vec<String> {
    let found = rule.never.iter().filter(|name| reached.contains(**name));
    let advice = |name| {
        format!(
            "`cargo tree --edges normal --package {} --invert {name}` shows the way",
            rule.package
        )
    };
    found
        .map(|name| {
            format!(
                "{} -> … -> {name}: {} ({})",
                rule.package,
                rule.reason,
                advice(name)
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, ours: &[&str]) -> Member {
        Member {
            name: name.to_owned(),
            ours: ours.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn an_arrow_that_points_up_is_named_with_the_reason() {
        let wrong = wrong_arrows(&[member("tightrope-rfb", &["tightrope-tight"])]);
        assert_eq!(wrong.len(), 1);
        assert!(
            wrong[0].starts_with("tightrope-rfb -> tightrope-tight: rfb is a pure state machine"),
            "{wrong:?}"
        );
    }

    #[test]
    fn no_product_may_carry_the_testkit() {
        for rule in RULES {
            let wrong = wrong_arrows(&[member(rule.package, &["tightrope-testkit"])]);
            assert_eq!(wrong.len(), 1, "{}", rule.package);
        }
    }

    #[test]
    fn a_crate_without_a_rule_is_not_let_through() {
        assert!(wrong_arrows(&[member("tightrope-new", &[])])[0].contains("no rule"));
    }

    #[test]
    fn development_dependencies_are_free() {
        let metadata = serde_json::json!({ "packages": [{ "name": "tightrope-rfb", "dependencies": [
            { "name": "tightrope-testkit", "path": "/somewhere/testkit", "kind": "dev" },
            { "name": "tightrope-tight", "path": "/somewhere/tight", "kind": null },
            { "name": "bytes", "kind": null },
        ]}]});
        let members = members(&metadata);
        assert_eq!(
            members[0].ours,
            BTreeSet::from(["tightrope-tight".to_owned()])
        );
    }

    #[test]
    fn a_forbidden_crate_far_away_is_found() {
        let rule = RULES
            .iter()
            .find(|rule| rule.package == "tightrope-rfb")
            .unwrap();
        let reached = BTreeSet::from([
            "tightrope-rfb".to_owned(),
            "bytes".to_owned(),
            "tokio".to_owned(),
        ]);
        assert_eq!(forbidden(rule, &reached).len(), 1);
    }
}
