//! What was spoken, as samples for the metrics of the whole fleet.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
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
struct Observed {
    generation: BTreeMap<String, Histogram>,
    sizes: Histogram,
}

impl Default for Observed {
    fn default() -> Self {
        Self {
            generation: BTreeMap::new(),
            sizes: Histogram::new(&SIZE_BOUNDS),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct SpeechMetrics(Mutex<Observed>);

impl SpeechMetrics {
    /// An accepted result. Only one that has audio is counted: a new voice has none.
    pub(crate) fn spoken(&self, result: &Value, elapsed: Duration) {
        let (Some(engine), Some(bytes)) = (result["engine"].as_str(), result["bytes"].as_u64())
        else {
            return;
        };
        let mut observed = self.lock();
        let generation = observed.generation.entry(engine.to_owned());
        generation
            .or_insert_with(|| Histogram::new(&GENERATION_BOUNDS))
            .observe(elapsed.as_secs_f64());
        observed.sizes.observe(bytes as f64);
    }

    /// Hands over what was observed; nothing when nothing happened.
    pub(crate) fn take_samples(&self) -> Vec<Value> {
        let taken = std::mem::take(&mut *self.lock());
        let generation = taken.generation.iter().map(|(engine, histogram)| {
            let name = "audio_generation_duration_seconds";
            histogram.sample(name, &json!({"engine": engine}))
        });
        let mut samples: Vec<Value> = generation.collect();
        if taken.sizes.count > 0 {
            samples.push(taken.sizes.sample("audio_file_size_bytes", &json!({})));
        }
        samples
    }

    fn lock(&self) -> MutexGuard<'_, Observed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_handed_over_once() {
        let metrics = SpeechMetrics::default();
        let result = json!({"engine": "espeak", "bytes": 5000});
        metrics.spoken(&result, Duration::from_millis(200));
        metrics.spoken(&result, Duration::from_secs(400));
        let samples = metrics.take_samples();
        assert_eq!(samples.len(), 2);
        assert_eq!(samples[0]["labels"], json!({"engine": "espeak"}));
        assert_eq!(samples[0]["count"], 2);
        assert_eq!(samples[0]["buckets"][2], json!([0.25, 1]));
        assert_eq!(samples[1]["buckets"][1], json!([16384.0, 2]));
        assert!(metrics.take_samples().is_empty());
    }

    #[test]
    fn a_voice_has_no_audio() {
        let metrics = SpeechMetrics::default();
        metrics.spoken(&json!({"engine": "xtts"}), Duration::from_secs(1));
        assert!(metrics.take_samples().is_empty());
    }
}
