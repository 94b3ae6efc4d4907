//! All instances that have a request for themselves, of all components: bounded together, the last used first.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::Request;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::{Instant, sleep},
};
use wasmtime_wasi_http::WasiBody;

use super::{
    Presence,
    alone::{Alone, Failure, Head},
};
use crate::{admission::Place, component::Component};

/// How often instances without work are looked over.
const LOOK: Duration = Duration::from_secs(1);

/// The instances; each component has a number.
pub(crate) struct Pool {
    slots: Arc<Semaphore>,
    /// Those without work by component, the one that was used last at the end.
    idle: Mutex<Vec<VecDeque<Alone>>>,
}

/// What there is for a request.
enum Found {
    Idle(Box<Alone>),
    Room(OwnedSemaphorePermit),
}

impl Pool {
    pub(crate) fn new(instances: usize, components: usize) -> Arc<Self> {
        let idle = std::iter::repeat_with(VecDeque::new).take(components);
        Arc::new(Self {
            // One more, for the one that is just being ended.
            slots: Arc::new(Semaphore::new(instances + 1)),
            idle: Mutex::new(idle.collect()),
        })
    }

    /// Gives the request an instance of its own. `place` is given back when the instance has nothing more to do.
    pub(crate) async fn handle(
        self: &Arc<Self>,
        (number, component): (usize, &Arc<Component>),
        presence: &Presence,
        request: Request<WasiBody>,
        place: Place,
    ) -> Head {
        let mut instance = match self.find(number) {
            Some(Found::Idle(instance)) => instance,
            Some(Found::Room(slot)) => made(component, slot).await?,
            // There are no fewer slots than places.
            None => return Err(Failure::Broken),
        };
        let (head, answer) = oneshot::channel();
        let (pool, presence) = (Arc::clone(self), presence.clone());
        tokio::spawn(async move {
            if instance.serve(request, presence, head).await {
                pool.give_back(number, *instance);
            } else {
                drop(instance);
            }
            // There is an instance again for whoever takes the place.
            drop(place);
        });
        answer.await.unwrap_or(Err(Failure::Broken))
    }

    /// The instance that was used last, or room for a new one; where there is none, another component's goes that has been
    /// idle for the longest time.
    fn find(&self, number: usize) -> Option<Found> {
        let mut idle = self.idle();
        let last = idle.get_mut(number).and_then(VecDeque::pop_back);
        // Those before it are older still.
        if let Some(instance) = last.filter(Alone::is_current) {
            return Some(Found::Idle(Box::new(instance)));
        }
        let room = || Arc::clone(&self.slots).try_acquire_owned().ok();
        if let Some(slot) = room() {
            return Some(Found::Room(slot));
        }
        let oldest = idle
            .iter_mut()
            .filter(|of_one| !of_one.is_empty())
            .min_by_key(|of_one| of_one.front().map(|instance| instance.idle_since))?;
        drop(oldest.pop_front());
        room().map(Found::Room)
    }

    fn give_back(&self, number: usize, mut instance: Alone) {
        instance.idle_since = Instant::now();
        if let Some(of_one) = self.idle().get_mut(number) {
            of_one.push_back(instance);
        }
    }

    /// Ends instances that have been idle for `limit`, and those with variables of yesterday, until it is dropped.
    pub(crate) async fn watch(&self, limit: Duration) {
        loop {
            sleep(LOOK.min(limit)).await;
            // Outside of the lock, and one after the other: giving memory back takes time.
            while let Some(instance) = self.over(limit) {
                drop(instance);
            }
        }
    }

    fn over(&self, limit: Duration) -> Option<Alone> {
        let now = Instant::now();
        let is_over = |instance: &Alone| {
            now.duration_since(instance.idle_since) >= limit || !instance.is_current()
        };
        let mut idle = self.idle();
        let of_one = idle
            .iter_mut()
            .find(|of_one| of_one.front().is_some_and(is_over))?;
        of_one.pop_front()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<VecDeque<Alone>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn made(
    component: &Arc<Component>,
    slot: OwnedSemaphorePermit,
) -> Result<Box<Alone>, Failure> {
    let made = Alone::make(component, slot).await;
    made.map(Box::new).map_err(|error| {
        component.broke();
        tracing::error!(component = %component.name(), error = %format!("{error:#}"), "an instance cannot be made");
        Failure::Broken
    })
}
