//! How far an attempt has come, for whoever waits for it: a share, a stage in words, and a few figures of the family's own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

/// What a heartbeat takes of the words and figures of one job, as JSON: every worker sends them for all of its jobs.
const DETAIL_BYTES: usize = 1024;

/// Shared with the heartbeat, which takes what was said last.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Mutex<Said>>);

#[derive(Debug, Default)]
struct Said {
    /// 0..=100.
    percent: u8,
    stage: Option<&'static str>,
    detail: Option<Value>,
}

impl Progress {
    pub fn percent(&self) -> u8 {
        self.said().percent
    }

    /// `share` from 0 to 1.
    pub fn set(&self, share: f64) {
        self.said().percent = (share.clamp(0.0, 1.0) * 100.0) as u8;
    }

    /// A new stage (`training`, `rendering`), whose figures are yet to come.
    pub fn enter(&self, stage: &'static str) {
        let mut said = self.said();
        said.stage = Some(stage);
        said.detail = None;
    }

    /// Figures of this stage: a loss, a scene. What is longer than a heartbeat takes is left out.
    pub fn tell(&self, detail: Value) {
        let text = detail.to_string();
        // Postgres keeps no NUL in JSON: it would refuse the heartbeat of all jobs for the text of one.
        if text.len() <= DETAIL_BYTES && !text.contains("\\u0000") {
            self.said().detail = Some(detail);
        } else {
            tracing::debug!("the detail of the progress cannot be told");
        }
    }

    /// As `queue.lease.detail` has it; none where nothing was said.
    pub(crate) fn detail(&self) -> Option<Value> {
        let said = self.said();
        let stage = said.stage?;
        Some(match &said.detail {
            Some(detail) => json!({"stage": stage, "detail": detail}),
            None => json!({"stage": stage}),
        })
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_begins_without_the_figures_of_the_last() {
        let progress = Progress::default();
        assert_eq!(progress.detail(), None);
        progress.enter("reading");
        progress.tell(json!({"file": 3}));
        let said = json!({"stage": "reading", "detail": {"file": 3}});
        assert_eq!(progress.detail(), Some(said));
        progress.enter("training");
        assert_eq!(progress.detail(), Some(json!({"stage": "training"})));
    }

    #[test]
    fn what_a_heartbeat_cannot_carry_is_left_out() {
        let progress = Progress::default();
        progress.enter("training");
        progress.tell(json!({"log": "x".repeat(DETAIL_BYTES)}));
        progress.tell(json!({"log": "\0"}));
        assert_eq!(progress.detail(), Some(json!({"stage": "training"})));
    }

    #[test]
    fn a_share_is_a_percentage() {
        let progress = Progress::default();
        progress.set(0.429);
        assert_eq!(progress.percent(), 42);
        progress.set(7.0);
        assert_eq!(progress.percent(), 100);
    }
}
