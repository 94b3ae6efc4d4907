//! HTTP on a connection.

use std::{convert::Infallible, pin::pin, sync::Arc};

use http::Request;
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulConnection,
};
use tokio::sync::Notify;

use super::wire::Wire;
use crate::{
    serve::{Peer, Service},
    stage::{Follower, Stage, reached},
};

/// HTTP on a connection until its end.
pub(super) async fn speak(
    stream: Wire,
    is_http2: bool,
    peer: Peer,
    service: Arc<Service>,
    follower: &mut Follower,
) {
    let client = peer.address;
    let is_refused = peer.refusal.is_some();
    let limits = service.limits().clone();
    let patience = limits.request_head;
    let answered = Arc::new(Notify::new());
    let leaving = leaving(follower, is_http2, &answered);
    let answer = service_fn(|request: Request<Incoming>| {
        let (service, peer, answered) = (Arc::clone(&service), peer.clone(), Arc::clone(&answered));
        async move {
            let response = service.answer(request, &peer).await;
            answered.notify_one();
            Ok::<_, Infallible>(response)
        }
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
        until_it_leaves(builder.serve_connection(io, answer), leaving).await
    } else {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .keep_alive(!is_refused)
            .header_read_timeout(patience)
            .max_headers(limits.headers)
            .max_buf_size(limits.header_bytes.max(8 << 10));
        until_it_leaves(builder.serve_connection(io, answer), leaving).await
    };
    if let Err(error) = result {
        tracing::debug!(%client, %error, "a connection ended early");
    }
}

/// Requests that have come are answered, others not any more.
async fn until_it_leaves<C: GracefulConnection>(
    connection: C,
    leaving: impl Future<Output = ()>,
) -> Result<(), C::Error> {
    let mut connection = pin!(connection);
    tokio::select! {
        result = connection.as_mut() => return result,
        () = leaving => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}

/// Over HTTP/1 an answer says that its connection ends, and one that is idle could be closed while a request is on its way: so it
/// stays until the process closes. HTTP/2 says so by a frame of its own (GOAWAY), without losing what comes meanwhile; a new connection
/// has its first request answered before.
async fn leaving(follower: &mut Follower, is_http2: bool, answered: &Notify) {
    if !is_http2 {
        return reached(follower, Stage::Closing).await;
    }
    reached(follower, Stage::Draining).await;
    tokio::select! {
        () = answered.notified() => {}
        () = reached(follower, Stage::Closing) => {}
    }
}
