//! One registration of this process. When it lapses everything held under it is dropped, and the process comes back under
//! another id.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The origin of the monotonic clock that the sessions of this process are measured by.
static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) worker: Uuid,
    /// Fires when the session is over.
    pub(crate) fenced: CancellationToken,
    /// Microseconds after [`ORIGIN`]. Both the heartbeat, which moves it, and whoever settles looks at it: a process that
    /// was stopped and goes on may run any of its threads first.
    valid_until: Arc<AtomicU64>,
}

impl Session {
    /// A session whose registration was asked for at `asked` and which lasts `lifetime` from there.
    pub(crate) fn new(worker: Uuid, asked: Instant, lifetime: Duration) -> Self {
        let session = Self {
            worker,
            fenced: CancellationToken::new(),
            valid_until: Arc::default(),
        };
        session.renew(asked, lifetime);
        session
    }

    /// The server counts from its own clock, later than `asked`, so this side is always the more careful one.
    pub(crate) fn renew(&self, asked: Instant, lifetime: Duration) {
        let until = (asked + lifetime).saturating_duration_since(*ORIGIN);
        self.valid_until.store(micros(until), Ordering::Release);
    }

    pub(crate) fn valid_until(&self) -> Instant {
        *ORIGIN + Duration::from_micros(self.valid_until.load(Ordering::Acquire))
    }

    /// Whether anything may still be done in its name.
    pub(crate) fn is_current(&self) -> bool {
        !self.fenced.is_cancelled() && Instant::now() < self.valid_until()
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_by_the_clock_or_by_the_fence() {
        let now = Instant::now();
        let session = Session::new(Uuid::now_v7(), now, Duration::from_mins(1));
        assert!(session.is_current());
        session.fenced.cancel();
        assert!(!session.is_current());

        let lapsed = Session::new(Uuid::now_v7(), now, Duration::ZERO);
        assert!(!lapsed.is_current());
        lapsed.renew(now, Duration::from_mins(1));
        assert!(lapsed.is_current());
    }
}
