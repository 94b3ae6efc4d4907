//! How long an instance has computed without once waiting, in time of the processor: on a busy machine the wall's clock would
//! count what others computed meanwhile.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    thread::{self, ThreadId},
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};
use wasmtime::UpdateDeadline;

/// Ticks of the engine's clock until the next interruption.
const TICKS: u64 = 1;

#[derive(Debug, Default)]
struct State {
    /// When this turn began, by the clock of the thread that it runs on.
    begun: Option<(ThreadId, Duration)>,
    /// The engine's clock has ended the turn: the instance had something to compute and was not waiting.
    interrupted: bool,
    computed: Duration,
}

/// Counted by the engine's clock, and asked after each turn of the instance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Computing(Arc<Mutex<State>>);

impl Computing {
    /// The clock interrupts the instance: others have their turn, then this one goes on.
    pub(crate) fn interrupt(&self) -> UpdateDeadline {
        let mut state = self.state();
        state.interrupted = true;
        // A first turn has no beginning that anybody saw; it is shorter than two ticks.
        if let Some((thread, begun)) = state.begun.take()
            && thread == thread::current().id()
        {
            state.computed += thread_time().saturating_sub(begun);
        }
        drop(state);
        UpdateDeadline::YieldCustom(
            TICKS,
            Box::pin(NextTurn {
                computing: self.clone(),
                waited: false,
            }),
        )
    }

    /// A turn has ended: what was computed since the instance last waited.
    pub(crate) fn turn_ended(&self) -> Duration {
        let mut state = self.state();
        if !std::mem::take(&mut state.interrupted) {
            *state = State::default();
        }
        state.computed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets others have their turn once, and notes when the next one begins.
struct NextTurn {
    computing: Computing,
    waited: bool,
}

impl Future for NextTurn {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if !std::mem::replace(&mut self.waited, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.computing.state().begun = Some((thread::current().id(), thread_time()));
        Poll::Ready(())
    }
}

/// What this thread has computed since it began.
fn thread_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use futures::FutureExt as _;

    use super::*;

    fn turn(computing: &Computing, work: impl FnOnce()) {
        let UpdateDeadline::YieldCustom(_, mut next) = computing.interrupt() else {
            panic!("the turn goes on")
        };
        computing.turn_ended();
        assert!(next.as_mut().now_or_never().is_none());
        assert!(next.now_or_never().is_some());
        work();
    }

    #[test]
    fn only_what_was_computed_counts() {
        let computing = Computing::default();
        turn(&computing, || thread::sleep(Duration::from_millis(200)));
        turn(&computing, || {});
        assert!(computing.turn_ended_after_interruption() < Duration::from_millis(50));
        let begun = Instant::now();
        turn(&computing, || {
            while begun.elapsed() < Duration::from_millis(50) {}
        });
        turn(&computing, || {});
        assert!(computing.turn_ended_after_interruption() > Duration::from_millis(1));
    }

    #[test]
    fn whoever_waits_begins_anew() {
        let computing = Computing::default();
        turn(&computing, || {
            std::hint::black_box((0..10_000_000_u64).map(std::hint::black_box).sum::<u64>());
        });
        turn(&computing, || {});
        computing.turn_ended();
        assert_eq!(computing.turn_ended(), Duration::ZERO);
    }

    impl Computing {
        fn turn_ended_after_interruption(&self) -> Duration {
            self.state().computed
        }
    }
}
