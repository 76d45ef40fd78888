//! Whether a certificate is good today. Pinning says whose it is, not for how long.

use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};

/// An error if `certificate` is not valid `now`. Who issued it, and what for, does not matter: it is pinned.
pub(super) fn check(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    let parsed = ParsedCertificate::try_from(certificate)?;
    // The validity is what is looked at first: nobody's signature is ever as far as being asked for.
    let nobody = RootCertStore::empty();
    let verified = verify_server_cert_signed_by_trust_anchor(&parsed, &nobody, &[], now, &[]);
    match verified {
        Err(Error::InvalidCertificate(
            error @ (Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. }),
        )) => Err(Error::InvalidCertificate(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    #[test]
    fn a_certificate_is_good_from_its_first_to_its_last_second() {
        let key = KeyPair::generate().unwrap();
        let mut made = CertificateParams::new(Vec::new()).unwrap();
        made.not_before = rcgen::date_time_ymd(2020, 1, 1);
        made.not_after = rcgen::date_time_ymd(2020, 1, 2);
        let made = made.self_signed(&key).unwrap();
        let first = u64::try_from(rcgen::date_time_ymd(2020, 1, 1).unix_timestamp()).unwrap();
        let at = |seconds| {
            let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
            check(made.der(), now).map_err(|error| error.to_string())
        };
        let day = 24 * 3600;
        assert_eq!((at(first), at(first + day)), (Ok(()), Ok(())));
        assert!(at(first - 1).unwrap_err().contains("not valid yet"));
        assert!(at(first + day + 1).unwrap_err().contains("expired"));
    }
}
