//! The pool, and the one way in which every statement is run.

use std::{str::FromStr, time::Duration};

use sqlx::{
    FromRow, PgPool, Postgres, Type,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow},
    query::{Query, QueryAs},
};

use crate::Result;

/// No statement of a worker takes longer than this, short of trouble.
const STATEMENT_TIMEOUT: &str = "30s";
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub struct ConnectOptions {
    pub url: String,
    pub max_connections: u32,
    /// Between here and Postgres stands a pooler that may give every transaction another connection. Statements are then
    /// never kept prepared, and each runs in a transaction of its own, so that its two halves meet the same connection.
    pub behind_pooler: bool,
    /// What `pg_stat_activity` shows.
    pub application_name: String,
}

impl ConnectOptions {
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 4,
            behind_pooler: false,
            application_name: "kiskadee-worker".to_owned(),
        }
    }

    fn postgres(&self) -> Result<PgConnectOptions> {
        let options =
            PgConnectOptions::from_str(&self.url)?.application_name(&self.application_name);
        // Poolers refuse start-up parameters that they do not track.
        Ok(if self.behind_pooler {
            options.statement_cache_capacity(0).extra_float_digits(None)
        } else {
            options.options([
                ("statement_timeout", STATEMENT_TIMEOUT),
                ("idle_in_transaction_session_timeout", STATEMENT_TIMEOUT),
            ])
        })
    }
}

/// A handle on the queue. Cheap to clone; bound to the runtime that made it.
#[derive(Debug, Clone)]
pub struct Queue {
    pool: PgPool,
    behind_pooler: bool,
}

impl Queue {
    /// Connects lazily: an absent server shows in the first call, as [`crate::Error::Retry`].
    pub fn connect(options: &ConnectOptions) -> Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(options.postgres()?);
        Ok(Self {
            pool,
            behind_pooler: options.behind_pooler,
        })
    }

    /// The pool, for what is not the queue's own (webhooks read their outbox through it).
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Asks whether the server answers.
    pub async fn ping(&self) -> Result<()> {
        self.run(sqlx::query("select 1")).await
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Runs a statement as every method of this crate does: within the bounds of waiting, also behind a pooler, and with errors by what
    /// the caller can do. For what a family of jobs asks of its own SQL.
    pub async fn run(&self, query: Query<'_, Postgres, PgArguments>) -> Result<()> {
        if self.behind_pooler {
            let mut transaction = self.pool.begin().await?;
            query.persistent(false).execute(&mut *transaction).await?;
            transaction.commit().await?;
        } else {
            query.execute(&self.pool).await?;
        }
        Ok(())
    }

    pub(crate) async fn rows<T>(
        &self,
        query: QueryAs<'_, Postgres, T, PgArguments>,
    ) -> Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        if !self.behind_pooler {
            return Ok(query.fetch_all(&self.pool).await?);
        }
        let mut transaction = self.pool.begin().await?;
        let rows = query.persistent(false).fetch_all(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(rows)
    }

    /// The only value that a statement answers.
    pub(crate) async fn value<T>(
        &self,
        query: QueryAs<'_, Postgres, (T,), PgArguments>,
    ) -> Result<T>
    where
        T: for<'r> sqlx::Decode<'r, Postgres> + Type<Postgres> + Send + Unpin,
    {
        let row = self.rows(query).await?.pop();
        Ok(row.ok_or(sqlx::Error::RowNotFound)?.0)
    }
}
