//! Load on the queue alone, each figure beside a peer in the same run, on the same Postgres, with the same guarantees:
//! a job is taken by one consumer, survives a crash of it, and its completion is committed before it counts.

mod claim_latency;
mod fairness;
mod fleet;
mod peers;
mod pools;
mod server;
mod throughput;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Measures the queue against graphile-worker and pg-boss.
#[derive(Parser)]
struct Arguments {
    /// A superuser's address of a Postgres server for scratch databases, with durable settings (fsync on).
    #[arg(long, env = "KISKADEE_LOAD_DATABASE_URL")]
    database_url: String,
    #[command(subcommand)]
    measure: Measure,
}

#[derive(Subcommand)]
enum Measure {
    /// Jobs enqueued, and run from enqueue to completion, per second.
    Throughput {
        #[arg(long, default_value_t = 20_000)]
        jobs: usize,
        /// Jobs in one enqueue, one claim and one settlement.
        #[arg(long, default_value_t = 100)]
        batch: usize,
        #[arg(long, default_value_t = 4)]
        consumers: usize,
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// Leaves the peers out: to compare two builds.
        #[arg(long)]
        alone: bool,
    },
    /// The time of a claim: quiet, beside finished jobs, and under a transaction held open.
    Claim {
        /// Finished jobs in the ledger.
        #[arg(long, default_value_t = 5_000_000)]
        finished: i64,
        /// Minutes that a transaction is held open, under `--rate` jobs a second.
        #[arg(long, default_value_t = 10)]
        minutes: u64,
        #[arg(long, default_value_t = 800)]
        rate: u64,
    },
    /// The wait of a lone job behind another owner's many.
    Fairness {
        #[arg(long, default_value_t = 10_000)]
        jobs: usize,
    },
    /// A fleet that claims and settles without audio: rates, times, and what Postgres spends on it.
    Fleet(fleet::Shape),
    /// What long jobs cost the interactive ones on the same runner.
    Pools {
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// Interactive jobs of each side in a round.
        #[arg(long, default_value_t = 1000)]
        jobs: usize,
    },
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let server = server::Server::new(&arguments.database_url);
    match arguments.measure {
        Measure::Throughput {
            jobs,
            batch,
            consumers,
            rounds,
            alone,
        } => {
            let shape = throughput::Shape {
                jobs,
                batch,
                consumers,
            };
            if alone {
                throughput::alone(&server, shape, rounds).await
            } else {
                throughput::compare(&server, shape, rounds).await
            }
        }
        Measure::Claim {
            finished,
            minutes,
            rate,
        } => claim_latency::measure(&server, finished, minutes, rate).await,
        Measure::Fairness { jobs } => fairness::measure(&server, jobs).await,
        Measure::Fleet(shape) => fleet::measure(&server, &shape).await,
        Measure::Pools { rounds, jobs } => pools::measure(&server, rounds, jobs).await,
    }
}
