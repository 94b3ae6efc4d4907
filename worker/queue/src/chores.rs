//! What the one worker that leads does for all.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::{Queue, Result, worker::milliseconds};

/// Who leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lead {
    /// The one who asked.
    Own,
    /// Another, for this long unless it renews.
    Other { free_in: Duration },
}

/// What happened to an account, a key or a password; people are told by their ids.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SecurityEvent {
    pub id: i64,
    /// When, as the API writes times.
    pub at: String,
    /// Who did it; none where nobody is known.
    pub actor: Option<String>,
    /// By what they came: `token`, `key`, `operator`, `password`, `link` or `nobody`.
    pub via: String,
    /// Such as `key.made`.
    pub action: String,
    /// To whom it was done.
    pub subject: Option<String>,
    /// The address that it came from.
    pub client: Option<String>,
    pub detail: Option<Value>,
}

impl Queue {
    /// The oldest security events that were not told yet; see [`Queue::told`].
    pub async fn untold_events(&self, limit: i32) -> Result<Vec<SecurityEvent>> {
        let query = "select * from account.untold_events($1)";
        self.rows(sqlx::query_as(query).bind(limit)).await
    }

    /// Forgets security events that were told.
    pub async fn told(&self, events: &[i64]) -> Result<()> {
        self.run(sqlx::query("select account.told($1)").bind(events))
            .await
    }

    /// Takes or keeps the lead for `ttl`, and for no longer than the registration lasts. The caller stops on its own clock
    /// before either is over.
    pub async fn lead(&self, worker: Uuid, ttl: Duration) -> Result<Lead> {
        let query = sqlx::query_as("select queue.lead($1, $2)")
            .bind(worker)
            .bind(milliseconds(ttl));
        Ok(match self.value::<i32>(query).await? {
            0 => Lead::Own,
            free_in => Lead::Other {
                free_in: Duration::from_millis(free_in.unsigned_abs().into()),
            },
        })
    }

    /// Makes jobs ready whose time has come. Returns how many.
    pub async fn promote(&self, limit: i32) -> Result<i32> {
        self.value(sqlx::query_as("select queue.promote($1)").bind(limit))
            .await
    }

    /// Ends jobs that have not begun by the time that they named. Returns how many there were.
    pub async fn expire(&self, limit: i32) -> Result<i32> {
        self.value(sqlx::query_as("select queue.expire($1)").bind(limit))
            .await
    }

    /// Takes back the leases of dead workers and those past their hard deadline. Returns how many.
    pub async fn rescue(&self, limit: i32) -> Result<i32> {
        self.value(sqlx::query_as("select queue.rescue($1)").bind(limit))
            .await
    }

    /// Finds the ready rows that were committed behind the place where claims begin to look.
    pub async fn lower_watermarks(&self) -> Result<()> {
        self.run(sqlx::query(
            "select queue.lower_watermarks(), queue.forget_heads()",
        ))
        .await
    }

    /// Counts the queue for admission, estimates and dashboards.
    pub async fn measure_depth(&self) -> Result<()> {
        self.run(sqlx::query("select queue.measure_depth()")).await
    }

    /// Measures Postgres, what waits, and what is soon counted, for those who watch.
    pub async fn measure_system(&self) -> Result<()> {
        self.run(sqlx::query("select telemetry.measure('system')"))
            .await
    }

    /// Measures what is found by reading whole tables: lost jobs, files, accounts.
    pub async fn measure_stock(&self) -> Result<()> {
        self.run(sqlx::query("select telemetry.measure('stock')"))
            .await
    }

    /// Makes the partitions of the next days and drops the days past retention.
    pub async fn rotate_partitions(&self) -> Result<()> {
        let query =
            sqlx::query("select queue.rotate_partitions(retention_days) from queue.setting");
        self.run(query).await
    }

    /// Forgets a few rows of what ended before the retention. Returns the most that were found of one kind.
    pub async fn forget(&self, limit: i32) -> Result<i32> {
        let query = "select queue.forget(retention_days, $1) from queue.setting";
        self.value(sqlx::query_as(query).bind(limit)).await
    }

    /// Folds what the fleet has counted into its totals. Returns how many rows went in.
    pub async fn fold_telemetry(&self, limit: i32) -> Result<i32> {
        self.value(sqlx::query_as("select telemetry.fold($1)").bind(limit))
            .await
    }

    /// Forgets rate buckets that are full again, idempotency keys that have expired, and guesses at passwords.
    pub async fn sweep_admission(&self) -> Result<()> {
        let query =
            "select api.sweep_rate_buckets(), api.sweep_idempotency(), account.sweep(10000)";
        self.run(sqlx::query(query)).await
    }

    /// Makes the months of the audit log that come, and drops those past its retention.
    pub async fn rotate_audit(&self) -> Result<()> {
        self.run(sqlx::query("select account.rotate_audit()")).await
    }

    /// Erases a few rows of each of those who left. Returns the most that were found of one.
    pub async fn erase_leavers(&self, limit: i32) -> Result<i32> {
        let query = sqlx::query_as("select account.erase_some($1)").bind(limit);
        self.value(query).await
    }
}
