//! The sender of webhooks: takes due messages from the outbox, signs and posts them, and records how it went.
//!
//! It runs in every worker; what one holds, the others pass over. Delivery is at least once: a sender that dies after the
//! receiver's answer leaves the message to be sent again, under the same id. An owner's secrets never reach a log line.

mod attempt;
mod flight;
mod outbox;
mod pace;
mod retry_after;
mod signature;
mod span;

use std::{sync::Arc, time::Duration};

pub use kiskadee_outbound::{HostResolver, SystemResolver};
use kiskadee_queue::Queue;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{info, warn};

use attempt::Courier;
use flight::Flight;
use outbox::{ClaimRequest, Outbox};
use pace::Pace;

/// Messages that are deleted by one sweep, so that none takes long.
const SWEEP_LIMIT: i32 = 1000;
const SWEEP_EVERY: Duration = Duration::from_mins(10);

/// How messages are sent.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// Also take http, any port, and receivers that are not on the public internet. For development and closed networks.
    pub allow_private: bool,
    /// Attempts at once.
    pub concurrency: usize,
    /// Attempts at once to one host.
    pub per_host: usize,
    /// Attempts at once for one owner, however many hosts his messages go to.
    pub per_owner: usize,
    /// An attempt that takes longer has failed.
    pub timeout: Duration,
    /// The longest wait between two looks at an empty outbox.
    pub poll: Duration,
    /// How long running attempts may go on after the signal to stop.
    pub grace: Duration,
    /// How long settled messages are kept for their owners to see.
    pub retention: Duration,
}

impl Default for WebhookConfig {
    fn default() -> Self {
        Self {
            allow_private: false,
            // Hardly more than an open socket each.
            concurrency: 128,
            per_host: 8,
            per_owner: 32,
            timeout: Duration::from_secs(20),
            poll: Duration::from_secs(1),
            grace: Duration::from_secs(10),
            retention: Duration::from_hours(30 * 24),
        }
    }
}

impl WebhookConfig {
    /// Long enough for the slowest attempt and its record: a message must not be claimed again meanwhile.
    fn lease(&self) -> Duration {
        self.timeout + Duration::from_secs(40)
    }
}

/// Why a sender cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// TLS or the system's certificates cannot be set up.
    #[error("the HTTP client for webhooks cannot be set up")]
    Client(#[from] reqwest::Error),
}

/// Sends the messages of the outbox until told to stop.
pub struct WebhookSender {
    outbox: Outbox,
    courier: Courier,
    config: WebhookConfig,
    on_turn: Box<dyn Fn() + Send + Sync>,
}

impl WebhookSender {
    pub fn new(queue: Queue, config: WebhookConfig) -> Result<Self, WebhookError> {
        Self::with_resolver(queue, config, Arc::new(SystemResolver))
    }

    /// With a resolver of the caller's. The addresses that it finds are checked all the same.
    pub fn with_resolver(
        queue: Queue,
        config: WebhookConfig,
        resolver: Arc<dyn HostResolver>,
    ) -> Result<Self, WebhookError> {
        let courier = Courier::new(resolver, config.allow_private, config.timeout)?;
        Ok(Self {
            outbox: Outbox::new(queue),
            courier,
            config,
            on_turn: Box::new(|| {}),
        })
    }

    /// Calls `on_turn` at each turn of the loop, so that one that stands still is seen.
    #[must_use]
    pub fn noting(mut self, on_turn: impl Fn() + Send + Sync + 'static) -> Self {
        self.on_turn = Box::new(on_turn);
        self
    }

    /// Sends until `shutdown` completes, then lets running attempts end, for as long as the grace allows, and gives the
    /// others back.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let mut flight = Flight::new(self.outbox.clone(), self.courier.clone());
        self.send_until(shutdown, &mut flight).await;
        if timeout(self.config.grace, flight.land()).await.is_err() {
            self.give_back(flight).await;
        }
    }

    async fn send_until(&self, shutdown: impl Future<Output = ()>, flight: &mut Flight) {
        tokio::pin!(shutdown);
        let mut pace = Pace::new(self.config.poll);
        let mut next_claim = Instant::now();
        let mut next_sweep = Instant::now() + pace::spread(SWEEP_EVERY);
        loop {
            (self.on_turn)();
            // A claim stands on the right of its arrow, where nothing cuts it: its messages would be held by nobody.
            tokio::select! {
                () = &mut shutdown => return,
                () = flight.next_landed() => {}
                () = sleep_until(next_sweep) => {
                    self.sweep().await;
                    next_sweep = Instant::now() + pace::spread(SWEEP_EVERY);
                }
                () = sleep_until(next_claim), if flight.len() < self.config.concurrency => {
                    let found = self.claim(flight).await;
                    next_claim = Instant::now() + pace.next(found);
                }
            }
        }
    }

    /// Claims what there is room for and starts it. None when the database could not be asked.
    async fn claim(&self, flight: &mut Flight) -> Option<usize> {
        let request = ClaimRequest {
            limit: self.config.concurrency.saturating_sub(flight.len()),
            per_host: self.config.per_host,
            lease: self.config.lease(),
            per_owner: self.config.per_owner,
            held: flight.held(),
        };
        match self.outbox.claim(request).await {
            Ok(claimed) => {
                let found = claimed.len();
                for message in claimed {
                    flight.launch(message);
                }
                Some(found)
            }
            Err(error) => {
                warn!(%error, "cannot claim webhook messages");
                None
            }
        }
    }

    async fn sweep(&self) {
        match self.outbox.sweep(self.config.retention, SWEEP_LIMIT).await {
            Ok(Some(deleted @ 1..)) => info!(deleted, "old webhook messages deleted"),
            Ok(_) => {}
            Err(error) => warn!(%error, "cannot delete old webhook messages"),
        }
    }

    async fn give_back(&self, flight: Flight) {
        let held = flight.abandon();
        let count = held.len();
        match self.outbox.release(held).await {
            Ok(_) => info!(
                count,
                "webhook attempts cut short; their messages are given back"
            ),
            Err(error) => {
                warn!(%error, count, "cannot give webhook messages back; their leases lapse");
            }
        }
    }
}
