//! `credentials new`: makes the credentials of one session.

use crate::credentials::with_scheme;
use crate::ending::{self, Failure, Outcome};
use clap::{Args, Subcommand};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;
use tightrope::{Bundle, ClientConfig, CredentialsError};

/// What the program does instead of showing a desktop.
#[derive(Debug, Subcommand)]
pub(crate) enum Order {
    /// Make credentials
    #[command(subcommand)]
    Credentials(CredentialsOrder),
}

/// What is done with credentials.
#[derive(Debug, Subcommand)]
pub(crate) enum CredentialsOrder {
    /// Make those of one session: DIR/agent for the pod, DIR/client for the viewer
    #[command(after_help = AFTER_HELP)]
    New(New),
}

const AFTER_HELP: &str = "\
Each side gets a key and a certificate, the fingerprint of the other's, a
password for programs that know no certificates, and the time when all of this
ends. Only you can read the files. Whoever has DIR/agent is your pod, whoever
has DIR/client is you: copy DIR/agent only through a channel you trust.

Exit codes: 0 ok, 1 error, 2 wrong usage";

/// The flags of `credentials new`.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// The directory to make; nothing may be there yet
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// How long they are good: a number and s, m, h or d
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = validity)]
    valid: Duration,
    /// Where the pod will be found; may be given again, in the order to try
    #[arg(long = "url", value_name = "URL")]
    urls: Vec<String>,
}

/// Does what `order` says.
pub(crate) fn carry_out(order: &Order) -> Result<Outcome, Failure> {
    let Order::Credentials(CredentialsOrder::New(new)) = order;
    let urls: Vec<String> = new.urls.iter().map(|url| with_scheme(url)).collect();
    for url in &urls {
        ClientConfig::new(url).map_err(Failure::usage)?;
    }
    let bundle = Bundle::generate(new.valid, urls).map_err(|error| match error {
        CredentialsError::Validity => Failure::usage(format_args!("--valid: {error}")),
        error => Failure::error(error),
    })?;
    bundle.write(&new.directory).map_err(Failure::error)?;
    let told = std::io::stdout().write_all(new.told(&bundle).as_bytes());
    told.map_err(|error| Failure::error(format_args!("standard output: {error}")))?;
    Ok(Outcome {
        code: ending::OK,
        reason: None,
    })
}

impl New {
    /// What goes where.
    fn told(&self, bundle: &Bundle) -> String {
        let agent = self.directory.join("agent");
        let client = self.directory.join("client");
        let (agent, client) = (agent.display(), client.display());
        let url = match self.urls.is_empty() {
            true => " vncs://HOST:PORT",
            false => "",
        };
        let until = bundle.expires_text();
        format!(
            "\
{agent}   goes to the pod, through a channel you trust:
    kubectl create secret generic desktop --from-file={agent}
    tightrope-agent --credentials DIRECTORY --exec COMMAND
{client}  stays with you:
    tightrope-viewer --credentials {client}{url}
Both are good until {until}.
"
        )
    }
}

/// A number and a unit: `90m`.
fn validity(text: &str) -> Result<Duration, String> {
    let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 24 * 3600)];
    let read = units.into_iter().find_map(|(unit, seconds)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(seconds)
    });
    read.map(Duration::from_secs)
        .ok_or_else(|| "not a whole number and s, m, h or d: 24h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;
    use clap::Parser;

    fn order(arguments: &[&str]) -> Result<Order, u8> {
        let fixed = ["tightrope-viewer", "credentials", "new"];
        let args = args::Args::try_parse_from(fixed.iter().chain(arguments));
        args.map(|args| args.command.unwrap())
            .map_err(|error| u8::try_from(error.exit_code()).unwrap())
    }

    fn code(arguments: &[&str]) -> u8 {
        let result = order(arguments).and_then(|order| {
            let result = carry_out(&order);
            result.map_err(|failure| failure.code)
        });
        result.map_or_else(|code| code, |outcome| outcome.code)
    }

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        assert_eq!(validity("24h"), Ok(Duration::from_secs(86_400)));
        assert_eq!(validity("90m"), Ok(Duration::from_secs(5400)));
        assert_eq!(validity("7d"), Ok(Duration::from_secs(604_800)));
        assert_eq!(validity("30s"), Ok(Duration::from_secs(30)));
        for wrong in ["", "h", "24", "1.5h", "-1h", "99999999999999999d", "1w"] {
            assert!(validity(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused_by_exit_code_and_leaves_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("pod");
        let pod = path.to_str().unwrap();
        for (arguments, expected) in [
            (&[][..], ending::USAGE),
            (&[pod, "--valid", "soon"], ending::USAGE),
            (&[pod, "--valid", "0s"], ending::USAGE),
            (&[pod, "--valid", "9999d"], ending::USAGE),
            (&[pod, "--url", "http://pod"], ending::USAGE),
            (&["/nonexistent/parent/pod"], ending::ERROR),
        ] {
            assert_eq!(code(arguments), expected, "{arguments:?}");
            assert!(!path.exists(), "{arguments:?}");
        }
    }

    #[test]
    fn what_is_told_names_both_directories_and_no_secret() {
        let parent = tempfile::tempdir().unwrap();
        let pod = parent.path().join("pod");
        let order = order(&[pod.to_str().unwrap(), "--url", "pod:5901"]).unwrap();
        carry_out(&order).unwrap();
        let Order::Credentials(CredentialsOrder::New(new)) = order;
        let bundle = Bundle::generate(new.valid, Vec::new()).unwrap();
        let told = new.told(&bundle);
        for side in ["agent", "client"] {
            assert!(told.contains(pod.join(side).to_str().unwrap()), "{told}");
        }
        let read = |name: &str| std::fs::read_to_string(pod.join(name)).unwrap();
        assert_eq!(read("client/url"), "vncs://pod:5901\n");
        assert!(!told.contains(&read("client/password")));
        assert_eq!(
            carry_out(&Order::Credentials(CredentialsOrder::New(new)))
                .unwrap_err()
                .code,
            ending::ERROR
        );
    }
}
