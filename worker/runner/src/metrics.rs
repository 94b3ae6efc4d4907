//! What this process counts: its own page for Prometheus.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
};

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
    pub(crate) unknown_kinds: Counter,
}

impl Metrics {
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
            ("unknown_kinds_total", &self.unknown_kinds),
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
