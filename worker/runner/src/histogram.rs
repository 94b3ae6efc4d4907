//! A histogram of the fleet's metrics, filled between two calls of `telemetry.record`.

use serde_json::{Value, json};

/// Observations since they were last handed over. `bounds` are those that the metric has in `telemetry.metric`.
#[derive(Debug, Clone)]
pub struct Histogram {
    bounds: &'static [f64],
    counts: Vec<u64>,
    sum: f64,
    count: u64,
}

impl Histogram {
    /// An empty one; `bounds` ascend.
    pub fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            counts: vec![0; bounds.len()],
            sum: 0.0,
            count: 0,
        }
    }

    /// Counts a value in the first bucket whose bound is not below it.
    pub fn observe(&mut self, value: f64) {
        let place = self.bounds.iter().position(|bound| value <= *bound);
        if let Some(count) = place.and_then(|place| self.counts.get_mut(place)) {
            *count += 1;
        }
        self.sum += value;
        self.count += 1;
    }

    /// Whether nothing was observed.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// As `telemetry.record` takes it.
    pub fn sample(&self, name: &str, labels: &Value) -> Value {
        let buckets: Vec<(f64, u64)> = self
            .bounds
            .iter()
            .copied()
            .zip(self.counts.iter().copied())
            .collect();
        json!({"name": name, "labels": labels, "buckets": buckets, "sum": self.sum, "count": self.count})
    }
}
