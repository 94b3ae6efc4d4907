//! Measures the whole system: how fast a dead worker's jobs run elsewhere, and whether the edge's memory grows.

mod death;
mod memory;

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
        }
    })
}
