//! What the tasks of a runner have in common.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use kiskadee_queue::Queue;
use kiskadee_storage::Store;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    Family, RunnerConfig,
    devices::Devices,
    in_flight::InFlight,
    metrics::Metrics,
    observed::Observed,
    pool::{self, Pool, PoolName},
    rates::Rates,
    session::Session,
};

pub(crate) struct Shared {
    pub(crate) config: RunnerConfig,
    pub(crate) queue: Queue,
    pub(crate) store: Store,
    pub(crate) families: Vec<Arc<dyn Family>>,
    pub(crate) pools: Vec<Arc<Pool>>,
    pub(crate) in_flight: InFlight,
    pub(crate) metrics: Metrics,
    pub(crate) observed: Observed,
    pub(crate) devices: Devices,
    pub(crate) rates: Rates,
    /// The registration of the moment; none until there is one.
    pub(crate) session: watch::Sender<Option<Session>>,
    pub(crate) storage_ok: AtomicBool,
    /// Bytes that the storage has room for, as far as it tells.
    pub(crate) storage_free: AtomicU64,
    pub(crate) leads: AtomicBool,
    /// Wakes the prober when a job found the storage away.
    pub(crate) storage_suspected: Notify,
    /// Wakes the heartbeat: a claim found the registration lapsed.
    pub(crate) beat_now: Notify,
    /// Fires when no more is to be claimed.
    pub(crate) stop: CancellationToken,
    /// Fires when all is settled and the registration can end.
    pub(crate) finished: CancellationToken,
    broken: OnceLock<String>,
}

impl Shared {
    pub(crate) fn new(
        config: RunnerConfig,
        queue: Queue,
        store: Store,
        families: Vec<Arc<dyn Family>>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            pools: pool::pools(&config.slots, &families),
            config,
            queue,
            store,
            families,
            in_flight: InFlight::default(),
            metrics: Metrics::default(),
            observed: Observed::default(),
            devices: Devices::default(),
            rates: Rates::default(),
            session: watch::Sender::new(None),
            storage_ok: AtomicBool::new(true),
            storage_free: AtomicU64::new(u64::MAX),
            leads: AtomicBool::new(false),
            storage_suspected: Notify::new(),
            beat_now: Notify::new(),
            stop,
            finished: CancellationToken::new(),
            broken: OnceLock::new(),
        }
    }

    pub(crate) fn current_session(&self) -> Option<Session> {
        self.session.borrow().clone().filter(Session::is_current)
    }

    /// Ends the process in good order because it can do no more work.
    pub(crate) fn break_down(&self, why: String) {
        tracing::error!(%why, "the process can do no more work");
        // The first reason is the one to tell.
        let _ = self.broken.set(why);
        self.stop.cancel();
    }

    pub(crate) fn broken(&self) -> Option<&String> {
        self.broken.get()
    }

    /// Told to, or idle; not because a job broke it.
    pub(crate) fn is_leaving(&self) -> bool {
        self.stop.is_cancelled() && self.broken.get().is_none()
    }

    pub(crate) fn storage_is_ok(&self) -> bool {
        self.storage_ok.load(Ordering::Relaxed)
    }

    /// None where the storage tells no bound.
    pub(crate) fn storage_free(&self) -> Option<u64> {
        let free = self.storage_free.load(Ordering::Relaxed);
        (free < u64::MAX).then_some(free)
    }

    pub(crate) fn suspect_storage(&self) {
        self.storage_ok.store(false, Ordering::Relaxed);
        self.storage_suspected.notify_one();
    }

    pub(crate) fn slots(&self) -> usize {
        self.pools.iter().map(|pool| pool.slots).sum()
    }

    /// Something runs whose end may soon let in other work, also that of another pool: the archive of a batch.
    pub(crate) fn is_busy(&self) -> bool {
        let mut pools = self.pools.iter();
        pools.any(|pool| pool.name != PoolName::Long && pool.busy() > 0)
    }

    pub(crate) fn busy_slots(&self) -> usize {
        self.pools.iter().map(|pool| pool.busy()).sum()
    }
}
