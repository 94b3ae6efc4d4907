//! A fleet on one Postgres: workers that claim, begin, sleep as long as a job would take, settle and tell that they live, as real ones do,
//! over as few sessions as a pooler would give them; and edges that enqueue at a steady rate.

mod cost;
mod members;
mod report;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use kiskadee_queue::{ConnectOptions, Queue};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::cost::Cost;
use self::members::{Counted, EDGE_SESSIONS, Member};
use crate::server::Server;

/// Until all have registered and what comes and goes is level.
const WARM_UP: Duration = Duration::from_secs(10);

/// What is measured.
#[derive(Debug, Clone, Args)]
pub(crate) struct Shape {
    /// Workers, each a task of this process.
    #[arg(long, default_value_t = 1000)]
    workers: usize,
    /// Jobs that a worker claims and runs together.
    #[arg(long, default_value_t = 1)]
    slots: u16,
    /// What a job takes on average, in milliseconds; each draws its own time.
    #[arg(long, default_value_t = 2000)]
    work_ms: u32,
    /// Jobs enqueued in a second [default: four fifths of what the workers can do]
    #[arg(long)]
    rate: Option<f64>,
    /// Jobs in one enqueue.
    #[arg(long, default_value_t = 10)]
    batch: usize,
    /// Sessions of Postgres that all workers share, as behind a pooler.
    #[arg(long, default_value_t = 40)]
    sessions: u32,
    /// Seconds that are measured, after ten that are not.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Seconds without a heartbeat after which a worker counts as gone; a third of it is between two.
    #[arg(long, default_value_t = 30)]
    lease_ttl: u64,
}

impl Shape {
    fn rate(&self) -> f64 {
        let possible =
            self.workers as f64 * f64::from(self.slots) * 1000.0 / f64::from(self.work_ms);
        self.rate.unwrap_or(possible * 0.8)
    }

    fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_ttl)
    }
}

pub(crate) async fn measure(server: &Server, shape: &Shape) -> Result<()> {
    let (_, _, url) = server.queue("load_fleet").await?;
    let connect = |sessions| {
        Queue::connect(&ConnectOptions {
            max_connections: sessions,
            ..ConnectOptions::new(&url)
        })
    };
    let (workers, edges, onlooker) = (
        connect(shape.sessions)?,
        connect(EDGE_SESSIONS as u32)?,
        connect(2)?,
    );
    let counted = Arc::new(Counted::default());
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let member = |queue: &Queue| Member {
        queue: queue.clone(),
        shape: shape.clone(),
        counted: Arc::clone(&counted),
        stop: stop.clone(),
    };
    for number in 0..shape.workers {
        tasks.spawn(member(&workers).work(number));
    }
    tasks.spawn(member(&edges).enqueue());
    tasks.spawn(member(&onlooker).lead());
    sleep(WARM_UP).await;
    counted.reset();
    let before = Cost::read(&onlooker).await?;
    let (started, mut sessions) = (Instant::now(), 0);
    while started.elapsed() < Duration::from_secs(shape.seconds) {
        sleep(Duration::from_secs(1)).await;
        sessions = cost::sessions(&onlooker).await?.max(sessions);
    }
    let (took, after) = (started.elapsed(), Cost::read(&onlooker).await?);
    let tally = counted.reset();
    let history = cost::history_bytes(&onlooker).await?;
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    report::print(
        shape,
        took,
        &tally,
        &after.since(&before),
        (sessions, history),
    );
    tally.outcome()
}
