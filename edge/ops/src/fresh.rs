//! Answers that anybody may ask for: however many ask, an instance makes one query a second, also while the database is away.

use std::time::{Duration, Instant};

use futures::lock::Mutex;
use kiskadee_edge_kit::Problem;

const FRESH_FOR: Duration = Duration::from_secs(1);

/// The last answer. Who comes while it is being fetched waits for it.
pub(crate) struct Fresh(Mutex<Option<(Instant, Result<String, Problem>)>>);

impl Fresh {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    pub(crate) async fn get(
        &self,
        fetch: impl Future<Output = Result<String, Problem>>,
    ) -> Result<String, Problem> {
        let mut last = self.0.lock().await;
        if let Some((at, answer)) = &*last
            && at.elapsed() < FRESH_FOR
        {
            return answer.clone();
        }
        let answer = fetch.await;
        *last = Some((Instant::now(), answer.clone()));
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures::{executor::block_on, future::join_all};

    use super::*;

    #[test]
    fn of_many_who_ask_one_makes_the_query() {
        let (fresh, queries) = (Fresh::new(), Cell::new(0));
        let fetch = || async {
            queries.set(queries.get() + 1);
            Ok(queries.get().to_string())
        };
        let answers = block_on(join_all((0..50).map(|_| fresh.get(fetch()))));
        assert!(
            answers
                .into_iter()
                .all(|answer| answer.is_ok_and(|answer| answer == "1"))
        );
        assert_eq!(queries.get(), 1);
    }

    #[test]
    fn a_failure_is_an_answer_too_and_ages_like_any() {
        let fresh = Fresh::new();
        let away = || async { Err(Problem::internal()) };
        assert!(block_on(fresh.get(away())).is_err());
        let back = || async { Ok("back".to_owned()) };
        assert!(block_on(fresh.get(back())).is_err());
        let last = block_on(fresh.0.lock()).take();
        let (at, answer) = last.unwrap_or((Instant::now(), Ok(String::new())));
        *block_on(fresh.0.lock()) = at.checked_sub(FRESH_FOR).map(|at| (at, answer));
        assert_eq!(block_on(fresh.get(back())).ok().as_deref(), Some("back"));
    }
}
