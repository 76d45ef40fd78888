//! noVNC, the client in a browser, in headless Chromium, against our agent behind websockify.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::super::Kit;
use super::super::cell::{Cell, Check, Side};
use super::super::matrix::Matrix;
use super::super::puppet::{Puppet, Texts};
use super::super::stage::{agent, free_port, password_of, wait_for_port};
use crate::process::Service;
use crate::programs::Agent;

pub(super) const NAME: &str = "noVNC";
const DRIVER: &str = include_str!("driver.py");
const PAGE: &str = include_str!("page.html");

const TEXTS: Texts<'_> = Texts {
    typed: "From noVNC: {[(\"A+b\" & 'C-d' | ~0.5% @ #1)]} é ß €",
    there: "over there: Grüße, 10 €, 漢字",
    back: "and back: Ærø, 20 £, かな",
};

/// With quality level 8: what is sent as JPEG our agent refreshes losslessly.
const ENCODINGS: &[(&str, i32)] = &[
    ("Tight", 7),
    ("TightPNG", -260),
    ("JPEG", 21),
    ("ZRLE", 16),
    ("Zlib", 6),
    ("Hextile", 5),
    ("RRE", 2),
    ("Raw", 0),
];

/// Plays its cells; an agent with and one without a password.
pub(super) fn play(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let version = version(&kit.novnc)?;
    for (security, encodings) in [("VncAuth", ENCODINGS), ("None", ENCODINGS.split_at(1).0)] {
        let directory = kit.directory_for(&format!("{NAME}-{security}"))?;
        let (agent, stage) = agent(kit, security, &directory)?;
        let port = free_port()?;
        let mut relay = Command::new("websockify");
        relay.arg(format!("127.0.0.1:{port}"));
        relay.arg(format!("127.0.0.1:{}", agent.port()?));
        let mut relay = Service::start("websockify", &mut relay, &directory)?;
        wait_for_port(&mut relay, port)?;
        for (index, (encoding, number)) in encodings.iter().enumerate() {
            let mut cell = Cell::new(NAME, &version, Side::Server, security, encoding);
            match Tab::open(kit, *number, port, &agent, &directory) {
                Ok(mut tab) => {
                    let picture = tab.puppet.check_picture(&stage, encoding, index);
                    cell.record(Check::Picture, picture);
                    if index == 0 {
                        tab.puppet.check_rest(&mut cell, &stage, TEXTS);
                    }
                }
                Err(error) => cell.fail(&error),
            }
            matrix.add(cell);
        }
    }
    Ok(())
}

/// A page in a browser of its own.
struct Tab {
    puppet: Puppet,
    _browser: Service,
}

impl Tab {
    fn open(kit: &Kit, encoding: i32, port: u16, agent: &Agent, directory: &Path) -> Result<Self> {
        let page = directory.join("page.html");
        std::fs::write(&page, PAGE)?;
        let mut driver = Command::new("python3");
        driver.args(["-c", DRIVER]).arg(&kit.novnc).arg(&page);
        let mut puppet = Puppet::start("driver", &mut driver, directory)?;
        let web = puppet.hear()?;
        let mut url = format!("http://127.0.0.1:{web}/?port={port}&encoding={encoding}");
        if agent.credentials.password.is_some() {
            url.push_str(&format!("&password={}", password_of(agent)?));
        }
        let mut browser = Command::new("chromium");
        let profile = directory.join(format!("profile{encoding}"));
        browser.args(["--headless=new", "--no-sandbox", "--disable-gpu"]);
        browser.args(["--no-first-run", "--disable-background-networking"]);
        browser.args(["--window-size=1400,1000", "--force-device-scale-factor=1"]);
        browser.arg(format!("--user-data-dir={}", profile.display()));
        let browser = Service::start("chromium", browser.arg(url), directory)?;
        let said = puppet.hear().map_err(|error| browser.explain(error))?;
        ensure!(said == "ok connected", "it said {said:?}");
        let _browser = browser;
        Ok(Self { puppet, _browser })
    }
}

/// What the package says of itself.
fn version(directory: &Path) -> Result<String> {
    let file = directory.join("package.json");
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("{} is not there: run `cargo xtask setup`", file.display()))?;
    let package: serde_json::Value = serde_json::from_str(&text)?;
    let version = package.get("version").and_then(serde_json::Value::as_str);
    Ok(version.context("the package has no version")?.to_owned())
}
