//! The chores of the one worker that leads: promote, expire, rescue, count, measure, fold, rotate, sweep, erase.
//!
//! The lead is a row with a time to live, and ends with the registration of who has it. The leader stops by its own clock
//! before either is over, so one that was stopped for a while does nothing when it goes on; and where two do overlap, the
//! chores pass over each other's rows. The others ask again when the lead will be free, so nobody waits for a dead leader
//! longer than for any dead worker.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use kiskadee_queue::{Error, Lead};
use kiskadee_storage::{StoreError, Sweeper};
use tokio::{
    runtime::Handle,
    task::spawn_blocking,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{TURN_WITHIN, Turn, chain, security, session::Session, shared::Shared};

const ROW_LASTS: Duration = Duration::from_secs(10);
/// The others ask so often as well, lest a leader that leaves in good order be missed for long.
const ASK_EVERY: Duration = Duration::from_secs(3);
/// The leader stops this long after it asked: a second before the row lapses.
const LEADS_FOR: Duration = Duration::from_secs(9);
const TICK: Duration = Duration::from_millis(250);
/// Rows of one call of a chore; when so many were found there are more, and the next tick goes on.
const ROWS: i32 = 1000;
const FOLD_ROWS: i32 = 5000;
const ERASED_ROWS: i32 = 200;
const DISCARDED_OBJECTS: i32 = 100;
/// All objects of one turn.
const DELETED_WITHIN: Duration = Duration::from_mins(1);
/// What is seldom done is done soon when it failed.
const AFTER_TROUBLE: Duration = Duration::from_mins(1);
/// What is swept is older than any attempt can last.
const SWEEP_GRACE: Duration = Duration::from_hours(24);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chore {
    Promote,
    Expire,
    Rescue,
    MeasureDepth,
    MeasureSystem,
    MeasureStock,
    FoldTelemetry,
    FoldResults,
    RecountResults,
    LowerWatermarks,
    SweepAdmission,
    RotatePartitions,
    RotateAudit,
    Forget,
    EraseLeavers,
    TellSecurity,
    SweepObjects,
    DeleteDiscarded,
}

impl Chore {
    const ALL: [(Self, Duration); 18] = [
        (Self::Promote, TICK),
        (Self::Expire, Duration::from_secs(1)),
        (Self::Rescue, Duration::from_secs(1)),
        (Self::MeasureDepth, Duration::from_secs(1)),
        (Self::MeasureSystem, Duration::from_secs(15)),
        (Self::MeasureStock, Duration::from_mins(10)),
        (Self::FoldTelemetry, Duration::from_secs(2)),
        (Self::FoldResults, Duration::from_secs(2)),
        (Self::RecountResults, Duration::from_mins(10)),
        (Self::LowerWatermarks, Duration::from_secs(15)),
        (Self::SweepAdmission, Duration::from_mins(1)),
        (Self::RotatePartitions, Duration::from_hours(1)),
        (Self::RotateAudit, Duration::from_hours(1)),
        (Self::Forget, Duration::from_mins(10)),
        (Self::EraseLeavers, Duration::from_secs(5)),
        (Self::TellSecurity, Duration::from_secs(2)),
        (Self::SweepObjects, Duration::from_hours(24)),
        (Self::DeleteDiscarded, Duration::from_secs(15)),
    ];

    /// A new leader does the long ones later: it may be one of many that come and go.
    fn first_after(self) -> Duration {
        match self {
            Self::SweepObjects => Duration::from_mins(10),
            _ => Duration::ZERO,
        }
    }
}

struct Leader {
    shared: Arc<Shared>,
    /// The lead: in whose name, and until when.
    held: Option<(Session, Instant)>,
    ask_at: Instant,
    due: Vec<(Chore, Duration, Instant)>,
    turn: Turn,
}

/// Leads when it can, until the worker stops.
pub(crate) async fn lead(shared: Arc<Shared>) {
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let now = Instant::now();
    let due = Chore::ALL
        .map(|(chore, every)| (chore, every, now + chore.first_after()))
        .to_vec();
    let turn = shared.config.turns.watch("lead", TURN_WITHIN);
    let mut leader = Leader {
        turn: turn.clone(),
        shared,
        held: None,
        ask_at: now,
        due,
    };
    loop {
        tokio::select! {
            () = leader.shared.stop.cancelled() => return turn.rest(),
            _ = tick.tick() => {}
        }
        turn.take();
        leader.ask().await;
        leader.do_chores().await;
    }
}

impl Leader {
    async fn ask(&mut self) {
        let asked = Instant::now();
        if asked < self.ask_at {
            return;
        }
        let Some(session) = self.shared.current_session() else {
            self.held = None;
            return;
        };
        let pause = match self.shared.queue.lead(session.worker, ROW_LASTS).await {
            Ok(Lead::Own) => {
                self.held = Some((session, asked + LEADS_FOR));
                ASK_EVERY
            }
            Ok(Lead::Other { free_in }) => {
                self.held = None;
                free_in.min(ASK_EVERY)
            }
            Err(error) => {
                // What is held goes on until its own end.
                tracing::warn!(error = %chain(&error), "cannot ask for the lead");
                ASK_EVERY
            }
        };
        self.ask_at = Instant::now() + pause;
        self.shared.leads.store(self.leads(), Ordering::Relaxed);
    }

    fn leads(&self) -> bool {
        let held = self.held.as_ref();
        held.is_some_and(|(session, until)| session.is_current() && Instant::now() < *until)
    }

    async fn do_chores(&mut self) {
        for index in 0..self.due.len() {
            let Some((chore, every, at)) = self.due.get(index).copied() else {
                return;
            };
            if at > Instant::now() || !self.leads() || self.shared.stop.is_cancelled() {
                continue;
            }
            let pause = match perform(&self.shared, chore).await {
                Ok(rows) if rows >= ROWS => Duration::ZERO,
                Ok(_) => every,
                Err(error) => {
                    tracing::warn!(?chore, error = %chain(&error), "a chore failed");
                    every.min(AFTER_TROUBLE)
                }
            };
            if let Some(entry) = self.due.get_mut(index) {
                entry.2 = Instant::now() + pause;
            }
            self.turn.take();
        }
    }
}

/// How many rows there were to do, where that says whether there are more.
async fn perform(shared: &Arc<Shared>, chore: Chore) -> Result<i32, Error> {
    let queue = &shared.queue;
    match chore {
        Chore::Promote => queue.promote(ROWS).await,
        Chore::Expire => queue.expire(ROWS).await,
        Chore::Rescue => {
            let rescued = queue.rescue(ROWS).await?;
            if rescued > 0 {
                tracing::warn!(rescued, "took back the jobs of dead workers");
            }
            Ok(rescued)
        }
        Chore::MeasureDepth => queue.measure_depth().await.map(|()| 0),
        Chore::MeasureSystem => queue.measure_system().await.map(|()| 0),
        Chore::MeasureStock => queue.measure_stock().await.map(|()| 0),
        Chore::FoldTelemetry => queue
            .fold_telemetry(FOLD_ROWS)
            .await
            .map(|rows| rows / (FOLD_ROWS / ROWS)),
        Chore::FoldResults => queue.fold_results(ROWS).await,
        Chore::RecountResults => queue.recount_results().await.map(|()| 0),
        Chore::LowerWatermarks => queue.lower_watermarks().await.map(|()| 0),
        Chore::SweepAdmission => queue.sweep_admission().await.map(|()| 0),
        Chore::RotatePartitions => queue.rotate_partitions().await.map(|()| 0),
        Chore::RotateAudit => queue.rotate_audit().await.map(|()| 0),
        Chore::Forget => queue.forget(ROWS).await,
        // Small steps: each holds what it deletes until it commits.
        Chore::EraseLeavers => queue
            .erase_leavers(ERASED_ROWS)
            .await
            .map(|rows| rows * (ROWS / ERASED_ROWS)),
        Chore::TellSecurity => security::tell(queue, ROWS).await,
        Chore::DeleteDiscarded => delete_discarded(shared).await,
        Chore::SweepObjects => {
            // It lists the whole storage, which may take longer than the lead lasts.
            let (shared, runtime) = (Arc::clone(shared), Handle::current());
            spawn_blocking(move || runtime.block_on(sweep_objects(shared)));
            Ok(0)
        }
    }
}

/// Deletes what its owner gave up. What the storage cannot delete now stays noted down.
async fn delete_discarded(shared: &Shared) -> Result<i32, Error> {
    let mut deleted = Vec::new();
    let discarded = shared.queue.discarded_objects(DISCARDED_OBJECTS).await?;
    let deleting = async {
        for key in discarded {
            shared.store.delete(&key).await?;
            deleted.push(key);
        }
        Ok::<_, StoreError>(())
    };
    match timeout(DELETED_WITHIN, deleting).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "an object could not be deleted yet"),
        Err(_) => tracing::warn!("the storage takes long to delete objects; the rest waits"),
    }
    if !deleted.is_empty() {
        shared.queue.objects_deleted(&deleted).await?;
    }
    Ok(0)
}

#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error(transparent)]
    Storage(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] Error),
}

async fn sweep_objects(shared: Arc<Shared>) {
    if let Err(error) = sweep_all(&shared).await {
        tracing::warn!(error = %chain(&error), "the storage could not be swept");
    }
}

/// By the prefixes that the ledger knows; what else lies in the bucket is somebody else's.
async fn sweep_all(shared: &Shared) -> Result<(), SweepError> {
    let sweeper = Sweeper::new(shared.store.clone(), SWEEP_GRACE);
    for prefix in shared.queue.object_prefixes().await? {
        let kept =
            async |keys: Vec<String>| Ok::<_, SweepError>(shared.queue.kept_objects(&keys).await?);
        let swept = sweeper.sweep(&prefix, kept).await?;
        tracing::info!(
            prefix,
            judged = swept.judged,
            deleted = swept.deleted,
            bytes = swept.deleted_bytes,
            "swept the storage"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_chore_has_its_time() {
        let distinct: HashSet<String> = Chore::ALL
            .iter()
            .map(|(chore, _)| format!("{chore:?}"))
            .collect();
        assert_eq!(distinct.len(), Chore::ALL.len());
        assert!(Chore::ALL.iter().all(|(_, every)| *every >= TICK));
    }
}
