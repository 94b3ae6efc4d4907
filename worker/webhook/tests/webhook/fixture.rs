//! A database with one account, its outbox, and senders that run on it with the rights of a worker.

use std::{sync::Arc, time::Duration};

use kiskadee_queue::{Queue, testing::TestDatabase};
use kiskadee_webhook::{HostResolver, SystemResolver, WebhookConfig, WebhookSender};
use serde_json::{Value, json};
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool, postgres::PgPoolOptions};
use time::OffsetDateTime;
use tokio::{sync::oneshot, task::JoinHandle, time::sleep};
use uuid::Uuid;

/// The example of the Standard Webhooks specification.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(crate) struct Fixture {
    database: TestDatabase,
    pub(crate) pool: PgPool,
    pub(crate) owner: Uuid,
}

#[derive(Debug, FromRow)]
pub(crate) struct Delivery {
    pub(crate) status: String,
    pub(crate) attempts: i32,
    pub(crate) next_at: Option<OffsetDateTime>,
    pub(crate) lock_token: Option<i64>,
    pub(crate) reason: Option<String>,
}

#[derive(Debug, FromRow)]
pub(crate) struct Attempt {
    pub(crate) status_code: Option<i16>,
    pub(crate) error: Option<String>,
}

pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn stop(self) {
        drop(self.stop);
        self.task.await.unwrap();
    }
}

/// For receivers on this machine, and quick.
pub(crate) fn local() -> WebhookConfig {
    WebhookConfig {
        allow_private: true,
        timeout: Duration::from_secs(5),
        poll: Duration::from_millis(50),
        ..WebhookConfig::default()
    }
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::create().await;
        let pool = connect(database.url(), "postgres").await;
        let owner = add_user(&pool, "ana").await;
        let fixture = Self {
            database,
            pool,
            owner,
        };
        fixture.add_secret(SECRET).await;
        fixture
    }

    pub(crate) fn url(&self) -> &str {
        self.database.url()
    }

    pub(crate) async fn add_user(&self, name: &str) -> Uuid {
        add_user(&self.pool, name).await
    }

    pub(crate) async fn add_secret(&self, secret: &str) {
        sqlx::query("insert into account.webhook_secret (user_id, secret) values ($1, $2)")
            .bind(self.owner)
            .bind(secret)
            .execute(&self.pool)
            .await
            .unwrap();
    }

    pub(crate) async fn run(&self, statement: &'static str) {
        sqlx::query(statement).execute(&self.pool).await.unwrap();
    }

    pub(crate) async fn emit(&self, url: &str) -> Uuid {
        self.emit_for(self.owner, url).await
    }

    pub(crate) async fn emit_for(&self, owner: Uuid, url: &str) -> Uuid {
        emit(&self.pool, owner, url).await
    }

    /// In a transaction of the caller's, before whose end nobody sees it.
    pub(crate) async fn emit_in(&self, transaction: &mut PgConnection, url: &str) -> Uuid {
        emit(transaction, self.owner, url).await
    }

    /// Whether a statement of this database waits for a lock.
    pub(crate) async fn awaits_lock(&self) -> bool {
        sqlx::query_scalar(
            "select count(*) > 0 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        )
        .fetch_one(&self.pool)
        .await
        .unwrap()
    }

    pub(crate) async fn delivery(&self, message: Uuid) -> Delivery {
        sqlx::query_as("select * from webhook.delivery where message_id = $1")
            .bind(message)
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    pub(crate) async fn attempts(&self, message: Uuid) -> Vec<Attempt> {
        sqlx::query_as("select * from webhook.attempt where message_id = $1 order by lock_token")
            .bind(message)
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }

    /// As if the wait for the next attempt were over.
    pub(crate) async fn make_due(&self, message: Uuid) {
        sqlx::query("update webhook.delivery set next_at = now() where message_id = $1")
            .bind(message)
            .execute(&self.pool)
            .await
            .unwrap();
    }

    /// Waits until so many attempts are in the log.
    pub(crate) async fn attempted(&self, message: Uuid, count: usize) -> Delivery {
        for _ in 0..500 {
            if self.attempts(message).await.len() >= count {
                return self.delivery(message).await;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!(
            "still {} of {count} attempts",
            self.attempts(message).await.len()
        );
    }

    pub(crate) async fn send(&self, config: WebhookConfig) -> Running {
        self.send_resolving(config, Arc::new(SystemResolver)).await
    }

    pub(crate) async fn send_resolving(
        &self,
        config: WebhookConfig,
        resolver: Arc<dyn HostResolver>,
    ) -> Running {
        let pool = connect(self.database.url(), "kiskadee_worker").await;
        start(Queue::on(pool), config, resolver)
    }

    /// Calls a function of the API with the rights of its component; gives status, body and problem code.
    pub(crate) async fn call(
        &self,
        caller: Uuid,
        function: &'static str,
        message: Uuid,
    ) -> (i16, Value, Option<String>) {
        let pool = connect(self.database.url(), "kiskadee_accounts").await;
        let (status, body, code): (i16, Option<String>, Option<String>) = sqlx::query_as(function)
            .bind(caller)
            .bind(message)
            .fetch_one(&pool)
            .await
            .unwrap();
        (
            status,
            body.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap()),
            code,
        )
    }
}

pub(crate) fn start(
    queue: Queue,
    config: WebhookConfig,
    resolver: Arc<dyn HostResolver>,
) -> Running {
    let sender = WebhookSender::with_resolver(queue, config, resolver).unwrap();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(sender.run(async move {
        let _ = stopped.await;
    }));
    Running { stop, task }
}

async fn emit(executor: impl PgExecutor<'_>, owner: Uuid, url: &str) -> Uuid {
    sqlx::query_scalar("select webhook.emit($1, 'job.completed', $2, $3)")
        .bind(owner)
        .bind(url)
        .bind(json!({"job_id": "job_1", "word": "olá"}))
        .fetch_one(executor)
        .await
        .unwrap()
}

async fn add_user(pool: &PgPool, name: &str) -> Uuid {
    sqlx::query_scalar(
        "insert into account.\"user\" (username, email, password_hash) values ($1, $1 || '@example.com', 'x') returning id",
    )
    .bind(name)
    .fetch_one(pool)
    .await
    .unwrap()
}

async fn connect(url: &str, role: &'static str) -> PgPool {
    PgPoolOptions::new()
        .max_connections(4)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                sqlx::query("select set_config('role', $1, false)")
                    .bind(role)
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
        .connect(url)
        .await
        .unwrap()
}
