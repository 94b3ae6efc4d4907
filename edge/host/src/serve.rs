//! One request from its head to the head of its answer: admission, routing, the component, what the host adds.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::{
    sync::{Notify, Semaphore},
    time::{sleep_until, timeout},
};
use tracing::Instrument as _;
use wasmtime_wasi_http::{
    WasiBody,
    handler::{ExpirationError, InstantiationError, ProxyHandler, TrapOrPanicError},
};

use crate::{
    body::{self, Running},
    component::Component,
    config::Limits,
    context::{self, Identity, REQUEST_ID, RouteHeaders},
    gzip,
    problem::Refusal,
    route::{Route, Router},
    telemetry::{counts::Counts, endpoint::Endpoints, traces},
    worker::{Instances, NoFreeInstance, Presence},
};

/// A component and what hands requests to its instances.
pub(crate) struct Served {
    pub(crate) component: Arc<Component>,
    handler: ProxyHandler<Instances>,
    /// Told each time an answer begins, for those who wait for an instance.
    answered: Notify,
}

impl Served {
    pub(crate) fn new(component: Arc<Component>) -> Self {
        Self {
            handler: ProxyHandler::new(Instances(Arc::clone(&component))),
            answered: Notify::new(),
            component,
        }
    }
}

/// Everything that answers requests.
pub(crate) struct Service {
    router: Router,
    route_headers: Vec<RouteHeaders>,
    served: Vec<Served>,
    limits: Arc<Limits>,
    in_flight: Arc<Semaphore>,
    counts: Arc<Counts>,
    endpoints: Endpoints,
}

type Answer = Result<Response<WasiBody>, Refusal>;

impl Service {
    pub(crate) fn new(
        router: Router,
        served: Vec<Served>,
        limits: Arc<Limits>,
        endpoints: Endpoints,
    ) -> Result<Self, String> {
        Ok(Self {
            route_headers: router
                .iter()
                .map(RouteHeaders::new)
                .collect::<Result<_, _>>()?,
            router,
            served,
            in_flight: Arc::new(Semaphore::new(limits.concurrent_requests)),
            limits,
            counts: Arc::default(),
            endpoints,
        })
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.limits
            .concurrent_requests
            .saturating_sub(self.in_flight.available_permits())
    }

    pub(crate) fn components(&self) -> impl Iterator<Item = &Component> {
        self.served.iter().map(|served| &*served.component)
    }

    /// Answers a request, whatever happens.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        client: SocketAddr,
    ) -> Response<WasiBody> {
        let start = Instant::now();
        let mut identity = Identity::of(request.headers());
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let takes_gzip = gzip::is_accepted(request.headers());
        let span = span(&method, &path, &identity);
        identity.trace = traces::join(&span, identity.caller, identity.trace);
        let found = self.router.find(&path);
        let answer = match found {
            Some((place, route)) => {
                self.admit(request, (place, route), client, &identity)
                    .instrument(span.clone())
                    .await
            }
            None => Err(Refusal::NotFound),
        };
        let mut response = match answer {
            Ok(response) => response,
            Err(refusal) => refusal
                .response(&path, identity.request_id())
                .map(body::whole),
        };
        response
            .headers_mut()
            .entry(REQUEST_ID)
            .or_insert_with(|| identity.request_id.clone());
        let took = start.elapsed();
        let route = found.map_or("", |(_, route)| route.pattern.as_str());
        let label = self
            .endpoints
            .label(&path, found.map(|(_, route)| route), response.status());
        self.counts.record(&method, label, response.status(), took);
        span.in_scope(|| log(&span, response.status(), route, took));
        gzip::encode(response, takes_gzip && method != Method::HEAD)
    }

    async fn admit(
        &self,
        mut request: Request<Incoming>,
        (place, route): (usize, &Route),
        client: SocketAddr,
        identity: &Identity,
    ) -> Answer {
        let limit = self.limits.request_body_bytes;
        let is_to_be_drained = body::is_to_be_drained(&request);
        let Ok(permit) = Arc::clone(&self.in_flight).try_acquire_owned() else {
            if is_to_be_drained {
                body::drain(request.into_body(), limit);
            }
            return Err(Refusal::Busy);
        };
        if declared_length(request.headers()).is_some_and(|length| length > limit) {
            return Err(Refusal::BodyTooLarge { limit });
        }
        let fixed = self.route_headers.get(place).ok_or(Refusal::NotFound)?;
        let served = self.served.get(route.component).ok_or(Refusal::NotFound)?;
        context::prepare(&mut request, route, fixed, client, identity)?;
        let (head, incoming) = request.into_parts();
        let idle = self.limits.request_body_idle;
        let (bounded, verdict) = body::bounded(incoming, limit, idle, is_to_be_drained);
        let presence = Presence::default();
        let answer = self
            .call(served, &presence, Request::from_parts(head, bounded))
            .await;
        // Whatever the component made of the broken-off body, this is what was wrong.
        if let Some(refusal) = verdict.refusal(limit) {
            return Err(refusal);
        }
        answer.map(|response| {
            response.map(|body| Running::new(body, permit, presence).boxed_unsync())
        })
    }

    /// Hands the request to an instance, and again while all are taken, until the time for an answer is over.
    async fn call(
        &self,
        served: &Served,
        presence: &Presence,
        mut request: Request<WasiBody>,
    ) -> Answer {
        let start = Instant::now();
        let deadline = start + self.limits.request;
        let answer = loop {
            let answered = served.answered.notified();
            let handled = served.handler.handle(presence.clone(), request);
            // The instance has the same deadline; this one is for an instance that cannot even say so.
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(result) = timeout(left, handled).await else {
                break Err(Refusal::Timeout);
            };
            let error = match result {
                Ok(response) => break Ok(response),
                Err(error) => error,
            };
            match returned(error) {
                Ok(again) => request = again,
                Err(error) => break Err(self.failure(&error, start)),
            }
            tokio::select! {
                () = answered => {}
                () = tokio::time::sleep(std::time::Duration::from_millis(5)) => {}
                () = sleep_until(deadline.into()) => break Err(Refusal::Busy),
            }
        };
        served.answered.notify_one();
        answer
    }

    fn failure(&self, error: &wasmtime::Error, start: Instant) -> Refusal {
        let took = start.elapsed();
        let stuck =
            error.is::<TrapOrPanicError>() && took >= self.limits.compute.min(self.limits.request);
        if stuck || error.is::<ExpirationError>() {
            return Refusal::Timeout;
        }
        tracing::error!(error = %format!("{error:#}"), "a component failed to answer");
        Refusal::Broken
    }
}

/// The request that could not be handed over because all instances are taken.
fn returned(error: wasmtime::Error) -> Result<Request<WasiBody>, wasmtime::Error> {
    let error = error.downcast::<InstantiationError<Presence>>()?;
    if is_no_room(&error.error) {
        return error
            .request
            .into_inner()
            .map_err(|_| wasmtime::Error::msg("a request was lost"));
    }
    Err(wasmtime::Error::msg(format!("{:#}", error.error)))
}

fn is_no_room(error: &wasmtime::Error) -> bool {
    error.is::<NoFreeInstance>() || error.is::<wasmtime::PoolConcurrencyLimitError>()
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

fn span(method: &Method, path: &str, identity: &Identity) -> tracing::Span {
    tracing::info_span!(
        "request",
        otel.kind = "server",
        otel.name = tracing::field::Empty,
        http.request.method = %method,
        url.path = path,
        request_id = identity.request_id(),
        trace_id = %format_args!("{:032x}", identity.trace.trace_id()),
        http.response.status_code = tracing::field::Empty,
    )
}

fn log(span: &tracing::Span, status: StatusCode, route: &str, took: std::time::Duration) {
    span.record("http.response.status_code", status.as_u16());
    let ms = (took.as_secs_f64() * 1e5).round() / 1e2;
    if status.is_server_error() {
        tracing::warn!(status = status.as_u16(), route, ms, "answered");
    } else {
        tracing::info!(status = status.as_u16(), route, ms, "answered");
    }
}
