//! Everything at once for hours: honest callers, listeners, slow readers, dark connections, workers that die. Nothing may be
//! lost, nothing may be told as whole that is not, and no process may grow.

mod callers;
mod footprint;
mod listeners;
mod tally;
mod trouble;

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use kiskadee_queue::testing::dark::DarkWay;
use kiskadee_tests::{Options, Receiver, System, eventually};
use serde_json::Value;
use sqlx::PgPool;
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use super::death::name_of;
use footprint::Footprint;
use tally::Tally;

const LOOK_EVERY: Duration = Duration::from_secs(10);
const TELL_EVERY: usize = 6;
const WORKERS: u32 = 3;
/// What may still be under way when the callers have what they were promised.
const SETTLING: Duration = Duration::from_mins(5);

/// What all parts of the run know.
pub(crate) struct Soak {
    pub(crate) address: String,
    pub(crate) receiver: Receiver,
    pub(crate) tally: Tally,
    over: CancellationToken,
}

impl Soak {
    pub(crate) fn is_over(&self) -> bool {
        self.over.is_cancelled()
    }

    /// Sleeps, but not beyond the end.
    pub(crate) async fn pause(&self, time: Duration) {
        tokio::select! {
            () = sleep(time) => {}
            () = self.over.cancelled() => {}
        }
    }
}

pub(crate) async fn measure(minutes: u64, lease_ttl: u32) -> Result<()> {
    let options = Options::default()
        .workers(WORKERS)
        .with("--lease-ttl", &lease_ttl.to_string());
    let system = Arc::new(System::start(options).await?);
    let soak = Arc::new(Soak {
        address: system.url.trim_start_matches("http://").to_owned(),
        receiver: Receiver::start("127.0.0.1:0").await?,
        tally: Tally::default(),
        over: CancellationToken::new(),
    });
    let mut parts = begin(&soak, &system, Duration::from_secs(lease_ttl.into())).await?;
    let footprint = watch(&soak, &system, Duration::from_mins(minutes)).await?;
    soak.over.cancel();
    // Whoever was promised something waits for it still.
    while let Some(ended) = parts.join_next().await {
        ended?;
    }
    nothing_is_left(&soak, &system.database().await?).await;
    println!("{}", soak.tally.line());
    for line in footprint.report() {
        println!("{line}");
    }
    let faults = soak.tally.faults();
    ensure!(faults == 0, "{faults} faults; they are told above");
    println!("nothing was lost");
    Ok(())
}

/// Starts all parts of the load, each caller with a key of its own.
async fn begin(soak: &Arc<Soak>, system: &Arc<System>, lease: Duration) -> Result<JoinSet<()>> {
    let first = system.client();
    let whole = listeners::whole(&first).await?;
    let mut parts = JoinSet::new();
    for _ in 0..4 {
        parts.spawn(callers::singles(
            Arc::clone(soak),
            first.new_user().await?.client,
        ));
    }
    for _ in 0..2 {
        let caller = first.new_user().await?.client;
        parts.spawn(callers::batches(Arc::clone(soak), caller));
        let listener = first.new_user().await?.client;
        parts.spawn(listeners::in_real_time(Arc::clone(soak), listener, whole));
    }
    let uploader = first.new_user().await?.client;
    parts.spawn(callers::uploads(Arc::clone(soak), uploader));
    let key = system.credentials["api_key"]
        .as_str()
        .context("no api_key")?;
    for _ in 0..2 {
        parts.spawn(listeners::too_slow(Arc::clone(soak), key.to_owned()));
    }
    parts.spawn(trouble::silence(Arc::clone(soak)));
    let workers = system.worker_pids()?;
    let spared = name_of(*workers.last().context("no worker runs")?)?;
    parts.spawn(trouble::deaths(
        Arc::clone(soak),
        Arc::clone(system),
        spared,
        lease,
    ));
    let way = DarkWay::to(&system.login_url("kiskadee_worker")?).await?;
    let worker = system.start_worker_at(way.url())?;
    let soak = Arc::clone(soak);
    parts.spawn(async move {
        trouble::darkness(soak, way).await;
        drop(worker);
    });
    Ok(parts)
}

/// Looks at the memory and tells how it goes, until the time is over.
async fn watch(soak: &Soak, system: &System, time: Duration) -> Result<Footprint> {
    let begun = Instant::now();
    let mut footprint = Footprint::begin();
    for look in 1usize.. {
        if begun.elapsed() > time {
            break;
        }
        sleep(LOOK_EVERY).await;
        footprint.look(system)?;
        if look.is_multiple_of(TELL_EVERY) {
            let minutes = begun.elapsed().as_secs() / 60;
            println!(
                "{minutes:>4} min: {}; faults {}",
                soak.tally.line(),
                soak.tally.faults()
            );
        }
    }
    Ok(footprint)
}

/// The queue is empty, nothing is dead, and every webhook has come.
async fn nothing_is_left(soak: &Soak, database: &PgPool) {
    let empty = eventually("an empty queue", SETTLING, || async {
        Ok((left(database).await? == 0).then_some(()))
    });
    if let Err(error) = empty.await {
        soak.tally.fault("work that never ended", error);
    }
    match sqlx::query_scalar::<_, i64>("select count(*) from queue.dead")
        .fetch_one(database)
        .await
    {
        Ok(0) => {}
        Ok(dead) => soak.tally.fault("jobs that died", dead),
        Err(error) => soak.tally.fault("the database", error),
    }
    let told = eventually("the webhooks", SETTLING, || async {
        Ok((owed(soak) == 0).then_some(()))
    });
    if told.await.is_err() {
        soak.tally.fault("webhooks that never came", owed(soak));
    }
}

async fn left(database: &PgPool) -> Result<i64> {
    let count = "select (select count(*) from queue.ready) + (select count(*) from queue.later)
        + (select count(*) from queue.lease) + (select count(*) from queue.waiting)";
    Ok(sqlx::query_scalar(count).fetch_one(database).await?)
}

fn owed(soak: &Soak) -> usize {
    let received = soak.receiver.received();
    let jobs: HashSet<String> = received
        .iter()
        .filter_map(|message| {
            let event: Value = serde_json::from_str(&message.body).ok()?;
            event["data"]["job_id"].as_str().map(str::to_owned)
        })
        .collect();
    soak.tally.strike(jobs.iter().map(String::as_str))
}
