//! Uploads as a family of jobs.

use futures::{
    FutureExt as _, StreamExt,
    stream::{self, FuturesUnordered},
};
use kiskadee_runner::{Answers, Attempt, Family, Job, JobError, Lane, Made, PoolName};
use kiskadee_storage::Store;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::{
    args::{BATCH_KEY, Source, UploadArgs},
    check::check,
};

/// Makes objects of uploads, from storage to storage.
#[derive(Debug, Clone)]
pub struct Uploads {
    store: Store,
}

/// Where the object of one attempt lies: beside those of others, until one of them is accepted.
pub fn object_key(upload: Uuid, token: i64) -> String {
    format!("uploads/{}/{token}/object", upload.simple())
}

impl Uploads {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    async fn make(&self, job: &Job) -> Result<Made, JobError> {
        let args: UploadArgs = job.read_args()?;
        let Attempt {
            token,
            cancel,
            progress,
            ..
        } = &job.attempt;
        progress.enter(match args.source {
            Source::Parts(_) => "joining the parts",
            Source::Whole(_) => "reading the file",
        });
        let target = object_key(args.upload_id, *token);
        let read = |share| progress.set(share);
        let made = check(&self.store, &args, &target, cancel, &read).await?;
        Made::new(&made, Some(target))
    }
}

impl Family for Uploads {
    fn name(&self) -> &'static str {
        "uploads"
    }

    fn lanes(&self) -> Vec<Lane> {
        // It waits for the storage far longer than it computes.
        vec![Lane {
            batch_key: BATCH_KEY.to_owned(),
            pool: PoolName::Network,
        }]
    }

    fn run(&self, jobs: Vec<Job>) -> Answers {
        let checking = jobs.into_iter().map(|job| {
            let (uploads, id) = (self.clone(), job.attempt.job);
            let span = job.attempt.span.clone();
            async move { uploads.make(&job).await }
                .map(move |made| (id, made))
                .instrument(span)
        });
        stream::iter([checking.collect::<FuturesUnordered<_>>()])
            .flatten()
            .boxed()
    }
}
