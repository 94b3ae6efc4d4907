//! One request from its head to the head of its answer: admission, routing, the component, what the host adds.

mod admit;
mod hand_over;
mod log;
mod shelves;

use std::{net::SocketAddr, sync::Arc, time::Instant};

use http::{HeaderValue, Method, Request, Response, Version, header, uri::Scheme};
use hyper::body::{Body as _, Incoming};
use tokio::sync::Notify;
use tracing::Instrument as _;
use wasmtime_wasi_http::WasiBody;

pub(crate) use self::hand_over::Served;
use crate::{
    admission::Bound,
    answer::Answers,
    body,
    client::Proxies,
    component::Component,
    config::{HostConfig, Limits},
    context::{Identity, REQUEST_ID},
    gzip,
    health::Health,
    instances::Pool,
    pg::{self, Server},
    problem::Refusal,
    route::{Route, Router},
    stage::{Stage, Stages},
    telemetry::{
        counts::{Bytes, Counts},
        endpoint::Endpoints,
        traces,
    },
};

/// A browser that has come by TLS comes by it for a year.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// How a connection tells of itself to those who answer its requests.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    /// Ends the connection, where it has one answer at a time.
    pub(crate) cut: Option<Arc<Notify>>,
    /// The connection is one too many: all it may learn is this, and whether the process lives.
    pub(crate) refusal: Option<Refusal>,
    /// Nobody between can read it, or write it.
    pub(crate) is_tls: bool,
}

impl Peer {
    fn scheme(&self) -> Scheme {
        if self.is_tls {
            Scheme::HTTPS
        } else {
            Scheme::HTTP
        }
    }
}

/// Everything that answers requests.
pub(crate) struct Service {
    router: Router,
    served: Vec<Served>,
    pool: Arc<Pool>,
    limits: Arc<Limits>,
    requests: Arc<Bound>,
    streams: Arc<Bound>,
    instances: Arc<Bound>,
    answers: Answers,
    proxies: Proxies,
    health: Option<Health>,
    counts: Arc<Counts>,
    endpoints: Endpoints,
    stream_endpoints: Endpoints,
    event_endpoints: Endpoints,
    servers: Vec<Server>,
    stages: Stages,
}

type Answer = Result<Response<WasiBody>, Refusal>;

impl Service {
    pub(crate) fn new(
        router: Router,
        served: Vec<Served>,
        limits: Arc<Limits>,
        config: &HostConfig,
        database_ca: Option<&Arc<str>>,
    ) -> Self {
        Self {
            servers: pg::servers(served.iter().map(|served| &served.component), database_ca),
            stages: Stages::default(),
            router,
            pool: Pool::new(limits.instances.all, served.len()),
            served,
            requests: Bound::new(limits.requests),
            streams: Bound::new(limits.streams),
            instances: Bound::new(limits.instances),
            answers: Answers::default(),
            proxies: config.proxies.clone(),
            health: config.health.clone(),
            limits,
            counts: Arc::default(),
            endpoints: Endpoints::new(config.endpoints.iter().map(String::as_str)),
            stream_endpoints: Endpoints::new(config.streams.iter().map(String::as_str)),
            event_endpoints: Endpoints::new(config.events.iter().map(String::as_str)),
        }
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

    pub(crate) fn stages(&self) -> &Stages {
        &self.stages
    }

    /// The databases of all components.
    pub(crate) fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// Requests that run, and streams.
    pub(crate) fn in_flight(&self) -> (usize, usize) {
        (self.requests.taken(), self.streams.taken())
    }

    /// Cuts off answers that are taken too slowly, and ends instances that nobody needs, until it is dropped.
    pub(crate) async fn watch(&self) {
        let idle = self.limits.instance_idle;
        tokio::join!(self.answers.watch(), self.pool.watch(idle));
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
        let version = request.version();
        let takes_gzip = gzip::is_accepted(request.headers());
        let sent = request.body().size_hint().exact();
        let span = log::span(&method, &path, &identity);
        identity.trace = traces::join(&span, identity.caller, identity.trace);
        let route = self.router.find(&path);
        let answer = self
            .first(request, route, peer, &identity)
            .instrument(span.clone())
            .await;
        let mut response = match answer {
            Ok(response) => response,
            Err(refusal) => {
                if let Some(limit) = refusal.limit_name() {
                    self.counts.record_refusal(&limit);
                }
                let response = refusal.response(&path, identity.request_id());
                response.map(body::whole)
            }
        };
        response
            .headers_mut()
            .entry(REQUEST_ID)
            .or_insert_with(|| identity.request_id.clone());
        if version < Version::HTTP_2 && self.stages.now() >= Stage::Draining {
            let headers = response.headers_mut();
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if peer.is_tls {
            response
                .headers_mut()
                .entry(header::STRICT_TRANSPORT_SECURITY)
                .or_insert(HSTS);
        }
        let took = start.elapsed();
        let label = self.endpoints.label(&path, route, response.status());
        self.counts.record(&method, label, response.status(), took);
        self.counts.record_sizes(Bytes {
            request: sent,
            response: response.body().size_hint().exact(),
        });
        let pattern = route.map_or("", |route| route.pattern.as_str());
        span.in_scope(|| log::answered(&span, response.status(), pattern, took));
        gzip::encode(response, takes_gzip && method != Method::HEAD)
    }

    /// What needs no place among the requests, then the others.
    async fn first(
        &self,
        request: Request<Incoming>,
        route: Option<&Route>,
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
        let route = route.ok_or(Refusal::NotFound)?;
        self.admit(request, route, peer, identity).await
    }
}
