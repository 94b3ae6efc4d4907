//! When something of a request's body last arrived: the time for an answer runs only from then on.

use std::{
    sync::{
        OnceLock, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// A moment that can be moved forward from several threads.
#[derive(Debug, Default)]
pub(crate) struct Moment(AtomicU64);

impl Moment {
    pub(crate) fn set_now(&self) {
        self.0.store(since_start(Instant::now()), Ordering::Relaxed);
    }

    /// The moment, or `start` where that came later.
    pub(crate) fn or(&self, start: Instant) -> Instant {
        let millis = self.0.load(Ordering::Relaxed);
        start.max(base() + Duration::from_millis(millis))
    }
}

/// Moments are kept as milliseconds since the first one.
fn base() -> Instant {
    static BASE: OnceLock<Instant> = OnceLock::new();
    *BASE.get_or_init(Instant::now)
}

fn since_start(now: Instant) -> u64 {
    u64::try_from(now.saturating_duration_since(base()).as_millis()).unwrap_or(u64::MAX)
}

/// What of a request's body has arrived, for the request and for the instance that reads it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    request: Moment,
    instance: OnceLock<Weak<Moment>>,
}

impl Progress {
    /// Something has arrived.
    pub(crate) fn happened(&self) {
        self.request.set_now();
        if let Some(instance) = self.instance.get().and_then(Weak::upgrade) {
            instance.set_now();
        }
    }

    /// From now on the instance is told, too.
    pub(crate) fn tell(&self, instance: Weak<Moment>) {
        // Handed over once.
        let _ = self.instance.set(instance);
    }

    /// When something last arrived, or `start` where that came later.
    pub(crate) fn since(&self, start: Instant) -> Instant {
        self.request.or(start)
    }

    /// Returns when nothing has arrived for `limit`, nor has the request begun since.
    pub(crate) async fn ceased(&self, start: Instant, limit: Duration) {
        loop {
            let deadline = self.since(start) + limit;
            if Instant::now() >= deadline {
                return;
            }
            sleep_until(deadline).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn progress_moves_the_deadline() {
        let progress = Progress::default();
        let start = Instant::now();
        let limit = Duration::from_millis(100);
        let arrives = async {
            for _ in 0..4 {
                tokio::time::sleep(Duration::from_millis(50)).await;
                progress.happened();
            }
        };
        tokio::join!(progress.ceased(start, limit), arrives);
        assert!(start.elapsed() >= Duration::from_millis(290));
    }
}
