//! User and password as they are, for streams that are protected below. rfbproto "VeNCrypt", sub-type Plain.

use zeroize::Zeroizing;

use crate::DecodeError;
use crate::wire::Reader;

/// Bytes of a user's name, and of a password.
pub(crate) const LIMIT: usize = 1024;

/// Appends both; each at most [`LIMIT`] long.
pub(crate) fn encode(user: &str, password: &[u8], out: &mut Vec<u8>) {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes();
    out.extend(length(user.as_bytes()));
    out.extend(length(password));
    out.extend(user.as_bytes());
    out.extend(password);
}

/// Reads both. What is no UTF-8 in the name is replaced, and so is nobody's.
pub(crate) fn read(r: &mut Reader<'_>) -> Result<(String, Zeroizing<Vec<u8>>), DecodeError> {
    let user = r.length("plain.username-length", LIMIT)?;
    let password = r.length("plain.password-length", LIMIT)?;
    let user = r.bytes("plain.username", user)?;
    let password = r.bytes("plain.password", password)?;
    Ok((
        String::from_utf8_lossy(user).into_owned(),
        Zeroizing::new(password.to_vec()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_two_lengths_and_two_texts() {
        let mut bytes = Vec::new();
        encode("ann", b"secret", &mut bytes);
        #[rustfmt::skip]
        assert_eq!(bytes, [
            /* username-length */ 0, 0, 0, 3, /* password-length */ 0, 0, 0, 6,
            b'a', b'n', b'n', b's', b'e', b'c', b'r', b'e', b't',
        ]);
        let (user, password) = read(&mut Reader::new(&bytes)).unwrap();
        assert_eq!((&*user, &password[..]), ("ann", &b"secret"[..]));
    }
}
