//! HTTP on a connection.

use std::{convert::Infallible, sync::Arc};

use http::Request;
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::Watcher,
};

use super::wire::Wire;
use crate::serve::{Peer, Service};

/// HTTP on a connection until its end.
pub(super) async fn speak(
    stream: Wire,
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
