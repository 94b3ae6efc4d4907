//! What the tasks of a runner have in common.

use std::sync::{
    Arc, Mutex, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use kiskadee_queue::Queue;
use kiskadee_shared::job::{ARCHIVE_BATCH_KEY, clone_batch_key, speech_batch_key};
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::{
    books::Books, engine_counts::EngineCounts, lost_claims::Claims, metrics::Metrics, rates::Rates,
    session::Session,
};
use crate::{WorkerConfig, devices::Devices, run::Tools, scratch::Scratch};

pub(crate) struct Shared {
    pub(crate) config: WorkerConfig,
    pub(crate) queue: Queue,
    pub(crate) tools: Arc<Tools>,
    pub(crate) books: Books,
    pub(crate) claims: Claims,
    pub(crate) slots: Arc<Semaphore>,
    pub(crate) metrics: Metrics,
    pub(crate) engine_counts: EngineCounts,
    pub(crate) devices: Devices,
    /// Where the files of jobs lie; gone with this.
    _scratch: Scratch,
    pub(crate) rates: Rates,
    /// The lanes that this worker serves.
    pub(crate) batch_keys: Vec<String>,
    /// The registration of the moment; none until there is one.
    pub(crate) session: watch::Sender<Option<Session>>,
    pub(crate) storage_ok: AtomicBool,
    pub(crate) leads: AtomicBool,
    /// Wakes the prober when a job found the storage away.
    pub(crate) storage_doubt: Notify,
    /// Wakes the fetcher: somebody rang.
    pub(crate) bell: Notify,
    /// Wakes the keeper: a claim found the registration lapsed.
    pub(crate) beat_now: Notify,
    /// Fires when no more is to be claimed.
    pub(crate) stop: CancellationToken,
    /// Fires when all is settled and the registration can end.
    pub(crate) finished: CancellationToken,
    broken: OnceLock<String>,
    last_key: Mutex<Option<String>>,
}

impl Shared {
    pub(crate) fn new(
        config: WorkerConfig,
        queue: Queue,
        tools: Tools,
        scratch: Scratch,
        stop: CancellationToken,
    ) -> Self {
        let mut batch_keys: Vec<String> = tools.engines.names().map(speech_batch_key).collect();
        batch_keys.push(ARCHIVE_BATCH_KEY.to_owned());
        batch_keys.extend(tools.engines.voice_makers().map(clone_batch_key));
        Self {
            slots: Arc::new(Semaphore::new(config.slots)),
            rates: Rates::new(config.slots),
            config,
            queue,
            tools: Arc::new(tools),
            books: Books::default(),
            claims: Claims::default(),
            metrics: Metrics::default(),
            engine_counts: EngineCounts::default(),
            devices: Devices::default(),
            _scratch: scratch,
            batch_keys,
            session: watch::Sender::new(None),
            storage_ok: AtomicBool::new(true),
            leads: AtomicBool::new(false),
            storage_doubt: Notify::new(),
            bell: Notify::new(),
            beat_now: Notify::new(),
            stop,
            finished: CancellationToken::new(),
            broken: OnceLock::new(),
            last_key: Mutex::default(),
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

    pub(crate) fn storage_is_ok(&self) -> bool {
        self.storage_ok.load(Ordering::Relaxed)
    }

    pub(crate) fn doubt_storage(&self) {
        self.storage_ok.store(false, Ordering::Relaxed);
        self.storage_doubt.notify_one();
    }

    pub(crate) fn busy_slots(&self) -> usize {
        self.config.slots - self.slots.available_permits().min(self.config.slots)
    }

    /// Counts how often the model in use changes.
    pub(crate) fn note_model(&self, batch_key: &str) {
        let mut last = self.last_key.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_deref() != Some(batch_key) {
            self.metrics.model_switches.add(u64::from(last.is_some()));
            *last = Some(batch_key.to_owned());
        }
    }
}
