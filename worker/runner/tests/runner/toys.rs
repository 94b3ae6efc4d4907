//! A family of toys: a job of `toy:quick` answers at once, one of `toy:long` when the test lets it.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use kiskadee_queue::testing::NewJob;
use kiskadee_runner::{Answers, Family, Job, JobError, Lane, Made, PoolName};
use serde_json::json;
use tokio::{sync::Semaphore, time::sleep};

pub(crate) struct Toys {
    /// A permit for each long job that may end.
    pub(crate) may_end: Arc<Semaphore>,
}

impl Toys {
    pub(crate) fn new() -> Self {
        Self {
            may_end: Arc::new(Semaphore::new(0)),
        }
    }
}

impl Family for Toys {
    fn name(&self) -> &'static str {
        "toys"
    }

    fn lanes(&self) -> Vec<Lane> {
        let lane = |batch_key: &str, pool| Lane {
            batch_key: batch_key.to_owned(),
            pool,
        };
        vec![
            lane("toy:quick", PoolName::Device),
            lane("toy:long", PoolName::Long),
        ]
    }

    fn run(&self, jobs: Vec<Job>) -> Answers {
        let run = |job: Job| {
            let (may_end, id) = (Arc::clone(&self.may_end), job.attempt.job);
            async move { play(&job, &may_end).await }.map(move |made| (id, made))
        };
        jobs.into_iter()
            .map(run)
            .collect::<FuturesUnordered<_>>()
            .boxed()
    }
}

async fn play(job: &Job, may_end: &Semaphore) -> Result<Made, JobError> {
    if job.kind == "long" {
        job.attempt.progress.enter("waiting");
        job.attempt.progress.tell(json!({"for": "the test"}));
        let ended = job.attempt.cancel.run_until_cancelled(may_end.acquire());
        ended.await.ok_or(JobError::Cancelled)?.unwrap().forget();
    }
    match job.kind.as_str() {
        "slow" | "slow and broken" => sleep(Duration::from_secs(2)).await,
        "deaf" => sleep(Duration::from_hours(1)).await,
        _ => {}
    }
    if job.kind.ends_with("broken") {
        return Err(JobError::Retry("it is broken".to_owned()));
    }
    Made::new(&json!({"played": job.kind}), None)
}

pub(crate) fn quick() -> NewJob {
    NewJob {
        kind: "quick".to_owned(),
        priority: 0,
        ..NewJob::speech("toy:quick", 20)
    }
}

pub(crate) fn broken() -> NewJob {
    NewJob {
        kind: "broken".to_owned(),
        ..quick()
    }
}

/// Takes two seconds, whatever it is told meanwhile.
pub(crate) fn slow() -> NewJob {
    NewJob {
        kind: "slow".to_owned(),
        ..quick()
    }
}

/// The same, and fails then.
pub(crate) fn slow_and_broken() -> NewJob {
    NewJob {
        kind: "slow and broken".to_owned(),
        ..quick()
    }
}

/// Never ends, nor hears that it is to.
pub(crate) fn deaf() -> NewJob {
    NewJob {
        kind: "deaf".to_owned(),
        ..quick()
    }
}

pub(crate) fn long() -> NewJob {
    NewJob {
        kind: "long".to_owned(),
        ..NewJob::speech("toy:long", 20)
    }
}
