//! Somebody who would have a client speak more openly than it may.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use transport::{Protocol, Scheme};

use super::{config, invitation, refused, see, serve, wire};

/// A server that says `bytes` to one client and then listens; gives all that the client said.
async fn speaker(bytes: &'static [u8]) -> (SocketAddr, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let heard = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        client.write_all(bytes).await.unwrap();
        wire::rest(&mut client).await
    });
    (address, heard)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_stripped_of_what_is_encrypted_is_told_nothing() {
    let server = serve(config(&[Protocol::VeNCrypt])).await;
    let version = &b"RFB 003.008\n"[..];
    let cases: [(&'static [u8], &[u8]); 8] = [
        // None, VncAuth, both, RA2ne, and what we do not speak.
        (b"RFB 003.008\n\x01\x01", version),
        (
            b"RFB 003.008\n\x01\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            version,
        ),
        (b"RFB 003.008\n\x02\x01\x02", version),
        (b"RFB 003.008\n\x02\x06\x82", version),
        (b"RFB 003.008\n\x02\x10\x12", version),
        // Older versions, in which the server decides.
        (b"RFB 003.003\n\0\0\0\x01", b"RFB 003.003\n"),
        (
            b"RFB 003.003\n\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            b"RFB 003.003\n",
        ),
        // VeNCrypt whose sub-types are in clear or without a certificate: Plain, TLSNone, TLSVnc, TLSPlain.
        (
            b"RFB 003.008\n\x01\x13\0\x02\0\x04\0\0\x01\0\0\0\x01\x01\0\0\x01\x02\0\0\x01\x03",
            b"RFB 003.008\n\x13\0\x02",
        ),
    ];
    for (said, answered) in cases {
        let (at, heard) = speaker(said).await;
        let message = refused(invitation(&server, Scheme::Vnc, at)).await;
        let rule = "offers nothing that is encrypted";
        assert!(message.contains(rule), "{said:?}: {message}");
        // It may be gone before it has said even that.
        assert!(answered.starts_with(&heard.await.unwrap()), "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_tls_back_after_it_was_chosen_is_told_nothing() {
    let server = serve(config(&[Protocol::VeNCrypt])).await;
    let refusal = b"RFB 003.008\n\x01\x13\0\x02\0\x01\0\0\x01\x06\0";
    let (at, heard) = speaker(refusal).await;
    let message = refused(invitation(&server, Scheme::Vnc, at)).await;
    let rule = "vencrypt.sub-type-ack: invalid value 0";
    assert!(message.contains(rule), "{message}");
    let answered = b"RFB 003.008\n\x13\0\x02\0\0\x01\x06";
    assert!(answered.starts_with(&heard.await.unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_that_is_answered_in_clear_is_no_tls() {
    let server = serve(config(&[Protocol::Tls])).await;
    for scheme in [Scheme::Vncs, Scheme::Wss] {
        let (at, heard) = speaker(b"RFB 003.008\n\x01\x01\0\0\0\0").await;
        let message = refused(invitation(&server, scheme, at)).await;
        assert!(message.contains("no TLS with "), "{scheme}: {message}");
        let heard = heard.await.unwrap();
        assert_eq!(heard.first(), Some(&0x16), "a ClientHello and no more");
        let password = server.password().unwrap().reveal().as_bytes().to_vec();
        assert!(!heard.windows(password.len()).any(|part| part == password));
    }
}

/// Carries one connection, but takes VeNCrypt out of the server's list.
async fn stripping(server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut server = TcpStream::connect(server).await.unwrap();
        let mut version = [0; 12];
        server.read_exact(&mut version).await.unwrap();
        client.write_all(&version).await.unwrap();
        client.read_exact(&mut version).await.unwrap();
        server.write_all(&version).await.unwrap();
        let count = server.read_u8().await.unwrap();
        let mut types = vec![0; count.into()];
        server.read_exact(&mut types).await.unwrap();
        types.retain(|own| *own != 19);
        client
            .write_all(&[u8::try_from(types.len()).unwrap()])
            .await
            .unwrap();
        client.write_all(&types).await.unwrap();
        let _ended = tokio::io::copy_bidirectional(&mut client, &mut server).await;
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn vencrypt_that_was_stripped_by_somebody_in_the_middle_is_missed() {
    let server = serve(config(&[Protocol::VeNCrypt, Protocol::Plain])).await;
    let at = stripping(server.address()).await;
    let message = refused(invitation(&server, Scheme::Vnc, at)).await;
    let rule = "offers nothing that is encrypted";
    assert!(message.contains(rule), "{message}");
    // Only who has said so in so many words goes on in clear.
    let mut careless = invitation(&server, Scheme::Vnc, stripping(server.address()).await);
    careless.insecure = true;
    assert_eq!(see(careless).await, Ok(()));
}
