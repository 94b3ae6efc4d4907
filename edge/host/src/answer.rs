//! An answer's body on its way to the client: what it holds until it is sent, and how slowly it may be taken.
//!
//! Whoever takes nothing of an answer is not heard of by it: the server asks for the next part only when there is room for
//! it. So all answers under way are looked over from outside, by one task.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use tokio::sync::Notify;
use wasmtime_wasi_http::{Error, WasiBody};

use crate::{admission::Place, instances::Presence};

/// An answer longer than this counts as a stream, whatever it is.
const LONG: u64 = 1 << 20;

/// How often all answers under way are looked over.
const LOOK: Duration = Duration::from_millis(250);

/// Whether an answer may take as long as it likes: its length is unknown, or great.
pub(crate) fn is_stream(response: &Response<WasiBody>) -> bool {
    let has_no_body = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];
    if has_no_body.contains(&response.status()) || response.body().is_end_stream() {
        return false;
    }
    let length = response
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    length.is_none_or(|length| length > LONG)
}

/// How fast a body must come or go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) bytes_per_second: u64,
    pub(crate) window: Duration,
}

impl Pace {
    /// What is too little in a window.
    pub(crate) fn least(self) -> u64 {
        let millis = u64::try_from(self.window.as_millis()).unwrap_or(u64::MAX);
        self.bytes_per_second.saturating_mul(millis) / 1000
    }
}

/// What an answer holds until it is sent.
struct Sending {
    body: WasiBody,
    _place: Place,
    _presence: Presence,
}

struct State {
    /// Until it was cut.
    sending: Option<Sending>,
    /// Everything that the component has made is taken.
    has_nothing: bool,
    taken: u64,
    since: Instant,
}

/// An answer under way, as the one who looks them over sees it.
struct Underway {
    state: Mutex<State>,
    pace: Pace,
    /// Tells the connection to end, where nothing else is on it.
    cut: Option<Arc<Notify>>,
}

impl Underway {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the answer when too little of it was taken.
    fn look(&self) {
        let mut state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // It is being taken this very moment.
            Err(TryLockError::WouldBlock) => return,
        };
        if !state.has_nothing && state.since.elapsed() < self.pace.window {
            return;
        }
        let is_slow = !state.has_nothing && state.taken < self.pace.least();
        state.taken = 0;
        state.since = Instant::now();
        let ended = if is_slow { state.sending.take() } else { None };
        drop(state);
        if ended.is_some() {
            tracing::info!("an answer was taken too slowly and is cut off");
            if let Some(cut) = &self.cut {
                cut.notify_one();
            }
        }
    }
}

/// All answers under way.
#[derive(Default)]
pub(crate) struct Answers(Mutex<Vec<Weak<Underway>>>);

impl Answers {
    /// The body to send. `cut` ends its connection, where the connection has no other use.
    pub(crate) fn send(
        &self,
        body: WasiBody,
        (held, presence): (Place, Presence),
        pace: Pace,
        cut: Option<Arc<Notify>>,
    ) -> Running {
        let underway = Arc::new(Underway {
            state: Mutex::new(State {
                sending: Some(Sending {
                    body,
                    _place: held,
                    _presence: presence,
                }),
                has_nothing: false,
                taken: 0,
                since: Instant::now(),
            }),
            pace,
            cut,
        });
        self.all().push(Arc::downgrade(&underway));
        Running(underway)
    }

    /// Looks them over until it is dropped.
    pub(crate) async fn watch(&self) {
        loop {
            tokio::time::sleep(LOOK).await;
            let mut seen = Vec::new();
            // Outside of the lock: ending an answer takes time.
            self.all().retain(|answer| match answer.upgrade() {
                Some(answer) => {
                    seen.push(answer);
                    true
                }
                None => false,
            });
            for answer in seen {
                answer.look();
            }
        }
    }

    fn all(&self) -> MutexGuard<'_, Vec<Weak<Underway>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer's body. What it holds is given back when it has been sent, given up or cut off.
pub(crate) struct Running(Arc<Underway>);

impl Body for Running {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut state = self.0.state();
        let Some(sending) = &mut state.sending else {
            return Poll::Ready(Some(Err(Error::ConnectionWriteTimeout)));
        };
        let frame = Pin::new(&mut sending.body).poll_frame(cx);
        if frame.is_ready() && state.has_nothing {
            state.taken = 0;
            state.since = Instant::now();
        }
        state.has_nothing = frame.is_pending();
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            state.taken += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        let state = self.0.state();
        state
            .sending
            .as_ref()
            .is_some_and(|sending| sending.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let state = self.0.state();
        let sending = state.sending.as_ref();
        sending.map_or_else(SizeHint::default, |sending| sending.body.size_hint())
    }
}
