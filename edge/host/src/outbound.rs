//! Outbound HTTP of components: only to the hosts of the manifest, with bounded waits, bodies streamed both ways.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt as _, stream};
use http_body_util::{BodyExt, BodyStream, Empty, StreamBody};
use tokio::time::timeout;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks, default_send_request};

use crate::{component::Component, config::Limits};

/// The host's part in a component's outgoing requests.
pub(crate) struct Outbound {
    component: Arc<Component>,
}

type Finished = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sent = Result<(http::Response<WasiBody>, Finished), Error>;

impl Outbound {
    pub(crate) fn new(component: Arc<Component>) -> Self {
        Self { component }
    }

    fn is_allowed(&self, uri: &http::Uri) -> bool {
        let scheme = uri.scheme_str().unwrap_or("https");
        let port = uri
            .port_u16()
            .unwrap_or(if scheme == "http" { 80 } else { 443 });
        uri.host()
            .is_some_and(|host| self.component.allowed_hosts().allows(scheme, host, port))
    }
}

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let allowed = self.is_allowed(request.uri());
        let options = bounded(options, self.component.limits());
        if !allowed {
            let host = request
                .uri()
                .authority()
                .map(http::uri::Authority::host)
                .unwrap_or_default()
                .to_owned();
            tracing::warn!(component = %self.component.name(), host, "a component asked for a host that its manifest does not allow");
        }
        Box::new(async move {
            if !allowed {
                return Err(Error::HttpRequestDenied);
            }
            let request = with_known_end(request, &options).await?;
            let (response, io) = default_send_request(request, Some(options)).await?;
            Ok((
                response.map(BodyExt::boxed_unsync),
                Box::new(io) as Finished,
            ))
        })
    }
}

/// The component's own waits, none longer than the limit.
fn bounded(options: Option<RequestOptions>, limits: &Limits) -> RequestOptions {
    let options = options.unwrap_or_default();
    let bound = |wait: Option<Duration>| {
        Some(wait.map_or(limits.outbound, |wait| wait.min(limits.outbound)))
    };
    RequestOptions {
        connect_timeout: bound(options.connect_timeout),
        first_byte_timeout: bound(options.first_byte_timeout),
        between_bytes_timeout: bound(options.between_bytes_timeout),
    }
}

/// A request whose body has nothing in it, sent as one without a body.
///
/// A component's body has no length, so that it would be sent in chunks, with one at its end. A server that answers
/// without waiting for that one and closes the connection makes the write of it fail, and the answer would be lost.
async fn with_known_end(
    request: http::Request<WasiBody>,
    options: &RequestOptions,
) -> Result<http::Request<WasiBody>, Error> {
    if request.headers().contains_key(http::header::CONTENT_LENGTH) {
        return Ok(request);
    }
    let (parts, mut body) = request.into_parts();
    let wait = options.between_bytes_timeout.unwrap_or(Duration::MAX);
    let first = timeout(wait, body.frame())
        .await
        .map_err(|_| Error::ConnectionWriteTimeout)?;
    let body = match first {
        None => Empty::new().map_err(|never| match never {}).boxed_unsync(),
        Some(first) => {
            StreamBody::new(stream::iter([first]).chain(BodyStream::new(body))).boxed_unsync()
        }
    };
    Ok(http::Request::from_parts(parts, body))
}
