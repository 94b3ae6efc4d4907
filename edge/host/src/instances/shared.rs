//! The life of an instance that streams share: made when no other is free, used for many, ended when it is used up, idle, stuck or
//! broken. Wasmtime's `ProxyHandler` hands requests to instances; this file tells it how.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::{Duration, Instant as StdInstant},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep},
};
use wasmtime::{Store, StoreContextMut, component::GuestTaskId};
use wasmtime_wasi_http::handler::{
    HandlerState, Instance as Running, Proxy, ShouldAccept, WorkerExpiration, WorkerState,
    WorkerStatus,
};

use super::{Instance, Presence, store};
use crate::{
    component::Component, config::Sharing, cpu::Computing, progress::Moment, variables::Values,
};

/// Every instance of the component is taken; the request can be handed over again in a moment.
#[derive(Debug, thiserror::Error)]
#[error("all instances of the component are at work")]
pub(crate) struct NoFreeInstance;

/// How often an instance that has answered looks whether its answers have been sent.
const LOOK: Duration = Duration::from_secs(1);

/// Makes instances of one component.
pub(crate) struct Instances {
    component: Arc<Component>,
    bounds: Sharing,
    slots: Arc<Semaphore>,
    is_full: Arc<AtomicBool>,
}

impl Instances {
    /// So many at a time.
    pub(crate) fn new(component: &Arc<Component>, bounds: Sharing, instances: usize) -> Self {
        Self {
            component: Arc::clone(component),
            bounds,
            slots: Arc::new(Semaphore::new(instances)),
            is_full: Arc::default(),
        }
    }

    /// Whether the instance that last looked takes no more: for whoever has one at a time.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Relaxed)
    }
}

impl HandlerState for Instances {
    type StoreData = Instance;
    type WorkerExpiration = Expiration;
    type WorkerState = Life;

    async fn instantiate(&self) -> wasmtime::Result<Running<Instance, Expiration, Life>> {
        let component = &self.component;
        let slot = Arc::clone(&self.slots)
            .try_acquire_owned()
            .map_err(|_| NoFreeInstance)?;
        let (mut store, computing) = store::new(component);
        let present = Arc::new(Moment::default());
        let proxy = Proxy::P3(component.code().instantiate_async(&mut store).await?);
        let memory = store.data().memory().counter();
        let variables = Arc::clone(store.data().variables());
        self.is_full.store(false, Ordering::Relaxed);
        Ok(Running {
            store,
            proxy,
            view: Instance::http,
            expiration: Expiration {
                component: Arc::clone(component),
                sleep: Box::pin(tokio::time::sleep(component.limits().instance_idle)),
                computing,
                present: Arc::clone(&present),
            },
            state: Life {
                component: Arc::clone(component),
                variables,
                bounds: self.bounds,
                is_full: Arc::clone(&self.is_full),
                memory,
                present,
                _slot: slot,
            },
        })
    }
}

/// When an instance ends by itself.
pub(crate) struct Expiration {
    component: Arc<Component>,
    sleep: Pin<Box<Sleep>>,
    /// What the component has computed without once waiting.
    computing: Computing,
    present: Arc<Moment>,
}

impl Expiration {
    fn wait(&self, status: WorkerStatus) -> Duration {
        let limits = self.component.limits();
        let nobody = count(&self.present) == 0;
        match status {
            WorkerStatus::Idle => limits.instance_idle,
            WorkerStatus::Requests => limits.request,
            WorkerStatus::PostReturn if nobody => limits.after_answer,
            WorkerStatus::PostReturn => limits.response_body,
        }
    }
}

impl WorkerExpiration for Expiration {
    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        status: WorkerStatus,
        start: StdInstant,
    ) -> Poll<()> {
        if self.computing.turn_ended() >= self.component.limits().compute {
            return Poll::Ready(());
        }
        loop {
            let now = Instant::now();
            let start = Instant::from_std(start);
            // A body that still arrives is worked on.
            let since = match status {
                WorkerStatus::Requests => self.present.or(start),
                WorkerStatus::Idle | WorkerStatus::PostReturn => start,
            };
            let deadline = since + self.wait(status);
            if now >= deadline {
                return Poll::Ready(());
            }
            // Nothing wakes the instance when the last answer has been sent or given up.
            let next = if status == WorkerStatus::PostReturn {
                deadline.min(now + LOOK)
            } else {
                deadline
            };
            if status == WorkerStatus::PostReturn || next != self.sleep.deadline() {
                self.sleep.as_mut().reset(next);
            }
            ready!(self.sleep.as_mut().poll(cx));
        }
    }
}

/// How many wait for an answer or take one. The instance itself holds two.
fn count(present: &Arc<Moment>) -> usize {
    Arc::strong_count(present).saturating_sub(2)
}

/// An instance from its first request to its last.
pub(crate) struct Life {
    component: Arc<Component>,
    variables: Arc<Values>,
    bounds: Sharing,
    is_full: Arc<AtomicBool>,
    memory: Arc<AtomicUsize>,
    present: Arc<Moment>,
    _slot: OwnedSemaphorePermit,
}

impl Life {
    /// Memory that an instance has taken it keeps, and the variables that it began with.
    fn is_used_up(&self, total: usize) -> bool {
        let half = self.component.limits().instance_memory_bytes / 2;
        let is_outdated = !self.component.is_current(&self.variables);
        is_outdated
            || total >= self.bounds.in_all
            || (total > 0 && self.memory.load(Ordering::Relaxed) >= half)
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.is_full.store(false, Ordering::Relaxed);
    }
}

impl WorkerState for Life {
    type StoreData = Instance;
    type RequestData = Presence;

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        let is_used_up = self.is_used_up(total);
        let is_full = is_used_up || count(&self.present) >= self.bounds.at_once;
        self.is_full.store(is_full, Ordering::Relaxed);
        if is_used_up {
            ShouldAccept::Never
        } else if is_full || concurrent >= self.bounds.unanswered {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, Instance>,
        presence: Presence,
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        presence.belongs_to(&self.present);
        let progress = Arc::clone(presence.progress());
        let limit = self.component.limits().request;
        Box::pin(async move { progress.ceased(Instant::now(), limit).await })
    }

    fn drop(&self, store: Store<Instance>, result: wasmtime::Result<()>) {
        if let Err(error) = result {
            self.component.broke();
            tracing::error!(component = %self.component.name(), error = %format!("{error:?}"), "an instance broke and is discarded");
        }
        drop(store);
    }
}
