//! The life of an instance that streams share: made when no other is free, used for many, ended when it is used up, idle, stuck or
//! broken. Wasmtime's `ProxyHandler` hands requests to instances; this file tells it how.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant as StdInstant},
};

use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep},
};
use wasmtime::{Store, StoreContextMut, component::GuestTaskId};
use wasmtime_wasi_http::handler::{
    HandlerState, Instance as Running, Proxy, ShouldAccept, WorkerExpiration, WorkerState,
    WorkerStatus,
};

use super::{Instance, Presence, store};
use crate::{component::Component, cpu::Computing, progress::Moment};

/// Every instance of the component is taken; the request can be handed over again in a moment.
#[derive(Debug, thiserror::Error)]
#[error("all instances of the component are at work")]
pub(crate) struct NoFreeInstance;

/// How often an instance that has answered looks whether its answers have been sent.
const LOOK: Duration = Duration::from_secs(1);

/// Makes instances of one component.
pub(crate) struct Instances(pub(crate) Arc<Component>);

impl HandlerState for Instances {
    type StoreData = Instance;
    type WorkerExpiration = Expiration;
    type WorkerState = Life;

    async fn instantiate(&self) -> wasmtime::Result<Running<Instance, Expiration, Life>> {
        let component = &self.0;
        let slot = Arc::clone(component.stream_slots())
            .try_acquire_owned()
            .map_err(|_| NoFreeInstance)?;
        let (mut store, computing) = store::new(component);
        let present = Arc::new(Moment::default());
        let proxy = Proxy::P3(component.code().instantiate_async(&mut store).await?);
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
        // This instance itself holds two.
        let nobody = Arc::strong_count(&self.present) <= 2;
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

/// An instance from its first request to its last.
pub(crate) struct Life {
    component: Arc<Component>,
    present: Arc<Moment>,
    _slot: OwnedSemaphorePermit,
}

impl WorkerState for Life {
    type StoreData = Instance;
    type RequestData = Presence;

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        let limits = self.component.limits();
        if total >= limits.streams_per_instance {
            ShouldAccept::Never
        } else if concurrent >= limits.unanswered_per_instance {
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
            tracing::error!(component = %self.component.name(), error = %format!("{error:?}"), "an instance broke and is discarded");
        }
        drop(store);
    }
}
