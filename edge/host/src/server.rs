//! Connections: HTTP/1.1 and HTTP/2 without TLS on one port, with bounds on heads and idle time, and an orderly end. One too many
//! is told so in an answer, as long as there is room for that, and whether the process lives is answered to anybody.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use http::Request;
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::{sleep, timeout},
};

use crate::{
    admission::{Bound, Place, Shares, Who},
    problem::{Refusal, What},
    proxy_protocol,
    serve::{Peer, Service},
};

/// How a connection without TLS says that it speaks HTTP/2.
const PREFACE: &[u8; 3] = b"PRI";

/// Waits after a failed accept: most often the process has no file descriptors left for the moment.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Connections beyond the bound that are told so.
const SPARE: Shares = Shares {
    all: 64,
    per_address: 8,
    per_caller: usize::MAX,
};

/// How long such a connection lasts.
const SPARE_FOR: Duration = Duration::from_secs(3);

/// Accepts connections until `stop` is notified, then ends them in order: requests that run are finished, idle
/// connections close, and what is not done after the deadline is cut when the caller drops this future.
pub(crate) async fn run(listener: TcpListener, service: Arc<Service>, stop: Arc<Notify>) {
    let graceful = GracefulShutdown::new();
    let gate = Arc::new(Gate::new(service.limits().connections));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.notified() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Proxies carry the connections of many.
                let trusted = service.proxies().trusts(peer.ip());
                let who = if trusted {
                    Who::default()
                } else {
                    Who::at(peer)
                };
                let Some(entry) = gate.enter(who) else {
                    continue;
                };
                let accepted = Accepted {
                    stream,
                    peer,
                    trusted,
                    entry,
                };
                let (service, gate) = (Arc::clone(&service), Arc::clone(&gate));
                tokio::spawn(accepted.serve(service, gate, graceful.watcher()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    // Whoever connects from here on is refused by the system and tries the next machine.
    drop(listener);
    graceful.shutdown().await;
}

/// Who may connect.
struct Gate {
    connections: Arc<Bound>,
    /// Connections through proxies, by the client that is known only by the proxy's header.
    proxied: Arc<Bound>,
    spare: Arc<Bound>,
}

/// A place of a connection, and what it is told when it is one too many.
struct Entry {
    places: Vec<Place>,
    refusal: Option<Refusal>,
}

impl Gate {
    fn new(shares: Shares) -> Self {
        Self {
            connections: Bound::new(shares),
            proxied: Bound::new(shares),
            spare: Bound::new(SPARE),
        }
    }

    /// `None` where not even a refusal has room.
    fn enter(&self, who: Who) -> Option<Entry> {
        let (place, refusal) = match self.connections.enter(who) {
            Ok(place) => (place, None),
            Err(whose) => {
                let place = self.spare.enter(who).ok()?;
                (place, Some(Refusal::Full(What::Connections, whose)))
            }
        };
        Some(Entry {
            places: vec![place],
            refusal,
        })
    }

    /// Counts a connection to the client whose it is.
    fn attribute(&self, entry: &mut Entry, client: SocketAddr) {
        match self.proxied.enter(Who::at(client)) {
            Ok(place) => entry.places.push(place),
            Err(whose) => entry.refusal = Some(Refusal::Full(What::Connections, whose)),
        }
    }
}

/// A connection before its first byte.
struct Accepted {
    stream: TcpStream,
    peer: SocketAddr,
    trusted: bool,
    entry: Entry,
}

impl Accepted {
    async fn serve(mut self, service: Arc<Service>, gate: Arc<Gate>, watcher: Watcher) {
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
        let begun = timeout(patience, self.begin(&service, &gate)).await;
        let Ok(Some((address, is_http2))) = begun else {
            return;
        };
        let cut = Arc::new(Notify::new());
        let peer = Peer {
            address,
            cut: (!is_http2).then(|| Arc::clone(&cut)),
            refusal: self.entry.refusal,
        };
        let refused = peer.refusal.is_some();
        let end = async {
            if refused {
                sleep(SPARE_FOR).await;
            } else {
                cut.notified().await;
            }
        };
        tokio::select! {
            () = speak(self.stream, is_http2, peer, service, watcher) => {}
            () = end => {}
        }
    }

    /// Whose connection it is, and whether it speaks HTTP/2.
    async fn begin(&mut self, service: &Service, gate: &Gate) -> Option<(SocketAddr, bool)> {
        let mut address = self.peer;
        if service.proxies().proxy_protocol {
            if !self.trusted {
                tracing::warn!(peer = %self.peer, "a connection that does not come from a trusted proxy is closed");
                return None;
            }
            match proxy_protocol::take(&mut self.stream, self.peer).await {
                Ok(client) => address = client,
                Err(error) => {
                    tracing::warn!(peer = %self.peer, %error, "a connection is closed");
                    return None;
                }
            }
            if !service.proxies().trusts(address.ip()) {
                gate.attribute(&mut self.entry, address);
            }
        }
        let is_http2 = speaks_http2(&self.stream).await?;
        Some((address, is_http2))
    }
}

/// HTTP on a connection until its end.
async fn speak(
    stream: TcpStream,
    is_http2: bool,
    peer: Peer,
    service: Arc<Service>,
    watcher: Watcher,
) {
    let client = peer.address;
    let is_refused = peer.refusal.is_some();
    let limits = service.limits().clone();
    let patience = limits.request_head;
    let answer = service_fn(move |request: Request<Incoming>| {
        let (service, peer) = (Arc::clone(&service), peer.clone());
        async move { Ok::<_, Infallible>(service.answer(request, &peer).await) }
    });
    let io = TokioIo::new(stream);
    let result = if is_http2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(if is_refused { 4 } else { 128 })
            .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
            .keep_alive_interval(patience)
            .keep_alive_timeout(patience);
        watcher.watch(builder.serve_connection(io, answer)).await
    } else {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .keep_alive(!is_refused)
            .header_read_timeout(patience)
            .max_headers(limits.headers)
            .max_buf_size(limits.header_bytes.max(8 << 10));
        watcher.watch(builder.serve_connection(io, answer)).await
    };
    if let Err(error) = result {
        tracing::debug!(%client, %error, "a connection ended early");
    }
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
