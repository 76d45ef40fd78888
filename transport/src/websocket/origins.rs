//! Which web pages may open a session.

use std::fmt;
use std::str::FromStr;

use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::http::uri::Authority;

/// The pages a browser may have loaded that opens a WebSocket to us (RFC 6455 4.2.2, 10.2). Without this check any page
/// somebody looks at could reach the servers that browser can reach.
///
/// By default only pages from the host the WebSocket itself goes to, whatever their port. Read from a text:
/// origins as `https://novnc.example:8443`, separated by commas, which are allowed as well; `*` allows every page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    any: bool,
    listed: Vec<String>,
}

/// A text that is no origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginError(String);

impl Origins {
    /// Whether a page from `origin` may connect to `host`: what a browser sent as `Origin` and `Host`.
    #[must_use]
    pub fn allow(&self, origin: &str, host: &str) -> bool {
        if self.any {
            return true;
        }
        let is_listed = |listed: &String| listed.eq_ignore_ascii_case(origin);
        self.listed.iter().any(is_listed) || is_same_host(origin, host)
    }
}

fn is_same_host(origin: &str, host: &str) -> bool {
    let (Ok(origin), Ok(host)) = (origin.parse::<Uri>(), host.parse::<Authority>()) else {
        return false;
    };
    let is_page = matches!(origin.scheme_str(), Some("http" | "https"));
    is_page
        && origin
            .host()
            .is_some_and(|name| name.eq_ignore_ascii_case(host.host()))
}

impl FromStr for Origins {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let mut origins = Self::default();
        for origin in text.split(',').map(str::trim).filter(|o| !o.is_empty()) {
            if origin == "*" {
                origins.any = true;
                continue;
            }
            let invalid = || OriginError(origin.to_owned());
            let (_, rest) = origin.split_once("://").ok_or_else(invalid)?;
            // No path, no user: a browser sends scheme, host and port, and nothing else would ever match.
            let authority: Authority = rest.parse().map_err(|_| invalid())?;
            if authority.as_str().contains('@') {
                return Err(invalid());
            }
            origins.listed.push(origin.to_owned());
        }
        Ok(origins)
    }
}

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no origin: it is scheme, host and port, as https://novnc.example:8443, or * for every page",
            self.0
        )
    }
}

impl std::error::Error for OriginError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_from_the_same_host_may_connect_whatever_its_port() {
        let origins = Origins::default();
        assert!(origins.allow("http://localhost:8080", "localhost:5900"));
        assert!(origins.allow("https://Pod.Example", "pod.example"));
        assert!(origins.allow("http://[::1]:80", "[::1]:5900"));
        for origin in [
            "http://evil.example",
            "http://localhost.evil.example",
            "http://localhost@evil.example",
            "ftp://localhost",
            "file://",
            "null",
            "",
            "localhost",
        ] {
            assert!(!origins.allow(origin, "localhost:5900"), "{origin}");
        }
        assert!(!origins.allow("http://localhost", ""));
    }

    #[test]
    fn a_listed_page_may_connect_too() {
        let origins: Origins = "https://novnc.example:8443, http://a".parse().unwrap();
        assert!(origins.allow("https://novnc.example:8443", "pod:5900"));
        assert!(origins.allow("http://pod", "pod:5900"));
        assert!(!origins.allow("http://novnc.example:8443", "pod:5900"));
        assert!(!origins.allow("https://novnc.example", "pod:5900"));
        let any: Origins = "*".parse().unwrap();
        assert!(any.allow("null", "pod"));
    }

    #[test]
    fn what_no_browser_would_send_is_no_origin() {
        for text in [
            "novnc.example",
            "https://novnc.example/vnc.html",
            "https://a@b",
            "https://",
        ] {
            assert_eq!(text.parse::<Origins>(), Err(OriginError(text.into())));
        }
    }
}
