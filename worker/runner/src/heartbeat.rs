//! Keeps the leases: one heartbeat for all of them, from a thread that no running job can block.
//!
//! When no heartbeat has succeeded until shortly before the registration lapses, it fences the process off by its
//! own monotonic clock: everything held is dropped, nothing of it is settled, and it registers under a new id.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use kiskadee_queue::{AttemptId, ConnectOptions, Error, Outcome, Queue, Settlement};
use tokio::time::{sleep, timeout, timeout_at};
use uuid::Uuid;

use crate::{RunnerError, Turn, chain, report, session::Session, shared::Shared};

/// Registrations that fail are tried again so often.
const REGISTER_PAUSE: Duration = Duration::from_millis(500);
/// What the last words to the database may take.
const PARTING: Duration = Duration::from_secs(2);

/// Starts the thread. It ends when `finished` fires.
pub(crate) fn start(shared: Arc<Shared>) -> Result<thread::JoinHandle<()>, RunnerError> {
    thread::Builder::new()
        .name("heartbeat".to_owned())
        .spawn(move || run_thread(&shared))
        .map_err(RunnerError::Thread)
}

fn run_thread(shared: &Arc<Shared>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let kept = match runtime {
        Ok(runtime) => runtime.block_on(async { Heartbeat::new(shared)?.keep().await }),
        Err(error) => {
            shared.break_down(format!("no runtime for the leases: {error}"));
            return;
        }
    };
    if let Err(error) = kept {
        shared.break_down(format!("the leases cannot be kept: {}", chain(&error)));
    }
}

struct Heartbeat<'a> {
    shared: &'a Arc<Shared>,
    queue: Queue,
    ttl: Duration,
    /// How much earlier than the server this side counts itself dead.
    margin: Duration,
    turn: Turn,
}

impl<'a> Heartbeat<'a> {
    /// The connection is its own, so that nobody else's statement stands before a heartbeat.
    fn new(shared: &'a Arc<Shared>) -> Result<Self, Error> {
        let queue = Queue::connect(&ConnectOptions {
            max_connections: 1,
            behind_pooler: shared.config.behind_pooler,
            application_name: "kiskadee-heartbeat".to_owned(),
            ..ConnectOptions::new(shared.config.database_url.clone())
        })?;
        let ttl = shared.config.lease_ttl;
        Ok(Self {
            // A turn ends at the latest with the registration.
            turn: shared.config.turns.watch("heartbeat", ttl * 3),
            shared,
            queue,
            ttl,
            margin: (ttl / 10).max(Duration::from_millis(500)),
        })
    }

    async fn keep(&self) -> Result<(), Error> {
        let mut dropped = Vec::new();
        loop {
            let Some(session) = self.register().await? else {
                return Ok(());
            };
            self.give_back(&session, std::mem::take(&mut dropped)).await;
            self.shared.session.send_replace(Some(session.clone()));
            let ended = self.renew_until_over(&session).await;
            if matches!(ended, Ok(End::Finished)) {
                self.turn.rest();
                let _ = timeout(PARTING, self.queue.retire(session.worker)).await;
                return Ok(());
            }
            dropped = self.fence(&session);
            ended?;
        }
    }

    /// Registers under a new id, for as long as it takes; none when the worker finishes meanwhile.
    async fn register(&self) -> Result<Option<Session>, Error> {
        let info = report::registration(self.shared);
        loop {
            self.turn.take();
            let (worker, asked) = (Uuid::now_v7(), Instant::now());
            let registering = async {
                self.introduce().await?;
                self.queue.register(worker, &info, self.ttl).await
            };
            match timeout(self.ttl / 2, registering).await {
                Ok(Ok(())) => {
                    let session = Session::new(worker, asked, self.lifetime());
                    tracing::info!(worker_id = %worker, "registered");
                    return Ok(Some(session));
                }
                Ok(Err(error @ (Error::Fatal(_) | Error::Migrate(_)))) => return Err(error),
                Ok(Err(error)) => {
                    tracing::warn!(error = %chain(&error), "cannot register yet");
                }
                Err(_) => tracing::warn!("cannot register yet: no answer"),
            }
            tokio::select! {
                () = self.shared.finished.cancelled() => {
                    self.turn.rest();
                    return Ok(None);
                }
                () = sleep(REGISTER_PAUSE) => {}
            }
        }
    }

    /// Whoever finds the worker must find what it serves.
    async fn introduce(&self) -> Result<(), Error> {
        for family in &self.shared.families {
            family.introduce(&self.queue).await?;
        }
        Ok(())
    }

    async fn renew_until_over(&self, session: &Session) -> Result<End, Error> {
        let beat = self.ttl / 3;
        // The first beat is at once, for it brings the rates.
        let mut next = Instant::now();
        loop {
            self.turn
                .pause(next.saturating_duration_since(Instant::now()));
            tokio::select! {
                () = self.shared.finished.cancelled() => return Ok(End::Finished),
                () = self.shared.beat_now.notified() => {}
                () = tokio::time::sleep_until(next.into()) => {}
            }
            let asked = Instant::now();
            match timeout_at(session.valid_until().into(), self.beat(session)).await {
                Err(_) | Ok(Err(Error::Fenced)) => return Ok(End::Lapsed),
                Ok(Ok(())) => {
                    session.renew(asked, self.lifetime());
                    next = asked + beat;
                }
                Ok(Err(Error::Retry(error))) => {
                    tracing::warn!(%error, "a heartbeat failed");
                    next = Instant::now() + (beat / 10).max(Duration::from_millis(100));
                }
                Ok(Err(error)) => return Err(error),
            }
        }
    }

    async fn beat(&self, session: &Session) -> Result<(), Error> {
        let held = self.shared.in_flight.held();
        let info = report::heartbeat(self.shared);
        let warnings = self
            .queue
            .heartbeat(session.worker, self.ttl, &info, &held)
            .await?;
        let lost = warnings
            .iter()
            .filter(|warning| self.shared.in_flight.heed(warning))
            .count();
        self.shared.metrics.lease_losses.add(lost as u64);
        Ok(())
    }

    fn fence(&self, session: &Session) -> Vec<AttemptId> {
        session.fenced.cancel();
        let dropped = self.shared.in_flight.drop_all();
        self.shared.metrics.fences.add(1);
        self.shared.metrics.lease_losses.add(dropped.len() as u64);
        tracing::error!(worker_id = %session.worker, dropped = dropped.len(), "fenced off: the registration has lapsed");
        dropped
    }

    /// Under the new id, and before the rescue if it can: what was dropped was not a crash. The tokens make it safe.
    async fn give_back(&self, session: &Session, dropped: Vec<AttemptId>) {
        if dropped.is_empty() {
            return;
        }
        let settlements: Vec<Settlement> = dropped
            .into_iter()
            .map(|(job, token)| Settlement {
                job,
                token,
                outcome: Outcome::Released,
            })
            .collect();
        let given = timeout(
            self.ttl / 3,
            self.queue.settle(session.worker, &settlements),
        )
        .await;
        if let Ok(Ok(accepted)) = given {
            tracing::info!(count = accepted.len(), "gave back what was dropped");
        } else {
            tracing::warn!("could not give back what was dropped; it will be rescued");
        }
    }

    fn lifetime(&self) -> Duration {
        self.ttl.saturating_sub(self.margin)
    }
}

enum End {
    Finished,
    Lapsed,
}
