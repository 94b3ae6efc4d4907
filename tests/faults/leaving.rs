//! Workers that come and go with the work: killed, stopped, told that their machine goes, idle; and a fleet that begins with none.
//!
//! Workers alone, on a database and a directory: nothing here needs an edge.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use kiskadee_queue::Queue;
use kiskadee_queue::testing::{NewJob, TestDatabase, enqueue};
use kiskadee_tests::{binary, eventually, process};
use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use uuid::Uuid;

const JOBS: usize = 2000;
const CAP: i64 = 1_000_000;
/// For all of them, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_mins(5);
const SPEAKING: [&str; 6] = [
    "--pool",
    "gpu",
    "--engines",
    "espeak",
    "--families",
    "speech",
];
const CHORES: [&str; 4] = ["--pool", "chores", "--engines", "none"];

struct Fleet {
    queue: Queue,
    database: TestDatabase,
    directory: TempDir,
}

/// A worker process; what is left of it is killed with the value.
struct Worker(Child);

impl Worker {
    fn signal(&self, name: &str) -> Result<()> {
        process::signal(self.0.id(), name)
    }

    /// As a service manager does that stops all processes of a service: the engine's, too.
    fn stop_with_its_children(&self) -> Result<()> {
        let group = format!("-{}", self.0.id());
        let status = Command::new("kill")
            .args(["-TERM", "--", &group])
            .status()?;
        ensure!(status.success(), "kill -TERM -- {group} failed");
        Ok(())
    }

    /// Its exit code, when it has left.
    async fn left(&mut self) -> Result<Option<i32>> {
        let give_up_at = Instant::now() + PATIENCE;
        while Instant::now() < give_up_at {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status.code());
            }
            sleep(Duration::from_millis(50)).await;
        }
        bail!("a worker does not leave")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Fleet {
    async fn new() -> Result<Self> {
        let database = TestDatabase::create().await;
        Ok(Self {
            queue: database.queue(),
            database,
            directory: TempDir::new()?,
        })
    }

    fn url_as(&self, role: &str) -> String {
        let url = self.database.url();
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}options[role]={role}")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn start(&self, name: &str, what: &[&str], more: &[&str]) -> Result<Worker> {
        let storage = self.path("storage");
        fs::create_dir_all(&storage)?;
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL"])
            .arg(binary())
            .args([
                "worker",
                "--name",
                name,
                "--slots",
                "2",
                "--lease-ttl",
                "10",
            ])
            .arg("--storage")
            .arg(storage)
            .args(what)
            .args(more)
            .env("KISKADEE_DATABASE_URL", self.url_as("kiskadee_worker"))
            .stdin(Stdio::null())
            .process_group(0)
            .stderr(File::create(self.path(&format!("{name}.jsonl")))?);
        Ok(Worker(command.spawn().context("cannot start a worker")?))
    }

    async fn number(&self, question: &'static str) -> Result<i64> {
        let asked = sqlx::query_scalar(question).fetch_one(self.queue.pool());
        Ok(asked.await?)
    }

    async fn until(&self, what: &str, question: &'static str, least: i64) -> Result<i64> {
        eventually(what, PATIENCE, || async {
            let found = self.number(question).await?;
            Ok((found >= least).then_some(found))
        })
        .await
    }

    async fn enqueue(&self, jobs: &[NewJob]) -> Result<()> {
        enqueue(&self.queue, Uuid::now_v7(), CAP, jobs).await?;
        Ok(())
    }
}

fn job() -> NewJob {
    let args = json!({"text": "Hi.", "voice_id": "default", "language": "en", "engine": "espeak"});
    NewJob {
        args,
        ..NewJob::speech("speech:espeak", 23)
    }
}

const DONE: &str = "select count(*) from queue.done where outcome = 'completed'";
const WANTED: &str = "select queue.wanted_workers('gpu')::bigint";
const ALIVE: &str = "select count(*) from queue.worker where expires_at > clock_timestamp()";

/// Asks again and again how many are wanted; the most, and how often it was none although there was something to do.
fn follow(queue: Queue) -> JoinHandle<Result<(i64, u32)>> {
    const QUESTION: &str = "select queue.wanted_workers('gpu')::bigint,
        (select count(*) from queue.ready) + (select count(*) from queue.lease)";
    tokio::spawn(async move {
        let (mut most, mut forgotten) = (0, 0);
        loop {
            let (wanted, there): (i64, i64) =
                sqlx::query_as(QUESTION).fetch_one(queue.pool()).await?;
            most = most.max(wanted);
            forgotten += u32::from(wanted == 0 && there > 0);
            if there == 0 {
                return Ok((most, forgotten));
            }
            sleep(Duration::from_millis(100)).await;
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_leave_in_every_way_and_lose_double_and_spend_nothing() -> Result<()> {
    let fleet = Fleet::new().await?;
    let mut killed = fleet.start("killed", &SPEAKING, &[])?;
    let mut stopped = fleet.start("stopped", &SPEAKING, &[])?;
    let notice = fleet.path("notice");
    let told = format!("file:{}", notice.display());
    let told = ["--notice", &told, "--drain-seconds", "600"];
    let mut told = fleet.start("told", &SPEAKING, &told)?;
    fleet.until("three workers", ALIVE, 3).await?;
    assert_eq!(fleet.number(WANTED).await?, 0);
    for _ in 0..2 {
        fleet.enqueue(&vec![job(); JOBS / 2]).await?;
    }
    let followed = follow(fleet.queue.clone());

    fleet.until("some ends", DONE, 150).await?;
    killed.signal("KILL")?;
    killed.0.wait()?;
    let idle = ["--idle-exit", "3"];
    let mut first = fleet.start("first", &SPEAKING, &idle)?;
    fleet.until("more ends", DONE, 400).await?;
    stopped.stop_with_its_children()?;
    assert_eq!(stopped.left().await?, Some(0));
    let mut second = fleet.start("second", &SPEAKING, &idle)?;
    fleet.until("more ends", DONE, 700).await?;
    fs::write(&notice, "5")?;
    assert_eq!(told.left().await?, Some(0));
    assert_eq!(
        (first.left().await?, second.left().await?),
        (Some(0), Some(0))
    );

    let (most, forgotten) = followed.await??;
    assert!(
        most >= 1 && forgotten == 0,
        "{most}, forgotten {forgotten} times"
    );
    let jobs = i64::try_from(JOBS)?;
    let once =
        "select count(distinct result ->> 'key') from queue.done where outcome = 'completed'";
    let ended = (fleet.number(DONE).await?, fleet.number(once).await?);
    assert_eq!(ended, (jobs, jobs));
    let spent = "select count(*) from queue.failure f where f.kind <> 'crash'
        or not exists (select from queue.worker w where w.id = f.worker_id and w.name = 'killed')";
    assert_eq!(fleet.number(spent).await?, 0, "only a kill spends attempts");
    assert_eq!(
        fleet.number(ALIVE).await?,
        0,
        "who leaves takes its row along"
    );
    let none = "select 1 - sign(queue.wanted_workers('gpu'))::bigint";
    fleet.until("nobody to be wanted", none, 1).await?;
    Ok(())
}

/// What starts processes as it is told how many are wanted, and leaves it to them to go. Ends when so many jobs are done and all have
/// left; answers the exit codes.
async fn scale(fleet: &Fleet, jobs: i64) -> Result<Vec<Option<i32>>> {
    let asking = sqlx::PgPool::connect(&fleet.url_as("kiskadee_scaler")).await?;
    let (mut workers, mut codes) = (Vec::<Worker>::new(), Vec::new());
    let give_up_at = Instant::now() + PATIENCE;
    while Instant::now() < give_up_at {
        let wanted: i32 = sqlx::query_scalar("select queue.wanted_workers('gpu')")
            .fetch_one(&asking)
            .await?;
        let mut running = Vec::new();
        for mut worker in workers.drain(..) {
            match worker.0.try_wait()? {
                Some(status) => codes.push(status.code()),
                None => running.push(worker),
            }
        }
        workers = running;
        while workers.len() < usize::try_from(wanted.min(2))? {
            let name = format!("scaled-{}", codes.len() + workers.len());
            workers.push(fleet.start(&name, &SPEAKING, &["--idle-exit", "1"])?);
        }
        if workers.is_empty() && fleet.number(DONE).await? == jobs {
            return Ok(codes);
        }
        sleep(Duration::from_millis(100)).await;
    }
    bail!("the work is not done by who was started for it")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_of_none_is_asked_for_and_comes() -> Result<()> {
    let fleet = Fleet::new().await?;
    // What the pool can do is known from the one that was there before.
    let mut before = fleet.start("before", &SPEAKING, &["--idle-exit", "1"])?;
    assert_eq!(before.left().await?, Some(0));
    assert_eq!(
        (fleet.number(ALIVE).await?, fleet.number(WANTED).await?),
        (0, 0)
    );

    let soon = NewJob {
        run_at: Some(time::OffsetDateTime::now_utc() + Duration::from_secs(1)),
        ..job()
    };
    fleet.enqueue(&[soon]).await?;
    assert_eq!(fleet.number(WANTED).await?, 0, "it is not due yet");
    sleep(Duration::from_secs(1)).await;
    eventually("a worker to be wanted", Duration::from_secs(2), || async {
        Ok((fleet.number(WANTED).await? > 0).then_some(()))
    })
    .await?;
    fleet.enqueue(&[job()]).await?;
    let codes = scale(&fleet, 2).await?;
    ensure!(
        !codes.is_empty() && codes.iter().all(|code| *code == Some(0)),
        "{codes:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_without_engines_does_the_chores_of_a_fleet_of_none() -> Result<()> {
    let fleet = Fleet::new().await?;
    let mut before = fleet.start("before", &SPEAKING, &["--idle-exit", "1"])?;
    assert_eq!(before.left().await?, Some(0));
    let mut chores = fleet.start("chores", &CHORES, &[])?;
    fleet.until("the chores' worker", ALIVE, 1).await?;

    let soon = NewJob {
        run_at: Some(time::OffsetDateTime::now_utc() + Duration::from_secs(1)),
        ..job()
    };
    fleet.enqueue(&[soon, job()]).await?;
    fleet
        .until("the scheduled job", "select count(*) from queue.ready", 2)
        .await?;
    let fresh = "select count(*) from queue.depth where jobs = 2 and measured_at > clock_timestamp() - interval '10 seconds'";
    fleet.until("the depth", fresh, 1).await?;
    assert!(fleet.number(WANTED).await? >= 1);
    scale(&fleet, 2).await?;
    assert_eq!(fleet.number(ALIVE).await?, 1);
    let none = "select 1 - sign(queue.wanted_workers('gpu'))::bigint";
    fleet.until("nobody to be wanted", none, 1).await?;
    chores.signal("TERM")?;
    assert_eq!(chores.left().await?, Some(0));
    assert_eq!(fleet.number(ALIVE).await?, 0);
    Ok(())
}
