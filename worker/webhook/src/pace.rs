//! How long to wait before the outbox is asked again.

use std::time::Duration;

/// While there is work: room for some attempts to end, so that a claim takes several messages.
const BUSY: Duration = Duration::from_millis(25);
const FIRST_IDLE: Duration = Duration::from_millis(100);
/// While the database does not answer.
const TROUBLE: Duration = Duration::from_secs(5);

/// Short waits while there is work, longer ones the longer there is none.
pub(super) struct Pace {
    longest: Duration,
    idle: Duration,
}

impl Pace {
    pub(super) fn new(longest: Duration) -> Self {
        Self {
            longest,
            idle: FIRST_IDLE,
        }
    }

    /// The wait after a claim that found so many messages, or that failed.
    pub(super) fn next(&mut self, found: Option<usize>) -> Duration {
        match found {
            None => spread(TROUBLE),
            Some(0) => {
                let wait = self.idle.min(self.longest);
                self.idle = (self.idle * 2).min(self.longest);
                spread(wait)
            }
            Some(_) => {
                self.idle = FIRST_IDLE;
                BUSY
            }
        }
    }
}

/// A quarter of jitter either way, so that workers which started together drift apart.
pub(super) fn spread(wait: Duration) -> Duration {
    wait.mul_f64(rand::random_range(0.75..1.25))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_about(wait: Duration, milliseconds: u64) -> bool {
        let middle = Duration::from_millis(milliseconds);
        (middle.mul_f64(0.75)..middle.mul_f64(1.25)).contains(&wait)
    }

    #[test]
    fn waits_grow_while_nothing_is_found_and_shrink_again() {
        let mut pace = Pace::new(Duration::from_secs(1));
        for expected in [100, 200, 400, 800, 1000, 1000] {
            assert!(is_about(pace.next(Some(0)), expected));
        }
        assert_eq!(pace.next(Some(3)), BUSY);
        assert!(is_about(pace.next(Some(0)), 100));
        assert!(is_about(pace.next(None), 5000));
    }
}
