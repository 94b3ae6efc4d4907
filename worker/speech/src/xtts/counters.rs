//! What the engine counts for the metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{NAME, quality::Fault};
use crate::EngineCount;

/// Second takes and faults that were let pass, by reason.
#[derive(Debug, Default)]
pub(super) struct Counters {
    retakes: [AtomicU64; Fault::ALL.len()],
    faults: [AtomicU64; Fault::ALL.len()],
}

impl Counters {
    /// A passage is spoken a second time for this fault.
    pub(super) fn retake(&self, fault: Fault) {
        count(&self.retakes, fault);
    }

    /// A passage goes out with this fault, or with what was left of it.
    pub(super) fn fault(&self, fault: Fault) {
        count(&self.faults, fault);
    }

    pub(super) fn report(&self, restarts: u64) -> Vec<EngineCount> {
        let by_reason = |name: &'static str, counts: &[AtomicU64]| -> Vec<EngineCount> {
            let counted = Fault::ALL.into_iter().zip(counts);
            let counted = counted.map(|(fault, count)| EngineCount {
                name,
                labels: vec![("engine", NAME), ("reason", fault.as_str())],
                value: count.load(Ordering::Relaxed),
            });
            counted.filter(|count| count.value > 0).collect()
        };
        let mut report = by_reason("tts_retakes_total", &self.retakes);
        report.extend(by_reason("tts_faulty_passages_total", &self.faults));
        report.push(EngineCount {
            name: "tts_engine_restarts_total",
            labels: vec![("engine", NAME)],
            value: restarts,
        });
        report
    }
}

fn count(counts: &[AtomicU64; Fault::ALL.len()], fault: Fault) {
    if let Some(count) = counts.get(fault as usize) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_happened_is_reported() {
        let counters = Counters::default();
        assert_eq!(counters.report(0).len(), 1);
        counters.retake(Fault::Silence);
        counters.retake(Fault::Silence);
        counters.fault(Fault::Pause);
        let report = counters.report(3);
        assert_eq!(report.len(), 3);
        assert_eq!(
            report[0].labels,
            [("engine", "xtts"), ("reason", "silence")]
        );
        assert_eq!(
            (report[0].value, report[1].value, report[2].value),
            (2, 1, 3)
        );
    }
}
