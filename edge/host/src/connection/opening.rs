//! A connection before its first request: whose it is, TLS, and which HTTP it speaks.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Notify,
    time::{sleep, timeout},
};

use super::{
    acme::PROTOCOL,
    gate::{Entry, Gate},
    proxy_protocol,
    speak::speak,
    tls::Tls,
    wire::Wire,
};
use crate::{
    problem::Refusal,
    serve::{Peer, Service},
    stage::{Follower, Stage, reached},
};

/// How a connection without TLS says that it speaks HTTP/2.
const PREFACE: &[u8; 3] = b"PRI";

/// What a connection with TLS begins with.
const HANDSHAKE: u8 = 22;

/// The answer to HTTP where TLS is spoken.
const PLAIN: &str = "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: 46\r\nconnection: close\r\n\r\n\
                     This port speaks TLS; ask for it by https://.\n";

/// How long a connection that is one too many lasts.
const SPARE_FOR: Duration = Duration::from_secs(3);

/// What came before the process closes may still be on its way to here.
const LAST_BYTES: Duration = Duration::from_secs(1);

/// A connection before its first byte.
pub(super) struct Accepted {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) trusted: bool,
    pub(super) entry: Entry,
    pub(super) tls: Option<Arc<Tls>>,
}

/// A connection that speaks HTTP.
struct Opened {
    wire: Wire,
    address: SocketAddr,
    is_http2: bool,
    refusal: Option<Refusal>,
}

impl Accepted {
    pub(super) async fn serve(
        self,
        service: Arc<Service>,
        gate: Arc<Gate>,
        mut follower: Follower,
    ) {
        let limits = service.limits();
        // Answers are written whole; waiting to fill a packet only delays them.
        let _ = self.stream.set_nodelay(true);
        let unread = u32::try_from(limits.stream_idle.as_millis()).unwrap_or(u32::MAX);
        // What was handed to the system and is never taken by the other side.
        let _ = rustix::net::sockopt::set_tcp_user_timeout(&self.stream, unread);
        // One too many that says nothing must not keep others from being told.
        let patience = if self.entry.refusal.is_some() {
            SPARE_FOR
        } else {
            limits.request_head
        };
        let is_tls = self.tls.is_some();
        let opened = tokio::select! {
            opened = timeout(patience, self.open(&service, &gate)) => opened,
            // One that has said nothing until now keeps nobody.
            () = closed(follower.clone()) => return,
        };
        let Ok(Some((opened, _places))) = opened else {
            return;
        };
        let cut = Arc::new(Notify::new());
        let peer = Peer {
            address: opened.address,
            cut: (!opened.is_http2).then(|| Arc::clone(&cut)),
            refusal: opened.refusal,
            is_tls,
        };
        let end = async {
            if opened.refusal.is_some() {
                sleep(SPARE_FOR).await;
            } else {
                cut.notified().await;
            }
        };
        tokio::select! {
            () = speak(opened.wire, opened.is_http2, peer, service, &mut follower) => {}
            () = end => {}
        }
    }

    /// Whose connection it is, and what it speaks. `None` where it ends here.
    async fn open(mut self, service: &Service, gate: &Gate) -> Option<(Opened, Entry)> {
        let address = self.whose(service, gate).await?;
        let refusal = self.entry.refusal;
        let (wire, is_http2) = if let Some(tls) = self.tls {
            encrypted(self.stream, &tls, service.limits().handshake).await?
        } else {
            let is_http2 = speaks_http2(&self.stream).await?;
            (Wire::Plain(self.stream), is_http2)
        };
        let opened = Opened {
            wire,
            address,
            is_http2,
            refusal,
        };
        Some((opened, self.entry))
    }

    async fn whose(&mut self, service: &Service, gate: &Gate) -> Option<SocketAddr> {
        if !service.proxies().proxy_protocol {
            return Some(self.peer);
        }
        if !self.trusted {
            tracing::warn!(peer = %self.peer, "a connection that does not come from a trusted proxy is closed");
            return None;
        }
        let address = match proxy_protocol::take(&mut self.stream, self.peer).await {
            Ok(client) => client,
            Err(error) => {
                tracing::warn!(peer = %self.peer, %error, "a connection is closed");
                return None;
            }
        };
        if !service.proxies().trusts(address.ip()) {
            gate.attribute(&mut self.entry, address);
        }
        Some(address)
    }
}

async fn closed(mut follower: Follower) {
    reached(&mut follower, Stage::Closing).await;
    sleep(LAST_BYTES).await;
}

/// Whoever speaks without TLS here is told in words.
async fn encrypted(stream: TcpStream, tls: &Tls, limit: Duration) -> Option<(Wire, bool)> {
    let opening = async {
        let mut first = [0];
        if stream.peek(&mut first).await.ok()? == 0 {
            return None;
        }
        if first != [HANDSHAKE] {
            refuse_plain(stream).await;
            return None;
        }
        tls.acceptor()
            .accept(stream)
            .await
            .inspect_err(|error| tracing::debug!(%error, "a handshake failed"))
            .ok()
    };
    let stream = timeout(limit, opening).await.ok()??;
    let protocol = stream.get_ref().1.alpn_protocol();
    // The handshake was all of it.
    if protocol == Some(PROTOCOL) {
        return None;
    }
    let is_http2 = protocol == Some(b"h2");
    Some((Wire::Tls(Box::new(stream)), is_http2))
}

/// It goes away in any case.
async fn refuse_plain(mut stream: TcpStream) {
    let _ = stream.write_all(PLAIN.as_bytes()).await;
    let _ = stream.shutdown().await;
    // What came and is not read would take the answer along.
    let _ = tokio::io::copy(&mut stream.take(64 << 10), &mut tokio::io::sink()).await;
}

/// Looks at the first bytes without taking them. `None` when the client went away.
async fn speaks_http2(stream: &TcpStream) -> Option<bool> {
    let mut seen = [0; PREFACE.len()];
    loop {
        let count = stream
            .peek(&mut seen)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        let seen = seen.get(..count)?;
        if !PREFACE.starts_with(seen) {
            return Some(false);
        }
        if count == PREFACE.len() {
            return Some(true);
        }
        // A client that sends its first bytes one by one: peeking again tells at once, so give it time.
        sleep(Duration::from_millis(5)).await;
    }
}
