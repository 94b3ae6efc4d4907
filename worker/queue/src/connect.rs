//! The pool, and the one way in which every statement is run: within a deadline, on a connection that is not used again when
//! it missed it.
//!
//! A connection can go dark: what is written to it is taken by something on the way, and nothing ever comes back. The
//! driver sets no keepalive, so it is the deadlines that find it.

use std::time::Duration;

use sqlx::{
    Connection as _, FromRow, PgConnection, PgPool, Postgres, Type,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow},
    query::{Query, QueryAs},
};
use tokio::time::timeout;

use crate::{DatabaseAddress, Result, lent::Lent};

/// No statement of a worker takes longer than this, short of trouble.
const STATEMENT_TIMEOUT: &str = "30s";
/// Where the session is not this worker's own, each transaction is told.
const BEGIN_BEHIND_POOLER: &str = "begin; set local statement_timeout = '30s'";
/// A little longer, so that of a statement that is only slow the server's word comes first.
const ANSWER_WITHIN: Duration = Duration::from_secs(35);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub struct ConnectOptions {
    pub url: DatabaseAddress,
    pub max_connections: u32,
    /// Between here and Postgres stands a pooler that may give every transaction another connection. Statements are then
    /// never kept prepared, and each runs in a transaction of its own, so that its two halves meet the same connection.
    pub behind_pooler: bool,
    /// What `pg_stat_activity` shows.
    pub application_name: String,
    /// A statement without an answer by then has failed, and its connection is given up.
    pub answer_within: Duration,
}

impl ConnectOptions {
    pub fn new(url: impl Into<DatabaseAddress>) -> Self {
        Self {
            url: url.into(),
            max_connections: 4,
            behind_pooler: false,
            application_name: "kiskadee-worker".to_owned(),
            answer_within: ANSWER_WITHIN,
        }
    }

    /// Whatever the address is.
    fn set_up(&self, options: PgConnectOptions) -> PgConnectOptions {
        let options = options.application_name(&self.application_name);
        // Poolers refuse start-up parameters that they do not track.
        if self.behind_pooler {
            options.statement_cache_capacity(0).extra_float_digits(None)
        } else {
            options.options([
                ("statement_timeout", STATEMENT_TIMEOUT),
                ("idle_in_transaction_session_timeout", STATEMENT_TIMEOUT),
            ])
        }
    }
}

/// A handle on the queue. Cheap to clone; bound to the runtime that made it.
#[derive(Debug, Clone)]
pub struct Queue {
    pool: PgPool,
    behind_pooler: bool,
    answer_within: Duration,
}

impl Queue {
    /// Connects lazily: an absent server shows in the first call, as [`crate::Error::Retry`].
    pub fn connect(options: &ConnectOptions) -> Result<Self> {
        let address = options.url.clone();
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .before_acquire(move |_, connection| {
                let is_current = address.is_current(connection.age);
                Box::pin(async move { Ok(is_current) })
            })
            .connect_lazy_with(options.set_up(options.url.options()?));
        let own = options.clone();
        options.url.lead(&pool, move |there| own.set_up(there));
        Ok(Self {
            pool,
            behind_pooler: options.behind_pooler,
            answer_within: options.answer_within,
        })
    }

    /// On a pool of the caller's, whose sessions are set up in a way of their own.
    pub fn on(pool: PgPool) -> Self {
        Self {
            pool,
            behind_pooler: false,
            answer_within: ANSWER_WITHIN,
        }
    }

    /// The pool, for those who must have a connection for longer than a statement.
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
        let mut lent = Lent::new(self.pool.acquire().await?);
        let ran = self.run_on(lent.connection()?, query);
        let ran = timeout(self.answer_within, ran).await;
        lent.answered(ran)?;
        Ok(())
    }

    async fn run_on(
        &self,
        connection: &mut PgConnection,
        query: Query<'_, Postgres, PgArguments>,
    ) -> sqlx::Result<()> {
        if !self.behind_pooler {
            query.execute(connection).await?;
            return Ok(());
        }
        let mut transaction = connection.begin_with(BEGIN_BEHIND_POOLER).await?;
        query.persistent(false).execute(&mut *transaction).await?;
        transaction.commit().await
    }

    /// All rows that a statement answers. Also for functions of the schema that are not the queue's own.
    pub async fn rows<T>(&self, query: QueryAs<'_, Postgres, T, PgArguments>) -> Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let mut lent = Lent::new(self.pool.acquire().await?);
        let rows = self.rows_on(lent.connection()?, query);
        let rows = timeout(self.answer_within, rows).await;
        Ok(lent.answered(rows)?)
    }

    async fn rows_on<T>(
        &self,
        connection: &mut PgConnection,
        query: QueryAs<'_, Postgres, T, PgArguments>,
    ) -> sqlx::Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        if !self.behind_pooler {
            return query.fetch_all(connection).await;
        }
        let mut transaction = connection.begin_with(BEGIN_BEHIND_POOLER).await?;
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
