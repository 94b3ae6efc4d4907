//! Addresses that were replaced while components run: a role has another password, or there is another role.

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::Notify;

/// Old addresses that are remembered. Instances that know one live an hour at most.
const REMEMBERED: usize = 32;

/// Asks whoever looks for changes of secrets to look now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hurry(Arc<Notify>);

impl Hurry {
    pub(crate) fn please(&self) {
        self.0.notify_one();
    }

    pub(crate) async fn asked(&self) {
        self.0.notified().await;
    }
}

/// What old addresses are called today; the oldest first.
#[derive(Debug, Default)]
pub(super) struct Renewed(VecDeque<(String, String)>);

impl Renewed {
    pub(super) fn today<'a>(&'a self, address: &'a str) -> &'a str {
        let found = self.0.iter().find(|(old, _)| old == address);
        found.map_or(address, |(_, new)| new)
    }

    pub(super) fn replace(&mut self, old: &str, new: &str) {
        // One that is used again is none of yesterday.
        self.0.retain(|(name, _)| name != new && name != old);
        for (_, today) in self.0.iter_mut().filter(|(_, today)| today == old) {
            new.clone_into(today);
        }
        self.0.push_back((old.to_owned(), new.to_owned()));
        if self.0.len() > REMEMBERED {
            self.0.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_addresses_lead_to_the_newest() {
        let mut renewed = Renewed::default();
        assert_eq!(renewed.today("a"), "a");
        renewed.replace("a", "b");
        renewed.replace("b", "c");
        assert_eq!(["a", "b", "c"].map(|name| renewed.today(name)), ["c"; 3]);
    }

    #[test]
    fn an_address_may_come_back() {
        let mut renewed = Renewed::default();
        renewed.replace("a", "b");
        renewed.replace("b", "a");
        assert_eq!(["a", "b"].map(|name| renewed.today(name)), ["a"; 2]);
    }

    #[test]
    fn few_are_remembered() {
        let mut renewed = Renewed::default();
        for number in 0..100 {
            renewed.replace(&number.to_string(), &(number + 1).to_string());
        }
        assert_eq!(renewed.0.len(), REMEMBERED);
        assert_eq!(renewed.today("99"), "100");
        assert_eq!(renewed.today("0"), "0");
    }
}
