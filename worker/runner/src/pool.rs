//! Pools of slots: what shares a resource shares a pool, and what does not cannot block the other.
//!
//! Every pool has its own fetcher, which claims only the lanes of its pool: a pool that is full of hours of training takes
//! nothing from speech.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{Notify, Semaphore};

use crate::{family::Family, lost_claims::Claims};

/// The resource that the jobs of a pool share. The order is the one in which a job that runs alone takes the pools, so
/// that two such jobs never wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PoolName {
    /// Models that answer within seconds, on a GPU or on the processor in its place.
    Device,
    /// Work of the processor: packing, decoding, fitting.
    Cpu,
    /// Waiting for others over the network.
    Network,
    /// Minutes to hours on the device or the processor, with checkpoints: training, rendering.
    Long,
}

impl PoolName {
    pub const ALL: [Self; 4] = [Self::Device, Self::Cpu, Self::Network, Self::Long];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Cpu => "cpu",
            Self::Network => "network",
            Self::Long => "long",
        }
    }
}

impl fmt::Display for PoolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that no pool has.
#[derive(Debug, thiserror::Error)]
#[error("there is no pool `{0}`; there are device, cpu, network and long")]
pub struct UnknownPool(String);

impl FromStr for PoolName {
    type Err = UnknownPool;

    fn from_str(name: &str) -> Result<Self, UnknownPool> {
        let found = Self::ALL.into_iter().find(|pool| pool.as_str() == name);
        found.ok_or_else(|| UnknownPool(name.to_owned()))
    }
}

/// Slots by pool; what is not in it is not served.
pub type Slots = BTreeMap<PoolName, usize>;

/// A pool of this process.
pub(crate) struct Pool {
    pub(crate) name: PoolName,
    pub(crate) slots: usize,
    pub(crate) free: Arc<Semaphore>,
    /// The lanes that it claims from.
    pub(crate) batch_keys: Vec<String>,
    pub(crate) claims: Claims,
    /// Wakes the fetcher: somebody rang.
    pub(crate) doorbell: Notify,
    families: HashMap<String, Arc<dyn Family>>,
    last_key: Mutex<Option<String>>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("name", &self.name)
            .field("slots", &self.slots)
            .field("batch_keys", &self.batch_keys)
            .finish_non_exhaustive()
    }
}

impl Pool {
    fn new(name: PoolName, slots: usize) -> Self {
        Self {
            name,
            slots,
            free: Arc::new(Semaphore::new(slots)),
            batch_keys: Vec::new(),
            claims: Claims::default(),
            doorbell: Notify::new(),
            families: HashMap::new(),
            last_key: Mutex::default(),
        }
    }

    pub(crate) fn busy(&self) -> usize {
        self.slots - self.free.available_permits().min(self.slots)
    }

    /// The family of a lane.
    pub(crate) fn family(&self, batch_key: &str) -> Option<&Arc<dyn Family>> {
        self.families.get(batch_key)
    }

    /// Notes which lane runs; true when it is another than before, which means that another model is in use.
    pub(crate) fn switches_to(&self, batch_key: &str) -> bool {
        let mut last = self.last_key.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_deref() == Some(batch_key) {
            return false;
        }
        last.replace(batch_key.to_owned()).is_some()
    }
}

/// The pools that have slots and lanes, in their order.
pub(crate) fn pools(slots: &Slots, families: &[Arc<dyn Family>]) -> Vec<Arc<Pool>> {
    let mut pools: BTreeMap<PoolName, Pool> = slots
        .iter()
        .map(|(name, slots)| (*name, Pool::new(*name, *slots)))
        .collect();
    for family in families {
        for lane in family.lanes() {
            if let Some(pool) = pools.get_mut(&lane.pool) {
                pool.families
                    .insert(lane.batch_key.clone(), Arc::clone(family));
                pool.batch_keys.push(lane.batch_key);
            }
        }
    }
    let served = pools
        .into_values()
        .filter(|pool| !pool.batch_keys.is_empty());
    served.map(Arc::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::{Answers, Lane};
    use crate::job::Job;

    struct Toys(Vec<Lane>);

    impl Family for Toys {
        fn name(&self) -> &'static str {
            "toys"
        }

        fn lanes(&self) -> Vec<Lane> {
            self.0.clone()
        }

        fn run(&self, _: Vec<Job>) -> Answers {
            Box::pin(futures::stream::empty())
        }
    }

    fn lane(batch_key: &str, pool: PoolName) -> Lane {
        Lane {
            batch_key: batch_key.to_owned(),
            pool,
        }
    }

    #[test]
    fn names_round_trip() {
        for pool in PoolName::ALL {
            assert_eq!(pool.as_str().parse::<PoolName>().unwrap(), pool);
        }
        let error = "gpu".parse::<PoolName>().unwrap_err().to_string();
        assert!(error.contains("`gpu`") && error.contains("device"));
    }

    #[test]
    fn a_pool_without_lanes_or_slots_is_not_served() {
        let toys = Toys(vec![
            lane("toy:a", PoolName::Device),
            lane("toy:b", PoolName::Long),
        ]);
        let slots = Slots::from([(PoolName::Device, 4), (PoolName::Cpu, 2)]);
        let served = pools(&slots, &[Arc::new(toys)]);
        assert_eq!(served.len(), 1);
        assert_eq!(served[0].batch_keys, ["toy:a"]);
        assert!(served[0].family("toy:a").is_some() && served[0].family("toy:b").is_none());
    }

    #[test]
    fn only_a_change_of_lanes_is_a_switch() {
        let pool = Pool::new(PoolName::Device, 1);
        let keys = ["a", "a", "b", "a"];
        assert_eq!(
            keys.map(|key| pool.switches_to(key)),
            [false, false, true, true]
        );
    }
}
