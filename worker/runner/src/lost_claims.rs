//! Leases of this worker that nobody runs: the claim was committed, but its answer never arrived.
//!
//! Every so often a token is drawn as a mark. When all claims that were under way then have been answered or given
//! up, a lease below the mark that is not in flight can only be of an answer that was lost, and is given back. What a
//! claim under way is about to answer lies above the mark, so it is never touched.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use kiskadee_queue::{AttemptId, Error, Outcome, Settlement};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use crate::{TURN_WITHIN, chain, shared::Shared};

/// So many turns in one time to live of the leases; after a claim that failed each of them looks.
const LOOKS: u32 = 3;
/// While nothing points to a loss one turn of so many looks, for it reads all leases of the fleet: every ten times to live.
const QUIET_TURNS: u32 = 10 * LOOKS;
/// A claim that failed may yet be carried out, at the latest when its statement has timed out.
const SUSPICION_LASTS: Duration = Duration::from_secs(40);

/// The claims of a pool.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    begun: AtomicU64,
    ended: AtomicU64,
    suspected_until: Mutex<Option<Instant>>,
}

/// A claim is under way for as long as this lives.
#[derive(Debug)]
pub(crate) struct UnderWay<'a>(&'a Claims);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::SeqCst);
    }
}

impl Claims {
    /// One at a time, so that their number tells which have ended: a pool has one fetcher.
    pub(crate) fn begin(&self) -> UnderWay<'_> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        UnderWay(self)
    }

    /// A claim got no answer.
    pub(crate) fn suspect_loss(&self) {
        *self.lock() = Some(Instant::now() + SUSPICION_LASTS);
    }

    fn loss_is_suspected(&self) -> bool {
        self.lock().is_some_and(|until| Instant::now() < until)
    }

    fn begun(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    fn have_ended(&self, claims: u64) -> bool {
        self.ended.load(Ordering::SeqCst) >= claims
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.suspected_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Clone)]
struct Mark {
    token: i64,
    /// How many claims of each pool had begun when it was drawn, or a little later.
    claims: Vec<u64>,
}

impl Mark {
    async fn draw(shared: &Shared) -> Result<Self, Error> {
        let token = shared.queue.draw_token().await?;
        let claims = shared.pools.iter().map(|pool| pool.claims.begun());
        Ok(Self {
            token,
            claims: claims.collect(),
        })
    }

    /// Every claim that was under way has been answered or given up.
    fn is_past(&self, shared: &Shared) -> bool {
        let mut pools = shared.pools.iter().zip(&self.claims);
        pools.all(|(pool, begun)| pool.claims.have_ended(*begun))
    }
}

/// The search under one registration.
#[derive(Debug, Default)]
struct Search {
    worker: Uuid,
    mark: Option<Mark>,
    turns: u32,
}

/// Looks again and again, until the worker stops.
pub(crate) async fn look_for_lost_claims(shared: Arc<Shared>) {
    let mut tick = interval(shared.config.lease_ttl / LOOKS);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let turn = shared.config.turns.watch("lost_claims", TURN_WITHIN);
    let mut search = Search::default();
    loop {
        turn.pause(tick.period());
        tick.tick().await;
        let Some(session) = shared.current_session() else {
            continue;
        };
        if search.worker != session.worker {
            search = Search {
                worker: session.worker,
                ..Search::default()
            };
        }
        if let Err(error) = search.turn(&shared).await {
            tracing::warn!(error = %chain(&error), "cannot look for lost claims");
        }
    }
}

impl Search {
    async fn turn(&mut self, shared: &Shared) -> Result<(), Error> {
        self.turns += 1;
        let mut pools = shared.pools.iter();
        let suspected = pools.any(|pool| pool.claims.loss_is_suspected());
        if self.turns < QUIET_TURNS && !suspected {
            return Ok(());
        }
        if let Some(mark) = &self.mark {
            if !mark.is_past(shared) {
                return Ok(());
            }
            let known = shared.in_flight.held();
            let unknown = shared
                .queue
                .unknown_leases(self.worker, &known, mark.token)
                .await?;
            give_back(shared, self.worker, unknown).await?;
        }
        self.mark = Some(Mark::draw(shared).await?);
        self.turns = 0;
        Ok(())
    }
}

async fn give_back(shared: &Shared, worker: Uuid, unknown: Vec<AttemptId>) -> Result<(), Error> {
    if unknown.is_empty() {
        return Ok(());
    }
    let released = |(job, token)| Settlement {
        job,
        token,
        outcome: Outcome::Released,
    };
    let settlements: Vec<_> = unknown.into_iter().map(released).collect();
    let accepted = shared.queue.settle(worker, &settlements).await?;
    shared.metrics.lost_claims.add(accepted.len() as u64);
    tracing::warn!(
        count = accepted.len(),
        "gave back leases whose claim was never answered"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_under_way_until_its_guard_goes() {
        let claims = Claims::default();
        let first = claims.begin();
        let at_the_mark = claims.begun();
        assert!(!claims.have_ended(at_the_mark));
        drop(first);
        assert!(claims.have_ended(at_the_mark));
        let later = claims.begin();
        assert!(claims.have_ended(at_the_mark), "it began after the mark");
        drop(later);
    }

    #[test]
    fn after_a_failed_claim_a_loss_is_suspected() {
        let claims = Claims::default();
        assert!(!claims.loss_is_suspected());
        claims.suspect_loss();
        assert!(claims.loss_is_suspected());
    }
}
