//! How much may be held at once: by all, by each address, and by each caller. Every bound has the three, so that whoever holds
//! much is refused before the others are.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use http::{HeaderMap, header};

/// Sizes of a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// Of all together; beyond it, 503.
    pub all: usize,
    /// Of one address (IPv4) or one /64 (IPv6); beyond it, 429.
    pub per_address: usize,
    /// Of one API key or token, as it is presented; beyond it, 429. It never allows more than the address's share.
    pub per_caller: usize,
}

/// Whose share is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    All,
    Address,
    Caller,
}

/// To whom something is counted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Who {
    address: Option<u64>,
    caller: Option<u64>,
}

impl Who {
    /// Counted to an address alone.
    pub(crate) fn at(client: SocketAddr) -> Self {
        Self {
            address: Some(network(client.ip())),
            caller: None,
        }
    }

    /// Counted to an address, and to what the request presents as its caller. Nothing of that is verified: what is made
    /// up has a share of its own within the address's, and what is not known to a stranger cannot be used up by one.
    pub(crate) fn of(client: SocketAddr, headers: &HeaderMap) -> Self {
        let presented = headers
            .get("x-api-key")
            .or_else(|| headers.get(header::AUTHORIZATION));
        Self {
            caller: presented.map(|value| hash(value.as_bytes())),
            ..Self::at(client)
        }
    }
}

/// An IPv4 address, or the /64 that one IPv6 subscriber has at least.
fn network(ip: IpAddr) -> u64 {
    match ip.to_canonical() {
        IpAddr::V4(ip) => u64::from(ip.to_bits()),
        IpAddr::V6(ip) => (ip.to_bits() >> 64) as u64,
    }
}

/// With a key of this process, so that nobody can aim at another's place.
fn hash(presented: &[u8]) -> u64 {
    static KEY: OnceLock<RandomState> = OnceLock::new();
    KEY.get_or_init(RandomState::new).hash_one(presented)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Address(u64),
    Caller(u64),
}

#[derive(Debug, Default)]
struct Held {
    all: usize,
    by: HashMap<Key, usize>,
}

/// A bound on one kind of thing.
#[derive(Debug)]
pub(crate) struct Bound {
    shares: Shares,
    held: Mutex<Held>,
}

impl Bound {
    pub(crate) fn new(shares: Shares) -> Arc<Self> {
        Arc::new(Self {
            shares,
            held: Mutex::default(),
        })
    }

    /// A place, or whose share is used up: the own one is told first.
    pub(crate) fn enter(self: &Arc<Self>, who: Who) -> Result<Place, Whose> {
        let keys = [
            (who.address.map(Key::Address), Whose::Address),
            (who.caller.map(Key::Caller), Whose::Caller),
        ];
        let mut held = self.held();
        for (key, whose) in keys {
            let count = key.and_then(|key| held.by.get(&key)).copied();
            if count.unwrap_or(0) >= self.shares.of(whose) {
                return Err(whose);
            }
        }
        if held.all >= self.shares.all {
            return Err(Whose::All);
        }
        held.all += 1;
        let keys = keys.map(|(key, _)| key);
        for key in keys.iter().flatten() {
            *held.by.entry(*key).or_default() += 1;
        }
        drop(held);
        Ok(Place {
            bound: Arc::clone(self),
            keys,
        })
    }

    /// How many places are taken.
    pub(crate) fn taken(&self) -> usize {
        self.held().all
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shares {
    fn of(&self, whose: Whose) -> usize {
        match whose {
            Whose::All => self.all,
            Whose::Address => self.per_address,
            Whose::Caller => self.per_caller,
        }
    }
}

/// Taken until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    bound: Arc<Bound>,
    keys: [Option<Key>; 2],
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.bound.held();
        held.all = held.all.saturating_sub(1);
        for key in self.keys.iter().flatten() {
            if let Some(count) = held.by.get_mut(key) {
                *count = count.saturating_sub(1);
                // Whoever came once is not remembered.
                if *count == 0 {
                    held.by.remove(key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(address: &str, key: Option<&'static str>) -> Who {
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            headers.insert("x-api-key", http::HeaderValue::from_static(key));
        }
        Who::of(SocketAddr::new(address.parse().unwrap(), 1), &headers)
    }

    fn bound() -> Arc<Bound> {
        Bound::new(Shares {
            all: 4,
            per_address: 3,
            per_caller: 2,
        })
    }

    #[test]
    fn each_has_a_share_and_all_have_one_together() {
        let bound = bound();
        let enter = |address, key| bound.enter(who(address, key));
        let mut places = vec![enter("192.0.2.1", Some("a")).unwrap()];
        places.push(enter("192.0.2.1", Some("a")).unwrap());
        assert_eq!(enter("192.0.2.9", Some("a")).unwrap_err(), Whose::Caller);
        // A made-up key has a share of its own, within that of its address.
        places.push(enter("192.0.2.1", Some("b")).unwrap());
        assert_eq!(enter("192.0.2.1", Some("c")).unwrap_err(), Whose::Address);
        places.push(enter("192.0.2.2", None).unwrap());
        assert_eq!(enter("192.0.2.3", None).unwrap_err(), Whose::All);
        places.clear();
        assert_eq!(bound.taken(), 0);
        assert!(bound.held().by.is_empty());
    }

    #[test]
    fn a_network_of_one_subscriber_is_one_address() {
        let bound = bound();
        let enter = |address| bound.enter(who(address, None));
        let _places = ["2001:db8::1", "2001:db8::2", "2001:db8::3"].map(|ip| enter(ip).unwrap());
        assert_eq!(enter("2001:db8::4").unwrap_err(), Whose::Address);
        assert!(enter("2001:db8:0:1::1").is_ok());
    }
}
