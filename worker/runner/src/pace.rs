//! How long to wait between claims: hardly while there is work, longer and longer while there is none.

use std::time::Duration;

const BUSY: Duration = Duration::from_millis(50);
/// While jobs run here, more of their batch are likely to come, or what waits for them.
const LONGEST_BUSY: Duration = Duration::from_millis(250);
const LONGEST_IDLE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Pace {
    next: Duration,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self { next: BUSY }
    }

    pub(crate) fn found(&mut self) {
        self.next = BUSY;
    }

    /// The wait after a claim that found nothing. `chance`, from 0 to 1, spreads workers that began together.
    pub(crate) fn wait(&mut self, busy: bool, chance: f64) -> Duration {
        let longest = if busy { LONGEST_BUSY } else { LONGEST_IDLE };
        let wait = self.next.min(longest);
        self.next = (wait * 2).min(longest);
        wait.mul_f64(0.75 + chance / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(busy: bool) -> Vec<u128> {
        let mut pace = Pace::new();
        (0..6).map(|_| pace.wait(busy, 0.5).as_millis()).collect()
    }

    #[test]
    fn backs_off_to_a_second_when_idle_and_to_a_quarter_when_busy() {
        assert_eq!(waits(false), [50, 100, 200, 400, 800, 1000]);
        assert_eq!(waits(true), [50, 100, 200, 250, 250, 250]);
    }

    #[test]
    fn work_brings_it_back_at_once() {
        let mut pace = Pace::new();
        for _ in 0..5 {
            pace.wait(false, 0.5);
        }
        pace.found();
        assert_eq!(pace.wait(false, 0.0).as_micros(), 37_500);
    }
}
