//! A database, a storage directory and a runner on them.

use std::{sync::Arc, time::Duration};

use kiskadee_queue::{
    Queue,
    testing::{NewJob, TestDatabase},
};
use kiskadee_runner::{Family, PoolName, RunnerConfig, RunnerError, Slots, run};
use kiskadee_storage::Store;
use tempfile::TempDir;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const CAP: i64 = 1_000_000;

pub(crate) struct Fleet {
    pub(crate) queue: Queue,
    directory: TempDir,
    database: TestDatabase,
}

pub(crate) struct Running {
    stop: CancellationToken,
    ended: JoinHandle<Result<(), RunnerError>>,
}

impl Running {
    pub(crate) async fn drain(self) {
        self.stop.cancel();
        self.left().await;
    }

    /// Until it has left by itself, or was told to.
    pub(crate) async fn left(self) {
        self.ended.await.unwrap().unwrap();
    }

    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }
}

impl Fleet {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::create().await;
        Self {
            queue: database.queue(),
            directory: TempDir::new().unwrap(),
            database,
        }
    }

    pub(crate) fn start(&self, family: impl Family) -> Running {
        self.start_as(config(self.database.url()), self.queue.clone(), family)
    }

    pub(crate) fn url(&self) -> &str {
        self.database.url()
    }

    pub(crate) fn start_as(
        &self,
        config: RunnerConfig,
        queue: Queue,
        family: impl Family,
    ) -> Running {
        let store = Store::open(self.directory.path().to_str().unwrap()).unwrap();
        let (stop, families) = (CancellationToken::new(), vec![Arc::new(family) as _]);
        let runner = run(config, queue, store, families, stop.clone());
        let ended = tokio::spawn(runner);
        Running { stop, ended }
    }

    pub(crate) async fn enqueue(&self, jobs: &[NewJob]) -> Vec<Uuid> {
        kiskadee_queue::testing::enqueue(&self.queue, Uuid::now_v7(), CAP, jobs)
            .await
            .unwrap()
    }

    pub(crate) async fn execute(&self, statement: &'static str) {
        sqlx::raw_sql(statement)
            .execute(self.queue.pool())
            .await
            .unwrap();
    }

    pub(crate) async fn until(&self, count: &str, wanted: i64) {
        let patience = Instant::now() + Duration::from_secs(20);
        loop {
            let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count))
                .fetch_one(self.queue.pool())
                .await
                .unwrap();
            if found == wanted {
                return;
            }
            assert!(
                Instant::now() < patience,
                "`{count}` stays {found}, not {wanted}"
            );
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Four slots for what is quick, one for what is long.
pub(crate) fn config(url: &str) -> RunnerConfig {
    RunnerConfig {
        slots: Slots::from([(PoolName::Device, 4), (PoolName::Long, 1)]),
        lease_ttl: Duration::from_secs(3),
        drain: Duration::from_secs(5),
        ..RunnerConfig::new(url)
    }
}
