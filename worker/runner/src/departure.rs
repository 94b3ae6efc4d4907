//! When the machine of a worker goes: the drain ends by then, however long it may take otherwise.

use std::{sync::Arc, time::Instant};

use tokio::sync::watch;

/// Who runs the runner tells it here that the machine will be taken away. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Departure(Arc<watch::Sender<Option<Instant>>>);

impl Default for Departure {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Departure {
    /// The machine goes at `at`; of several times the earliest counts. To be told before the worker is told to stop, or meanwhile.
    pub fn announce(&self, at: Instant) {
        self.0.send_if_modified(|known| {
            let is_earlier = known.is_none_or(|known| at < known);
            if is_earlier {
                *known = Some(at);
            }
            is_earlier
        });
    }

    /// None while nobody has said so.
    pub fn at(&self) -> Option<Instant> {
        *self.0.borrow()
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Option<Instant>> {
        self.0.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_earliest_time_counts() {
        let departure = Departure::default();
        assert_eq!(departure.at(), None);
        let now = Instant::now();
        let soon = now + Duration::from_secs(5);
        for at in [
            now + Duration::from_mins(1),
            soon,
            now + Duration::from_mins(2),
        ] {
            departure.announce(at);
        }
        assert_eq!(departure.at(), Some(soon));
    }
}
