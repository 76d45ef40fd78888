//! Whatever comes, however it is cut.

use proptest::prelude::*;
use testkit::oracles;

use super::greeted;

proptest! {
    #[test]
    fn any_bytes_are_survived_however_they_are_cut(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        oracles::client_split(&bytes);
        oracles::server_split(&bytes);
        oracles::client_split(&greeted(&bytes));
        oracles::client_messages(&bytes);
        oracles::server_messages(&bytes);
        oracles::server_split(&[b"RFB 003.008\n\x02", [0; 16].as_slice(), b"\x01", &bytes].concat());
    }
}
