//! How long a job waits for the first audio of its engine: what a listener hears as the delay.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use futures::{StreamExt as _, TryStreamExt as _};
use kiskadee_runner::Histogram;
use kiskadee_speech::Utterance;
use serde_json::{Value, json};

const METRIC: &str = "tts_time_to_first_audio_seconds";
/// As `telemetry.metric` has them.
const BOUNDS: [f64; 12] = [
    0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

/// What was observed since it was last handed over, by engine. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct FirstAudio(Arc<Mutex<BTreeMap<String, Histogram>>>);

impl FirstAudio {
    /// The same utterance, whose first audio is noted.
    pub(crate) fn watch(&self, engine: &str, begun: Instant, utterance: Utterance) -> Utterance {
        let (here, engine) = (self.clone(), engine.to_owned());
        let mut is_first = true;
        let audio = utterance.audio.inspect_ok(move |chunk| {
            if is_first && !chunk.samples.is_empty() {
                is_first = false;
                here.note(&engine, begun.elapsed().as_secs_f64());
            }
        });
        Utterance {
            audio: audio.boxed(),
            ..utterance
        }
    }

    fn note(&self, engine: &str, seconds: f64) {
        let mut observed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_engine = observed.entry(engine.to_owned());
        let of_engine = of_engine.or_insert_with(|| Histogram::new(&BOUNDS));
        of_engine.observe(seconds);
    }

    pub(crate) fn take_samples(&self) -> Vec<Value> {
        let mut observed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = std::mem::take(&mut *observed);
        let samples = taken.iter();
        samples
            .map(|(engine, times)| times.sample(METRIC, &json!({"engine": engine})))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_handed_over_once() {
        let times = FirstAudio::default();
        times.note("kokoro", 0.2);
        times.clone().note("kokoro", 3.0);
        let samples = times.take_samples();
        assert_eq!(samples.len(), 1);
        assert_eq!(samples[0]["name"], METRIC);
        assert_eq!(samples[0]["count"], 2);
        assert_eq!(samples[0]["buckets"][4], json!([0.25, 1]));
        assert!(times.take_samples().is_empty());
    }
}
