//! One moment of the database: held open while it is dumped and asked what it names, and nothing is deleted meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use futures::TryStreamExt as _;
use kiskadee_storage::Store;
use sqlx::{Connection as _, PgConnection, Row as _};
use time::OffsetDateTime;
use tokio::task::JoinHandle;

/// Renewed well before it lapses: a backup that dies holds deletions up for no longer.
const HOLD_MINUTES: i32 = 10;
const RENEW_EVERY: Duration = Duration::from_mins(2);
/// Keys in one question.
const BATCH: usize = 500;

/// Keeps workers from deleting objects, until it is let go.
pub(super) struct Hold {
    url: String,
    holder: String,
    renewing: JoinHandle<()>,
}

impl Hold {
    pub(super) async fn take(url: &str, holder: &str) -> Result<Self> {
        hold(url, holder)
            .await
            .context("cannot keep objects from being deleted; is the schema up to date?")?;
        let (url, holder) = (url.to_owned(), holder.to_owned());
        let renewing = tokio::spawn({
            let (url, holder) = (url.clone(), holder.clone());
            async move {
                loop {
                    tokio::time::sleep(RENEW_EVERY).await;
                    if let Err(error) = hold(&url, &holder).await {
                        tracing::warn!(%error, "the hold on deletions was not renewed");
                    }
                }
            }
        });
        Ok(Self {
            url,
            holder,
            renewing,
        })
    }

    pub(super) async fn release(self) -> Result<()> {
        self.renewing.abort();
        let mut session = PgConnection::connect(&self.url).await?;
        sqlx::query("select storage.release_deletions($1)")
            .bind(&self.holder)
            .execute(&mut session)
            .await?;
        Ok(session.close().await?)
    }
}

async fn hold(url: &str, holder: &str) -> Result<()> {
    let mut session = PgConnection::connect(url).await?;
    sqlx::query("select storage.hold_deletions($1, make_interval(mins => $2))")
        .bind(holder)
        .bind(HOLD_MINUTES)
        .execute(&mut session)
        .await?;
    Ok(session.close().await?)
}

pub(super) struct Snapshot {
    session: PgConnection,
    /// By which other sessions see the same.
    pub(super) name: String,
    pub(super) taken_at: OffsetDateTime,
    pub(super) lsn: String,
    pub(super) schema: i64,
    pub(super) roles: Vec<String>,
}

impl Snapshot {
    pub(super) async fn take(url: &str) -> Result<Self> {
        let mut session = PgConnection::connect(url)
            .await
            .context("cannot connect to the database")?;
        let begin = "begin isolation level repeatable read read only;
            set local idle_in_transaction_session_timeout = 0; set local statement_timeout = 0";
        sqlx::raw_sql(begin).execute(&mut session).await?;
        let facts = sqlx::query(include_str!("../../queries/backup_facts.sql"))
            .fetch_one(&mut session)
            .await
            .context("cannot take a snapshot of the database")?;
        Ok(Self {
            name: facts.try_get("snapshot")?,
            taken_at: facts.try_get("taken_at")?,
            lsn: facts.try_get("lsn")?,
            schema: facts.try_get("schema")?,
            roles: facts.try_get("roles")?,
            session,
        })
    }

    /// Rows of every table of ours.
    pub(super) async fn rows(&mut self) -> Result<BTreeMap<String, u64>> {
        rows(&mut self.session).await
    }

    /// The keys of objects in a storage that something refers to.
    pub(super) async fn keys(&mut self, store: &Store) -> Result<Vec<(String, u64)>> {
        let prefixes: Vec<String> = sqlx::query_scalar("select storage.prefixes()")
            .fetch_all(&mut self.session)
            .await?;
        let mut kept = Vec::new();
        for prefix in prefixes {
            let mut batches = Box::pin(store.keys(&prefix)?.try_chunks(BATCH));
            while let Some(batch) = batches.try_next().await.map_err(|error| error.1)? {
                kept.extend(self.referenced(batch).await?);
            }
        }
        Ok(kept)
    }

    async fn referenced(&mut self, found: Vec<(String, u64)>) -> Result<Vec<(String, u64)>> {
        let keys: Vec<&str> = found.iter().map(|(key, _)| key.as_str()).collect();
        let kept: Vec<String> = sqlx::query_scalar("select distinct storage.referenced($1)")
            .bind(&keys)
            .fetch_all(&mut self.session)
            .await?;
        let kept: std::collections::HashSet<String> = kept.into_iter().collect();
        Ok(found
            .into_iter()
            .filter(|(key, _)| kept.contains(key))
            .collect())
    }

    /// Lets the moment go.
    pub(super) async fn close(self) -> Result<()> {
        Ok(self.session.close().await?)
    }
}

/// Rows of every table of ours, counted.
pub(super) async fn rows(session: &mut PgConnection) -> Result<BTreeMap<String, u64>> {
    let tables: Vec<String> = sqlx::query_scalar(include_str!("../../queries/backup_tables.sql"))
        .fetch_all(&mut *session)
        .await?;
    let mut rows = BTreeMap::new();
    for table in tables {
        // The names come from the catalog, quoted there.
        let count = format!("select count(*) from {table}");
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count))
            .fetch_one(&mut *session)
            .await?;
        rows.insert(table, count.unsigned_abs());
    }
    Ok(rows)
}
