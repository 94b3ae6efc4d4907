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
    /// How many jobs of the lane run at once.
    slots: f64,
    cost: f64,
    slot_seconds: f64,
}

#[derive(Debug, Default)]
pub(crate) struct Rates {
    by_key: Mutex<BTreeMap<String, Sums>>,
}

impl Rates {
    /// A job of this cost occupied one of a pool's slots for so long.
    pub(crate) fn note(&self, batch_key: &str, slots: usize, cost: i32, elapsed: Duration) {
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        let sums = by_key.entry(batch_key.to_owned()).or_default();
        sums.slots = slots as f64;
        sums.cost += f64::from(cost);
        sums.slot_seconds += elapsed.as_secs_f64().max(1e-3);
        if sums.slot_seconds > MEMORY_SECONDS {
            sums.cost /= 2.0;
            sums.slot_seconds /= 2.0;
        }
    }

    /// How long a job of this cost takes in its slot, by those before it; none where there were none.
    pub(crate) fn expected(&self, batch_key: &str, cost: i32) -> Option<Duration> {
        let by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        let sums = by_key.get(batch_key)?;
        let seconds = f64::from(cost) * sums.slot_seconds / sums.cost;
        Duration::try_from_secs_f64(seconds).ok()
    }

    /// `{batch key: cost per second with all slots at work}`, as the heartbeat reports it.
    pub(crate) fn report(&self) -> Value {
        let by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        let rates = by_key.iter().map(|(key, sums)| {
            let rate = sums.cost / sums.slot_seconds * sums.slots;
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
        let rates = Rates::default();
        rates.note("speech:espeak", 4, 300, Duration::from_secs(2));
        rates.note("speech:espeak", 4, 100, Duration::from_secs(2));
        assert_eq!(rates.report(), json!({"speech:espeak": 400.0}));
        let expected = |key, cost| rates.expected(key, cost);
        assert_eq!(
            expected("speech:espeak", 50),
            Some(Duration::from_millis(500))
        );
        assert_eq!(expected("speech:kiskadee", 50), None);
    }

    #[test]
    fn what_is_recent_counts_for_more() {
        let rates = Rates::default();
        for _ in 0..20 {
            rates.note("speech:espeak", 1, 100, Duration::from_secs(10));
        }
        for _ in 0..20 {
            rates.note("speech:espeak", 1, 1000, Duration::from_secs(10));
        }
        let rate = rates.report()["speech:espeak"].as_f64().unwrap();
        assert!(rate > 60.0 && rate <= 100.0, "{rate}");
    }
}
