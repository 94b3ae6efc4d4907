//! Voice training as a family of jobs.

use std::{path::PathBuf, sync::Arc};

use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use kiskadee_queue::Queue;
use kiskadee_runner::{Answers, Family, Job, JobError, Lane, Made, PoolName, Turn};
use kiskadee_speech::Engines;
use kiskadee_storage::Store;
use tracing::Instrument as _;

use crate::{
    dataset,
    downloads::Downloads,
    hearing::{self, Recognisers},
    run,
};

/// What jobs work with.
#[derive(Clone)]
pub struct Workshop {
    pub queue: Queue,
    pub store: Store,
    /// Those that speak what was trained.
    pub engines: Engines,
    /// Those that write down what is said.
    pub recognisers: Recognisers,
    /// The program that decodes.
    pub ffmpeg: PathBuf,
    /// Where files of jobs lie; gone with the process.
    pub scratch: PathBuf,
    /// How recordings come from addresses.
    pub downloads: Downloads,
}

/// Makes datasets and trains voices on them.
pub struct Training {
    workshop: Arc<Workshop>,
}

impl Training {
    pub fn new(workshop: Workshop) -> Self {
        Self {
            workshop: Arc::new(workshop),
        }
    }
}

async fn make(workshop: &Workshop, job: &Job) -> Result<Made, JobError> {
    if job.kind.starts_with("dataset_") {
        dataset::make(workshop, job).await
    } else {
        run::make(workshop, job).await
    }
}

impl Family for Training {
    fn name(&self) -> &'static str {
        "training"
    }

    fn lanes(&self) -> Vec<Lane> {
        let lane = |batch_key: &str, pool| Lane {
            batch_key: batch_key.to_owned(),
            pool,
        };
        let own = [
            lane(dataset::BATCH_KEY, PoolName::Cpu),
            lane(dataset::DOWNLOAD_BATCH_KEY, PoolName::Network),
            lane(run::SPEECH_BATCH_KEY, PoolName::Cpu),
            lane(run::BATCH_KEY, PoolName::Long),
        ];
        let recognisers = self.workshop.recognisers.models().iter();
        let hearing = recognisers.map(|model| {
            let batch_key = dataset::hearing_batch_key(&model.name);
            lane(&batch_key, PoolName::Long)
        });
        own.into_iter().chain(hearing).collect()
    }

    fn introduce<'a>(&'a self, queue: &'a Queue) -> BoxFuture<'a, kiskadee_queue::Result<()>> {
        hearing::introduce(&self.workshop.recognisers, queue).boxed()
    }

    fn announce(self: Arc<Self>, turn: Turn) -> BoxFuture<'static, ()> {
        let Workshop {
            recognisers, queue, ..
        } = (*self.workshop).clone();
        hearing::announce(recognisers, queue, turn).boxed()
    }

    fn run(&self, jobs: Vec<Job>) -> Answers {
        let making = jobs.into_iter().map(|job| {
            let (workshop, id) = (Arc::clone(&self.workshop), job.attempt.job);
            let span = job.attempt.span.clone();
            async move { make(&workshop, &job).await }
                .map(move |made| (id, made))
                .instrument(span)
        });
        making.collect::<FuturesUnordered<_>>().boxed()
    }
}
