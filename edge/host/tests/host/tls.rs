//! Connections that speak TLS.

use std::{fs, path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kiskadee_edge_host::{Health, HostConfig, Proxies, TlsFiles};
use rcgen::generate_simple_self_signed;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::support::Probe;

/// A certificate of this machine, signed by itself, with its key in PEM.
struct Pair {
    certificate: CertificateDer<'static>,
    pem: [String; 2],
}

impl Pair {
    fn make() -> Self {
        let made = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        Self {
            certificate: made.cert.der().clone(),
            pem: [made.cert.pem(), made.signing_key.serialize_pem()],
        }
    }

    /// Whoever believes in this certificate alone.
    fn client(&self, protocols: &[&str]) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        TlsConnector::from(Arc::new(config))
    }

    async fn connect(&self, to: &str, protocols: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
        self.over(TcpStream::connect(to).await?, protocols).await
    }

    async fn over(
        &self,
        stream: TcpStream,
        protocols: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from("localhost").unwrap();
        self.client(protocols).connect(name, stream).await
    }
}

fn files(folder: &Path) -> TlsFiles {
    TlsFiles {
        certificate: folder.join("cert.pem"),
        key: folder.join("key.pem"),
    }
}

fn write(folder: &Path, [certificate, key]: [&str; 2]) {
    // In one step, and the key first: for a moment the two do not fit.
    for (name, text) in [("key.pem", key), ("cert.pem", certificate)] {
        let whole = folder.join("new");
        fs::write(&whole, text).unwrap();
        fs::rename(whole, folder.join(name)).unwrap();
    }
}

fn texts(pair: &Pair) -> [&str; 2] {
    pair.pem.each_ref().map(String::as_str)
}

/// A probe with TLS, the folder of its files, and the certificate.
async fn probe(change: impl FnOnce(&mut HostConfig)) -> (Probe, TempDir, Pair) {
    let (folder, pair) = (TempDir::new().unwrap(), Pair::make());
    write(folder.path(), texts(&pair));
    let probe = Probe::with(|config| {
        config.tls = Some(files(folder.path()));
        config.health = Some(Health {
            path: "/health".to_owned(),
            service: "probe".to_owned(),
            version: "1".to_owned(),
        });
        change(config);
    })
    .await;
    (probe, folder, pair)
}

async fn http1_client(stream: TlsStream<TcpStream>) -> http1::SendRequest<Empty<Bytes>> {
    let (client, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn get(client: &mut http1::SendRequest<Empty<Bytes>>, path: &str) -> (Response<()>, Bytes) {
    let request = Request::get(path).header("host", "localhost");
    let request = request.body(Empty::new()).unwrap();
    let (head, body) = client.send_request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (Response::from_parts(head, ()), body)
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_by_tls() {
    let (probe, _folder, pair) = probe(|_| {}).await;
    for protocols in [&["http/1.1"][..], &[]] {
        let stream = pair.connect(&probe.address, protocols).await.unwrap();
        let mut client = http1_client(stream).await;
        for path in ["/health", "/hello", "/no-such-probe"] {
            let (head, _) = get(&mut client, path).await;
            let promise = &head.headers()["strict-transport-security"];
            assert_eq!(promise, "max-age=31536000", "{path}");
        }
        let (_, seen) = get(&mut client, "/headers").await;
        assert!(String::from_utf8_lossy(&seen).contains("https://localhost/headers"));
    }
    let stream = pair.connect(&probe.address, &["h2", "http/1.1"]);
    let stream = stream.await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut client, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    for path in ["/health", "/hello"] {
        let request = Request::get(format!("https://localhost{path}"));
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        assert_eq!(client.send_request(request).await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn without_tls_nothing_is_promised() {
    let probe = Probe::start().await;
    let answer = probe.get("/hello").await;
    assert!(!answer.headers.contains_key("strict-transport-security"));
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_no_connection_ends() {
    let (probe, folder, before) = probe(|_| {}).await;
    let stream = before.connect(&probe.address, &[]).await.unwrap();
    let mut open = http1_client(stream).await;
    assert_eq!(get(&mut open, "/hello").await.1, "hello");
    let after = Pair::make();
    write(folder.path(), texts(&after));
    // Whichever of the two it is, there is always one.
    while after.connect(&probe.address, &[]).await.is_err() {
        sleep(Duration::from_millis(50)).await;
    }
    assert!(before.connect(&probe.address, &[]).await.is_err());
    assert_eq!(get(&mut open, "/hello").await.1, "hello");
    for broken in [["", ""], [texts(&after)[0], texts(&before)[1]]] {
        write(folder.path(), broken);
        sleep(Duration::from_millis(2500)).await;
        let stream = after.connect(&probe.address, &[]).await;
        assert!(stream.is_ok(), "a broken certificate was taken");
    }
    write(folder.path(), texts(&before));
    while before.connect(&probe.address, &[]).await.is_err() {
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_come_ends() {
    let limit = Duration::from_millis(200);
    let (probe, _folder, _pair) = probe(|config| config.limits.handshake = limit).await;
    for first in [&b""[..], &[22], &[22, 3, 1, 2, 0, 1]] {
        let mut stream = TcpStream::connect(&probe.address).await.unwrap();
        stream.write_all(first).await.unwrap();
        let mut rest = Vec::new();
        let closed = timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
        assert!(closed.is_ok(), "after {first:?} the connection stays open");
    }
}

#[tokio::test]
async fn whoever_speaks_without_tls_is_told_in_words() {
    let (probe, _folder, _pair) = probe(|_| {}).await;
    let answer = probe.get("/hello").await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("TLS"), "{}", answer.text());
}

#[tokio::test]
async fn the_proxy_protocol_comes_before_tls() {
    let (probe, _folder, pair) = probe(|config| {
        config.proxies = Proxies {
            trusted: vec!["127.0.0.1/32".parse().unwrap()],
            proxy_protocol: true,
            ..Proxies::default()
        };
    })
    .await;
    let mut stream = TcpStream::connect(&probe.address).await.unwrap();
    let line = b"PROXY TCP4 192.0.2.55 127.0.0.1 4711 443\r\n";
    stream.write_all(line).await.unwrap();
    let mut client = http1_client(pair.over(stream, &[]).await.unwrap()).await;
    let (_, seen) = get(&mut client, "/headers").await;
    let seen: serde_json::Value = serde_json::from_slice(&seen).unwrap();
    assert_eq!(seen["spin-client-addr"], "192.0.2.55:4711");
}

#[tokio::test]
async fn what_cannot_be_used_is_told_at_the_start() {
    let folder = TempDir::new().unwrap();
    let (one, other) = (Pair::make(), Pair::make());
    let refused = async || {
        let started = Probe::try_with(|config| config.tls = Some(files(folder.path()))).await;
        started.err().unwrap().to_string()
    };
    assert!(refused().await.contains("cert.pem` cannot be read"));
    for (pair, told) in [
        (
            ["", texts(&one)[1]],
            "cert.pem` is not a certificate in PEM",
        ),
        (
            [texts(&one)[0], "x"],
            "key.pem` is not a private key in PEM",
        ),
        (
            [texts(&one)[0], texts(&other)[1]],
            "key.pem` is not that of the certificate",
        ),
    ] {
        write(folder.path(), pair);
        let refusal = refused().await;
        assert!(refusal.contains(told), "{refusal}");
    }
}
