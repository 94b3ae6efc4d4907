//! From a request's head to the head of its answer: the places that it holds, its body's bounds, and an answer that takes long.

use http::{HeaderMap, Method, Request, Response, header};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use wasmtime_wasi_http::WasiBody;

use super::{Answer, Peer, Service};
use crate::{
    admission::{Place, Who},
    answer::{self, Pace},
    body,
    context::{self, Identity},
    instances::Presence,
    problem::{Refusal, What},
    route::Route,
};

/// What a request holds until its answer is sent.
struct Held {
    request: Place,
    stream: Option<Place>,
}

impl Service {
    pub(super) async fn admit(
        &self,
        mut request: Request<Incoming>,
        route: &Route,
        peer: &Peer,
        identity: &Identity,
    ) -> Answer {
        let limit = self.limits.request_body_bytes;
        let is_to_be_drained = body::is_to_be_drained(&request);
        let client = self.proxies.client(peer.address, request.headers());
        let who = Who::of(client, request.headers());
        let held = self.hold(&request, who).and_then(|held| {
            if declared_length(request.headers()).is_some_and(|length| length > limit) {
                return Err(Refusal::BodyTooLarge { limit });
            }
            context::prepare(&mut request, (client, peer.scheme()), identity)?;
            Ok(held)
        });
        let held = match held {
            Ok(held) => held,
            Err(refusal) => {
                if is_to_be_drained {
                    body::drain(request.into_body());
                }
                return Err(refusal);
            }
        };
        let (parts, incoming) = request.into_parts();
        let presence = Presence::default();
        let arrival = (self.limits.arrival(), presence.progress().clone());
        let (bounded, verdict) = body::bounded(incoming, limit, arrival, is_to_be_drained);
        let request = Request::from_parts(parts, bounded);
        let answer = if held.stream.is_some() {
            self.share(route.component, &presence, request).await
        } else {
            self.give(route.component, &presence, request, who).await
        };
        // Whatever the component made of the broken-off body, this is what was wrong.
        if let Some(refusal) = verdict.refusal(limit) {
            return Err(refusal);
        }
        self.send(answer?, who, held, presence, peer)
    }

    /// A place among the requests, and one among the streams before anything is done where the path says that it will be one.
    fn hold(&self, request: &Request<Incoming>, who: Who) -> Result<Held, Refusal> {
        let full = |what| move |whose| Refusal::Full(what, whose);
        Ok(Held {
            request: self.requests.enter(who).map_err(full(What::Requests))?,
            stream: if self.is_stream(request) {
                Some(self.streams.enter(who).map_err(full(What::Streams))?)
            } else {
                None
            },
        })
    }

    /// What brings a body can fill its instance, and has one for itself.
    fn is_stream(&self, request: &Request<Incoming>) -> bool {
        request.method() == Method::GET
            && request.body().is_end_stream()
            && self.stream_endpoints.knows(request.uri().path())
    }

    /// The answer on its way: one that takes long gives its place among the requests to others.
    fn send(
        &self,
        response: Response<WasiBody>,
        who: Who,
        held: Held,
        presence: Presence,
        peer: &Peer,
    ) -> Answer {
        let (held, window) = if answer::is_stream(&response) {
            let stream = match held.stream {
                Some(stream) => stream,
                None => self
                    .streams
                    .enter(who)
                    .map_err(|whose| Refusal::Full(What::Streams, whose))?,
            };
            (stream, self.limits.stream_idle)
        } else {
            (held.request, self.limits.answer_idle)
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
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}
