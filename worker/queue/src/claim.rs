//! Claims: a batch of jobs that one device can run at once.

use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{AttemptId, Held, Queue, Result, worker::milliseconds};

/// What a worker can take now.
#[derive(Debug, Clone)]
pub struct ClaimRequest<'a> {
    pub worker: Uuid,
    /// The lanes that it serves.
    pub batch_keys: &'a [String],
    /// Those whose model is in memory: they go first, unless another lane's head has waited longer than `load`.
    pub resident: &'a [String],
    pub max_jobs: i32,
    /// The first job is taken whatever it costs.
    pub max_cost: i32,
    /// How long it takes to load a model that is not in memory.
    pub load: Duration,
}

/// A job under lease, with everything that is needed to run it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Claimed {
    pub job_id: Uuid,
    /// Names this attempt; a later claim of the same job has a larger one.
    pub token: i64,
    pub kind: String,
    pub batch_key: String,
    pub owner: Uuid,
    pub priority: i16,
    pub cost: i32,
    /// It may have killed a worker before: nothing else must run beside it.
    pub isolate: bool,
    /// Counts from 1.
    pub attempt: i32,
    pub args: Value,
    pub batch_id: Option<Uuid>,
    pub batch_index: Option<i32>,
    /// The request that made the job, as `kiskadee_shared::origin::Origin` is written.
    pub trace: Option<String>,
    deadline_ms: i32,
    pub created_at: OffsetDateTime,
    start_in_ms: Option<i32>,
    waited_ms: i32,
}

impl Claimed {
    /// How long the attempt may take, from its beginning.
    pub fn time_limit(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.deadline_ms).unwrap_or_default())
    }

    /// How long after the claim it may still be begun; none where it does not matter.
    pub fn start_within(&self) -> Option<Duration> {
        let milliseconds = u64::try_from(self.start_in_ms?).unwrap_or_default();
        Some(Duration::from_millis(milliseconds))
    }

    /// How long it could have run before it was claimed.
    pub fn waited(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.waited_ms).unwrap_or_default())
    }
}

impl Queue {
    /// Takes one batch under lease; an empty answer means that there is nothing to do now.
    ///
    /// A claim whose answer is lost leaves leases that nobody runs: [`Queue::unknown_leases`] finds them.
    pub async fn claim(&self, request: &ClaimRequest<'_>) -> Result<Vec<Claimed>> {
        let query = sqlx::query_as(include_str!("../queries/claim.sql"))
            .bind(request.worker)
            .bind(request.batch_keys)
            .bind(request.resident)
            .bind(request.max_jobs)
            .bind(request.max_cost)
            .bind(milliseconds(request.load));
        self.rows(query).await
    }

    /// A token that no job bears: those of claims carried out before are smaller, those of later claims are larger.
    pub async fn draw_token(&self) -> Result<i64> {
        self.value(sqlx::query_as("select nextval('queue.token')"))
            .await
    }

    /// The leases of a worker that are not among those it knows, of the claims before `token`. What a claim under way is
    /// about to answer is unknown as well, so `known` is to be taken when every claim that was under way at the
    /// drawing of `token` has been answered or given up.
    pub async fn unknown_leases(
        &self,
        worker: Uuid,
        known: &[Held],
        token: i64,
    ) -> Result<Vec<AttemptId>> {
        let query = sqlx::query_as(include_str!("../queries/unknown_leases.sql"))
            .bind(worker)
            .bind(known.iter().map(|lease| lease.job).collect::<Vec<_>>())
            .bind(known.iter().map(|lease| lease.token).collect::<Vec<_>>())
            .bind(token);
        self.rows(query).await
    }
}
