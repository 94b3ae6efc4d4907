//! Connections from an address of choice, whose answers are read only as far as a test asks.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// The beginning of an answer.
#[derive(Debug)]
pub(crate) struct Seen(pub(crate) String);

impl Seen {
    pub(crate) fn status(&self) -> u16 {
        let status = self.0.split(' ').nth(1).unwrap_or_default();
        status.parse().unwrap_or(0)
    }

    /// Which limit a refusal names.
    pub(crate) fn limit(&self) -> String {
        assert!(self.0.contains("retry-after: "), "{}", self.0);
        let (_, body) = self.0.split_once("\r\n\r\n").unwrap();
        let document: serde_json::Value = serde_json::from_str(body).unwrap();
        document["limit"].as_str().unwrap_or_default().to_owned()
    }
}

/// A connection from this address of the machine.
pub(crate) async fn connect(to: &str, from: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
    let to: SocketAddr = to.parse().unwrap();
    socket.connect(to).await.unwrap()
}

/// Sends a request without a body, with these lines in its head.
pub(crate) async fn ask(stream: &mut TcpStream, path: &str, lines: &str) {
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\n{lines}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
}

/// What arrives next: the head, with the body where that is a document of few bytes.
pub(crate) async fn see(stream: &mut TcpStream) -> Seen {
    let mut seen = String::new();
    let reading = async {
        while !seen.contains("\n\n") && !seen.contains("\r\n\r\n")
            || is_refusal(&seen) && !seen.ends_with('}')
        {
            let mut part = [0; 4096];
            let count = stream.read(&mut part).await.unwrap_or(0);
            if count == 0 {
                break;
            }
            seen.push_str(&String::from_utf8_lossy(&part[..count]));
        }
    };
    let _ = timeout(Duration::from_secs(10), reading).await;
    Seen(seen)
}

fn is_refusal(seen: &str) -> bool {
    seen.contains("application/problem+json")
}

/// An open connection with a request whose answer has begun.
pub(crate) async fn open(to: &str, from: &str, path: &str, lines: &str) -> (TcpStream, Seen) {
    let mut stream = connect(to, from).await;
    ask(&mut stream, path, lines).await;
    let seen = see(&mut stream).await;
    (stream, seen)
}
