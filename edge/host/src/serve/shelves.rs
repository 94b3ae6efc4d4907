//! Instances for events, filled one after the other. What streams of one instance ask for together is asked once
//! however many they are; spread over many instances, each would ask for its own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use wasmtime_wasi_http::handler::ProxyHandler;

use crate::{component::Component, config::Sharing, instances::Instances};

/// So long a stream waits for an instance that lets nobody in, before it may have the next one.
const PATIENCE: Duration = Duration::from_millis(500);

/// Room for instances of one component, in the order in which they are filled.
pub(super) struct Shelves {
    shelves: Vec<Shelf>,
    unanswered: usize,
}

/// Room for one instance.
struct Shelf {
    handler: ProxyHandler<Instances>,
    unanswered: AtomicUsize,
}

/// A place among those who wait for the head of their answer, until it is dropped.
pub(super) struct Turn<'a>(&'a Shelf);

impl Shelves {
    pub(super) fn new(component: &Arc<Component>, bounds: Sharing) -> Self {
        let shelf = || Shelf {
            handler: ProxyHandler::new(Instances::new(component, bounds, 1)),
            unanswered: AtomicUsize::new(0),
        };
        let shelves = std::iter::repeat_with(shelf).take(bounds.instances_per_component);
        Self {
            shelves: shelves.collect(),
            unanswered: bounds.unanswered,
        }
    }

    /// With the first instance that is not full, and for one who has waited long with the next ones too.
    pub(super) fn turn(&self, waited: Duration) -> Option<Turn<'_>> {
        let others = waited.as_millis() / PATIENCE.as_millis();
        let others = usize::try_from(others).unwrap_or(usize::MAX);
        let open = self.shelves.iter().filter(|shelf| !shelf.is_full());
        open.take(others.saturating_add(1))
            .find_map(|shelf| shelf.turn(self.unanswered))
    }
}

impl Shelf {
    fn is_full(&self) -> bool {
        self.handler.state().is_full()
    }

    fn turn(&self, limit: usize) -> Option<Turn<'_>> {
        let more = |unanswered| (unanswered < limit).then_some(unanswered + 1);
        let entered = self
            .unanswered
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        // Made only where it was entered: one that is dropped leaves again.
        entered.is_ok().then(|| Turn(self))
    }
}

impl Turn<'_> {
    pub(super) fn handler(&self) -> &ProxyHandler<Instances> {
        &self.0.handler
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.unanswered.fetch_sub(1, Ordering::Relaxed);
    }
}
