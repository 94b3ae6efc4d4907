//! What many streams of an instance wait for, asked for together.

use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use spin_sdk::{
    pg::{DbValue, ParameterValue},
    time::sleep,
};
use uuid::Uuid;

use crate::{credentials::Caller, database, log};

/// How long the first one waits for others to ask with.
const GATHER: Duration = Duration::from_millis(100);
/// The others look so often whether there is an answer, for one request cannot wake another; and not for ever, for whoever asks
/// for them may go.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: usize = 40;

/// Marks by id, each of which changes whenever there is something new to see. A stream that waits long asks for its mark first:
/// one statement tells hundreds of streams that they need not look.
pub struct Marks {
    /// Takes the ids as a JSON array, and gives the marks as one, in the same order.
    statement: &'static str,
    asking: Mutex<Asking>,
}

struct Asking {
    waiting: Vec<Waiting>,
    is_gathered: bool,
}

struct Waiting {
    id: Uuid,
    answer: Arc<OnceLock<i64>>,
}

/// Whoever gathers. When its client goes meanwhile, the next one gathers.
struct Gathering<'a>(&'a Marks);

impl Marks {
    pub const fn new(statement: &'static str) -> Self {
        Self {
            statement,
            asking: Mutex::new(Asking {
                waiting: Vec::new(),
                is_gathered: false,
            }),
        }
    }

    /// None where it could not be had now.
    pub async fn of(&self, caller: &Caller, id: Uuid) -> Option<i64> {
        let answer = Arc::new(OnceLock::new());
        let gathers = {
            let mut asking = self.asking();
            let answer = Arc::clone(&answer);
            asking.waiting.push(Waiting { id, answer });
            !std::mem::replace(&mut asking.is_gathered, true)
        };
        if gathers {
            let gathering = Gathering(self);
            sleep(GATHER).await;
            let waiting = gathering.end();
            self.tell(&caller.settings.database_url, waiting).await;
            return answer.get().copied();
        }
        for _ in 0..LOOKS {
            sleep(LOOK).await;
            if let Some(mark) = answer.get() {
                return Some(*mark);
            }
        }
        None
    }

    /// Whoever is not told looks for itself.
    async fn tell(&self, database_url: &str, waiting: Vec<Waiting>) {
        let ids: Vec<Uuid> = waiting.iter().map(|waiting| waiting.id).collect();
        let Ok(ids) = serde_json::to_string(&ids) else {
            return;
        };
        let row = database::row(database_url, self.statement, vec![ParameterValue::Str(ids)]);
        let Ok(row) = row.await else {
            return;
        };
        let marks = match row.as_slice() {
            [DbValue::Str(marks)] => serde_json::from_str::<Vec<i64>>(marks).unwrap_or_default(),
            _ => Vec::new(),
        };
        if marks.len() != waiting.len() {
            log::error(
                "marks cannot be read",
                &format!("{} of {}", marks.len(), waiting.len()),
            );
            return;
        }
        for (Waiting { answer, .. }, mark) in waiting.into_iter().zip(marks) {
            let _ = answer.set(mark);
        }
    }

    fn asking(&self) -> MutexGuard<'_, Asking> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gathering<'_> {
    /// Takes those who ask; the next one gathers anew.
    fn end(self) -> Vec<Waiting> {
        std::mem::take(&mut self.0.asking().waiting)
    }
}

impl Drop for Gathering<'_> {
    fn drop(&mut self) {
        let mut asking = self.0.asking();
        asking.is_gathered = false;
        asking.waiting.clear();
    }
}
