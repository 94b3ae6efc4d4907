//! What Postgres spends.

use anyhow::{Context, Result};
use kiskadee_queue::Queue;
use kiskadee_tests::process::{children, cpu_seconds};

/// Of the server, since its start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// Bytes.
    pub(super) wal: i64,
    /// Seconds of all its processes; none where it does not run on this machine.
    pub(super) cpu: Option<f64>,
}

impl Cost {
    pub(super) async fn read(queue: &Queue) -> Result<Self> {
        let (wal, session): (i64, i32) =
            sqlx::query_as("select (pg_current_wal_lsn() - '0/0')::bigint, pg_backend_pid()")
                .fetch_one(queue.pool())
                .await?;
        let cpu = u32::try_from(session).ok().and_then(cpu_of_server);
        Ok(Self { wal, cpu })
    }

    pub(super) fn since(&self, before: &Self) -> Self {
        Self {
            wal: self.wal - before.wal,
            cpu: self
                .cpu
                .zip(before.cpu)
                .map(|(after, before)| after - before),
        }
    }
}

/// By one of its sessions, if that is a process of this machine: of the server itself, of those who ended and of those who live.
fn cpu_of_server(session: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{session}/stat")).ok()?;
    let server = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
    let living = children(server, "postgres").ok()?;
    let own = cpu_seconds(server, true).ok()?;
    Some(
        own + living
            .into_iter()
            .filter_map(|child| cpu_seconds(child, false).ok())
            .sum::<f64>(),
    )
}

pub(super) async fn sessions(queue: &Queue) -> Result<i64> {
    let count = "select count(*) from pg_stat_activity where datname = current_database()";
    Ok(sqlx::query_scalar(count).fetch_one(queue.pool()).await?)
}

/// What a finished job leaves behind until it is forgotten, with its part of the indexes.
pub(super) async fn history_bytes(queue: &Queue) -> Result<f64> {
    let (bytes, rows): (Option<i64>, i64) = sqlx::query_as(
        "select (select sum(pg_total_relation_size(relid))::bigint from pg_partition_tree('queue.done')),
           (select count(*) from queue.done)",
    )
    .fetch_one(queue.pool())
    .await?;
    Ok(bytes.context("there is no history")? as f64 / rows as f64)
}
