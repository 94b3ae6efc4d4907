//! The pools of a component, one for each address.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    pool::{Pool, PoolLimits, config},
    renewed::{Hurry, Renewed},
};
use crate::{allowed_hosts::AllowedHosts, bindings::postgres::Error};

/// Addresses of one component; beyond that somebody makes them up.
const MAX_ADDRESSES: usize = 16;

/// Figures of a component's pools, for the metrics.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PoolStatus {
    pub(crate) sessions: usize,
    pub(crate) idle: usize,
    pub(crate) waiting: usize,
}

/// A connection string, and the certificate authority to trust for it.
type Address = (String, Option<String>);

/// All pools of one component.
pub(crate) struct Pools {
    limits: PoolLimits,
    /// Certificates of authorities, where the component names none.
    ca: Option<Arc<str>>,
    hurry: Option<Hurry>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    by_address: HashMap<Address, Arc<Pool>>,
    renewed: Renewed,
}

impl Pools {
    pub(crate) fn new(limits: PoolLimits, ca: Option<Arc<str>>, hurry: Option<Hurry>) -> Self {
        Self {
            limits,
            ca,
            hurry,
            known: Mutex::default(),
        }
    }

    /// The pool for an address, made at its first use. It connects only when a session is asked for. An address that is
    /// not allowed gets no pool, so what has one need not be checked again: what is allowed never changes. An old address that was
    /// replaced is as the new one.
    pub(super) fn pool(
        &self,
        address: &str,
        ca_root: Option<&str>,
        allowed: &AllowedHosts,
    ) -> Result<Arc<Pool>, Error> {
        let mut known = self.known();
        let address = known.renewed.today(address).to_owned();
        let key = (address, ca_root.map(ToOwned::to_owned));
        if let Some(pool) = known.by_address.get(&key) {
            return Ok(Arc::clone(pool));
        }
        if known.by_address.len() >= MAX_ADDRESSES {
            known
                .by_address
                .retain(|_, pool| Arc::strong_count(pool) > 1);
        }
        let ca = ca_root.or(self.ca.as_deref());
        let pool = allowed
            .check_postgres(&key.0)
            .and_then(|()| Pool::new(&key.0, ca, self.limits, self.hurry.clone()))
            .map_err(Error::ConnectionFailed)?;
        let pool = Arc::new(pool);
        known.by_address.insert(key, Arc::clone(&pool));
        Ok(pool)
    }

    /// Whoever has, or asks for, sessions at the old address is given those of the new one from here on.
    pub(crate) fn replace(&self, old: &str, new: &str) -> Result<(), String> {
        let config = config(new, self.limits)?;
        let mut known = self.known();
        let keys: Vec<_> = known.by_address.keys().cloned().collect();
        for (address, ca) in keys.into_iter().filter(|(address, _)| address == old) {
            if let Some(pool) = known.by_address.remove(&(address, ca.clone())) {
                pool.renew(config.clone());
                known.by_address.insert((new.to_owned(), ca), pool);
            }
        }
        known.renewed.replace(old, new);
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn status(&self) -> PoolStatus {
        let known = self.known();
        known
            .by_address
            .values()
            .fold(PoolStatus::default(), |sum, pool| {
                let status = pool.status();
                PoolStatus {
                    sessions: sum.sessions + status.size,
                    idle: sum.idle + status.available,
                    waiting: sum.waiting + status.waiting,
                }
            })
    }
}
