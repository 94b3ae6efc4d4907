//! A database, a storage and workers, with a dataset in it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use kiskadee_queue::{Queue, testing::TestDatabase};
use kiskadee_runner::{PoolName, RunnerConfig, RunnerError, Slots, run};
use kiskadee_speech::{Engine, Engines, Kiskadee, KiskadeeConfig, SpeechRequest, VoicePart};
use kiskadee_storage::Store;
use kiskadee_training_jobs::{
    DownloadLimits, DownloadOptions, Downloads, Recognisers, Training, Workshop,
};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use tempfile::{NamedTempFile, TempDir};
use tokio::{task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{alone::is_alone, small_xtts, spoken::Clip};

/// A lease is lost so soon after its worker was.
const LEASE: Duration = Duration::from_secs(3);
/// In a process that runs one test under limits nobody is lost.
const LONG_LEASE: Duration = Duration::from_secs(20);
/// Training computes behind everything else that this machine does.
const PATIENCE: Duration = Duration::from_mins(20);

pub(crate) struct Room {
    pub(crate) database: TestDatabase,
    pub(crate) queue: Queue,
    pub(crate) store: Store,
    pub(crate) owner: Uuid,
    version: Uuid,
    dataset: Uuid,
    engines: Engines,
    /// The directory of imported models, where there is one.
    models: Option<PathBuf>,
    folder: TempDir,
}

/// As an installation has it, but that one address of this machine may be called, and little may come from it.
fn downloads() -> DownloadOptions {
    DownloadOptions {
        reach: "127.0.0.1/32".parse().unwrap(),
        limits: DownloadLimits {
            bytes: 64 << 20,
            seconds: 2400.0,
            within: Duration::from_secs(90),
        },
        ..DownloadOptions::default()
    }
}

/// A worker in this process.
pub(crate) struct Worker {
    /// Where the files of its jobs lie.
    pub(crate) scratch: PathBuf,
    stop: CancellationToken,
    running: JoinHandle<Result<(), RunnerError>>,
}

impl Worker {
    /// As a deployment: what runs may end, or is given back.
    pub(crate) async fn drain(self) {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
    }
}

impl Room {
    /// With a model of the engine xtts, and the engine.
    pub(crate) async fn open_with_xtts(clips: &[Clip]) -> Self {
        let mut room = Self::open(clips).await;
        let models = small_xtts::import_into(room.folder.path());
        let xtts = small_xtts::engine(&models, room.folder.path()).await;
        let kiskadee = Arc::clone(room.engines.get("kiskadee").unwrap());
        room.engines = Engines::new([kiskadee, xtts]);
        room.models = Some(models);
        room
    }

    pub(crate) async fn open(clips: &[Clip]) -> Self {
        let database = TestDatabase::create().await;
        let folder = TempDir::new().unwrap();
        let store = Store::open(folder.path().join("store").to_str().unwrap()).unwrap();
        let config = KiskadeeConfig {
            threads: 1,
            ..KiskadeeConfig::default()
        };
        let engine: Arc<dyn Engine> = Arc::new(Kiskadee::start(config).await.unwrap());
        let room = Self {
            queue: database.queue(),
            database,
            store,
            owner: Uuid::now_v7(),
            version: Uuid::now_v7(),
            dataset: Uuid::now_v7(),
            engines: Engines::new([engine]),
            models: None,
            folder,
        };
        room.furnish(clips).await;
        room
    }

    async fn furnish(&self, clips: &[Clip]) {
        let (owner, dataset, file) = (self.owner, self.dataset, Uuid::now_v7());
        self.execute(format!(
            "insert into account.\"user\" (id, username, email, password_hash) values ('{owner}', 'ann', 'ann@example.org', 'x');
             insert into training.dataset (id, owner, name, language) values ('{dataset}', '{owner}', 'mine', 'en');
             insert into training.file (id, dataset_id, filename, bytes, source) values ('{file}', '{dataset}', 'a.wav', 1, '{{}}');"
        ))
        .await;
        let mut listed = Vec::new();
        for (place, clip) in clips.iter().enumerate() {
            let (segment, key) = (Uuid::now_v7(), format!("datasets/{dataset}/{place}"));
            let mut bytes = clip.wav.as_slice();
            self.store
                .upload(&key, "audio/wav", &mut bytes)
                .await
                .unwrap();
            self.execute(format!(
                "insert into training.segment (id, dataset_id, file_id, start_seconds, end_seconds, key, bytes, text, state)
                 values ('{segment}', '{dataset}', '{file}', 0, {}, '{key}', {}, '{}', 'accepted')",
                clip.seconds,
                clip.wav.len(),
                clip.text.replace('\'', "''")
            ))
            .await;
            let text = clip.text;
            listed.push(
                json!({"segment_id": segment, "key": key, "text": text, "seconds": clip.seconds}),
            );
        }
        let query = sqlx::query(
            "insert into training.version (id, dataset_id, number, hash, clips, seconds) values ($1, $2, 1, sha256('x'), $3, 70)",
        );
        let query = query
            .bind(self.version)
            .bind(dataset)
            .bind(Value::from(listed));
        query.execute(self.queue.pool()).await.unwrap();
    }

    pub(crate) async fn execute(&self, statements: String) {
        sqlx::raw_sql(AssertSqlSafe(statements))
            .execute(self.queue.pool())
            .await
            .unwrap();
    }

    /// The only value of a statement.
    pub(crate) async fn value(&self, statement: String) -> Value {
        let statement = format!("select to_jsonb(x) from ({statement}) as s(x)");
        let found: Option<Value> = sqlx::query_scalar(AssertSqlSafe(statement))
            .fetch_one(self.queue.pool())
            .await
            .unwrap();
        found.unwrap_or_default()
    }

    /// As if nothing had been heard of any worker for long: what they hold is another's now, and what they leave counts for nothing.
    /// Answers how many jobs they held.
    pub(crate) async fn lose_workers(&self) -> Value {
        self.execute("update queue.worker set expires_at = '-infinity'".to_owned())
            .await;
        self.value("select queue.rescue(100)".to_owned()).await
    }

    /// Where objects lie.
    pub(crate) fn storage(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// Where imported models lie.
    pub(crate) fn models(&self) -> PathBuf {
        self.folder.path().join("models")
    }

    /// As the owner signs in.
    pub(crate) fn caller(&self) -> String {
        let owner = self.owner;
        format!("row('{owner}'::uuid, clock_timestamp(), null, 0)::api.credentials")
    }

    /// What a worker of the speech would tell.
    pub(crate) async fn announce_engines(&self) {
        self.execute(
            "select speech.announce('[{\"name\": \"kiskadee\", \"languages\": [\"en\", \"pt-br\"]}, {\"name\": \"xtts\", \"languages\": [\"en\"]}]', '[]')"
                .to_owned(),
        )
        .await;
    }

    /// Speaks with a tuned voice of xtts as the speech does: its weights are a file.
    pub(crate) async fn speak_tuned(&self, key: &str, text: &str) -> Vec<f32> {
        use futures::TryStreamExt as _;
        assert!(VoicePart::has_weights(key), "{key}");
        let file = NamedTempFile::new_in(self.folder.path()).unwrap();
        std::fs::write(file.path(), self.object(key).await).unwrap();
        let part = VoicePart {
            voice: "mine".to_owned(),
            weight: 1.0,
            conditioning: None,
            weights: Some(Arc::new(file.into_temp_path())),
        };
        let request = SpeechRequest {
            voice: "mine".to_owned(),
            parts: vec![part],
            ..SpeechRequest::new(text, "en")
        };
        let engine = self.engines.get("xtts").unwrap();
        let spoken = engine.speak(vec![request]).pop().unwrap().unwrap();
        let chunks: Vec<_> = spoken.audio.try_collect().await.unwrap();
        chunks.into_iter().flat_map(|chunk| chunk.samples).collect()
    }

    pub(crate) fn work(&self) -> Worker {
        self.work_with(self.engines.clone(), self.models.as_deref())
    }

    /// A worker to which no model was imported.
    pub(crate) fn work_without_xtts(&self) -> Worker {
        let kiskadee = Arc::clone(self.engines.get("kiskadee").unwrap());
        self.work_with(Engines::new([kiskadee]), None)
    }

    fn work_with(&self, engines: Engines, models: Option<&Path>) -> Worker {
        let scratch = TempDir::new_in(self.folder.path()).unwrap().keep();
        let family = Arc::new(Training::new(Workshop {
            queue: self.queue.clone(),
            store: self.store.clone(),
            engines,
            recognisers: Recognisers::find(Some(&self.models())),
            xtts: models.map(|models| small_xtts::trainer(models, &scratch)),
            ffmpeg: "ffmpeg".into(),
            scratch: scratch.clone(),
            downloads: Downloads::new(&downloads()).unwrap(),
        }));
        let config = RunnerConfig {
            slots: Slots::from([
                (PoolName::Long, 1),
                (PoolName::Cpu, 2),
                (PoolName::Network, 2),
            ]),
            lease_ttl: if is_alone() { LONG_LEASE } else { LEASE },
            drain: Duration::from_secs(8),
            ..RunnerConfig::new(self.database.url())
        };
        let stop = CancellationToken::new();
        let work = run(
            config,
            self.database.queue(),
            self.store.clone(),
            vec![family],
            stop.clone(),
        );
        let running = tokio::spawn(work);
        Worker {
            scratch,
            stop,
            running,
        }
    }

    /// Starts a run of so many steps, in slices of a second.
    pub(crate) async fn start(&self, steps: u64) -> Uuid {
        let run = Uuid::now_v7();
        let (owner, dataset, version) = (self.owner, self.dataset, self.version);
        self.execute(format!(
            "insert into training.run (id, owner, model_name, engine, dataset_id, version_id, language, base, recipe, steps) values
             ('{run}', '{owner}', 'm', 'kiskadee', '{dataset}', '{version}', 'en', '{{\"kind\": \"engine\"}}',
              '{{\"steps\": {steps}, \"seed\": 7, \"checkpoint_seconds\": 1, \"sample_texts\": [\"Good morning.\"]}}', {steps});
             select training.next_slice('{run}');"
        ))
        .await;
        run
    }

    pub(crate) async fn run_of(&self, run: Uuid) -> Value {
        self.value(format!(
            "select training.run_body(r) from training.run r where r.id = '{run}'"
        ))
        .await
    }

    /// Waits until a statement says so.
    pub(crate) async fn until(&self, condition: String) {
        let waiting = async {
            while self.value(condition.clone()).await != json!(true) {
                sleep(Duration::from_millis(100)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(waited.is_ok(), "never: {condition}");
    }

    pub(crate) async fn until_over(&self, run: Uuid) -> Value {
        self.until(format!(
            "select finished_at is not null from training.run where id = '{run}'"
        ))
        .await;
        self.run_of(run).await
    }

    /// Of the weights that a run's last checkpoint speaks with.
    pub(crate) async fn voice_of(&self, run: Uuid) -> Vec<u8> {
        let key = self
            .value(format!(
                "select voice_key from training.checkpoint where run_id = '{run}' order by step desc limit 1"
            ))
            .await;
        self.object(key.as_str().unwrap()).await
    }

    pub(crate) async fn object(&self, key: &str) -> Vec<u8> {
        use futures::TryStreamExt as _;
        let object = self.store.read(key, None).await.unwrap();
        let pieces: Vec<_> = object.stream.try_collect().await.unwrap();
        pieces.concat()
    }
}
