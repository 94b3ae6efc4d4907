//! How long to wait for what others hold, how often, and what is waited between.

use std::{iter, time::Duration};

/// The first wait for a lock; each one is twice as long, up to the bound.
const FIRST: Duration = Duration::from_millis(100);
/// Between two attempts those who stood in line behind go on.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For another `migrate` of this database to end.
    pub turn: Duration,
    /// The longest wait for a lock on a table or a row. Short, for whoever uses the table meanwhile stands in line behind.
    pub lock: Duration,
    /// How often all of it is tried, where a lock was not free. At least once.
    pub tries: u32,
}

impl Default for Patience {
    /// Fifteen attempts take about a minute where the lock is never free.
    fn default() -> Self {
        Self {
            turn: Duration::from_mins(2),
            lock: Duration::from_secs(2),
            tries: 15,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) lock: Duration,
    /// Before the next one; none for the last.
    pub(super) pause: Option<Duration>,
}

impl Patience {
    pub(super) fn attempts(self) -> impl Iterator<Item = Attempt> {
        let tries = self.tries.max(1);
        let waits = iter::successors(Some(FIRST), |wait| Some(*wait * 2));
        (1..=tries).zip(waits).map(move |(number, wait)| Attempt {
            lock: if tries == 1 {
                self.lock
            } else {
                wait.min(self.lock)
            },
            pause: (number < tries).then(|| (wait * 2).min(LONGEST_PAUSE)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_the_bound_and_pauses_let_others_pass() {
        let attempts: Vec<_> = Patience::default().attempts().collect();
        assert_eq!(attempts.len(), 15);
        assert_eq!(attempts[0].lock, Duration::from_millis(100));
        assert!(
            attempts
                .iter()
                .all(|one| one.lock <= Duration::from_secs(2))
        );
        let (last, others) = attempts.split_last().unwrap();
        assert_eq!((last.lock, last.pause), (Duration::from_secs(2), None));
        assert!(others.iter().all(|one| one.pause.unwrap() >= one.lock));
        let total: Duration = attempts
            .iter()
            .map(|one| one.lock + one.pause.unwrap_or_default())
            .sum();
        assert!(
            total > Duration::from_secs(45) && total < Duration::from_mins(2),
            "{total:?}"
        );
    }

    #[test]
    fn whoever_tries_once_waits_as_long_as_allowed() {
        let once = Patience {
            tries: 1,
            ..Patience::default()
        };
        let all: Vec<_> = once.attempts().collect();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].lock, Duration::from_secs(2));
    }
}
