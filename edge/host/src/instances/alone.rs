//! An instance that has one request at a time, from the request's head until nothing of it is left to do.

use std::{
    pin::{Pin, pin},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use http::{Request, Response};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, oneshot},
    time::{Instant, Sleep, sleep_until},
};
use wasmtime::{Store, component::Accessor};
use wasmtime_wasi_http::{
    WasiBody,
    p3::{Request as WasiRequest, bindings::Service},
};

use super::{Instance, Presence, store};
use crate::{component::Component, config::Limits, cpu::Computing, progress::Progress};

/// Why a request has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The instance broke, or could not be made.
    Broken,
    /// It computed, or waited, for too long.
    Late,
}

pub(crate) type Head = Result<Response<WasiBody>, Failure>;

/// An instance between two requests, or with one.
pub(crate) struct Alone {
    store: Store<Instance>,
    service: Service,
    computing: Computing,
    component: Arc<Component>,
    served: usize,
    /// Since when it has had nothing to do.
    pub(super) idle_since: Instant,
    /// Given back last: the memory is free by then.
    _slot: OwnedSemaphorePermit,
}

impl Alone {
    pub(super) async fn make(
        component: &Arc<Component>,
        slot: OwnedSemaphorePermit,
    ) -> wasmtime::Result<Self> {
        let (mut store, computing) = store::new(component);
        let service = component.code().instantiate_async(&mut store).await?;
        Ok(Self {
            store,
            service,
            computing,
            component: Arc::clone(component),
            served: 0,
            idle_since: Instant::now(),
            _slot: slot,
        })
    }

    /// Answers a request through `head`, and goes on until all that belongs to it is done. Returns whether the instance can be used again.
    pub(super) async fn serve(
        &mut self,
        request: Request<WasiBody>,
        presence: Presence,
        head: oneshot::Sender<Head>,
    ) -> bool {
        self.served += 1;
        let watch = Watch::new(&presence, self.component.limits());
        // Held by the one who waits for the answer from here on.
        drop(presence);
        let asker = Asker(Mutex::new(Some(head)));
        let (store, service) = (&mut self.store, &self.service);
        let work = store.run_concurrent(async |accessor: &Accessor<Instance>| {
            handle(accessor, service, request, (&asker, &watch)).await
        });
        let ended = watch.over(work, &self.computing).await;
        let Err(error) = ended else {
            return self.is_good();
        };
        let late = error.is::<Late>();
        asker.tell(Err(if late { Failure::Late } else { Failure::Broken }));
        self.component.broke();
        tracing::error!(component = %self.component.name(), error = %format!("{error:?}"), "an instance broke and is discarded");
        false
    }

    /// An instance that has grown keeps what it has; it had better end.
    fn is_good(&self) -> bool {
        let limits = self.component.limits();
        self.is_current()
            && self.served < limits.requests_per_instance
            && self.store.data().memory().bytes() <= limits.instance_kept_bytes
    }

    /// Whether it has today's variables.
    pub(super) fn is_current(&self) -> bool {
        self.store.data().is_current()
    }
}

/// Runs inside of the store.
async fn handle(
    accessor: &Accessor<Instance>,
    service: &Service,
    request: Request<WasiBody>,
    (asker, watch): (&Asker, &Watch<'_>),
) -> wasmtime::Result<()> {
    let (request, sent) = accessor.with(|mut store| {
        let hooks = store.data_mut().http().hooks;
        let (request, sent) = WasiRequest::from_http(hooks, request);
        (
            request,
            Box::pin(sent) as Pin<Box<dyn Future<Output = _> + Send>>,
        )
    });
    let answered = service.handle(accessor, request).await?;
    let response = match answered {
        Ok(response) => accessor.with(|mut store| response.into_http(&mut store, sent)),
        Err(code) => Err(code.into()),
    };
    watch.answered();
    asker.tell(response.map_err(|error| {
        tracing::error!(error = %format!("{error:#}"), "a component failed to answer");
        Failure::Broken
    }));
    // The rest of the body, and whatever else it has begun.
    std::future::poll_fn(|cx| accessor.poll_no_interesting_tasks(cx)).await;
    Ok(())
}

/// Who waits for the head of the answer; told once.
struct Asker(Mutex<Option<oneshot::Sender<Head>>>);

impl Asker {
    fn tell(&self, head: Head) {
        let asker = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(asker) = asker {
            // Whoever has gone away needs no answer.
            let _ = asker.send(head);
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the component took too long")]
struct Late;

/// The times within which an instance must do its work.
struct Watch<'a> {
    limits: &'a Limits,
    progress: Arc<Progress>,
    gone: Arc<Notify>,
    begun: Instant,
    answered: OnceLock<Instant>,
}

impl<'a> Watch<'a> {
    fn new(presence: &Presence, limits: &'a Limits) -> Self {
        Self {
            limits,
            progress: Arc::clone(presence.progress()),
            gone: presence.gone(),
            begun: Instant::now(),
            answered: OnceLock::new(),
        }
    }

    fn answered(&self) {
        let _ = self.answered.set(Instant::now());
    }

    fn deadline(&self, left: Option<Instant>) -> Instant {
        let after = |since: Instant, wait: Duration| since + wait;
        match (self.answered.get(), left) {
            // A body that still arrives is worked on.
            (None, _) => after(self.progress.since(self.begun), self.limits.request),
            (Some(at), None) => after(*at, self.limits.response_body),
            (Some(at), Some(left)) => after(left.max(*at), self.limits.after_answer),
        }
    }

    /// Drives the work, looking after each turn whether its time is over.
    async fn over(
        &self,
        work: impl Future<Output = wasmtime::Result<wasmtime::Result<()>>>,
        computing: &Computing,
    ) -> wasmtime::Result<()> {
        let mut work = pin!(work);
        let mut gone = pin!(self.gone.notified());
        let mut left = None;
        let mut sleep: Option<Pin<Box<Sleep>>> = None;
        std::future::poll_fn(|cx| {
            if let Poll::Ready(done) = work.as_mut().poll(cx) {
                return Poll::Ready(done.flatten());
            }
            if computing.turn_ended() >= self.limits.compute {
                return Poll::Ready(Err(Late.into()));
            }
            if left.is_none() && gone.as_mut().poll(cx).is_ready() {
                left = Some(Instant::now());
            }
            ready!(self.poll_deadline(cx, left, &mut sleep));
            Poll::Ready(Err(Late.into()))
        })
        .await
    }

    fn poll_deadline(
        &self,
        cx: &mut Context<'_>,
        left: Option<Instant>,
        sleep: &mut Option<Pin<Box<Sleep>>>,
    ) -> Poll<()> {
        loop {
            let deadline = self.deadline(left);
            let sleep = sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            // A timer that ends too early is set anew then: most requests end long before.
            if deadline < sleep.deadline() {
                sleep.as_mut().reset(deadline);
            }
            ready!(sleep.as_mut().poll(cx));
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
    }
}
