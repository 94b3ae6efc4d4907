//! Where the listener of a stream and the one who brings its audio find each other.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::HeaderMap;
use subtle::ConstantTimeEq;
use tokio::{
    sync::{Notify, oneshot},
    time::timeout,
};

use super::{StreamFailure, spool::Reader};

/// A job can be claimed before the listener, who enqueued it, has sat down.
const LISTENER_COMES_WITHIN: Duration = Duration::from_secs(3);
/// Listeners that wait at once.
const SEATS: usize = 10_000;

/// What a listener gets.
pub(super) enum Offer {
    Audio {
        description: HeaderMap,
        audio: Reader,
    },
    Failure(StreamFailure),
}

/// All listeners that wait for their audio to begin.
#[derive(Default)]
pub(super) struct Meetings {
    waiting: Mutex<HashMap<String, Waiting>>,
    arrived: Notify,
}

struct Waiting {
    secret: String,
    listener: oneshot::Sender<Offer>,
}

/// The place of a listener; it is free again when this is dropped.
pub(super) struct Seat {
    meetings: Arc<Meetings>,
    stream: String,
    offer: oneshot::Receiver<Offer>,
}

impl Meetings {
    /// Takes a seat, unless the stream has a listener already, its secret is empty, or there is no seat left.
    pub(super) fn wait(self: &Arc<Self>, stream: String, secret: String) -> Option<Seat> {
        let (listener, offer) = oneshot::channel();
        let mut waiting = self.waiting();
        if secret.is_empty() || waiting.len() >= SEATS || waiting.contains_key(&stream) {
            return None;
        }
        waiting.insert(stream.clone(), Waiting { secret, listener });
        drop(waiting);
        self.arrived.notify_waiters();
        Some(Seat {
            meetings: Arc::clone(self),
            stream,
            offer,
        })
    }

    /// The listener of a stream, who is then no longer waiting.
    pub(super) async fn meet(&self, stream: &str, secret: &str) -> Option<oneshot::Sender<Offer>> {
        if !self.is_awaited(stream, secret).await {
            return None;
        }
        self.waiting()
            .remove(stream)
            .map(|waiting| waiting.listener)
    }

    /// Whether a stream has a listener, or gets one within moments.
    pub(super) async fn is_awaited(&self, stream: &str, secret: &str) -> bool {
        let sits_down = async {
            loop {
                let arrived = self.arrived.notified();
                if let Some(is_right) = self.knows(stream, secret) {
                    return is_right;
                }
                arrived.await;
            }
        };
        timeout(LISTENER_COMES_WITHIN, sits_down)
            .await
            .unwrap_or(false)
    }

    /// Whether the secret is right, if there is such a listener.
    fn knows(&self, stream: &str, secret: &str) -> Option<bool> {
        let waiting = self.waiting();
        let expected = &waiting.get(stream)?.secret;
        Some(expected.as_bytes().ct_eq(secret.as_bytes()).into())
    }

    /// Whole between any two statements, so a panic elsewhere does not spoil it.
    fn waiting(&self) -> MutexGuard<'_, HashMap<String, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// What was brought; none if the bringer broke off before it began.
    pub(super) async fn offer(mut self) -> Option<Offer> {
        (&mut self.offer).await.ok()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.offer.close();
        let mut waiting = self.meetings.waiting();
        // Another listener may sit here once this one was met.
        if waiting
            .get(&self.stream)
            .is_some_and(|waiting| waiting.listener.is_closed())
        {
            waiting.remove(&self.stream);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Offer {
        Offer::Failure(StreamFailure {
            rejected: true,
            message: "no".to_owned(),
        })
    }

    #[tokio::test]
    async fn the_bringer_may_come_first() {
        let meetings = Arc::new(Meetings::default());
        let bringer = tokio::spawn({
            let meetings = Arc::clone(&meetings);
            async move {
                meetings
                    .meet("a", "secret")
                    .await
                    .is_some_and(|to| to.send(failure()).is_ok())
            }
        });
        tokio::task::yield_now().await;
        let seat = meetings.wait("a".to_owned(), "secret".to_owned()).unwrap();
        assert!(matches!(seat.offer().await, Some(Offer::Failure(_))));
        assert!(bringer.await.unwrap());
    }

    #[tokio::test]
    async fn nobody_meets_without_the_secret_or_a_listener() {
        let meetings = Arc::new(Meetings::default());
        assert!(meetings.meet("a", "secret").await.is_none());
        let seat = meetings.wait("a".to_owned(), "secret".to_owned()).unwrap();
        assert!(meetings.meet("a", "guess").await.is_none());
        assert!(meetings.wait("a".to_owned(), "secret".to_owned()).is_none());
        drop(seat);
        assert!(meetings.knows("a", "secret").is_none());
        assert!(meetings.wait("b".to_owned(), String::new()).is_none());
    }
}
