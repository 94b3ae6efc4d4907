//! Bodies of requests on their way to a component: bounded in length, and in how slowly they come. What a component leaves of
//! one is read to its end: over HTTP/1 a connection that is closed before takes the answer along.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::{Request, Version, body::Incoming, header};
use tokio::{
    runtime::Handle,
    time::{Instant, Sleep, sleep_until, timeout},
};
use wasmtime_wasi_http::{Error, WasiBody};

use crate::{answer::Pace, problem::Refusal, progress::Progress};

/// What became of a request's body, for the one who answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Verdict(Arc<AtomicU8>);

const TOO_LARGE: u8 = 1;
const TIMED_OUT: u8 = 2;

impl Verdict {
    pub(crate) fn refusal(&self, limit: u64) -> Option<Refusal> {
        match self.0.load(Ordering::Relaxed) {
            TOO_LARGE => Some(Refusal::BodyTooLarge { limit }),
            TIMED_OUT => Some(Refusal::BodyTimeout),
            _ => None,
        }
    }
}

/// How long the rest of a body is read whose answer is known, and how much of it at most: senders that look for an answer only
/// when all is sent learn so that they sent too much.
const DRAIN_FOR: Duration = Duration::from_secs(30);
const DRAIN_BYTES: u64 = 256 << 20;

/// Whether the rest of an unread body is to be read so that its sender sees the answer. Over HTTP/2 a stream ends without its
/// connection; and who waits for `100 Continue` has sent nothing yet.
pub(crate) fn is_to_be_drained<B>(request: &Request<B>) -> bool {
    request.version() <= Version::HTTP_11 && !request.headers().contains_key(header::EXPECT)
}

/// Reads what is left of a body, for a while, and forgets it.
pub(crate) fn drain(mut body: Incoming) {
    let Ok(runtime) = Handle::try_current() else {
        return;
    };
    if body.is_end_stream() {
        return;
    }
    runtime.spawn(timeout(DRAIN_FOR, async move {
        let mut left = DRAIN_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, |data| data.len() as u64);
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    }));
}

/// A request's body, of at most so many bytes and with no long pauses.
struct Bounded {
    /// Until it is dropped.
    inner: Option<Incoming>,
    is_to_be_drained: bool,
    left: u64,
    arrival: Arrival,
    verdict: Verdict,
}

/// How the body comes: timed only while it is waited for, so that a component that reads slowly costs its sender nothing.
struct Arrival {
    pace: Pace,
    progress: Arc<Progress>,
    /// The end of the longest pause, while one lasts.
    pause: Option<Pin<Box<Sleep>>>,
    waiting_since: Option<Instant>,
    waited: Duration,
    arrived: u64,
}

impl Arrival {
    fn new(pace: Pace, progress: Arc<Progress>) -> Self {
        Self {
            pace,
            progress,
            pause: None,
            waiting_since: None,
            waited: Duration::ZERO,
            arrived: 0,
        }
    }

    /// Ready when a pause has lasted for too long.
    fn poll_pause(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let end = *self.waiting_since.get_or_insert_with(Instant::now) + self.pace.window;
        let pause = self.pause.get_or_insert_with(|| Box::pin(sleep_until(end)));
        if pause.deadline() != end {
            pause.as_mut().reset(end);
        }
        pause.as_mut().poll(cx)
    }

    /// Notes a part; `false` when all that came in a window of waiting is too little.
    fn is_fast_enough(&mut self, length: u64) -> bool {
        self.progress.happened();
        self.arrived += length;
        if let Some(since) = self.waiting_since.take() {
            self.waited += since.elapsed();
        }
        if self.waited < self.pace.window {
            return true;
        }
        self.waited = Duration::ZERO;
        std::mem::take(&mut self.arrived) >= self.pace.least()
    }
}

/// The body that a component reads.
pub(crate) fn bounded(
    inner: Incoming,
    limit: u64,
    (pace, progress): (Pace, Arc<Progress>),
    is_to_be_drained: bool,
) -> (WasiBody, Verdict) {
    let verdict = Verdict::default();
    if inner.is_end_stream() {
        return (empty(), verdict);
    }
    let body = Bounded {
        inner: Some(inner),
        is_to_be_drained,
        left: limit,
        arrival: Arrival::new(pace, progress),
        verdict: verdict.clone(),
    };
    (body.boxed_unsync(), verdict)
}

fn empty() -> WasiBody {
    Empty::new().map_err(Error::from).boxed_unsync()
}

/// A body that is here as a whole.
pub(crate) fn whole(bytes: Bytes) -> WasiBody {
    Full::new(bytes).map_err(Error::from).boxed_unsync()
}

impl Bounded {
    fn refuse(&mut self, verdict: u8, error: Error) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.verdict.0.store(verdict, Ordering::Relaxed);
        // One who sends too slowly was read from for long enough.
        self.is_to_be_drained &= verdict == TOO_LARGE;
        Poll::Ready(Some(Err(error)))
    }
}

impl Body for Bounded {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(inner) = &mut self.inner else {
            return Poll::Ready(None);
        };
        let Poll::Ready(frame) = Pin::new(inner).poll_frame(cx) else {
            ready!(self.arrival.poll_pause(cx));
            return self.refuse(TIMED_OUT, Error::ConnectionReadTimeout);
        };
        let frame = match frame {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Poll::Ready(Some(Err(Error::Hyper(error)))),
            None => return Poll::Ready(None),
        };
        let length = frame.data_ref().map_or(0, |data| data.len() as u64);
        if !self.arrival.is_fast_enough(length) {
            return self.refuse(TIMED_OUT, Error::ConnectionReadTimeout);
        }
        match self.left.checked_sub(length) {
            Some(left) => self.left = left,
            None => return self.refuse(TOO_LARGE, Error::HttpRequestBodySize(None)),
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl Drop for Bounded {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.take().filter(|_| self.is_to_be_drained) {
            drain(inner);
        }
    }
}
