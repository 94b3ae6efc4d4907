//! What was spoken, as samples for the metrics of the whole fleet.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kiskadee_runner::Histogram;
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
const FACTOR_BOUNDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
];

#[derive(Debug)]
struct OfEngine {
    generation: Histogram,
    /// Time to make audio over how long it sounds.
    factors: Histogram,
    audio_seconds: f64,
}

impl OfEngine {
    fn new() -> Self {
        Self {
            generation: Histogram::new(&GENERATION_BOUNDS),
            factors: Histogram::new(&FACTOR_BOUNDS),
            audio_seconds: 0.0,
        }
    }

    fn observe(&mut self, took: f64, sounds: f64) {
        self.generation.observe(took);
        if sounds > 0.0 {
            self.factors.observe(took / sounds);
            self.audio_seconds += sounds;
        }
    }

    fn samples(&self, engine: &str) -> Vec<Value> {
        let labels = json!({"engine": engine});
        let mut samples = vec![
            self.generation
                .sample("audio_generation_duration_seconds", &labels),
        ];
        if !self.factors.is_empty() {
            samples.push(self.factors.sample("tts_real_time_factor", &labels));
            samples.push(json!({"name": "audio_seconds_total", "labels": labels, "value": self.audio_seconds}));
        }
        samples
    }
}

#[derive(Debug)]
struct Observed {
    engines: BTreeMap<String, OfEngine>,
    sizes: Histogram,
}

impl Default for Observed {
    fn default() -> Self {
        Self {
            engines: BTreeMap::new(),
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
        let sounds = result["duration_seconds"].as_f64().unwrap_or_default();
        let of_engine = observed.engines.entry(engine.to_owned());
        of_engine
            .or_insert_with(OfEngine::new)
            .observe(elapsed.as_secs_f64(), sounds);
        observed.sizes.observe(bytes as f64);
    }

    /// Hands over what was observed; nothing when nothing happened.
    pub(crate) fn take_samples(&self) -> Vec<Value> {
        let taken = std::mem::take(&mut *self.lock());
        let engines = taken.engines.iter();
        let mut samples: Vec<Value> = engines
            .flat_map(|(engine, observed)| observed.samples(engine))
            .collect();
        if !taken.sizes.is_empty() {
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
    fn how_long_it_sounds_is_told_beside_how_long_it_took() {
        let metrics = SpeechMetrics::default();
        let result = json!({"engine": "xtts", "bytes": 5000, "duration_seconds": 4.0});
        metrics.spoken(&result, Duration::from_secs(1));
        metrics.spoken(&result, Duration::from_secs(2));
        let samples = metrics.take_samples();
        assert_eq!(samples[1]["name"], "tts_real_time_factor");
        assert_eq!(samples[1]["buckets"][7], json!([0.25, 1]));
        assert_eq!(samples[1]["buckets"][8], json!([0.5, 1]));
        assert_eq!(samples[2]["value"], 8.0);
    }

    #[test]
    fn a_voice_has_no_audio() {
        let metrics = SpeechMetrics::default();
        metrics.spoken(&json!({"engine": "xtts"}), Duration::from_secs(1));
        assert!(metrics.take_samples().is_empty());
    }
}
