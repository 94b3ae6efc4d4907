//! Handing a request to an instance: one of its own, or one that streams share.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::Request;
use tokio::{
    sync::Notify,
    time::{sleep, sleep_until},
};
use wasmtime_wasi_http::{
    WasiBody,
    handler::{ExpirationError, InstantiationError, ProxyHandler, TrapOrPanicError},
};

use super::{
    Answer, Service,
    shelves::{Shelves, Turn},
};
use crate::{
    admission::Who,
    component::Component,
    instances::{Failure, Instances, NoFreeInstance, Presence},
    problem::{Refusal, What},
};

/// A component, and what hands streams to its instances.
pub(crate) struct Served {
    pub(crate) component: Arc<Component>,
    downloads: ProxyHandler<Instances>,
    events: Shelves,
    /// Told each time a stream begins, for those who wait for an instance.
    answered: Notify,
}

/// Where a stream may be handed over now.
enum Entrance<'a> {
    Any(&'a ProxyHandler<Instances>),
    One(Turn<'a>),
}

impl Served {
    pub(crate) fn new(component: Arc<Component>) -> Self {
        let (downloads, events) = (component.limits().downloads, component.limits().events);
        let instances = downloads.instances_per_component;
        Self {
            downloads: ProxyHandler::new(Instances::new(&component, downloads, instances)),
            events: Shelves::new(&component, events),
            answered: Notify::new(),
            component,
        }
    }

    /// `None` where it has to wait on.
    fn entrance(&self, is_watched: bool, waited: Duration) -> Option<Entrance<'_>> {
        if is_watched {
            self.events.turn(waited).map(Entrance::One)
        } else {
            Some(Entrance::Any(&self.downloads))
        }
    }
}

impl Entrance<'_> {
    fn handler(&self) -> &ProxyHandler<Instances> {
        match self {
            Self::Any(handler) => handler,
            Self::One(turn) => turn.handler(),
        }
    }
}

impl Service {
    /// The request has an instance for itself, which counts to its caller until all of it is done.
    pub(super) async fn give(
        &self,
        number: usize,
        presence: &Presence,
        request: Request<WasiBody>,
        who: Who,
    ) -> Answer {
        let served = self.served.get(number).ok_or(Refusal::NotFound)?;
        let place = self
            .instances
            .enter(who)
            .map_err(|whose| Refusal::Full(What::Instances, whose))?;
        let component = (number, &served.component);
        let answer = self.pool.handle(component, presence, request, place).await;
        answer.map_err(|failure| match failure {
            Failure::Broken => Refusal::Broken,
            Failure::Late => Refusal::Timeout,
        })
    }

    /// Hands the request to an instance that others share, and again while all are taken, until the time for an answer is over.
    pub(super) async fn share(
        &self,
        number: usize,
        presence: &Presence,
        mut request: Request<WasiBody>,
    ) -> Answer {
        let served = self.served.get(number).ok_or(Refusal::NotFound)?;
        let is_watched = self.event_endpoints.knows(request.uri().path());
        let start = Instant::now();
        let deadline = start + self.limits.request;
        let answer = loop {
            let answered = served.answered.notified();
            if let Some(entrance) = served.entrance(is_watched, start.elapsed()) {
                let answering = entrance.handler().handle(presence.clone(), request);
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
            }
            tokio::select! {
                () = answered => {}
                () = sleep(Duration::from_millis(5)) => {}
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
