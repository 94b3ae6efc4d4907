//! The shapes that the functions `api.monitoring_…` answer with, written down for the API document: the JSON itself is made
//! in SQL.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use crate::health::Checks;

/// The system at a glance.
#[derive(Debug, ToSchema)]
pub struct SystemReport {
    #[schema(format = DateTime)]
    pub measured_at: String,
    pub checks: Checks,
    pub database: Database,
    pub workers: Fleet,
    pub queue: QueueTotals,
    pub jobs: JobTotals,
    pub sign_ins: SignIns,
}

/// How passwords were checked in the last ten minutes, over all accounts.
#[derive(Debug, ToSchema)]
pub struct SignIns {
    pub succeeded_10m: i64,
    pub failed_10m: i64,
    /// A hundred were wrong, and five times as many as were right: somebody tries passwords.
    pub alarm: bool,
}

/// The database.
#[derive(Debug, ToSchema)]
pub struct Database {
    #[schema(example = "15.18")]
    pub version: String,
    #[schema(format = DateTime)]
    pub started_at: String,
    pub size_bytes: i64,
    pub connections: i32,
    pub max_connections: i32,
    /// Deleted rows cannot be cleaned up while an old transaction is open.
    pub oldest_transaction_seconds: Option<i64>,
}

/// The workers that live.
#[derive(Debug, ToSchema)]
pub struct Fleet {
    pub alive: i32,
    /// How many jobs they can run at once.
    pub slots: i32,
    pub accelerators: i32,
}

/// All queues together.
#[derive(Debug, ToSchema)]
pub struct QueueTotals {
    /// Could run now.
    pub queued: i64,
    /// Wait for their time: a schedule, or a retry.
    pub scheduled: i64,
    /// Wait for other jobs to end; the archive of a batch is one of these.
    pub waiting: i64,
    pub running: i64,
    /// Failed for good, and can be sent again by an operator.
    pub dead: i64,
}

/// Jobs since the deployment began.
#[derive(Debug, ToSchema)]
pub struct JobTotals {
    pub created: i64,
    pub completed: i64,
    pub failed: i64,
}

/// The workers.
#[derive(Debug, ToSchema)]
pub struct WorkerReport {
    #[schema(format = DateTime)]
    pub measured_at: String,
    pub items: Vec<Worker>,
}

/// One worker process.
#[derive(Debug, ToSchema)]
pub struct Worker {
    pub name: String,
    pub host: String,
    pub version: String,
    pub alive: bool,
    /// The leader does the chores of the fleet.
    pub leader: bool,
    /// Its last write to object storage succeeded.
    pub storage: bool,
    pub slots: i32,
    pub running: i64,
    pub engines: Vec<String>,
    /// What its model cache holds.
    pub resident: Vec<String>,
    /// As the worker reports them: memory in use and utilization of each device.
    pub devices: Vec<BTreeMap<String, Value>>,
    /// As the worker reports it.
    pub load: BTreeMap<String, Value>,
    /// Measured speed for each queue, in units of cost.
    pub cost_per_second: BTreeMap<String, f64>,
    #[schema(format = DateTime)]
    pub started_at: String,
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// The queues.
#[derive(Debug, ToSchema)]
pub struct QueueReport {
    #[schema(format = DateTime)]
    pub measured_at: String,
    pub items: Vec<Lane>,
    /// Wait for their time: a schedule, or a retry.
    pub scheduled: i64,
    /// Wait for other jobs to end; the archive of a batch is one of these.
    pub waiting: i64,
    /// Failed for good.
    pub dead: i64,
}

/// One queue at one priority.
#[derive(Debug, ToSchema)]
pub struct Lane {
    #[schema(example = "speech:kiskadee")]
    pub queue: String,
    #[schema(example = "batch")]
    pub priority: String,
    pub queued: i64,
    /// Characters, and a little for each job.
    pub queued_cost: i64,
    pub oldest_job_seconds: i64,
    pub running: i64,
    pub paused: bool,
    /// What the fleet gets through, where it was measured.
    pub cost_per_second: Option<f64>,
}
