//! VeNCrypt's negotiation, version 0.2. rfbproto "VeNCrypt".
//!
//! ```text
//! server: version   client: version   server: 0 (go on)   server: count, sub-types   client: sub-type
//! and for those with TLS   server: 1 (go on), then TLS below
//! ```

use super::Method;
use crate::DecodeError;
use crate::wire::Reader;

/// Major and minor. Version 0.1 has other numbers, and nobody speaks it.
pub(crate) const VERSION: [u8; 2] = [0, 2];
/// What a client says that cannot follow.
pub(crate) const NO_VERSION: [u8; 2] = [0, 0];
/// The server can follow the client's version. Anything else: it cannot.
pub(crate) const VERSION_AGREED: u8 = 0;
/// The server is ready for TLS. Anything else: it is not.
pub(crate) const LAYER_FOLLOWS: u8 = 1;

/// Reads a version. As a server, that of the client must be ours; as a client, a server may be newer.
pub(crate) fn read_version(r: &mut Reader<'_>) -> Result<u16, DecodeError> {
    r.u16("vencrypt.version")
}

/// Ours as a number.
pub(crate) fn version() -> u16 {
    u16::from_be_bytes(VERSION)
}

/// An error of the version `value`.
pub(crate) fn wrong_version(value: u16) -> DecodeError {
    DecodeError::Invalid {
        field: "vencrypt.version",
        value: value.into(),
    }
}

/// Reads a byte that has to be `expected`.
pub(crate) fn read_ack(
    r: &mut Reader<'_>,
    field: &'static str,
    expected: u8,
) -> Result<(), DecodeError> {
    match r.u8(field)? {
        value if value == expected => Ok(()),
        value => Err(DecodeError::Invalid {
            field,
            value: value.into(),
        }),
    }
}

/// Appends the sub-types among `methods`.
pub(crate) fn encode_sub_types(methods: &[Method], out: &mut Vec<u8>) {
    let sub_types: Vec<u32> = methods.iter().filter_map(|own| own.sub_type()).collect();
    out.push(u8::try_from(sub_types.len()).unwrap_or(u8::MAX));
    let told = sub_types.iter().take(u8::MAX.into());
    out.extend(told.flat_map(|sub_type| sub_type.to_be_bytes()));
}

/// Reads a server's list.
pub(crate) fn read_sub_types(r: &mut Reader<'_>) -> Result<Vec<u32>, DecodeError> {
    let count = r.u8("vencrypt.number-of-sub-types")?;
    (0..count).map(|_| r.u32("vencrypt.sub-types")).collect()
}
