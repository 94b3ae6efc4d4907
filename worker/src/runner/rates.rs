//! The throughput of this worker: cost per second for each batch key, from the jobs that it completed.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Map, Value};

/// Older work counts for less: when so many slot-seconds are on the books, both sums are halved.
const MEMORY_SECONDS: f64 = 120.0;

#[derive(Debug, Default)]
struct Sums {
    cost: f64,
    slot_seconds: f64,
}

#[derive(Debug)]
pub(crate) struct Rates {
    slots: f64,
    by_key: Mutex<BTreeMap<String, Sums>>,
}

impl Rates {
    pub(crate) fn new(slots: usize) -> Self {
        Self {
            slots: slots as f64,
            by_key: Mutex::default(),
        }
    }

    /// A job of this cost occupied a slot for so long.
    pub(crate) fn note(&self, batch_key: &str, cost: i32, elapsed: Duration) {
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        let sums = by_key.entry(batch_key.to_owned()).or_default();
        sums.cost += f64::from(cost);
        sums.slot_seconds += elapsed.as_secs_f64().max(1e-3);
        if sums.slot_seconds > MEMORY_SECONDS {
            sums.cost /= 2.0;
            sums.slot_seconds /= 2.0;
        }
    }

    /// `{batch key: cost per second with all slots at work}`, as the heartbeat reports it.
    pub(crate) fn report(&self) -> Value {
        let by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        let rates = by_key.iter().map(|(key, sums)| {
            let rate = sums.cost / sums.slot_seconds * self.slots;
            (key.clone(), Value::from((rate * 10.0).round() / 10.0))
        });
        Value::Object(rates.collect::<Map<_, _>>())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rate_is_what_all_slots_do_together() {
        let rates = Rates::new(4);
        rates.note("speech:espeak", 300, Duration::from_secs(2));
        rates.note("speech:espeak", 100, Duration::from_secs(2));
        assert_eq!(rates.report(), json!({"speech:espeak": 400.0}));
    }

    #[test]
    fn what_is_recent_counts_for_more() {
        let rates = Rates::new(1);
        for _ in 0..20 {
            rates.note("speech:espeak", 100, Duration::from_secs(10));
        }
        for _ in 0..20 {
            rates.note("speech:espeak", 1000, Duration::from_secs(10));
        }
        let rate = rates.report()["speech:espeak"].as_f64().unwrap();
        assert!(rate > 60.0 && rate <= 100.0, "{rate}");
    }
}
