//! The counting of words as a family of jobs.

use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use kiskadee_runner::{Answers, Attempt, Family, Job, JobError, Lane, Made, PoolName};
use kiskadee_storage::{ResultRef, Store};
use serde_json::json;
use tokio::time::sleep;
use tracing::Instrument as _;

use crate::{
    args::{BATCH_KEY, CountArgs, CountResult},
    counts::{Counts, words},
};

/// Counts words, and keeps the counts as a JSON object.
#[derive(Debug, Clone)]
pub struct Toy {
    store: Store,
}

impl Toy {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    async fn make(&self, job: &Job) -> Result<Made, JobError> {
        let args: CountArgs = job.read_args()?;
        let words = words(&args.text);
        let counting = count(&words, args.seconds, &job.attempt);
        let counts = job.attempt.cancel.run_until_cancelled(counting).await;
        let result = self
            .keep(
                &counts.ok_or(JobError::Cancelled)?,
                words.len(),
                &job.attempt,
            )
            .await?;
        Made::new(&result, Some(result.key.clone()))
    }

    async fn keep(
        &self,
        counts: &Counts,
        words: usize,
        attempt: &Attempt,
    ) -> Result<CountResult, JobError> {
        let Some((commonest_word, commonest_times)) = counts.commonest() else {
            return Err(JobError::Reject("the text has no words".to_owned()));
        };
        attempt.progress.enter("storing");
        let reference = ResultRef {
            job: attempt.job,
            token: attempt.token,
        };
        let key = reference.key("counts.json");
        let object = json!(counts).to_string();
        let mut bytes = object.as_bytes();
        self.store
            .upload(&key, "application/json", &mut bytes)
            .await?;
        Ok(CountResult {
            key,
            words,
            distinct_words: counts.distinct(),
            commonest_word: commonest_word.to_owned(),
            commonest_times,
        })
    }
}

/// Counts one word after the other, and tells how far it is.
async fn count(words: &[String], seconds: f64, attempt: &Attempt) -> Counts {
    // The edge bounds it; arguments from elsewhere must not panic here.
    let whole = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let pause = whole / u32::try_from(words.len().max(1)).unwrap_or(u32::MAX);
    let told = |counted: usize| {
        attempt.progress.set(counted as f64 / words.len() as f64);
        attempt
            .progress
            .tell(json!({"counted": counted, "of": words.len()}));
    };
    let mut counts = Counts::default();
    attempt.progress.enter("counting");
    told(0);
    for (index, word) in words.iter().enumerate() {
        sleep(pause).await;
        counts.add(word.clone());
        told(index + 1);
    }
    counts
}

impl Family for Toy {
    fn name(&self) -> &'static str {
        "toy"
    }

    fn lanes(&self) -> Vec<Lane> {
        vec![Lane {
            batch_key: BATCH_KEY.to_owned(),
            pool: PoolName::Cpu,
        }]
    }

    fn run(&self, jobs: Vec<Job>) -> Answers {
        let counting = jobs.into_iter().map(|job| {
            let (toy, id, span) = (self.clone(), job.attempt.job, job.attempt.span.clone());
            async move { toy.make(&job).await }
                .map(move |made| (id, made))
                .instrument(span)
        });
        counting.collect::<FuturesUnordered<_>>().boxed()
    }
}
