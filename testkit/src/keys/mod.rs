//! RSA keys for tests: short ones, as making them takes long and nobody is to be protected.

/// PKCS #1, 1024 bits.
pub const RSA_OF_CLIENT: &str = include_str!("client.pem");
/// PKCS #8, 1024 bits.
pub const RSA_OF_SERVER: &str = include_str!("server.pem");
