//! What the runner asks of a family: a set of kinds of job that belong together.

use std::{sync::Arc, time::Duration};

use futures::{
    FutureExt as _,
    future::{BoxFuture, ready},
    stream::BoxStream,
};
use kiskadee_queue::Queue;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    job::{Job, JobError, Made},
    pool::PoolName,
    turns::Turn,
};

/// One answer for each job of a batch, in the order in which they end.
pub type Answers = BoxStream<'static, (Uuid, Result<Made, JobError>)>;

/// Jobs that one device can run in one call, and where they run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// As `queue.ready` has it.
    pub batch_key: String,
    pub pool: PoolName,
}

/// How long a first piece of work took, from which estimates are made before the first job.
#[derive(Debug, Clone)]
pub struct Measured {
    pub batch_key: String,
    pub cost: i32,
    pub elapsed: Duration,
}

/// Kinds of job that belong together. Only [`Family::name`], [`Family::lanes`] and [`Family::run`] must be told; the
/// rest is for families that have more to say.
pub trait Family: Send + Sync + 'static {
    fn name(&self) -> &'static str;

    /// What of the family this process serves; asked once, at the start.
    fn lanes(&self) -> Vec<Lane>;

    /// Runs jobs that one claim gave. The jobs end when the stream is dropped. Called within a runtime; what panics in the
    /// stream fails the jobs that have no answer yet, and nothing else.
    fn run(&self, jobs: Vec<Job>) -> Answers;

    /// Measures itself, before the first claim.
    fn calibrate(&self) -> BoxFuture<'_, Vec<Measured>> {
        ready(Vec::new()).boxed()
    }

    /// Makes known what callers must find as soon as there is a worker that serves it. Told before each registration, on the
    /// connection given; the worker registers only when it has been taken.
    fn introduce<'a>(&'a self, _queue: &'a Queue) -> BoxFuture<'a, kiskadee_queue::Result<()>> {
        ready(Ok(())).boxed()
    }

    /// Tells the rest of the system what there is, for as long as the worker lives. Each turn of its loop is to be told to
    /// `turn`.
    fn announce(self: Arc<Self>, _turn: Turn) -> BoxFuture<'static, ()> {
        ready(()).boxed()
    }

    /// What was counted since the last call, for `telemetry.record`.
    fn samples(&self) -> Vec<Value> {
        Vec::new()
    }

    /// A result was accepted, `elapsed` after its job had begun.
    fn settled(&self, _made: &Made, _elapsed: Duration) {}

    /// What the registration of the worker says of the family.
    fn registration(&self) -> Map<String, Value> {
        Map::new()
    }
}
