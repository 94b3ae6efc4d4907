//! Orders that wait for a thread, and those that threads are at.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::openvoices::protocol::Order;

/// An order with what it came with.
pub(super) struct Task {
    pub(super) id: u64,
    pub(super) order: Order,
    pub(super) body: Vec<u8>,
}

impl Task {
    fn is_live(&self) -> bool {
        matches!(&self.order, Order::Speak(speak) if speak.live)
    }
}

/// Tells a thread that its order is not wanted any more.
#[derive(Clone, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Default)]
pub(super) struct Queue {
    books: Mutex<Books>,
    filled: Condvar,
}

#[derive(Default)]
struct Books {
    /// Those that somebody listens to come first.
    waiting: VecDeque<Task>,
    running: HashMap<u64, (Instant, Stop)>,
}

impl Queue {
    pub(super) fn push(&self, task: Task) {
        let mut books = self.books();
        let place = if task.is_live() {
            books
                .waiting
                .iter()
                .take_while(|task| task.is_live())
                .count()
        } else {
            books.waiting.len()
        };
        books.waiting.insert(place, task);
        self.filled.notify_one();
    }

    pub(super) fn cancel(&self, id: u64) {
        let mut books = self.books();
        books.waiting.retain(|task| task.id != id);
        if let Some((_, stop)) = books.running.get(&id) {
            stop.0.store(true, Ordering::Relaxed);
        }
    }

    /// The next task, which counts as running from now on. Waits for one.
    pub(super) fn take(&self) -> (Task, Stop) {
        let mut books = self.books();
        loop {
            if let Some(task) = books.waiting.pop_front() {
                let stop = Stop::default();
                books
                    .running
                    .insert(task.id, (Instant::now(), stop.clone()));
                return (task, stop);
            }
            books = self
                .filled
                .wait(books)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn done(&self, id: u64) {
        self.books().running.remove(&id);
    }

    /// For how long the longest of the running tasks has been running; none where nothing runs.
    pub(super) fn longest(&self) -> Option<Duration> {
        let books = self.books();
        books
            .running
            .values()
            .map(|(since, _)| since.elapsed())
            .max()
    }

    /// The books are consistent between any two statements, so a panic elsewhere does not spoil them.
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openvoices::protocol::{ModelKind, ModelPlace, Speak, Who};

    fn task(id: u64, live: bool) -> Task {
        let model = ModelPlace {
            kind: ModelKind::Piper,
            folder: "voice".into(),
            sha256: String::new(),
            bytes: 1,
        };
        let speak = Speak {
            model,
            ids: vec![1],
            who: Who::Speakers(Vec::new()),
            speed: 1.0,
            factors: Vec::new(),
            seed: 0,
            live,
        };
        Task {
            id,
            order: Order::Speak(speak),
            body: Vec::new(),
        }
    }

    #[test]
    fn listeners_come_first_and_in_their_order() {
        let queue = Queue::default();
        for (id, live) in [(1, false), (2, true), (3, false), (4, true), (5, true)] {
            queue.push(task(id, live));
        }
        queue.cancel(4);
        let taken = std::iter::repeat_with(|| queue.take().0.id).take(4);
        assert_eq!(taken.collect::<Vec<_>>(), [2, 5, 1, 3]);
    }

    #[test]
    fn what_runs_is_told_to_stop() {
        let queue = Queue::default();
        assert!(queue.longest().is_none());
        queue.push(task(1, false));
        let (task, stop) = queue.take();
        assert!(queue.longest().is_some() && !stop.is_set());
        queue.cancel(task.id);
        assert!(stop.is_set());
        queue.done(task.id);
        queue.cancel(task.id);
        assert!(queue.longest().is_none());
    }
}
