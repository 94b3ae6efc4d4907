//! What this process counts: its own page for Prometheus, and the samples that join the metrics of the whole fleet.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};

/// The bounds of the fleet's histograms, as `telemetry.metric` has them.
const GENERATION_BOUNDS: [f64; 12] = [
    0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0,
];
const SIZE_BOUNDS: [f64; 8] = [
    4096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

/// A counter that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Observations since they were last handed over.
#[derive(Debug, Clone)]
struct Histogram {
    bounds: &'static [f64],
    counts: Vec<u64>,
    sum: f64,
    count: u64,
}

impl Histogram {
    fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            counts: vec![0; bounds.len()],
            sum: 0.0,
            count: 0,
        }
    }

    fn observe(&mut self, value: f64) {
        let place = self.bounds.iter().position(|bound| value <= *bound);
        if let Some(count) = place.and_then(|place| self.counts.get_mut(place)) {
            *count += 1;
        }
        self.sum += value;
        self.count += 1;
    }

    fn sample(&self, name: &str, labels: &Value) -> Value {
        let buckets: Vec<(f64, u64)> = self
            .bounds
            .iter()
            .copied()
            .zip(self.counts.iter().copied())
            .collect();
        json!({"name": name, "labels": labels, "buckets": buckets, "sum": self.sum, "count": self.count})
    }
}

#[derive(Debug)]
struct Fleet {
    generation: BTreeMap<String, Histogram>,
    sizes: Histogram,
}

impl Default for Fleet {
    fn default() -> Self {
        Self {
            generation: BTreeMap::new(),
            sizes: Histogram::new(&SIZE_BOUNDS),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) claims: Counter,
    pub(crate) empty_claims: Counter,
    pub(crate) claim_micros: Counter,
    pub(crate) claimed_jobs: Counter,
    pub(crate) settled_jobs: Counter,
    pub(crate) settle_statements: Counter,
    pub(crate) stale_completions: Counter,
    pub(crate) lease_losses: Counter,
    pub(crate) lost_claims: Counter,
    pub(crate) fences: Counter,
    pub(crate) model_switches: Counter,
    pub(crate) panics: Counter,
    fleet: Mutex<Fleet>,
}

impl Metrics {
    /// An accepted piece of audio.
    pub(crate) fn spoken(&self, engine: &str, elapsed: Duration, bytes: u64) {
        let mut fleet = self.fleet();
        let generation = fleet.generation.entry(engine.to_owned());
        generation
            .or_insert_with(|| Histogram::new(&GENERATION_BOUNDS))
            .observe(elapsed.as_secs_f64());
        fleet.sizes.observe(bytes as f64);
    }

    /// Hands over the samples for the fleet; nothing when nothing happened.
    pub(crate) fn take_fleet_samples(&self) -> Vec<Value> {
        let taken = std::mem::take(&mut *self.fleet());
        let mut samples: Vec<Value> = taken
            .generation
            .iter()
            .map(|(engine, histogram)| {
                histogram.sample(
                    "audio_generation_duration_seconds",
                    &json!({"engine": engine}),
                )
            })
            .collect();
        if taken.sizes.count > 0 {
            samples.push(taken.sizes.sample("audio_file_size_bytes", &json!({})));
        }
        samples
    }

    /// The page of this process.
    pub(crate) fn page(&self, gauges: &[(&str, f64)]) -> String {
        let counters = [
            ("claims_total", &self.claims),
            ("claims_empty_total", &self.empty_claims),
            ("claimed_jobs_total", &self.claimed_jobs),
            ("settled_jobs_total", &self.settled_jobs),
            ("settle_statements_total", &self.settle_statements),
            ("stale_completions_total", &self.stale_completions),
            ("lease_losses_total", &self.lease_losses),
            ("lost_claims_total", &self.lost_claims),
            ("fences_total", &self.fences),
            ("model_switches_total", &self.model_switches),
            ("job_panics_total", &self.panics),
        ];
        let mut page = String::new();
        for (name, counter) in counters {
            line(&mut page, name, "counter", counter.get() as f64);
        }
        line(
            &mut page,
            "claim_seconds_total",
            "counter",
            self.claim_micros.get() as f64 / 1e6,
        );
        for (name, value) in gauges {
            line(&mut page, name, "gauge", *value);
        }
        page
    }

    fn fleet(&self) -> MutexGuard<'_, Fleet> {
        self.fleet.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn line(page: &mut String, name: &str, kind: &str, value: f64) {
    // Writing to a string cannot fail.
    let _ = writeln!(
        page,
        "# TYPE kiskadee_worker_{name} {kind}\nkiskadee_worker_{name} {value}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_handed_over_once() {
        let metrics = Metrics::default();
        metrics.spoken("espeak", Duration::from_millis(200), 5000);
        metrics.spoken("espeak", Duration::from_secs(400), 5000);
        let samples = metrics.take_fleet_samples();
        assert_eq!(samples.len(), 2);
        assert_eq!(samples[0]["labels"], json!({"engine": "espeak"}));
        assert_eq!(samples[0]["count"], 2);
        assert_eq!(samples[0]["buckets"][2], json!([0.25, 1]));
        assert_eq!(samples[1]["buckets"][1], json!([16384.0, 2]));
        assert!(metrics.take_fleet_samples().is_empty());
    }

    #[test]
    fn the_page_is_prometheus_text() {
        let metrics = Metrics::default();
        metrics.claims.add(2);
        let page = metrics.page(&[("jobs_in_flight", 3.0)]);
        assert!(page.contains(
            "# TYPE kiskadee_worker_claims_total counter\nkiskadee_worker_claims_total 2\n"
        ));
        assert!(page.contains("kiskadee_worker_jobs_in_flight 3\n"));
    }
}
