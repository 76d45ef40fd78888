//! `openssl s_client`: TLS as a program that knows nothing of RFB speaks it, with ALPN and without.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::super::cell::{Cell, Side};
use super::super::matrix::Matrix;
use super::super::stage::{ARRIVAL, encrypting_agent};
use super::super::{Kit, version_of};
use crate::process::Service;

pub(super) const NAME: &str = "OpenSSL";
const PROGRAM: &str = "openssl";
/// What an RFB server says first.
const GREETING: &str = "RFB 003.008";

/// Plays its cells: the server speaks first, whether the client says what is spoken or is silent.
pub(super) fn play(kit: &Kit, matrix: &Matrix) -> Result<()> {
    let version = version_of(PROGRAM, "version")?;
    let directory = kit.directory_for(NAME)?;
    let (agent, _stage, certificate) = encrypting_agent(kit, &["tls"], &directory)?;
    let port = agent.port()?;
    for (security, options) in [("TLS", &[][..]), ("TLS, ALPN", &["-alpn", "rfb"][..])] {
        let mut cell = Cell::new(NAME, &version, Side::Server, security, "");
        let mut command = Command::new(PROGRAM);
        command.args(["s_client", "-quiet", "-verify_return_error", "-verify_ip"]);
        command.args(["127.0.0.1", "-connect", &format!("127.0.0.1:{port}")]);
        command.arg("-CAfile").arg(certificate.file()).args(options);
        let heard = Service::start_talking(NAME, &mut command, &directory);
        let greeted = heard.and_then(|(service, talk)| {
            let line = talk.hear(ARRIVAL).and_then(|line| line.context("it ended"));
            let line = line.map_err(|error| service.explain(error))?;
            ensure!(line == GREETING, "it heard {line:?}");
            Ok(())
        });
        if let Err(error) = greeted {
            cell.fail(&error);
        }
        matrix.add(cell);
    }
    Ok(())
}
