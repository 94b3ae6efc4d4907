//! One upload on its way, step by step, with a real database and a real storage: every step is one change of one of the two.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use futures::TryStreamExt;
use kiskadee_queue::{ClaimRequest, Claimed, Outcome, Queue, Settlement, testing::TestDatabase};
use kiskadee_storage::{Store, StoreError, Sweeper};
use kiskadee_upload_jobs::{UploadArgs, check, object_key};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// In three parts: `abcd`, `efgh`, `ij`.
pub(crate) const FILE: &[u8] = b"abcdefghij";
const PART_BYTES: usize = 4;
const OWNER: Uuid = Uuid::from_u128(1);
const GRACE: Duration = Duration::from_hours(24);
const LANES: [&str; 1] = ["upload:check"];

pub(crate) struct Journey {
    _database: TestDatabase,
    queue: Queue,
    dir: TempDir,
    store: Store,
    worker: Uuid,
    upload: Option<String>,
    admitted: Option<(usize, String)>,
    claimed: Option<Claimed>,
    made: Option<Value>,
    taken: Option<String>,
}

/// The steps in their order. `Part` comes three times, as place, object and row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Begin,
    Admit(usize),
    Store(usize),
    Note(usize),
    Complete,
    Claim,
    Make,
    Settle,
    DeleteParts,
    Take,
}

pub(crate) const STEPS: [Step; 16] = [
    Step::Begin,
    Step::Admit(2),
    Step::Store(2),
    Step::Note(2),
    Step::Admit(0),
    Step::Store(0),
    Step::Note(0),
    Step::Admit(1),
    Step::Store(1),
    Step::Note(1),
    Step::Complete,
    Step::Claim,
    Step::Make,
    Step::Settle,
    Step::DeleteParts,
    Step::Take,
];

impl Journey {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::create().await;
        let queue = database.queue();
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path().to_str().unwrap()).unwrap();
        let journey = Self {
            _database: database,
            queue,
            dir,
            store,
            worker: Uuid::now_v7(),
            upload: None,
            admitted: None,
            claimed: None,
            made: None,
            taken: None,
        };
        let user = format!(
            "insert into account.\"user\" (id, username, email, password_hash, role) values ('{OWNER}', 'ann', 'a@example.com', '', 'user')"
        );
        journey.run(user).await;
        journey.register().await;
        journey
    }

    async fn register(&self) {
        let about = json!({"name": "w", "slots": 1});
        let ttl = Duration::from_mins(1);
        self.queue.register(self.worker, &about, ttl).await.unwrap();
    }

    async fn run(&self, statement: String) {
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(self.queue.pool())
            .await
            .unwrap();
    }

    /// Calls a function of the component; the body of its good answer.
    async fn ask(&self, function: &str, arguments: &str) -> Result<Value, i16> {
        let statement = format!(
            "select status, body from api.{function}(row('{OWNER}', '2100-01-01', null, 0)::api.credentials, {arguments})"
        );
        let row = sqlx::query(AssertSqlSafe(statement))
            .fetch_one(self.queue.pool())
            .await
            .unwrap();
        let (status, body): (i16, Option<String>) = (row.get(0), row.get(1));
        match body {
            Some(body) if status < 300 => Ok(serde_json::from_str(&body).unwrap()),
            _ => Err(status),
        }
    }

    fn id(&self) -> String {
        let id = self
            .upload
            .as_deref()
            .unwrap()
            .strip_prefix("upload_")
            .unwrap();
        format!("'{id}'::uuid")
    }

    pub(crate) async fn step(&mut self, step: Step) {
        match step {
            Step::Begin => self.begin().await,
            Step::Admit(index) => self.admit(index).await,
            Step::Store(index) => self.put(index).await,
            Step::Note(index) => self.note(index).await,
            Step::Complete => self.complete().await,
            Step::Claim => self.claim().await,
            Step::Make => self.make().await,
            Step::Settle => self.settle().await,
            Step::DeleteParts => self.delete_discarded().await,
            Step::Take => self.take().await,
        }
    }

    async fn begin(&mut self) {
        let announced =
            json!({"family": "speech", "filename": "a", "bytes": FILE.len(), "sha256": sha256()});
        let begun = self
            .ask(
                "begin_upload",
                &format!("'{announced}', {PART_BYTES}, null, null"),
            )
            .await
            .unwrap();
        self.upload = Some(begun["upload_id"].as_str().unwrap().to_owned());
    }

    async fn admit(&mut self, index: usize) {
        let arguments = format!("{}, {}, {}", self.id(), index + 1, part(index).len());
        let place = self.ask("admit_part", &arguments).await.unwrap();
        self.admitted = Some((index, place["key"].as_str().unwrap().to_owned()));
    }

    fn place(&self, index: usize) -> &str {
        match &self.admitted {
            Some((admitted, key)) if *admitted == index => key,
            other => panic!("part {index} has no place: {other:?}"),
        }
    }

    async fn put(&mut self, index: usize) {
        let key = self.place(index);
        self.store.upload(key, "", &mut part(index)).await.unwrap();
    }

    async fn note(&mut self, index: usize) {
        let (id, key) = (self.id(), self.place(index));
        let arguments = format!(
            "{id}, {}, '{key}', {}, decode(repeat('00', 32), 'hex')",
            index + 1,
            part(index).len()
        );
        self.ask("note_part", &arguments).await.unwrap();
    }

    async fn complete(&mut self) {
        let arguments = format!("{}, null", self.id());
        self.ask("complete_upload", &arguments).await.unwrap();
    }

    async fn claim(&mut self) {
        let lanes = LANES.map(str::to_owned);
        let request = ClaimRequest {
            worker: self.worker,
            batch_keys: &lanes,
            resident: &lanes,
            max_jobs: 1,
            max_cost: 1000,
            load: Duration::from_secs(1),
        };
        self.claimed = self.queue.claim(&request).await.unwrap().pop();
        assert!(self.claimed.is_some(), "there is a job to claim");
    }

    async fn make(&mut self) {
        let claimed = self.claimed.as_ref().unwrap();
        let args = UploadArgs::deserialize(&claimed.args).unwrap();
        let target = object_key(args.upload_id, claimed.token);
        let made = check(
            &self.store,
            &args,
            &target,
            &CancellationToken::new(),
            &|_| (),
        )
        .await;
        self.made = Some(serde_json::to_value(made.unwrap()).unwrap());
    }

    async fn settle(&mut self) {
        let claimed = self.claimed.take().unwrap();
        let settlement = Settlement {
            job: claimed.job_id,
            token: claimed.token,
            outcome: Outcome::Completed(self.made.take().unwrap()),
        };
        let accepted = self.queue.settle(self.worker, &[settlement]).await.unwrap();
        assert_eq!(accepted.len(), 1);
    }

    /// As a family takes it over, in one transaction with its own row.
    async fn take(&mut self) {
        let statement = format!(
            "select key from storage.take_uploads(array[{}], '{OWNER}', 'speech')",
            self.id()
        );
        let row = sqlx::query(AssertSqlSafe(statement))
            .fetch_one(self.queue.pool())
            .await
            .unwrap();
        self.taken = Some(row.get(0));
    }

    /// The chore of the leader.
    pub(crate) async fn delete_discarded(&self) {
        let keys = self.queue.discarded_objects(100).await.unwrap();
        for key in &keys {
            self.store.delete(key).await.unwrap();
        }
        self.queue.objects_deleted(&keys).await.unwrap();
    }

    /// The worker is dead, and somebody else's turn comes.
    pub(crate) async fn bury_worker(&mut self) {
        let expired = "update queue.worker set expires_at = now() - interval '1 minute'";
        self.run(expired.to_owned()).await;
        self.queue.rescue(100).await.unwrap();
        (self.worker, self.claimed, self.made, self.admitted) = (Uuid::now_v7(), None, None, None);
        self.register().await;
    }

    /// What the client finds when it comes back, and does to end what it began.
    pub(crate) async fn resume(&mut self) {
        if self.upload.is_none() {
            self.begin().await;
        }
        if self.taken.is_some() {
            return;
        }
        let found = self.ask("get_upload", &self.id()).await.unwrap();
        if found["status"] == "receiving" {
            for index in missing(&found) {
                self.admit(index).await;
                self.put(index).await;
                self.note(index).await;
            }
            self.complete().await;
        }
        if self.ask("get_upload", &self.id()).await.unwrap()["status"] == "checking" {
            self.claim().await;
            self.make().await;
            self.settle().await;
        }
        self.take().await;
    }

    /// Days pass for the storage, and for uploads that nobody touched if `forgotten`.
    pub(crate) async fn age(&self, forgotten: bool) {
        let then = SystemTime::now() - 2 * GRACE;
        for file in files(self.dir.path()) {
            let file = std::fs::File::options().write(true).open(file).unwrap();
            file.set_modified(then).unwrap();
        }
        if forgotten {
            self.run(
                "update storage.upload set touched_at = touched_at - interval '2 days'".to_owned(),
            )
            .await;
        }
    }

    pub(crate) async fn sweep(&self) {
        let sweeper = Sweeper::new(self.store.clone(), GRACE);
        for prefix in self.queue.object_prefixes().await.unwrap() {
            let kept = async |keys: Vec<String>| {
                Ok::<_, StoreError>(self.queue.kept_objects(&keys).await.unwrap())
            };
            sweeper.sweep(&prefix, kept).await.unwrap();
        }
    }

    /// The keys of what lies in the storage.
    pub(crate) fn stored(&self) -> BTreeSet<String> {
        let keys = files(self.dir.path()).into_iter().map(|file| {
            let key = file.strip_prefix(self.dir.path()).unwrap();
            key.to_str().unwrap().to_owned()
        });
        keys.collect()
    }

    /// The keys that rows refer to: parts that have come, and files that are ready or taken.
    pub(crate) async fn referenced(&self) -> BTreeSet<String> {
        let statement = "select key from storage.upload_part union select key from storage.upload where key is not null";
        let rows = sqlx::query(statement)
            .fetch_all(self.queue.pool())
            .await
            .unwrap();
        let keys = rows.iter().map(|row| row.get::<String, _>(0));
        keys.chain(self.taken.clone()).collect()
    }

    pub(crate) async fn taken_content(&self) -> Vec<u8> {
        let object = self
            .store
            .read(self.taken.as_deref().unwrap(), None)
            .await
            .unwrap();
        let pieces: Vec<_> = object.stream.try_collect().await.unwrap();
        pieces.concat()
    }
}

fn part(index: usize) -> &'static [u8] {
    FILE.chunks(PART_BYTES).nth(index).unwrap()
}

fn sha256() -> String {
    use sha2::Digest as _;
    format!("{:x}", sha2::Sha256::digest(FILE))
}

/// The places of the parts that have not come, of ranges such as `1-3`.
fn missing(upload: &Value) -> Vec<usize> {
    let ranges = upload["missing"].as_array().unwrap().iter();
    let ranges = ranges.map(|range| range.as_str().unwrap());
    let number = |text: &str| -> usize { text.parse().unwrap() };
    ranges
        .flat_map(|range| match range.split_once('-') {
            Some((first, last)) => number(first)..=number(last),
            None => number(range)..=number(range),
        })
        .map(|number| number - 1)
        .collect()
}

fn files(root: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}
