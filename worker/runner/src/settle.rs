//! Settles what has ended, many at a time, and only then frees the slots.
//!
//! While the database is away it tries again, for as long as the session lasts; what is fenced off is dropped unsettled.

use std::{sync::Arc, time::Duration};

use kiskadee_queue::{Error, Outcome, Settlement};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout, timeout_at},
};

use crate::{
    TURN_WITHIN, Turn, chain,
    claimed_job::{ClaimedJob, Ended},
    job::Made,
    shared::Shared,
};

/// A flush is at most this large and this old.
const FLUSH_ROWS: usize = 128;
const FLUSH_AGE: Duration = Duration::from_millis(50);
const RETRY_PAUSE: Duration = Duration::from_millis(200);
/// The end of a job whose own the database does not take.
const UNRECORDED: &str = "the result could not be recorded";
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Runs until every sender is gone, and all they sent is settled or lost.
pub(crate) async fn settle_all(shared: Arc<Shared>, mut ended: mpsc::UnboundedReceiver<Ended>) {
    let turn = shared.config.turns.watch("settle", TURN_WITHIN);
    turn.rest();
    while let Some(first) = ended.recv().await {
        let flush = gather(first, &mut ended).await;
        settle(&shared, &turn, flush).await;
        turn.rest();
    }
}

/// Waits a little for company: what has ended holds its slots, so an eighth of those of its pool is enough, and all that
/// run there are. Nobody waits for a job of another pool, which may run for hours.
async fn gather(first: Ended, ended: &mut mpsc::UnboundedReceiver<Ended>) -> Vec<Ended> {
    let pool = Arc::clone(&first.claimed.pool);
    let mut flush = vec![first];
    let flush_at = tokio::time::Instant::now() + FLUSH_AGE;
    while flush.len() < FLUSH_ROWS {
        let enough = (pool.slots / 8).clamp(1, pool.busy().max(1));
        let next = if flush.len() < enough {
            timeout_at(flush_at, ended.recv()).await.ok().flatten()
        } else {
            ended.try_recv().ok()
        };
        match next {
            Some(next) => flush.push(next),
            None => break,
        }
    }
    flush
}

async fn settle(shared: &Arc<Shared>, turn: &Turn, mut flush: Vec<Ended>) {
    loop {
        turn.take();
        let (lost, still): (Vec<_>, Vec<_>) = flush.into_iter().partition(Ended::is_lost);
        for ended in &lost {
            forget(shared, ended);
        }
        flush = still;
        let Some(session) = flush.first().map(|ended| ended.claimed.session.clone()) else {
            return;
        };
        if !session.is_current() {
            // The heartbeat is about to fence the session off, or to renew it.
            sleep(RETRY_PAUSE).await;
            continue;
        }
        let is_leaving = shared.is_leaving();
        let settlements = flush.iter().map(|ended| ended.settlement(is_leaving));
        let settlements: Vec<Settlement> = settlements.collect();
        let answer = timeout(
            ANSWER_WITHIN,
            shared.queue.settle(session.worker, &settlements),
        )
        .await;
        match answer {
            Ok(Ok(accepted)) => {
                shared.metrics.settle_statements.add(1);
                let (accepted, stale): (Vec<_>, Vec<_>) = flush
                    .into_iter()
                    .partition(|ended| accepted.contains(&ended.claimed.id()));
                for ended in accepted {
                    acknowledge(shared, ended);
                }
                resolve_unaccepted(shared, stale).await;
                return;
            }
            Ok(Err(error @ (Error::Fatal(_) | Error::Migrate(_)))) => {
                flush = divide(shared, turn, flush, &error).await;
            }
            Ok(Err(error)) => tracing::warn!(error = %chain(&error), "cannot settle yet"),
            Err(_) => tracing::warn!("cannot settle yet: no answer"),
        }
        sleep(RETRY_PAUSE).await;
    }
}

/// One settlement that the database refuses must not hold up the others: each goes alone, and one that is refused alone
/// ends as an error in plain words. What is to be tried again at once is returned.
async fn divide(
    shared: &Arc<Shared>,
    turn: &Turn,
    mut flush: Vec<Ended>,
    error: &Error,
) -> Vec<Ended> {
    if flush.len() > 1 {
        for ended in flush {
            Box::pin(settle(shared, turn, vec![ended])).await;
        }
        return Vec::new();
    }
    let Some(ended) = flush.pop() else {
        return flush;
    };
    ended
        .claimed
        .span
        .in_scope(|| tracing::error!(error = %chain(error), "the settlement is refused"));
    let Some(outcome) = in_plain_words(&ended.outcome, error) else {
        abandon(shared, &ended).await;
        return flush;
    };
    vec![Ended {
        outcome,
        made: None,
        ..ended
    }]
}

/// What to say instead of an outcome that was refused; none when these words themselves were.
fn in_plain_words(refused: &Outcome, error: &Error) -> Option<Outcome> {
    match refused {
        Outcome::Completed(_) => {
            let why = chain(error);
            Some(Outcome::Error(format!("{UNRECORDED}: {why}")))
        }
        Outcome::Error(words) if words == UNRECORDED => None,
        _ => Some(Outcome::Error(UNRECORDED.to_owned())),
    }
}

/// Its slot is free, and its lease is left to the hard deadline, which counts from now if it did not yet. It stays in flight
/// here: a lease that is not would be given back, uncounted, for ever.
async fn abandon(shared: &Shared, ended: &Ended) {
    if let Err(error) = shared.queue.begin(&[ended.claimed.id()]).await {
        tracing::warn!(error = %chain(&error), "the deadline of a job does not count");
    }
}

fn acknowledge(shared: &Shared, ended: Ended) {
    let Ended {
        claimed,
        outcome,
        made,
        elapsed,
    } = ended;
    shared.in_flight.close(claimed.id());
    shared.metrics.settled_jobs.add(1);
    if let Some(made) = made {
        let ClaimedJob { job, pool, .. } = &claimed;
        if let Some(family) = pool.family(&job.batch_key) {
            family.settled(&made, elapsed);
        }
        let rates = &shared.rates;
        rates.note(&job.batch_key, pool.slots, job.cost, elapsed);
    }
    let outcome = outcome.name();
    claimed
        .span
        .in_scope(|| tracing::info!(outcome, elapsed_ms = elapsed.as_millis() as u64, "settled"));
}

/// Not accepted: stale, or accepted by a statement whose answer was lost. Only what certainly lost is deleted.
async fn resolve_unaccepted(shared: &Arc<Shared>, unaccepted: Vec<Ended>) {
    if unaccepted.is_empty() {
        return;
    }
    let attempts: Vec<_> = unaccepted.iter().map(|ended| ended.claimed.id()).collect();
    let kept = shared.queue.kept_attempts(&attempts).await;
    for ended in unaccepted {
        let is_ours = kept.as_ref().map(|kept| kept.contains(&ended.claimed.id()));
        match (is_ours, &ended.made) {
            (Ok(true), _) => acknowledge(shared, ended),
            (Ok(false), Some(Made { key: Some(key), .. })) => {
                delete_later(shared, key.clone());
                stale(shared, &ended);
            }
            _ => stale(shared, &ended),
        }
    }
}

fn stale(shared: &Shared, ended: &Ended) {
    shared.metrics.stale_completions.add(1);
    ended
        .claimed
        .span
        .in_scope(|| tracing::warn!("the completion came too late and was not accepted"));
    forget(shared, ended);
}

fn forget(shared: &Shared, ended: &Ended) {
    shared.in_flight.close(ended.claimed.id());
}

/// Best effort: what remains is swept later.
fn delete_later(shared: &Arc<Shared>, key: String) {
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        if let Err(error) = shared.store.delete(&key).await {
            tracing::debug!(%error, key, "a stale result is left to the sweep");
        }
    });
}
