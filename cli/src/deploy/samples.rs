//! Figures of the fleet at one moment, and what happened between two.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Counters since the fleet's beginning, and gauges of the moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sample {
    pub(super) at: f64,
    requests: f64,
    /// Answered with 5xx.
    errors: f64,
    /// Upper bounds of the latency's buckets in seconds, and how many lie in each; the last has no bound.
    bounds: Vec<f64>,
    counts: Vec<f64>,
    pub(super) queue_seconds: f64,
}

/// Between two samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) requests: f64,
    pub(super) error_ratio: f64,
    /// The bound of the bucket in which the 99th of a hundred lies.
    pub(super) p99_seconds: f64,
    pub(super) queue_seconds: f64,
}

/// Streams, which last as long as somebody listens, are no latency.
const STREAMS: [&str; 3] = ["/events", "/v1/audio/speech", "/training/logs"];

impl Sample {
    /// From the metrics as `api.metrics` gives them.
    pub(super) fn of(metrics: &Value, at: f64) -> Result<Self> {
        let mut sample = Self {
            at,
            ..Self::default()
        };
        for metric in metrics.as_array().context("metrics are no list")? {
            let series = metric["samples"].as_array();
            for one in series.into_iter().flatten() {
                sample.add(metric, one);
            }
        }
        Ok(sample)
    }

    fn add(&mut self, metric: &Value, one: &Value) {
        let value = one["value"].as_f64().unwrap_or_default();
        let label = |name: &str| one["labels"][name].as_str().unwrap_or_default();
        match metric["name"].as_str() {
            Some("http_requests_total") => {
                self.requests += value;
                if label("status").starts_with('5') {
                    self.errors += value;
                }
            }
            Some("queue_oldest_job_seconds") => self.queue_seconds = self.queue_seconds.max(value),
            Some("api_latency_seconds")
                if !STREAMS.iter().any(|end| label("endpoint").ends_with(end)) =>
            {
                self.bounds = numbers(&metric["bounds"]);
                let counts = numbers(&one["counts"]);
                self.counts.resize(self.counts.len().max(counts.len()), 0.0);
                for (sum, count) in self.counts.iter_mut().zip(counts) {
                    *sum += count;
                }
            }
            _ => {}
        }
    }

    /// What happened since an earlier one.
    pub(super) fn since(&self, earlier: &Self) -> Span {
        let requests = (self.requests - earlier.requests).max(0.0);
        let errors = (self.errors - earlier.errors).max(0.0);
        let before = earlier.counts.iter().chain(std::iter::repeat(&0.0));
        let counts = self.counts.iter().zip(before);
        let counts: Vec<_> = counts.map(|(now, then)| (now - then).max(0.0)).collect();
        Span {
            requests,
            error_ratio: if requests > 0.0 {
                errors / requests
            } else {
                0.0
            },
            p99_seconds: self.quantile(&counts, 0.99),
            queue_seconds: self.queue_seconds.max(earlier.queue_seconds),
        }
    }

    fn quantile(&self, counts: &[f64], share: f64) -> f64 {
        let all: f64 = counts.iter().sum();
        let mut seen = 0.0;
        for (place, count) in counts.iter().enumerate() {
            seen += count;
            if all > 0.0 && seen >= all * share {
                let last = self.bounds.last().copied().unwrap_or_default();
                return self.bounds.get(place).copied().unwrap_or(last * 2.0);
            }
        }
        0.0
    }
}

fn numbers(list: &Value) -> Vec<f64> {
    let list = list.as_array();
    let numbers = list.into_iter().flatten();
    numbers
        .map(|one| one.as_f64().unwrap_or_default())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(good: u32, bad: u32, slow: u32) -> Value {
        let latency = |endpoint: &str, counts: [u32; 3]| json!({"labels": {"endpoint": endpoint}, "counts": counts});
        json!([
            {"name": "http_requests_total", "samples": [
                {"labels": {"status": "200"}, "value": good}, {"labels": {"status": "503"}, "value": bad}]},
            {"name": "api_latency_seconds", "bounds": [0.1, 1.0], "samples": [
                latency("/auth/me", [good, slow, 0]), latency("/v1/audio/speech", [0, 0, 1000])]},
            {"name": "queue_oldest_job_seconds", "samples": [
                {"labels": {}, "value": 3}, {"labels": {}, "value": 7}]},
        ])
    }

    #[test]
    fn what_happened_between_two_is_told() {
        let one = Sample::of(&page(100, 5, 50), 1.0).unwrap();
        let other = Sample::of(&page(200, 5, 50), 2.0).unwrap();
        let quiet = other.since(&one);
        assert_eq!((quiet.requests, quiet.error_ratio), (100.0, 0.0));
        assert_eq!((quiet.p99_seconds, quiet.queue_seconds), (0.1, 7.0));
        let third = Sample::of(&page(290, 15, 60), 3.0).unwrap();
        let loud = third.since(&other);
        assert_eq!((loud.error_ratio, loud.p99_seconds), (0.1, 1.0));
        assert!(one.since(&one).p99_seconds.abs() < f64::EPSILON);
    }
}
