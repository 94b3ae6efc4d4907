//! Second takes: a passage in which something is wrong is spoken once more, and the better of both is used.

use super::{
    protocol::End,
    quality::{Fault, Take},
    session::{Running, Session},
};
use crate::SpeechError;

impl Session {
    /// The samples of a passage whose first take is `first`. A fault that stays is told in the log and counted; only
    /// silence is an error.
    pub(super) async fn settle(
        &self,
        running: &Running,
        first: Take,
    ) -> Result<Vec<f32>, SpeechError> {
        let measure = self.measure(&running.passage);
        let fault = measure.fault(&first);
        if let Some(fault) = fault {
            self.note_retake(running, fault);
        } else if !self.twice {
            return Ok(first.samples);
        }
        let passage = running.passage.clone();
        let mut again = self.order(passage, running.index, running.attempt + 1)?;
        let second = again.take().await?;
        let merit = |take: &Take| (measure.fault(take), measure.oddity(take));
        let better = if merit(&second) < merit(&first) {
            second
        } else {
            first
        };
        self.finish(running, better)
    }

    fn finish(&self, running: &Running, mut take: Take) -> Result<Vec<f32>, SpeechError> {
        let measure = self.measure(&running.passage);
        let Some(fault) = measure.fault(&take) else {
            return Ok(take.samples);
        };
        if fault == Fault::Silence {
            return Err(silent());
        }
        let cut = match fault {
            Fault::Runaway | Fault::Repetition => measure.cut(&mut take),
            _ => 0,
        };
        self.note_fault(running, fault, cut);
        Ok(take.samples)
    }

    pub(super) fn note_retake(&self, running: &Running, fault: Fault) {
        self.counters.retake(fault);
        tracing::info!(
            fault = fault.as_str(),
            passage = running.index,
            "a passage is spoken once more"
        );
    }

    /// `cut` is in samples.
    pub(super) fn note_fault(&self, running: &Running, fault: Fault, cut: usize) {
        self.counters.fault(fault);
        tracing::warn!(
            fault = fault.as_str(),
            passage = running.index,
            cut_seconds = cut as f64 / f64::from(self.sample_rate),
            "a passage has a fault in both takes"
        );
    }

    /// What is known of a passage that was heard while it was made.
    pub(super) fn note_heard(&self, running: &Running, codes: Vec<u32>, end: End) {
        let heard = Take {
            samples: Vec::new(),
            codes,
            end,
        };
        if let Some(fault) = heard.fault_of_codes() {
            self.note_fault(running, fault, 0);
        }
    }
}

pub(super) fn silent() -> SpeechError {
    SpeechError::Retry("the model was silent over a passage, twice".to_owned())
}
