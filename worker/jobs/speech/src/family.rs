//! Speech as a family of jobs.

use std::{fmt, sync::Arc, time::Duration};

use futures::{
    FutureExt as _, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use kiskadee_queue::Queue;
use kiskadee_runner::{Answers, Family, Job, JobError, Lane, Made, Measured, PoolName, Turn};
use serde_json::{Map, Value, json};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::{
    announce::{announce, introduce},
    args::{SpeechArgs, StreamArgs, clone_batch_key, speech_batch_key},
    calibrate::calibrate,
    clone::{CloneTask, clone_job},
    engine_counts::EngineCounts,
    metrics::SpeechMetrics,
    speak::{SpeechTask, Spoken, speak_jobs},
    tools::Tools,
};

/// Jobs of the engines that this process has started; without any, the family has no lanes.
pub struct Speech {
    tools: Arc<Tools>,
    queue: Queue,
    engine_counts: EngineCounts,
    metrics: SpeechMetrics,
}

impl fmt::Debug for Speech {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Speech").finish_non_exhaustive()
    }
}

impl Speech {
    pub fn new(tools: Tools, queue: Queue) -> Self {
        Self {
            tools: Arc::new(tools),
            queue,
            engine_counts: EngineCounts::default(),
            metrics: SpeechMetrics::default(),
        }
    }

    fn clone_voice(&self, job: &Job) -> BoxStream<'static, (Uuid, Result<Made, JobError>)> {
        let (tools, attempt) = (Arc::clone(&self.tools), job.attempt.clone());
        let (id, span, args) = (attempt.job, attempt.span.clone(), job.read_args());
        let making = async move {
            let made = clone_job(
                &tools,
                CloneTask {
                    attempt,
                    args: args?,
                },
            );
            let made = made.await?;
            Made::new(&made, Some(made.conditioning_key.clone()))
        };
        stream::once(making.map(move |made| (id, made)).instrument(span)).boxed()
    }
}

impl Family for Speech {
    fn name(&self) -> &'static str {
        "speech"
    }

    fn lanes(&self) -> Vec<Lane> {
        let engines = &self.tools.engines;
        let speaking = engines.names().map(speech_batch_key);
        let cloning = engines.voice_makers().map(clone_batch_key);
        let lane = |batch_key| Lane {
            batch_key,
            pool: PoolName::Device,
        };
        speaking.chain(cloning).map(lane).collect()
    }

    fn run(&self, jobs: Vec<Job>) -> Answers {
        let mut tasks = Vec::new();
        let mut others: Vec<Answers> = Vec::new();
        for job in &jobs {
            let task = match job.kind.as_str() {
                "speech" => speech_task(job),
                "stream" => stream_task(job),
                "clone" => {
                    others.push(self.clone_voice(job));
                    continue;
                }
                unknown => Err(JobError::Retry(format!(
                    "this worker knows no jobs of the kind `{unknown}`"
                ))),
            };
            match task {
                Ok(task) => tasks.push(task),
                Err(error) => others.push(refused(job, error)),
            }
        }
        if !tasks.is_empty() {
            let spoken = speak_jobs(Arc::clone(&self.tools), tasks);
            let made = |(job, answer): (Uuid, Result<Spoken, JobError>)| {
                (job, answer.and_then(|spoken| spoken_made(&spoken)))
            };
            others.push(spoken.map(made).boxed());
        }
        stream::select_all(others).boxed()
    }

    fn calibrate(&self) -> BoxFuture<'_, Vec<Measured>> {
        calibrate(&self.tools.engines).boxed()
    }

    fn introduce<'a>(&'a self, queue: &'a Queue) -> BoxFuture<'a, kiskadee_queue::Result<()>> {
        introduce(&self.tools, queue).boxed()
    }

    fn announce(self: Arc<Self>, turn: Turn) -> BoxFuture<'static, ()> {
        announce(Arc::clone(&self.tools), self.queue.clone(), turn).boxed()
    }

    fn samples(&self) -> Vec<Value> {
        let mut samples = self.metrics.take_samples();
        samples.extend(self.tools.first_audio.take_samples());
        samples.extend(self.engine_counts.take(&self.tools.engines));
        samples
    }

    fn settled(&self, made: &Made, elapsed: Duration) {
        self.metrics.spoken(&made.result, elapsed);
    }

    fn registration(&self) -> Map<String, Value> {
        let names = self.tools.engines.names();
        let engines: Vec<Value> = names.map(|name| json!({"name": name})).collect();
        Map::from_iter([("engines".to_owned(), engines.into())])
    }
}

fn speech_task(job: &Job) -> Result<SpeechTask, JobError> {
    Ok(SpeechTask {
        attempt: job.attempt.clone(),
        args: job.read_args::<SpeechArgs>()?,
        listener: None,
    })
}

fn stream_task(job: &Job) -> Result<SpeechTask, JobError> {
    let StreamArgs { speech, relay } = job.read_args()?;
    Ok(SpeechTask {
        attempt: job.attempt.clone(),
        args: speech,
        listener: Some(relay),
    })
}

fn refused(job: &Job, error: JobError) -> Answers {
    stream::iter([(job.attempt.job, Err(error))]).boxed()
}

fn spoken_made(spoken: &Spoken) -> Result<Made, JobError> {
    match spoken {
        Spoken::Stored(result) => Made::new(result, Some(result.key.clone())),
        Spoken::Streamed(result) => Made::new(result, None),
    }
}
