//! Measures the whole system: how fast a dead worker's jobs run elsewhere, whether the edge's memory grows, how many streams
//! it holds, what those who watch a training cost, what a training costs others and bears, and how all of it bears hours of trouble.

mod death;
mod memory;
mod soak;
mod streams;
mod training;
mod watchers;

use anyhow::Result;
use clap::Parser;

/// Measures the whole system.
#[derive(Parser)]
enum Arguments {
    /// The time from a worker's death to its jobs running elsewhere
    Death {
        /// Deaths of each kind
        #[arg(long, default_value_t = 10)]
        rounds: usize,
        /// Seconds after which a silent worker is dead
        #[arg(long, default_value_t = 5)]
        lease_ttl: u32,
    },
    /// The memory of the edge process over many requests
    Memory {
        #[arg(long, default_value_t = 100_000)]
        requests: usize,
        #[arg(long, default_value_t = 32)]
        connections: usize,
    },
    /// Idle event streams of many callers, and `/health` beside them
    Streams {
        #[arg(long, default_value_t = 10_000)]
        count: usize,
    },
    /// Interactive speech beside a training, a run whose worker is killed again and again, and what a deletion leaves
    Training {
        /// Of each run
        #[arg(long, default_value_t = 600)]
        steps: u32,
        /// Deaths in one run
        #[arg(long, default_value_t = 20)]
        kills: usize,
        /// Sentences that are spoken alone, and as many beside the run
        #[arg(long, default_value_t = 200)]
        sentences: usize,
    },
    /// What ten and many watchers of one training ask of the database, and how late they see a step
    Watchers {
        #[arg(long, default_value_t = 1000)]
        count: usize,
    },
    /// Hours of honest load, slow readers, dark connections and dying workers: nothing is lost, nothing grows
    Soak {
        #[arg(long, default_value_t = 120)]
        minutes: u64,
        /// Seconds after which a silent worker is dead
        #[arg(long, default_value_t = 5)]
        lease_ttl: u32,
    },
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match arguments {
            Arguments::Death { rounds, lease_ttl } => death::measure(rounds, lease_ttl).await,
            Arguments::Memory {
                requests,
                connections,
            } => memory::measure(requests, connections).await,
            Arguments::Streams { count } => streams::measure(count).await,
            Arguments::Training {
                steps,
                kills,
                sentences,
            } => training::measure(steps, kills, sentences).await,
            Arguments::Watchers { count } => watchers::measure(count).await,
            Arguments::Soak { minutes, lease_ttl } => soak::measure(minutes, lease_ttl).await,
        }
    })
}
