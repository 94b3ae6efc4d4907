//! How a runner works.

use std::{net::SocketAddr, time::Duration};

use kiskadee_queue::DatabaseAddress;

use crate::{departure::Departure, pool::Slots, turns::Turns};

/// The pool of a worker that was not told another.
pub const DEFAULT_POOL: &str = "default";

/// More slots in a pool than this cannot be meant.
pub const MOST_SLOTS: usize = 4096;
/// Bytes that are left free where results are written, where nothing else is said.
pub const STORAGE_RESERVE: u64 = 512 << 20;

/// Long jobs may take hours, and lose minutes at most when they are given back.
const LONGEST_DRAIN: Duration = Duration::from_hours(2);

#[derive(Debug, Clone)]
pub struct RunnerConfig {
    /// How this worker is called in lists; its id is new with every registration.
    pub name: String,
    /// The machine that it runs on.
    pub host: String,
    /// The pool of the fleet that it is of: scalers count work and workers by it. Nothing is claimed by it.
    pub pool: String,
    pub database_url: DatabaseAddress,
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
    /// A runner that had nothing to do for so long leaves in good order; none: it stays.
    pub idle_exit: Option<Duration>,
    /// Where it is told that its machine goes.
    pub departure: Departure,
    /// Where `/metrics`, `/health` and `/ready` are served.
    pub metrics_listen: Option<SocketAddr>,
    /// The loops of the process that `/health` watches; others' may be among them.
    pub turns: Turns,
}

impl RunnerConfig {
    /// With no pools yet.
    pub fn new(database_url: impl Into<DatabaseAddress>) -> Self {
        Self {
            name: format!("worker-{}", std::process::id()),
            host: std::env::var("HOSTNAME").unwrap_or_else(|_| "localhost".to_owned()),
            pool: DEFAULT_POOL.to_owned(),
            database_url: database_url.into(),
            behind_pooler: false,
            doorbell: false,
            slots: Slots::new(),
            max_batch_cost: 20_000,
            lease_ttl: Duration::from_secs(30),
            storage_reserve: STORAGE_RESERVE,
            drain: Duration::from_secs(25),
            idle_exit: None,
            departure: Departure::default(),
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
            is_pool_name(&self.pool),
            "the name of the pool must be of 1 to 63 letters, digits, `-` and `_`",
        );
        require(
            self.max_batch_cost > 0,
            "the cost of a batch must be at least 1",
        );
        require(
            (Duration::from_secs(3)..=Duration::from_hours(1)).contains(&self.lease_ttl),
            "the lease must last from 3 s to 1 h",
        );
        require(self.drain <= LONGEST_DRAIN, "a drain may take 2 h at most");
        require(
            self.idle_exit
                .is_none_or(|after| after >= Duration::from_secs(1)),
            "a worker must be idle for 1 s at least before it leaves",
        );
        require(
            !(self.doorbell && self.behind_pooler),
            "the doorbell is not heard through a transaction-mode pooler",
        );
        problems
    }
}

/// It is the label of a metric, and part of names that clouds and Kubernetes give.
fn is_pool_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=63).contains(&name.len()) && name.bytes().all(is_plain)
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
            pool: "two words".to_owned(),
            drain: LONGEST_DRAIN * 2,
            idle_exit: Some(Duration::ZERO),
            behind_pooler: true,
            doorbell: true,
            ..RunnerConfig::new("postgres://localhost/kiskadee")
        };
        assert_eq!(config.problems().len(), 7);
    }
}
