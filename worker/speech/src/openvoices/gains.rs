//! How much louder each voice is made, so that all are equally loud.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;

use crate::SpeechError;

/// Voices whose gain is kept; mixes can have any weights.
const KEPT: usize = 256;

type Cell = Arc<OnceCell<f32>>;

/// Factors by voice, each measured once.
#[derive(Default)]
pub(crate) struct Gains(Mutex<HashMap<String, Cell>>);

impl Gains {
    /// The factor of a voice, which `measure` finds where it is not known.
    pub(super) async fn get(
        &self,
        voice: &str,
        measure: impl Future<Output = Result<f32, SpeechError>>,
    ) -> Result<f32, SpeechError> {
        let cell = self.cell(voice);
        cell.get_or_try_init(|| measure).await.copied()
    }

    fn cell(&self, voice: &str) -> Cell {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cells.len() >= KEPT && !cells.contains_key(voice) {
            cells.clear();
        }
        Arc::clone(cells.entry(voice.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_voice_is_measured_once_and_a_failure_is_not_kept() {
        let gains = Gains::default();
        let failed = || async { Err(SpeechError::Retry("no".to_owned())) };
        assert!(gains.get("a", failed()).await.is_err());
        assert_eq!(gains.get("a", async { Ok(2.0) }).await, Ok(2.0));
        assert_eq!(gains.get("a", failed()).await, Ok(2.0));
        assert_eq!(gains.get("b", async { Ok(3.0) }).await, Ok(3.0));
    }
}
