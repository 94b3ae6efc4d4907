//! Requests that components send.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use crate::support::Probe;

const BYTES: &str = "HTTP/1.1 206 Partial Content\r\ncontent-length: 5\r\n\r\nbytes";
const NOTHING: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// Answers each request as soon as its head is there, closes, and hands over the head.
async fn server(answer: &'static str) -> (SocketAddr, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (heads, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let heads = heads.clone();
            tokio::spawn(async move { heads.send(serve(stream, answer).await) });
        }
    });
    (address, received)
}

async fn serve(mut stream: TcpStream, answer: &str) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    stream.write_all(answer.as_bytes()).await.unwrap();
    String::from_utf8(head).unwrap()
}

async fn allowed(address: SocketAddr) -> Probe {
    Probe::with(|config| {
        let host = format!("http://{address}");
        drop(config.variables.insert("http_host".into(), host));
    })
    .await
}

#[tokio::test]
async fn outbound_http_goes_where_the_manifest_says() {
    let (address, _heads) = server(BYTES).await;
    let probe = allowed(address).await;
    let answer = probe.get(&format!("/fetch?url=http://{address}/x")).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (206, "bytes"));
    let other = probe.get("/fetch?url=http://127.0.0.1:1/x").await;
    assert_eq!(other.status, 502);
    assert!(
        other.text().contains("HttpRequestDenied"),
        "{}",
        other.text()
    );
}

/// A body of unknown length ends in a chunk of its own, which such a server no longer reads.
#[tokio::test]
async fn a_server_that_answers_at_once_and_closes_is_heard() {
    let (address, mut heads) = server(NOTHING).await;
    let probe = allowed(address).await;
    for _ in 0..100 {
        let answer = probe.get(&format!("/post?url=http://{address}/x")).await;
        assert_eq!(answer.status, 204, "{}", answer.text());
        let head = heads.recv().await.unwrap();
        assert!(!head.to_lowercase().contains("transfer-encoding"), "{head}");
    }
}
