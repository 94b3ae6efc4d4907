//! What the runner observes for the metrics of the whole fleet: how long jobs waited, and what claims bring and take.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};

use crate::histogram::Histogram;

const WAIT_BOUNDS: [f64; 13] = [
    0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0,
];
const CLAIM_BOUNDS: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
];
const JOBS_BOUNDS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

#[derive(Debug)]
struct Histograms {
    waits: BTreeMap<&'static str, Histogram>,
    claims: Histogram,
    jobs: Histogram,
}

impl Default for Histograms {
    fn default() -> Self {
        Self {
            waits: BTreeMap::new(),
            claims: Histogram::new(&CLAIM_BOUNDS),
            jobs: Histogram::new(&JOBS_BOUNDS),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Observed(Mutex<Histograms>);

impl Observed {
    /// A claim was answered with so many jobs. Of empty ones only the time is told: an idle worker asks all the time.
    pub(crate) fn claimed(&self, jobs: usize, took: Duration) {
        let mut all = self.lock();
        all.claims.observe(took.as_secs_f64());
        if jobs > 0 {
            all.jobs.observe(jobs as f64);
        }
    }

    /// A job has begun, so long after it could have.
    pub(crate) fn begun(&self, priority: i16, waited: Duration) {
        let mut all = self.lock();
        let waits = all.waits.entry(priority_name(priority));
        waits
            .or_insert_with(|| Histogram::new(&WAIT_BOUNDS))
            .observe(waited.as_secs_f64());
    }

    /// Hands over what was observed since the last call.
    pub(crate) fn take_samples(&self) -> Vec<Value> {
        let taken = std::mem::take(&mut *self.lock());
        let waits = taken.waits.iter().map(|(priority, waits)| {
            waits.sample("queue_wait_seconds", &json!({"priority": priority}))
        });
        let mut samples: Vec<Value> = waits.collect();
        for (name, histogram) in [
            ("queue_claim_seconds", &taken.claims),
            ("queue_claim_jobs", &taken.jobs),
        ] {
            if !histogram.is_empty() {
                samples.push(histogram.sample(name, &json!({})));
            }
        }
        samples
    }

    fn lock(&self) -> MutexGuard<'_, Histograms> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As the API calls it.
fn priority_name(priority: i16) -> &'static str {
    match priority {
        0 => "interactive",
        1 => "batch",
        _ => "background",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_told_by_priority_and_once() {
        let observed = Observed::default();
        observed.begun(0, Duration::from_millis(300));
        observed.begun(0, Duration::from_hours(2));
        observed.begun(1, Duration::from_secs(5));
        let samples = observed.take_samples();
        assert_eq!(samples.len(), 2);
        assert_eq!(samples[1]["labels"], json!({"priority": "interactive"}));
        assert_eq!(samples[1]["count"], 2);
        assert_eq!(samples[1]["buckets"][3], json!([0.5, 1]));
        assert_eq!(samples[0]["buckets"][6], json!([5.0, 1]));
        assert!(observed.take_samples().is_empty());
    }

    #[test]
    fn an_empty_claim_takes_time_and_brings_no_jobs() {
        let observed = Observed::default();
        observed.claimed(0, Duration::from_millis(2));
        observed.claimed(3, Duration::from_millis(4));
        let samples = observed.take_samples();
        assert_eq!(samples[0]["name"], "queue_claim_seconds");
        assert_eq!(samples[0]["count"], 2);
        assert_eq!(samples[1]["count"], 1);
        assert_eq!(samples[1]["buckets"][2], json!([4.0, 1]));
    }
}
