//! The outbox in the database: its functions, one method each.

use std::time::Duration;

use kiskadee_queue::{Queue, Result};
use sqlx::{
    FromRow, Postgres,
    postgres::{PgArguments, PgRow, types::PgInterval},
    query::QueryAs,
};
use uuid::Uuid;

use crate::attempt::{Outcome, Report};

/// A message that this sender holds, with all that it takes to send it. Not `Debug`: it carries secrets.
#[derive(FromRow)]
pub(super) struct Claimed {
    pub(super) message_id: Uuid,
    pub(super) lock_token: i64,
    pub(super) attempt: i32,
    pub(super) url: String,
    pub(super) payload: String,
    pub(super) secrets: Vec<String>,
    /// The request that the work came from, as `kiskadee_shared::origin::Origin` is written.
    pub(super) trace: Option<String>,
}

/// How much to claim, and what is held already.
pub(super) struct ClaimRequest {
    pub(super) limit: usize,
    pub(super) per_host: usize,
    pub(super) per_owner: usize,
    pub(super) lease: Duration,
    pub(super) held: Vec<Uuid>,
}

#[derive(Clone)]
pub(super) struct Outbox {
    queue: Queue,
}

impl Outbox {
    pub(super) fn new(queue: Queue) -> Self {
        Self { queue }
    }

    pub(super) async fn claim(&self, request: ClaimRequest) -> Result<Vec<Claimed>> {
        let query = sqlx::query_as("select * from webhook.claim_traced($1, $2, $3, $4, $5)")
            .bind(int(request.limit))
            .bind(int(request.lease.as_millis()))
            .bind(int(request.per_host))
            .bind(int(request.per_owner))
            .bind(request.held);
        self.queue.rows(query).await
    }

    /// The new status of the message, or none when somebody else holds it by now.
    pub(super) async fn record(
        &self,
        message_id: Uuid,
        lock_token: i64,
        report: &Report,
    ) -> Result<Option<String>> {
        let outcome = match report.outcome {
            Outcome::Delivered => "delivered",
            Outcome::Retry { .. } => "retry",
            Outcome::Park => "park",
        };
        self.value(
            sqlx::query_as("select webhook.record_attempt($1, $2, $3, $4, $5, $6, $7)")
                .bind(message_id)
                .bind(lock_token)
                .bind(outcome)
                .bind(report.status_code.map(i32::from))
                .bind(&report.error)
                .bind(int(report.duration.as_millis()))
                .bind(report.retry_after().map(|wait| int(wait.as_secs()))),
        )
        .await
    }

    /// Gives messages back unsent.
    pub(super) async fn release(&self, held: Vec<(Uuid, i64)>) -> Result<Option<i32>> {
        let (messages, tokens): (Vec<Uuid>, Vec<i64>) = held.into_iter().unzip();
        self.value(
            sqlx::query_as("select webhook.release($1, $2)")
                .bind(messages)
                .bind(tokens),
        )
        .await
    }

    /// Deletes what was settled longer ago than `keep`, up to a limit. Says how many messages went.
    pub(super) async fn sweep(&self, keep: Duration, limit: i32) -> Result<Option<i32>> {
        let keep = PgInterval {
            months: 0,
            days: 0,
            microseconds: i64::try_from(keep.as_micros()).unwrap_or(i64::MAX),
        };
        self.value(
            sqlx::query_as("select webhook.sweep($1, $2)")
                .bind(keep)
                .bind(limit),
        )
        .await
    }

    /// The one value of the one row.
    async fn value<T>(
        &self,
        query: QueryAs<'_, Postgres, (Option<T>,), PgArguments>,
    ) -> Result<Option<T>>
    where
        (Option<T>,): for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let row = self.queue.rows(query).await?.pop();
        Ok(row.and_then(|(value,)| value))
    }
}

/// Postgres' integer; what does not fit is as good as its greatest.
fn int(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}
