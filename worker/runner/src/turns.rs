//! When each loop of the process last took a turn, so that one that stands still is seen from outside.
//!
//! A loop says so at each turn, and how long it means to pause; one that waits for work, which may never come, is at rest.
//! What it awaits has a deadline, so it stands only where something was forgotten, or when its task is gone.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The longest that a turn can take: a few statements that miss their deadlines one after the other, and the wait for
/// connections.
pub const TURN_WITHIN: Duration = Duration::from_mins(3);

/// All loops of a process. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<Vec<Turn>>>);

/// One loop's own.
#[derive(Debug, Clone)]
pub struct Turn(Arc<State>);

#[derive(Debug)]
struct State {
    name: String,
    within: Duration,
    last: Mutex<Last>,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    at: Instant,
    /// When the next is to come; none while the loop rests.
    next: Option<Instant>,
}

/// How a loop does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Age {
    pub(crate) name: String,
    /// Since the last turn; nothing while it rests.
    pub(crate) since: Duration,
    pub(crate) stands: bool,
}

impl Turns {
    /// Watches a loop whose turns take at most `within`, beside its pauses.
    pub fn watch(&self, name: impl Into<String>, within: Duration) -> Turn {
        let at = Instant::now();
        let last = Last { at, next: Some(at) };
        let turn = Turn(Arc::new(State {
            name: name.into(),
            within,
            last: Mutex::new(last),
        }));
        self.lock().push(turn.clone());
        turn
    }

    pub(crate) fn ages(&self) -> Vec<Age> {
        let now = Instant::now();
        self.lock().iter().map(|turn| turn.age(now)).collect()
    }

    /// By how much the next turn of the slowest loop is late.
    pub(crate) fn overdue(&self) -> Duration {
        let now = Instant::now();
        let turns = self.lock();
        let late = turns.iter().filter_map(|turn| turn.lock().next);
        late.map(|next| now.saturating_duration_since(next))
            .max()
            .unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Turn>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// The loop takes a turn.
    pub fn take(&self) {
        self.pause(Duration::ZERO);
    }

    /// It takes one, and the next after a pause.
    pub fn pause(&self, pause: Duration) {
        let at = Instant::now();
        self.set(Some(at + pause));
    }

    /// It waits for work, or has ended in good order.
    pub fn rest(&self) {
        self.set(None);
    }

    fn set(&self, next: Option<Instant>) {
        let at = Instant::now();
        *self.lock() = Last { at, next };
    }

    fn age(&self, now: Instant) -> Age {
        let last = *self.lock();
        let overdue = last.next.map(|next| now.saturating_duration_since(next));
        let since = last.next.map(|_| now.saturating_duration_since(last.at));
        Age {
            name: self.0.name.clone(),
            since: since.unwrap_or_default(),
            stands: overdue.is_some_and(|overdue| overdue > self.0.within),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Last> {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands(turn: &Turn, after: Duration) -> bool {
        turn.age(Instant::now() + after).stands
    }

    #[test]
    fn a_loop_stands_when_its_turn_and_its_pause_are_long_over() {
        let minute = Duration::from_mins(1);
        let turn = Turns::default().watch("a", minute);
        assert!(!stands(&turn, minute / 2) && stands(&turn, minute * 2));
        turn.pause(minute * 2);
        assert!(!stands(&turn, minute * 2) && stands(&turn, minute * 4));
        turn.take();
        assert!(stands(&turn, minute * 2));
        turn.rest();
        assert!(!stands(&turn, minute * 1000));
    }

    #[test]
    fn ages_have_the_names_of_their_loops() {
        let turns = Turns::default();
        let (_a, _b) = (
            turns.watch("a", TURN_WITHIN),
            turns.watch("b", Duration::ZERO),
        );
        let names: Vec<String> = turns.ages().into_iter().map(|age| age.name).collect();
        assert_eq!(names, ["a", "b"]);
    }
}
