//! What happened, and what should not have.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Display,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// More are only counted.
const FAULTS_KEPT: usize = 50;

#[derive(Default)]
pub(crate) struct Tally {
    events: Mutex<BTreeMap<&'static str, u64>>,
    faults: Mutex<(u64, Vec<String>)>,
    /// Jobs whose webhooks are owed.
    owed: Mutex<HashSet<String>>,
}

impl Tally {
    pub(crate) fn count(&self, event: &'static str) {
        *lock(&self.events).entry(event).or_default() += 1;
    }

    /// Something that must not be: work that was lost, an answer that lied.
    pub(crate) fn fault(&self, what: &str, why: impl Display) {
        let mut faults = lock(&self.faults);
        faults.0 += 1;
        if faults.1.len() < FAULTS_KEPT {
            let fault = format!("{what}: {why:#}");
            eprintln!("FAULT {fault}");
            faults.1.push(fault);
        }
    }

    pub(crate) fn owe_webhook(&self, job_id: &str) {
        lock(&self.owed).insert(job_id.to_owned());
    }

    /// Strikes the jobs that have had their webhooks, and returns how many are still owed.
    pub(crate) fn strike<'a>(&self, had: impl IntoIterator<Item = &'a str>) -> usize {
        let mut owed = lock(&self.owed);
        for job in had {
            owed.remove(job);
        }
        owed.len()
    }

    pub(crate) fn faults(&self) -> u64 {
        lock(&self.faults).0
    }

    pub(crate) fn line(&self) -> String {
        let events = lock(&self.events);
        let events: Vec<String> = events
            .iter()
            .map(|(event, count)| format!("{event} {count}"))
            .collect();
        events.join(", ")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
