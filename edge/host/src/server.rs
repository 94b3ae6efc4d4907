//! Connections: HTTP/1.1 and HTTP/2 without TLS on one port, with bounds on heads and idle time, and an orderly end.

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
    sync::{Notify, Semaphore},
    time::{sleep, timeout},
};

use crate::serve::Service;

/// How a connection without TLS says that it speaks HTTP/2.
const PREFACE: &[u8; 3] = b"PRI";

/// Waits after a failed accept: most often the process has no file descriptors left for the moment.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until `stop` is notified, then ends them in order: requests that run are finished, idle
/// connections close, and what is not done after the deadline is cut when the caller drops this future.
pub(crate) async fn run(listener: TcpListener, service: Arc<Service>, stop: Arc<Notify>) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(service.limits().connections));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            break;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.notified() => break,
        };
        match accepted {
            Ok((stream, client)) => {
                let connection = serve(stream, client, Arc::clone(&service), graceful.watcher());
                tokio::spawn(async move {
                    connection.await;
                    drop(place);
                });
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

async fn serve(stream: TcpStream, client: SocketAddr, service: Arc<Service>, watcher: Watcher) {
    let patience = service.limits().request_head;
    // Answers are written whole; waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    let Ok(Some(is_http2)) = timeout(patience, speaks_http2(&stream)).await else {
        return;
    };
    let limits = service.limits().clone();
    let answer = service_fn(move |request: Request<Incoming>| {
        let service = Arc::clone(&service);
        async move { Ok::<_, Infallible>(service.answer(request, client).await) }
    });
    let io = TokioIo::new(stream);
    let result = if is_http2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(128)
            .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
            .keep_alive_interval(patience)
            .keep_alive_timeout(patience);
        watcher.watch(builder.serve_connection(io, answer)).await
    } else {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
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
