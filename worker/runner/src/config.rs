//! How a runner works.

use std::{net::SocketAddr, time::Duration};

use crate::{pool::Slots, turns::Turns};

/// More slots in a pool than this cannot be meant.
pub const MOST_SLOTS: usize = 4096;
/// Bytes that are left free where results are written, where nothing else is said.
pub const STORAGE_RESERVE: u64 = 512 << 20;

#[derive(Debug, Clone)]
pub struct RunnerConfig {
    /// How this worker is called in lists; its id is new with every registration.
    pub name: String,
    /// The machine that it runs on.
    pub host: String,
    pub database_url: String,
    /// The database is reached through a transaction-mode pooler.
    pub behind_pooler: bool,
    /// Also wake up when somebody rings; needs a session of its own, so not through a pooler.
    pub doorbell: bool,
    /// Jobs that run at once, by pool.
    pub slots: Slots,
    /// The cost of one claim; a single job may pass it.
    pub max_batch_cost: i32,
    /// A worker that is not heard of for so long is dead, and its jobs are another's.
    pub lease_ttl: Duration,
    /// Bytes that are left free where results are written: with less, nothing is claimed, and no more is taken in.
    pub storage_reserve: u64,
    /// How long a shutdown may take; what has not finished by then is given back.
    pub drain: Duration,
    /// Where `/metrics`, `/health` and `/ready` are served.
    pub metrics_listen: Option<SocketAddr>,
    /// The loops of the process that `/health` watches; others' may be among them.
    pub turns: Turns,
}

impl RunnerConfig {
    /// With no pools yet.
    pub fn new(database_url: impl Into<String>) -> Self {
        Self {
            name: format!("worker-{}", std::process::id()),
            host: std::env::var("HOSTNAME").unwrap_or_else(|_| "localhost".to_owned()),
            database_url: database_url.into(),
            behind_pooler: false,
            doorbell: false,
            slots: Slots::new(),
            max_batch_cost: 20_000,
            lease_ttl: Duration::from_secs(30),
            storage_reserve: STORAGE_RESERVE,
            drain: Duration::from_secs(25),
            metrics_listen: None,
            turns: Turns::default(),
        }
    }

    /// Everything that is wrong, in words; empty when the configuration can be used.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut require = |holds: bool, problem: &str| {
            if !holds {
                problems.push(problem.to_owned());
            }
        };
        for (pool, slots) in &self.slots {
            require(
                *slots > 0,
                &format!("the slots of the pool {pool} must be at least 1"),
            );
            require(
                *slots <= MOST_SLOTS,
                &format!("the slots of the pool {pool} must be at most {MOST_SLOTS}"),
            );
        }
        require(
            self.max_batch_cost > 0,
            "the cost of a batch must be at least 1",
        );
        require(
            (Duration::from_secs(3)..=Duration::from_hours(1)).contains(&self.lease_ttl),
            "the lease must last from 3 s to 1 h",
        );
        require(
            !(self.doorbell && self.behind_pooler),
            "the doorbell is not heard through a transaction-mode pooler",
        );
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::PoolName;

    #[test]
    fn the_defaults_are_sound() {
        let problems = RunnerConfig::new("postgres://localhost/kiskadee").problems();
        assert!(problems.is_empty(), "{problems:?}");
    }

    #[test]
    fn every_mistake_is_told() {
        let config = RunnerConfig {
            slots: Slots::from([(PoolName::Device, 0), (PoolName::Long, MOST_SLOTS + 1)]),
            lease_ttl: Duration::from_secs(1),
            behind_pooler: true,
            doorbell: true,
            ..RunnerConfig::new("postgres://localhost/kiskadee")
        };
        assert_eq!(config.problems().len(), 4);
    }
}
