//! One clock for all streams of an instance, so that they do at the same moment what they can do together.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

/// Streams ask together so often, and no oftener.
const TICK: Duration = Duration::from_millis(250);

const MINUTE_S: u64 = 60;

fn age() -> Duration {
    static BEGUN: OnceLock<Instant> = OnceLock::new();
    BEGUN.get_or_init(Instant::now).elapsed()
}

pub(super) fn to_the_next_tick() -> Duration {
    rest(age())
}

/// The minute of this instance's life.
pub(super) fn minute() -> u64 {
    age().as_secs() / MINUTE_S
}

fn rest(age: Duration) -> Duration {
    let tick = TICK.as_nanos();
    let rest = tick - age.as_nanos() % tick;
    u64::try_from(rest).map_or(TICK, Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_the_same_for_all() {
        let next = |ms| Duration::from_millis(ms) + rest(Duration::from_millis(ms));
        for (now, tick) in [(0, 250), (1, 250), (249, 250), (250, 500), (1_301, 1_500)] {
            assert_eq!(next(now), Duration::from_millis(tick), "{now}");
        }
    }
}
