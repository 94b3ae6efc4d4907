//! Many who watch one training: what they ask of the database, and how late they see a step.
//!
//! The run is a row whose steps this program tells as a slice would, so that nothing but the watchers asks for more.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use kiskadee_tests::{Options, System};
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;
use tokio::{
    io::AsyncReadExt as _,
    net::TcpStream,
    task::JoinSet,
    time::{sleep, timeout_at},
};
use uuid::Uuid;

use crate::streams::{
    OPENED_AT_ONCE, PER_ADDRESS, PER_CALLER, address, opened, raise_the_file_limit, stream,
};

const FEW: usize = 10;
const STEPS: usize = 30;
/// A slice tells what it is at so often.
const STEP: Duration = Duration::from_secs(2);

/// When each line of the run was said; its number is its place.
type Said = Arc<Mutex<Vec<(i64, Instant)>>>;

pub(crate) async fn measure(count: usize) -> Result<()> {
    raise_the_file_limit(count)?;
    let system = System::start(Options::default()).await?;
    let database = system.database().await?;
    let user = system.client().new_user().await?;
    let keys = keys(&user, count.div_ceil(PER_CALLER)).await?;
    let run = run_of(&database, &user.name).await?;
    for watchers in [0, FEW, count] {
        watch(&system, &database, &keys, run, watchers).await?;
    }
    Ok(())
}

/// A caller has a share of the streams: those who watch with one account have several keys.
async fn keys(user: &kiskadee_tests::User, count: usize) -> Result<Vec<String>> {
    let mut keys = Vec::new();
    for number in 0..count {
        let client = user.client.anonymous();
        let request = client
            .request(Method::POST, "/api/v1/advanced/auth/api-key")
            .bearer_auth(&user.token)
            .json(&json!({"name": format!("watcher {number}")}));
        let made = client.send(request).await?.expect(201)?.json()?;
        keys.push(made["api_key"].as_str().context("no api_key")?.to_owned());
    }
    Ok(keys)
}

async fn run_of(database: &PgPool, owner: &str) -> Result<Uuid> {
    let (dataset, version, run) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let mut making = database.begin().await?;
    let owner: Uuid = sqlx::query_scalar("select id from account.\"user\" where username = $1")
        .bind(owner)
        .fetch_one(&mut *making)
        .await?;
    sqlx::query(
        "insert into training.dataset (id, owner, name, language) values ($1, $2, 'd', 'en')",
    )
    .bind(dataset)
    .bind(owner)
    .execute(&mut *making)
    .await?;
    sqlx::query("insert into training.version (id, dataset_id, number, hash, clips, seconds) values ($1, $2, 1, sha256('x'), '[]', 1)")
        .bind(version)
        .bind(dataset)
        .execute(&mut *making)
        .await?;
    sqlx::query(
        "insert into training.run (id, owner, model_name, engine, dataset_id, version_id, language, base, recipe, steps, state)
         values ($1, $2, 'm', 'kiskadee', $3, $4, 'en', '{}', '{}', 100000, 'running')",
    )
    .bind(run)
    .bind(owner)
    .bind(dataset)
    .bind(version)
    .execute(&mut *making)
    .await?;
    making.commit().await?;
    step(database, run, 0).await?;
    Ok(run)
}

/// Says a step; the answer is the number of its line.
async fn step(database: &PgPool, run: Uuid, step: usize) -> Result<i64> {
    let told = json!({"step": step, "loss": {"train": 1.5}, "steps_per_second": 20.0});
    let mut saying = database.begin().await?;
    sqlx::query("select training.note($1, 'progress', null, $2, $3)")
        .bind(run)
        .bind(i64::try_from(step)?)
        .bind(told)
        .execute(&mut *saying)
        .await?;
    let seq = sqlx::query_scalar("select last_seq from training.run where id = $1")
        .bind(run)
        .fetch_one(&mut *saying)
        .await?;
    saying.commit().await?;
    Ok(seq)
}

async fn watch(
    system: &System,
    database: &PgPool,
    keys: &[String],
    run: Uuid,
    watchers: usize,
) -> Result<()> {
    let streams = open(system, keys, run, watchers).await?;
    let said = Said::default();
    let mut reading = JoinSet::new();
    let end = Instant::now() + STEP * u32::try_from(STEPS + 1)?;
    for stream in streams {
        reading.spawn(lags(stream, Arc::clone(&said), end));
    }
    let before = transactions(database).await?;
    for number in 0..STEPS {
        let seq = step(database, run, number).await?;
        said.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((seq, Instant::now()));
        sleep(STEP).await;
    }
    let asked = transactions(database).await? - before;
    let mut lags: Vec<Duration> = Vec::new();
    while let Some(read) = reading.join_next().await {
        lags.extend(read.unwrap_or_default());
    }
    tell(watchers, asked, lags);
    Ok(())
}

async fn open(
    system: &System,
    keys: &[String],
    run: Uuid,
    watchers: usize,
) -> Result<Vec<TcpStream>> {
    let server: SocketAddr = system.url.trim_start_matches("http://").parse()?;
    let path = format!("/training/logs?run_id=run_{}", run.simple());
    let mut streams = Vec::with_capacity(watchers);
    let mut opening = JoinSet::new();
    for (number, key) in (0..watchers).zip(keys.iter().cycle()) {
        if opening.len() >= OPENED_AT_ONCE {
            streams.extend(opened(&mut opening).await?);
        }
        let from = address(number / PER_ADDRESS)?;
        opening.spawn(stream(server, from, path.clone(), key.clone()));
    }
    while !opening.is_empty() {
        streams.extend(opened(&mut opening).await?);
    }
    Ok(streams)
}

async fn transactions(database: &PgPool) -> Result<i64> {
    // The server counts what has ended a moment ago.
    sleep(Duration::from_secs(1)).await;
    let counted = sqlx::query_scalar(
        "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()",
    );
    Ok(counted.fetch_one(database).await?)
}

/// How late each line of the run came.
async fn lags(mut stream: TcpStream, said: Said, end: Instant) -> Vec<Duration> {
    let (mut lags, mut unread) = (Vec::new(), Vec::new());
    while let Ok(Ok(read)) = timeout_at(end.into(), stream.read_buf(&mut unread)).await {
        if read == 0 {
            break;
        }
        let Some(whole) = unread.iter().rposition(|byte| *byte == b'\n') else {
            continue;
        };
        let lines: Vec<u8> = unread.drain(..=whole).collect();
        let now = Instant::now();
        let said = said.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = String::from_utf8_lossy(&lines);
        let numbers = seen.lines().filter_map(|line| line.strip_prefix("id: "));
        lags.extend(numbers.filter_map(|number| {
            let number: i64 = number.trim().parse().ok()?;
            let (_, at) = said.iter().find(|(seq, _)| *seq == number)?;
            Some(now.saturating_duration_since(*at))
        }));
    }
    lags
}

fn tell(watchers: usize, asked: i64, mut lags: Vec<Duration>) {
    lags.sort();
    let at = |share: f64| {
        let place = (lags.len() as f64 * share) as usize;
        lags.get(place).map_or(f64::NAN, Duration::as_secs_f64)
    };
    println!(
        "{watchers} watchers: {:.1} transactions a step; {} of {} lines seen, p50 {:.2} s, p99 {:.2} s, latest {:.2} s",
        asked as f64 / STEPS as f64,
        lags.len(),
        watchers * STEPS,
        at(0.5),
        at(0.99),
        lags.last().map_or(f64::NAN, Duration::as_secs_f64),
    );
}
