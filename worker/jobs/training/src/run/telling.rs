//! What a slice says while it computes: gathered on its thread, sent every other second, and answered by what it is to do.

use std::{
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::future::{Either, join, select};
use kiskadee_queue::Queue;
use kiskadee_runner::Attempt;
use serde_json::{Map, Value, json};
use tokio::time::sleep;

use super::ledger::{Order, report};

const REPORT_EVERY: Duration = Duration::from_secs(2);
/// A slice that has just begun is heard of sooner.
const FIRST_AFTER: Duration = Duration::from_millis(300);

/// Shared by the thread that computes and the task that reports.
#[derive(Debug, Clone, Default)]
pub(super) struct Telling {
    said: Arc<Mutex<Said>>,
    stop: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Said {
    /// Since the last report.
    told: Map<String, Value>,
    /// Of all reports.
    last: Map<String, Value>,
    lines: Vec<Value>,
}

impl Telling {
    /// Figures, which take the places of those before.
    pub(super) fn tell(&self, figures: Value) {
        if let Value::Object(figures) = figures {
            let mut said = self.said();
            said.last.extend(figures.clone());
            said.told.extend(figures);
        }
    }

    /// A figure that was told last, and may have been sent.
    pub(super) fn figure(&self, group: &str, name: &str) -> Option<f64> {
        self.said().last.get(group)?.get(name)?.as_f64()
    }

    pub(super) fn log(&self, level: &str, message: impl Into<String>) {
        let line = json!({"level": level, "message": message.into()});
        self.said().lines.push(line);
    }

    /// Set when the slice is to end at its next step.
    pub(super) fn stop_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// What sets the flag when it is dropped, so that a thread does not compute for nobody.
    pub(super) fn stop_at_end(&self) -> StopAtEnd {
        StopAtEnd(self.clone())
    }

    /// Runs `work` and reports meanwhile. It is told to stop when its run is to, and when the attempt is cancelled.
    pub(super) async fn during<T>(
        &self,
        queue: &Queue,
        attempt: &Attempt,
        work: impl Future<Output = T>,
    ) -> T {
        let beside = Box::pin(join(
            async {
                sleep(FIRST_AFTER).await;
                loop {
                    self.report(queue, attempt).await;
                    sleep(REPORT_EVERY).await;
                }
            },
            async {
                attempt.cancel.cancelled().await;
                self.stop();
            },
        ));
        let done = match select(pin!(work), beside).await {
            Either::Left((done, _)) => done,
            Either::Right((((), ()), work)) => work.await,
        };
        Box::pin(self.report(queue, attempt)).await;
        done
    }

    /// What cannot be told now is told with the next report.
    async fn report(&self, queue: &Queue, attempt: &Attempt) {
        let (told, lines) = {
            let mut said = self.said();
            (
                Value::Object(std::mem::take(&mut said.told)),
                Value::Array(std::mem::take(&mut said.lines)),
            )
        };
        match report(queue, attempt, &told, &lines).await {
            Ok(Order::GoOn) => {}
            Ok(Order::Stop | Order::Leave) => self.stop(),
            Err(error) => {
                tracing::warn!(%error, "the run cannot be told of its slice yet");
                self.put_back(told, lines);
            }
        }
    }

    /// What was said meanwhile is newer.
    fn put_back(&self, told: Value, lines: Value) {
        let mut said = self.said();
        if let (Value::Object(mut told), Value::Array(mut lines)) = (told, lines) {
            told.append(&mut said.told);
            lines.append(&mut said.lines);
            (said.told, said.lines) = (told, lines);
        }
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever waits for the thread that computes.
pub(super) struct StopAtEnd(Telling);

impl Drop for StopAtEnd {
    fn drop(&mut self) {
        self.0.stop();
    }
}
