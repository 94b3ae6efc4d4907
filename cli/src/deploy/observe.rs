//! Whether the fleet does as well as before: errors, latency, and how long the oldest job waits.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};

use super::database;
use super::file::{DeployFile, Observe};
use super::journal::Journal;
use super::samples::{Sample, Span};

const PAUSE: Duration = Duration::from_secs(5);

pub(super) async fn sample(file: &DeployFile) -> Result<Sample> {
    Sample::of(&database::metrics(file).await?, now())
}

fn now() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0.0, |now| now.as_secs_f64())
}

/// Waits until enough of what was before has been seen, and writes it down.
pub(super) async fn note_before(file: &DeployFile, journal: &mut Journal) -> Result<()> {
    let first = journal
        .record
        .first
        .as_ref()
        .map_or_else(now, |first| first.at);
    let seen = now() - first;
    let missing = file.observe.before_seconds as f64 - seen;
    if missing > 0.0 {
        tokio::time::sleep(Duration::from_secs_f64(missing)).await;
    }
    journal.record.before = Some(sample(file).await?);
    journal.save()
}

/// Watches for so long; an error as soon as it is worse than before.
pub(super) async fn watch(file: &DeployFile, journal: &mut Journal, seconds: u64) -> Result<()> {
    if journal.record.after.is_none() {
        journal.record.after = Some(sample(file).await?);
        journal.save()?;
    }
    let record = &journal.record;
    let (Some(first), Some(before), Some(after)) = (&record.first, &record.before, &record.after)
    else {
        return Ok(());
    };
    let quiet = before.since(first);
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        let span = sample(file).await?.since(after);
        let worse = worse(&file.observe, &quiet, &span);
        if !worse.is_empty() {
            bail!("since the deploy: {}", worse.join("; "));
        }
        if Instant::now() >= end {
            println!(
                "{} answers in the end: {:.2} % errors (before {:.2} %), p99 {} s ({} s), oldest job {:.0} s ({:.0} s)",
                span.requests,
                span.error_ratio * 100.0,
                quiet.error_ratio * 100.0,
                span.p99_seconds,
                quiet.p99_seconds,
                span.queue_seconds,
                quiet.queue_seconds
            );
            return Ok(());
        }
        tokio::time::sleep(PAUSE.min(end.saturating_duration_since(Instant::now()))).await;
    }
}

/// In words, each figure that is above both its floor and the factor over before.
fn worse(bounds: &Observe, quiet: &Span, span: &Span) -> Vec<String> {
    let mut all = Vec::new();
    let is_over = |now: f64, before: f64, floor: f64| now > floor.max(before * bounds.factor);
    if span.requests >= bounds.requests as f64 {
        if is_over(span.error_ratio, quiet.error_ratio, bounds.error_ratio) {
            all.push(format!(
                "{:.1} % of answers are errors, before {:.1} %",
                span.error_ratio * 100.0,
                quiet.error_ratio * 100.0
            ));
        }
        if is_over(span.p99_seconds, quiet.p99_seconds, bounds.p99_seconds) {
            all.push(format!(
                "the 99th of a hundred answers takes {} s, before {} s",
                span.p99_seconds, quiet.p99_seconds
            ));
        }
    }
    if is_over(
        span.queue_seconds,
        quiet.queue_seconds,
        bounds.queue_seconds,
    ) {
        all.push(format!(
            "the oldest job waits {:.0} s, before {:.0} s",
            span.queue_seconds, quiet.queue_seconds
        ));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worse_is_what_is_above_floor_and_factor() {
        let bounds = Observe::default();
        let quiet = Span {
            requests: 1000.0,
            error_ratio: 0.02,
            p99_seconds: 0.25,
            queue_seconds: 5.0,
        };
        assert!(worse(&bounds, &quiet, &quiet).is_empty());
        let bad = Span {
            error_ratio: 0.05,
            p99_seconds: 2.5,
            queue_seconds: 90.0,
            ..quiet
        };
        assert_eq!(worse(&bounds, &quiet, &bad).len(), 3);
        let few = Span {
            requests: 3.0,
            queue_seconds: 0.0,
            ..bad
        };
        assert!(
            worse(&bounds, &quiet, &few).is_empty(),
            "three answers prove nothing"
        );
        let slower = Span {
            p99_seconds: 1.0,
            ..quiet
        };
        assert!(
            worse(&bounds, &quiet, &slower).is_empty(),
            "below its floor"
        );
    }
}
