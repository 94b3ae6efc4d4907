//! How a runner leaves: it claims nothing more, lets end what can end in time, gives back the rest, settles all, and ends its
//! registration. No attempt is spent by that.
//!
//! Where the machine is about to go, what cannot end by then is given back at once, so that others have the most of the time, and a
//! job with checkpoints has all that is left to write one.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use kiskadee_queue::{Outcome, Settlement};
use tokio::{
    pin,
    task::{JoinHandle, spawn_blocking},
    time::{Instant, sleep_until, timeout_at},
};
use tokio_util::task::TaskTracker;

use crate::{
    background, chain,
    execute::Settling,
    in_flight::{Entry, Stop},
    pool::PoolName,
    shared::Shared,
};

/// The share of a drain that is for giving back and settling, and the most that this takes.
const GIVING_BACK_SHARE: u32 = 5;
const LONGEST_GIVING_BACK: Duration = Duration::from_mins(1);
/// What the last words to the database may take beyond the drain.
const PARTING: Duration = Duration::from_secs(3);
/// Progress that says how long a job takes.
const TELLING_PERCENT: u8 = 5;

/// How long running jobs may end by themselves in a drain of that length; the rest is for giving back and settling.
pub fn patience(drain: Duration) -> Duration {
    drain.saturating_sub(giving_back(drain))
}

fn giving_back(drain: Duration) -> Duration {
    (drain / GIVING_BACK_SHARE).min(LONGEST_GIVING_BACK)
}

/// Everything that must end.
pub(crate) struct Drain {
    pub(crate) shared: Arc<Shared>,
    pub(crate) running: TaskTracker,
    pub(crate) fetching: Vec<JoinHandle<()>>,
    pub(crate) settling: JoinHandle<()>,
    pub(crate) settled_by: Settling,
    pub(crate) heartbeat: std::thread::JoinHandle<()>,
}

/// Until when running jobs may end, what does not answer is given back in its stead, and all must be settled.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    patient: Instant,
    deaf: Instant,
    last: Instant,
}

impl Bounds {
    /// From now on, of a drain that began at `begun`.
    fn of(shared: &Shared, begun: Instant) -> Self {
        let (now, allowed) = (Instant::now(), begun + shared.config.drain);
        let departs = shared.config.departure.at().map(Instant::from_std);
        let last = departs.map_or(allowed, |departs| departs.min(allowed));
        let whole = last.saturating_duration_since(now);
        Self {
            patient: now + patience(whole),
            deaf: last - giving_back(whole) / 2,
            last,
        }
    }
}

impl Drain {
    /// Leaves in good order, in no more time than there is.
    pub(crate) async fn run(self, begun: Instant) {
        let Self {
            shared,
            running,
            fetching,
            settling,
            settled_by,
            heartbeat,
        } = self;
        running.close();
        // A fetcher ends with its claim; only then is every batch known.
        let ended = async {
            join_all(fetching).await;
            running.wait().await;
        };
        let (ended, bounds) = until_ended(&shared, begun, ended).await;
        if !ended {
            shared.in_flight.stop_all(Stop::Drained);
            if timeout_at(bounds.deaf, running.wait()).await.is_err() {
                let _ = timeout_at(bounds.last, give_back_the_deaf(&shared)).await;
            }
        }
        drop(settled_by);
        if timeout_at(bounds.last, settling).await.is_err() && shared.in_flight.len() > 0 {
            tracing::warn!(
                held = shared.in_flight.len(),
                "not everything could be settled; the rest will be rescued"
            );
        }
        let parting = bounds.last.max(Instant::now()) + PARTING;
        let _ = timeout_at(parting, background::record(&shared, Vec::new())).await;
        shared.finished.cancel();
        let _ = timeout_at(parting, spawn_blocking(move || heartbeat.join())).await;
    }
}

/// Waits for as long as there is patience, which is shorter when a notice comes. True when all has ended.
async fn until_ended(
    shared: &Shared,
    begun: Instant,
    ended: impl Future<Output = ()>,
) -> (bool, Bounds) {
    let mut departure = shared.config.departure.subscribe();
    pin!(ended);
    loop {
        let bounds = Bounds::of(shared, begun);
        if departure.borrow_and_update().is_some() {
            give_back_the_hopeless(shared, bounds.patient);
        }
        tokio::select! {
            () = &mut ended => return (true, bounds),
            () = sleep_until(bounds.patient) => return (false, bounds),
            Ok(()) = departure.changed() => {}
        }
    }
}

/// Stops what runs and cannot end by then.
fn give_back_the_hopeless(shared: &Shared, until: Instant) {
    let left = until.saturating_duration_since(Instant::now());
    let mut given_back = 0_usize;
    for entry in shared.in_flight.all() {
        if !may_end_within(shared, &entry, left) {
            entry.stop(Stop::Drained);
            given_back += 1;
        }
    }
    tracing::info!(
        seconds_left = left.as_secs_f64(),
        given_back,
        "the machine goes; what cannot end in time is given back"
    );
}

/// By the progress that the job tells, else by what its lane does in a second. Where neither says anything, a long job cannot.
fn may_end_within(shared: &Shared, entry: &Entry, left: Duration) -> bool {
    let Some((work, begun)) = entry.work() else {
        // Not begun: its fetcher gives it back.
        return true;
    };
    let elapsed = begun.elapsed();
    let expected = match entry.progress.percent() {
        percent @ TELLING_PERCENT.. => Some(elapsed.mul_f64(100.0 / f64::from(percent))),
        _ => shared.rates.expected(&work.batch_key, work.cost),
    };
    match expected {
        Some(whole) => whole.saturating_sub(elapsed) <= left,
        None => work.pool != PoolName::Long,
    }
}

/// Who was told to stop and does not answer would be taken for a victim of a crash once this process is gone.
async fn give_back_the_deaf(shared: &Shared) {
    let Some(session) = shared.current_session() else {
        return;
    };
    let held = shared.in_flight.held();
    let released = held.iter().map(|held| Settlement {
        job: held.job,
        token: held.token,
        outcome: Outcome::Released,
    });
    let released: Vec<_> = released.collect();
    match shared.queue.settle(session.worker, &released).await {
        Ok(accepted) => {
            tracing::warn!(count = accepted.len(), "gave back jobs that do not stop");
            for attempt in accepted {
                shared.in_flight.close(attempt);
            }
        }
        Err(error) => tracing::warn!(error = %chain(&error), "cannot give back what does not stop"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_of_a_drain_is_for_giving_back_but_no_more_than_a_minute() {
        let seconds = Duration::from_secs;
        assert_eq!(patience(seconds(25)), seconds(20));
        assert_eq!(patience(seconds(5)), seconds(4));
        assert_eq!(patience(seconds(7200)), seconds(7140));
        assert_eq!(patience(Duration::ZERO), Duration::ZERO);
    }
}
