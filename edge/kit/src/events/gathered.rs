//! What many streams of an instance ask for, asked for together.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};
use spin_sdk::{
    pg::{DbValue, ParameterValue},
    time::sleep,
};

use super::clock;
use crate::{credentials::Caller, database, log};

/// From the moment at which it is asked on, those who do not ask themselves look so often whether there is an answer, for one
/// request cannot wake another; and not for ever.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: usize = 40;

/// One statement for all who ask between two ticks of the instance's clock: however many they are, it is asked no more often than
/// that, and not before it was answered. Who asks the same as another is asked for once. It does not know who asks, so it serves
/// streams whose caller was let in by a look of its own.
pub struct Gathered<K, V> {
    /// Takes what is asked as a JSON array, and gives the answers as one, in the same order.
    statement: &'static str,
    asking: Mutex<Asking<K, V>>,
}

struct Asking<K, V> {
    waiting: Vec<Waiting<K, V>>,
    /// Somebody asks the database.
    is_asked: bool,
}

struct Waiting<K, V> {
    asked: K,
    answer: Arc<OnceLock<V>>,
}

/// Whoever asks the database for all; another one does when its client has gone.
struct Turn<'a, K, V>(&'a Gathered<K, V>);

impl<K: Eq + Hash + Serialize, V: Clone + DeserializeOwned> Gathered<K, V> {
    pub const fn new(statement: &'static str) -> Self {
        Self {
            statement,
            asking: Mutex::new(Asking {
                waiting: Vec::new(),
                is_asked: false,
            }),
        }
    }

    /// None where it could not be had now.
    pub async fn of(&self, caller: &Caller, asked: K) -> Option<V> {
        let answer = Arc::new(OnceLock::new());
        self.asking().waiting.push(Waiting {
            asked,
            answer: Arc::clone(&answer),
        });
        sleep(clock::to_the_next_tick()).await;
        for _ in 0..LOOKS {
            if let Some(answer) = answer.get() {
                return Some(answer.clone());
            }
            if let Some((_turn, waiting)) = self.turn() {
                self.tell(caller.settings.database_url.expose(), waiting)
                    .await;
            } else {
                sleep(LOOK).await;
            }
        }
        None
    }

    /// Whoever is not told asks another time.
    async fn tell(&self, database_url: &str, waiting: Vec<Waiting<K, V>>) {
        let (asked, places) = distinct(&waiting);
        let Ok(question) = serde_json::to_string(&asked) else {
            return;
        };
        let question = vec![ParameterValue::Jsonb(question.into_bytes())];
        let Ok(row) = database::row(database_url, self.statement, question).await else {
            return;
        };
        let answers = match row.as_slice() {
            [DbValue::Str(answers)] => serde_json::from_str::<Vec<V>>(answers).unwrap_or_default(),
            _ => Vec::new(),
        };
        if answers.len() != asked.len() {
            log::error(
                "what streams asked for together cannot be read",
                &format!("{} of {}", answers.len(), asked.len()),
            );
            return;
        }
        for (waiting, place) in waiting.iter().zip(places) {
            if let Some(answer) = answers.get(place) {
                let _ = waiting.answer.set(answer.clone());
            }
        }
    }
}

/// Those who wait when somebody begins to ask.
type Everybody<K, V> = Vec<Waiting<K, V>>;

impl<K, V> Gathered<K, V> {
    fn asking(&self) -> MutexGuard<'_, Asking<K, V>> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All who wait, for one to ask for; nothing while another one does.
    fn turn(&self) -> Option<(Turn<'_, K, V>, Everybody<K, V>)> {
        let mut asking = self.asking();
        if asking.is_asked || asking.waiting.is_empty() {
            return None;
        }
        asking.is_asked = true;
        Some((Turn(self), std::mem::take(&mut asking.waiting)))
    }
}

impl<K, V> Drop for Turn<'_, K, V> {
    fn drop(&mut self) {
        self.0.asking().is_asked = false;
    }
}

/// What is asked, each once, and the place of each one's answer.
fn distinct<K: Eq + Hash, V>(waiting: &[Waiting<K, V>]) -> (Vec<&K>, Vec<usize>) {
    let mut known = HashMap::new();
    let mut asked = Vec::new();
    let places = waiting.iter().map(|waiting| {
        *known.entry(&waiting.asked).or_insert_with(|| {
            asked.push(&waiting.asked);
            asked.len() - 1
        })
    });
    let places = places.collect();
    (asked, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_ask_is_asked_once() {
        let waiting: Vec<Waiting<&str, i64>> = ["a", "b", "a", "a"]
            .map(|asked| Waiting {
                asked,
                answer: Arc::default(),
            })
            .into();
        let (asked, places) = distinct(&waiting);
        assert_eq!((asked, places), (vec![&"a", &"b"], vec![0, 1, 0, 0]));
    }

    #[test]
    fn one_asks_at_a_time_and_never_for_nobody() {
        let gathered: Gathered<&str, i64> = Gathered::new("select 1");
        let wait = |asked| {
            let answer = Arc::default();
            gathered.asking().waiting.push(Waiting { asked, answer });
        };
        assert!(gathered.turn().is_none());
        wait("a");
        wait("b");
        let (turn, waiting) = gathered.turn().unwrap();
        assert_eq!(waiting.len(), 2);
        wait("c");
        assert!(gathered.turn().is_none(), "while it is asked");
        drop(turn);
        assert_eq!(gathered.turn().unwrap().1.len(), 1);
    }
}
