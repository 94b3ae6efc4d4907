//! What the engines have counted, as samples for the metrics of the fleet: engines tell totals, the fleet adds what is new.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use kiskadee_speech::{EngineCount, Engines};
use serde_json::{Map, Value, json};

type Labels = Vec<(&'static str, &'static str)>;

/// The totals that were handed over.
#[derive(Debug, Default)]
pub(crate) struct EngineCounts(Mutex<HashMap<(&'static str, Labels), u64>>);

impl EngineCounts {
    /// What was added since the last call.
    pub(crate) fn take(&self, engines: &Engines) -> Vec<Value> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut samples = Vec::new();
        for count in engines.counts() {
            let EngineCount {
                name,
                labels,
                value,
            } = count;
            let before = known.entry((name, labels.clone())).or_default();
            let added = value.saturating_sub(*before);
            *before = value;
            if added > 0 {
                let labels: Map<String, Value> = labels
                    .into_iter()
                    .map(|(label, value)| (label.to_owned(), value.into()))
                    .collect();
                samples.push(json!({"name": name, "labels": labels, "value": added}));
            }
        }
        samples
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use kiskadee_speech::{Engine, EngineInfo, SpeechError, SpeechRequest, Utterance};

    use super::*;

    struct Counting(EngineInfo, Arc<AtomicU64>);

    impl Engine for Counting {
        fn info(&self) -> &EngineInfo {
            &self.0
        }

        fn speak(&self, _: Vec<SpeechRequest>) -> Vec<Result<Utterance, SpeechError>> {
            Vec::new()
        }

        fn counts(&self) -> Vec<EngineCount> {
            vec![EngineCount {
                name: "tts_engine_restarts_total",
                labels: vec![("engine", "counting")],
                value: self.1.load(Ordering::Relaxed),
            }]
        }
    }

    #[test]
    fn only_what_is_new_is_handed_over() {
        let total = Arc::new(AtomicU64::new(2));
        let info = EngineInfo {
            name: "counting".to_owned(),
            description: String::new(),
            sample_rate: 16_000,
            languages: Vec::new(),
            quality_profiles: Vec::new(),
            voices: Vec::new(),
        };
        let engines = Engines::new([Arc::new(Counting(info, Arc::clone(&total))) as _]);
        let counts = EngineCounts::default();
        let sample = |value| json!([{"name": "tts_engine_restarts_total", "labels": {"engine": "counting"}, "value": value}]);
        assert_eq!(Value::from(counts.take(&engines)), sample(2));
        assert_eq!(counts.take(&engines), Vec::<Value>::new());
        total.store(5, Ordering::Relaxed);
        assert_eq!(Value::from(counts.take(&engines)), sample(3));
    }
}
