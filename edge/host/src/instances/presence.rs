//! Whether somebody still waits for an answer or sends one.

use std::sync::{Arc, OnceLock, Weak};

use tokio::sync::Notify;

use crate::progress::{Moment, Progress};

/// Held by whoever waits for an answer or still sends one, so that its instance knows whether somebody does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Presence(Arc<Held>);

#[derive(Debug, Default)]
struct Held {
    /// The shared instance's, once it has the request: counted by it.
    instance: OnceLock<Arc<Moment>>,
    progress: Arc<Progress>,
    gone: Arc<Notify>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.gone.notify_one();
    }
}

impl Presence {
    /// What of the request's body has arrived.
    pub(crate) fn progress(&self) -> &Arc<Progress> {
        &self.0.progress
    }

    /// Told when nobody waits or sends any more.
    pub(crate) fn gone(&self) -> Arc<Notify> {
        Arc::clone(&self.0.gone)
    }

    /// Lets an instance that has many requests at once count them, and tells it of what arrives.
    pub(super) fn belongs_to(&self, instance: &Arc<Moment>) {
        // Handed over once; a second time would be another request with a presence of its own.
        let _ = self.0.instance.set(Arc::clone(instance));
        self.0
            .progress
            .tell(Arc::downgrade(instance) as Weak<Moment>);
    }
}
