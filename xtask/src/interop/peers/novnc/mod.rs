//! noVNC, the client in a browser, in headless Chromium, against our agent: behind websockify, and directly.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::super::Kit;
use super::super::cell::{Cell, Check, Side};
use super::super::matrix::Matrix;
use super::super::puppet::{Puppet, Texts};
use super::super::stage::{
    PASSWORD, USER, agent, encrypting_agent, free_port, password_of, wait_for_port,
};
use crate::process::Service;

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

/// Without websockify: its security type, what our agent has to be told, and what noVNC is told to use.
const DIRECT: &[(&str, &[&str], Use)] = &[
    (
        "ws None",
        &["ws", "--insecure", "--no-password"],
        Use::at("ws", "1"),
    ),
    ("ws RA2ne", &["ws,ra2ne", "--insecure"], Use::at("ws", "6")),
    ("wss RA2ne", &["wss,ra2ne"], Use::at("wss", "6")),
    ("wss VncAuth", &["wss"], Use::at("wss", "2")),
    ("wss Plain", &["wss"], Use::at("wss", "19,256")),
];

/// How a page connects.
#[derive(Clone, Copy)]
struct Use {
    scheme: &'static str,
    /// Numbers of RFB and VeNCrypt, with commas between.
    types: &'static str,
}

impl Use {
    const fn at(scheme: &'static str, types: &'static str) -> Self {
        Self { scheme, types }
    }
}

/// Plays its cells: behind websockify an agent with and one without a password, then directly.
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
        let mut query = format!("url=ws://127.0.0.1:{port}/websockify");
        if security == "VncAuth" {
            query.push_str(&format!("&password={}", password_of(&agent)?));
        }
        for (index, (encoding, number)) in encodings.iter().enumerate() {
            let mut cell = Cell::new(NAME, &version, Side::Server, security, encoding);
            match Tab::open(kit, *number, &query, &directory) {
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
    for (security, allow, r#use) in DIRECT {
        matrix.add(direct(kit, &version, security, allow, *r#use)?);
    }
    Ok(())
}

/// A page that connects to the agent itself.
fn direct(
    kit: &Kit,
    version: &str,
    security: &'static str,
    allow: &[&str],
    Use { scheme, types }: Use,
) -> Result<Cell> {
    let directory = kit.directory_for(&format!("{NAME}-{}", security.replace(' ', "-")))?;
    let (agent, stage, _) = encrypting_agent(kit, allow, &directory)?;
    let port = agent.port()?;
    let query = format!(
        "url={scheme}://127.0.0.1:{port}/websockify&security={types}&username={USER}&password={PASSWORD}"
    );
    let mut cell = Cell::new(NAME, version, Side::Server, security, "Tight");
    match Tab::open(kit, 7, &query, &directory) {
        Ok(mut tab) => tab.puppet.check_first(&mut cell, &stage, TEXTS.typed),
        Err(error) => cell.fail(&error),
    }
    Ok(cell)
}

/// A page in a browser of its own.
struct Tab {
    puppet: Puppet,
    _browser: Service,
}

impl Tab {
    /// `query` tells the page what to connect to, and how.
    fn open(kit: &Kit, encoding: i32, query: &str, directory: &Path) -> Result<Self> {
        let page = directory.join("page.html");
        std::fs::write(&page, PAGE)?;
        let mut driver = Command::new("python3");
        driver.args(["-c", DRIVER]).arg(&kit.novnc).arg(&page);
        let mut puppet = Puppet::start("driver", &mut driver, directory)?;
        let web = puppet.hear()?;
        let url = format!("http://127.0.0.1:{web}/?encoding={encoding}&{query}");
        let mut browser = Command::new("chromium");
        let profile = directory.join(format!("profile{encoding}"));
        browser.args(["--headless=new", "--no-sandbox", "--disable-gpu"]);
        browser.args(["--no-first-run", "--disable-background-networking"]);
        browser.args(["--window-size=1400,1000", "--force-device-scale-factor=1"]);
        // Nobody is there to be asked about our agent's.
        browser.arg("--ignore-certificate-errors");
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
