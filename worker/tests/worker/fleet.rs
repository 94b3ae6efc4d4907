//! A database, a storage directory and workers on them.

use std::{collections::BTreeMap, time::Duration};

use kiskadee_queue::{
    Queue,
    testing::{NewJob, TestDatabase},
};
use kiskadee_worker::{Worker, WorkerConfig, WorkerError};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::engine::engines;

pub(crate) const CAP: i64 = 1_000_000;

pub(crate) struct Fleet {
    pub(crate) queue: Queue,
    pub(crate) owner: Uuid,
    pub(crate) directory: TempDir,
    database: TestDatabase,
}

pub(crate) struct Running {
    pub(crate) stop: CancellationToken,
    pub(crate) ended: JoinHandle<Result<(), WorkerError>>,
}

impl Running {
    pub(crate) async fn drain(self) -> Result<(), WorkerError> {
        self.stop.cancel();
        self.ended.await.unwrap()
    }
}

pub(crate) fn job(text: &str) -> NewJob {
    let args = json!({"text": text, "voice_id": "default", "language": "en", "engine": "parrot"});
    NewJob {
        args,
        ..NewJob::speech("speech:parrot", 20)
    }
}

impl Fleet {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::create().await;
        let directory = TempDir::new().unwrap();
        Self {
            queue: database.queue(),
            owner: Uuid::now_v7(),
            directory,
            database,
        }
    }

    fn config(&self) -> WorkerConfig {
        let storage = self.directory.path().to_str().unwrap();
        WorkerConfig {
            slots: 4,
            lease_ttl: Duration::from_secs(3),
            drain: Duration::from_secs(5),
            scratch: std::env::temp_dir(),
            ..WorkerConfig::new(self.worker_url(), storage)
        }
    }

    pub(crate) fn url(&self) -> &str {
        self.database.url()
    }

    /// The database as a worker sees it: with the rights of its role and no more.
    fn worker_url(&self) -> String {
        let separator = if self.database.url().contains('?') {
            '&'
        } else {
            '?'
        };
        format!(
            "{}{separator}options[role]=kiskadee_worker",
            self.database.url()
        )
    }

    pub(crate) fn start(&self) -> Running {
        let stop = CancellationToken::new();
        let ended = tokio::spawn(Worker::run_with(self.config(), engines(), stop.clone()));
        Running { stop, ended }
    }

    pub(crate) async fn enqueue(&self, jobs: &[NewJob]) -> Vec<Uuid> {
        kiskadee_queue::testing::enqueue(&self.queue, self.owner, CAP, jobs)
            .await
            .unwrap()
    }

    pub(crate) async fn enqueue_batch(&self, jobs: &[NewJob]) -> Uuid {
        kiskadee_queue::testing::enqueue_batch(&self.queue, self.owner, CAP, jobs)
            .await
            .unwrap()
    }

    pub(crate) async fn execute(&self, statement: &'static str) {
        sqlx::raw_sql(statement)
            .execute(self.queue.pool())
            .await
            .unwrap();
    }

    pub(crate) async fn count(&self, statement: &'static str) -> i64 {
        sqlx::query_scalar(statement)
            .fetch_one(self.queue.pool())
            .await
            .unwrap()
    }

    pub(crate) async fn text(&self, statement: &'static str) -> Option<String> {
        sqlx::query_scalar(statement)
            .fetch_optional(self.queue.pool())
            .await
            .unwrap()
    }

    /// How many jobs are in each place.
    pub(crate) async fn places(&self) -> BTreeMap<String, i64> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "select place, count(*) from (
               select 'ready' as place from queue.ready union all select 'later' from queue.later
               union all select 'lease' from queue.lease union all select outcome from queue.done
               union all select 'dead' from queue.dead) as jobs
             group by place",
        )
        .fetch_all(self.queue.pool())
        .await
        .unwrap();
        rows.into_iter().collect()
    }

    pub(crate) async fn until_places(&self, wanted: &[(&str, i64)]) {
        let wanted: BTreeMap<String, i64> = wanted
            .iter()
            .map(|(place, count)| ((*place).to_owned(), *count))
            .collect();
        let patience = Instant::now() + Duration::from_secs(20);
        loop {
            let places = self.places().await;
            if places == wanted {
                return;
            }
            assert!(
                Instant::now() < patience,
                "waited for {wanted:?}, found {places:?}"
            );
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// The files of results, relative to the storage.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.directory.path().join("results")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let relative = path.strip_prefix(self.directory.path()).unwrap();
                    found.push(relative.to_str().unwrap().to_owned());
                }
            }
        }
        found
    }
}
