//! A worker's registration: the one heartbeat that keeps all of its leases.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::{AttemptId, Queue, Result};

/// A lease that the worker believes to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub job: Uuid,
    pub token: i64,
    /// 0 to 100.
    pub progress: i16,
    /// The stage in words and its figures: `{"stage", "detail"?}`, at most 2 KiB.
    pub detail: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Somebody asked for an end.
    Cancel,
    /// The lease is another's, or the job has ended.
    Lost,
}

/// What a heartbeat says of one of the jobs held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warning {
    pub job: Uuid,
    pub token: i64,
    pub verdict: Verdict,
}

impl Queue {
    /// Registers a worker under an id that was never used before. `info`: name, host, version, slots, engines, devices.
    pub async fn register(&self, worker: Uuid, info: &Value, ttl: Duration) -> Result<()> {
        let query = sqlx::query("select queue.register_worker($1, $2, $3)")
            .bind(worker)
            .bind(info)
            .bind(milliseconds(ttl));
        self.run(query).await
    }

    /// Renews the registration for `ttl` from now. [`crate::Error::Fenced`] when it had expired.
    ///
    /// `info`: resident, devices, load, rates, `storage_ok`, slots; what is left out stays as it was.
    pub async fn heartbeat(
        &self,
        worker: Uuid,
        ttl: Duration,
        info: &Value,
        held: &[Held],
    ) -> Result<Vec<Warning>> {
        let query =
            sqlx::query_as::<_, (Uuid, i64, String)>(include_str!("../queries/heartbeat.sql"))
                .bind(worker)
                .bind(milliseconds(ttl))
                .bind(info)
                .bind(held.iter().map(|lease| lease.job).collect::<Vec<_>>())
                .bind(held.iter().map(|lease| lease.token).collect::<Vec<_>>())
                .bind(held.iter().map(|lease| lease.progress).collect::<Vec<_>>())
                .bind(held.iter().map(|lease| &lease.detail).collect::<Vec<_>>());
        let rows = self.rows(query).await?;
        Ok(rows
            .into_iter()
            .map(|(job, token, verdict)| Warning {
                job,
                token,
                verdict: match verdict.as_str() {
                    "cancel" => Verdict::Cancel,
                    _ => Verdict::Lost,
                },
            })
            .collect())
    }

    /// These attempts run; until that is said they are queued, and their time does not count.
    pub async fn begin(&self, attempts: &[AttemptId]) -> Result<()> {
        let (jobs, tokens): (Vec<Uuid>, Vec<i64>) = attempts.iter().copied().unzip();
        let query = sqlx::query("select queue.begin($1, $2)")
            .bind(jobs)
            .bind(tokens);
        self.run(query).await
    }

    /// Ends the registration; leases that it still has are rescued at once.
    pub async fn retire(&self, worker: Uuid) -> Result<()> {
        self.run(sqlx::query("select queue.retire_worker($1)").bind(worker))
            .await
    }
}

pub(crate) fn milliseconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}
