//! One request from its head to the head of its answer: admission, routing, the component, what the host adds.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::{sync::Notify, time::sleep_until};
use tracing::Instrument as _;
use wasmtime_wasi_http::{
    WasiBody,
    handler::{ExpirationError, InstantiationError, ProxyHandler, TrapOrPanicError},
};

use crate::{
    admission::{Bound, Place, Who},
    answer::{self, Answers, Pace},
    body,
    client::Proxies,
    component::{Component, Purpose},
    config::{HostConfig, Limits},
    context::{self, Identity, REQUEST_ID, RouteHeaders},
    gzip,
    health::Health,
    problem::{Refusal, What},
    route::{Route, Router},
    telemetry::{counts::Counts, endpoint::Endpoints, traces},
    worker::{Instances, NoFreeInstance, Presence},
};

/// A component and what hands requests to its instances.
pub(crate) struct Served {
    pub(crate) component: Arc<Component>,
    handler: ProxyHandler<Instances>,
    streams: ProxyHandler<Instances>,
    /// Told each time an answer begins, for those who wait for an instance.
    answered: Notify,
}

impl Served {
    pub(crate) fn new(component: Arc<Component>) -> Self {
        let instances = |purpose| Instances(Arc::clone(&component), purpose);
        Self {
            handler: ProxyHandler::new(instances(Purpose::Requests)),
            streams: ProxyHandler::new(instances(Purpose::Streams)),
            answered: Notify::new(),
            component,
        }
    }
}

/// How a connection tells of itself to those who answer its requests.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    /// Ends the connection, where it has one answer at a time.
    pub(crate) cut: Option<Arc<Notify>>,
    /// The connection is one too many: all it may learn is this, and whether the process lives.
    pub(crate) refusal: Option<Refusal>,
}

/// Everything that answers requests.
pub(crate) struct Service {
    router: Router,
    route_headers: Vec<RouteHeaders>,
    served: Vec<Served>,
    limits: Arc<Limits>,
    requests: Arc<Bound>,
    streams: Arc<Bound>,
    answers: Answers,
    proxies: Proxies,
    health: Option<Health>,
    counts: Arc<Counts>,
    endpoints: Endpoints,
    stream_endpoints: Endpoints,
}

type Answer = Result<Response<WasiBody>, Refusal>;

impl Service {
    pub(crate) fn new(
        router: Router,
        served: Vec<Served>,
        limits: Arc<Limits>,
        config: &HostConfig,
    ) -> Result<Self, String> {
        Ok(Self {
            route_headers: router
                .iter()
                .map(RouteHeaders::new)
                .collect::<Result<_, _>>()?,
            router,
            served,
            requests: Bound::new(limits.requests),
            streams: Bound::new(limits.streams),
            answers: Answers::default(),
            proxies: config.proxies.clone(),
            health: config.health.clone(),
            limits,
            counts: Arc::default(),
            endpoints: Endpoints::new(config.endpoints.iter().map(String::as_str)),
            stream_endpoints: Endpoints::new(config.streams.iter().map(String::as_str)),
        })
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    pub(crate) fn proxies(&self) -> &Proxies {
        &self.proxies
    }

    /// Requests that run, and streams.
    pub(crate) fn in_flight(&self) -> (usize, usize) {
        (self.requests.taken(), self.streams.taken())
    }

    /// Cuts off answers that are taken too slowly, until it is dropped.
    pub(crate) async fn watch_answers(&self) {
        self.answers.watch().await;
    }

    pub(crate) fn components(&self) -> impl Iterator<Item = &Component> {
        self.served.iter().map(|served| &*served.component)
    }

    /// Answers a request, whatever happens.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        peer: &Peer,
    ) -> Response<WasiBody> {
        let start = Instant::now();
        let mut identity = Identity::of(request.headers());
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let takes_gzip = gzip::is_accepted(request.headers());
        let span = span(&method, &path, &identity);
        identity.trace = traces::join(&span, identity.caller, identity.trace);
        let found = self.router.find(&path);
        let answer = self
            .first(request, found, peer, &identity)
            .instrument(span.clone())
            .await;
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
        let route = found.map(|(_, route)| route);
        let label = self.endpoints.label(&path, route, response.status());
        self.counts.record(&method, label, response.status(), took);
        let pattern = route.map_or("", |route| route.pattern.as_str());
        span.in_scope(|| log(&span, response.status(), pattern, took));
        gzip::encode(response, takes_gzip && method != Method::HEAD)
    }

    /// What needs no place among the requests, then the others.
    async fn first(
        &self,
        request: Request<Incoming>,
        found: Option<(usize, &Route)>,
        peer: &Peer,
        identity: &Identity,
    ) -> Answer {
        if let Some(health) = &self.health
            && health.is_asked(&request)
        {
            return Ok(health.response().map(body::whole));
        }
        if let Some(refusal) = peer.refusal {
            return Err(refusal);
        }
        let found = found.ok_or(Refusal::NotFound)?;
        self.admit(request, found, peer, identity).await
    }

    async fn admit(
        &self,
        mut request: Request<Incoming>,
        (place, route): (usize, &Route),
        peer: &Peer,
        identity: &Identity,
    ) -> Answer {
        let limit = self.limits.request_body_bytes;
        let is_to_be_drained = body::is_to_be_drained(&request);
        let client = self.proxies.client(peer.address, request.headers());
        let who = Who::of(client, request.headers());
        let held = match self.requests.enter(who) {
            Ok(held) => held,
            Err(whose) => {
                if is_to_be_drained {
                    body::drain(request.into_body(), limit);
                }
                return Err(Refusal::Full(What::Requests, whose));
            }
        };
        let stream = self.stream_place(&request, who)?;
        if declared_length(request.headers()).is_some_and(|length| length > limit) {
            return Err(Refusal::BodyTooLarge { limit });
        }
        let fixed = self.route_headers.get(place).ok_or(Refusal::NotFound)?;
        let served = self.served.get(route.component).ok_or(Refusal::NotFound)?;
        context::prepare(&mut request, route, fixed, client, identity)?;
        let (parts, incoming) = request.into_parts();
        let presence = Presence::default();
        let arrival = (self.limits.arrival(), Arc::clone(presence.progress()));
        let (bounded, verdict) = body::bounded(incoming, limit, arrival, is_to_be_drained);
        let answer = self
            .call(served, &presence, Request::from_parts(parts, bounded))
            .await;
        // Whatever the component made of the broken-off body, this is what was wrong.
        if let Some(refusal) = verdict.refusal(limit) {
            return Err(refusal);
        }
        self.send(answer?, who, (held, stream), presence, peer)
    }

    /// A place among the streams before anything is done, where the path says that it will be one.
    fn stream_place<B>(&self, request: &Request<B>, who: Who) -> Result<Option<Place>, Refusal> {
        if !self.is_stream(request) {
            return Ok(None);
        }
        let place = self.streams.enter(who);
        place
            .map(Some)
            .map_err(|whose| Refusal::Full(What::Streams, whose))
    }

    fn is_stream<B>(&self, request: &Request<B>) -> bool {
        request.method() == Method::GET && self.stream_endpoints.knows(request.uri().path())
    }

    /// The answer on its way: one that takes long gives its place among the requests to others.
    fn send(
        &self,
        response: Response<WasiBody>,
        who: Who,
        (held, stream): (Place, Option<Place>),
        presence: Presence,
        peer: &Peer,
    ) -> Answer {
        let (held, window) = if answer::is_stream(&response) {
            let stream = match stream {
                Some(stream) => stream,
                None => self
                    .streams
                    .enter(who)
                    .map_err(|whose| Refusal::Full(What::Streams, whose))?,
            };
            (stream, self.limits.stream_idle)
        } else {
            (held, self.limits.answer_idle)
        };
        let pace = Pace {
            bytes_per_second: self.limits.answer_rate,
            window,
        };
        Ok(response.map(|body| {
            let sent = self
                .answers
                .send(body, (held, presence), pace, peer.cut.clone());
            sent.boxed_unsync()
        }))
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
        let handler = self.handler(served, &request);
        let answer = loop {
            let answered = served.answered.notified();
            let answering = handler.handle(presence.clone(), request);
            let result = tokio::select! {
                result = answering => result,
                // The instance has the same deadline; this one is for an instance that cannot even say so.
                () = presence.progress().ceased(start.into(), self.limits.request) => break Err(Refusal::Timeout),
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

    /// Streams have instances of their own.
    fn handler<'a>(
        &self,
        served: &'a Served,
        request: &Request<WasiBody>,
    ) -> &'a ProxyHandler<Instances> {
        if self.is_stream(request) {
            &served.streams
        } else {
            &served.handler
        }
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
