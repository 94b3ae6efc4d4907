//! Voice training as a family of jobs.

use std::{path::PathBuf, sync::Arc};

use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use kiskadee_queue::Queue;
use kiskadee_runner::{Answers, Family, Job, JobError, Lane, Made, PoolName, Turn};
use kiskadee_speech::Engines;
use kiskadee_storage::Store;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::{
    announcing, dataset,
    downloads::Downloads,
    hearing::Recognisers,
    run::{self, XttsTrainer},
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
    /// The XTTS model that can be trained here, if one was imported.
    pub xtts: Option<Arc<XttsTrainer>>,
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
    /// What this process is called when it tells what it trains.
    process: Uuid,
}

impl Training {
    pub fn new(workshop: Workshop) -> Self {
        Self {
            workshop: Arc::new(workshop),
            process: Uuid::now_v7(),
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
        let mut lanes = vec![
            lane(dataset::BATCH_KEY, PoolName::Cpu),
            lane(dataset::DOWNLOAD_BATCH_KEY, PoolName::Network),
            lane(run::SPEECH_BATCH_KEY, PoolName::Cpu),
            lane(run::BATCH_KEY, PoolName::Long),
        ];
        let recognisers = self.workshop.recognisers.models().iter();
        lanes.extend(
            recognisers.map(|model| lane(&dataset::hearing_batch_key(&model.name), PoolName::Long)),
        );
        if let Some(xtts) = &self.workshop.xtts {
            lanes.push(lane(&xtts.lane(), PoolName::Long));
        }
        if self.workshop.engines.names().any(|name| name == "xtts") {
            lanes.push(lane(run::XTTS_SPEECH_BATCH_KEY, PoolName::Cpu));
        }
        lanes
    }

    fn introduce<'a>(&'a self, queue: &'a Queue) -> BoxFuture<'a, kiskadee_queue::Result<()>> {
        announcing::tell(&self.workshop, self.process, queue).boxed()
    }

    fn announce(self: Arc<Self>, turn: Turn) -> BoxFuture<'static, ()> {
        announcing::go_on(Arc::clone(&self.workshop), self.process, turn).boxed()
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
