//! Keeps a process: starts it, hands it what is asked for, notices when it dies or stands still, and starts it
//! again. A device that breaks takes that process with it and nothing else.
//!
//! Everything here runs on one thread of its own, which lives as long as the engine: the process asks the kernel to die with
//! the thread that started it.

mod event_loop;
mod ledger;
mod life;

use std::{
    ffi::OsString,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};

use self::event_loop::EventLoop;
use super::{Failure, Protocol, frame::encode, messages::Request};

/// The program that is an engine's process.
#[derive(Debug, Clone)]
pub struct EngineProgram {
    pub path: PathBuf,
    /// What it is called with; the model and its options are told by the protocol.
    pub arguments: Vec<OsString>,
}

impl EngineProgram {
    /// The very file that runs, also when another has been put in its place since: both ends are of one version.
    pub fn own(command: &str) -> Self {
        Self {
            path: PathBuf::from("/proc/self/exe"),
            arguments: vec![OsString::from(command)],
        }
    }
}

/// What is asked of the event loop's thread.
enum Call<E> {
    Ask {
        id: u64,
        frame: Vec<u8>,
        answers: Answers<E>,
    },
    Cancel(u64),
}

/// Unbounded, for the pipe must be drained whoever reads: what waits here is at most the answer to one order, which has a
/// longest length.
type Answers<E> = mpsc::UnboundedSender<Result<Answer<E>, OrderError>>;

/// A part of what was asked for.
#[derive(Debug)]
pub enum Answer<E> {
    Part(Vec<u8>),
    Finished { end: E, body: Vec<u8> },
}

/// Why something that was ordered was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// It can never be done; the text is meant for whoever asked.
    #[error("{0}")]
    Reject(String),
    /// It is more than the model takes at once.
    #[error("{0}")]
    TooLong(String),
    /// It may be done at another try.
    #[error("{0}")]
    Retry(String),
    /// The process cannot do it on this machine.
    #[error("{0}")]
    Unavailable(String),
}

impl OrderError {
    fn new(failure: Failure, message: String) -> Self {
        match failure {
            Failure::Reject => Self::Reject(message),
            Failure::TooLong => Self::TooLong(message),
            Failure::Retry => Self::Retry(message),
            Failure::Unavailable => Self::Unavailable(message),
        }
    }
}

/// How long the end of the process is waited for: it is helped along after `PARTING`.
const FAREWELL: Duration = Duration::from_secs(6);

/// The way to the process; cheap to clone. The process ends with the last clone and the last ticket, whose drop waits for it.
pub struct Supervisor<P: Protocol> {
    // Dropped before `ending`, for only then the process ends.
    calls: mpsc::UnboundedSender<Call<P::End>>,
    ids: Arc<AtomicU64>,
    restarts: Arc<AtomicU64>,
    ending: Arc<Ending>,
}

/// Waits for the event loop when it is dropped.
struct Ending(Mutex<std::sync::mpsc::Receiver<()>>);

impl Drop for Ending {
    fn drop(&mut self) {
        let ended = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing is ever sent: the event loop's end of the channel goes with it.
        let _ = ended.recv_timeout(FAREWELL);
    }
}

impl<P: Protocol> Clone for Supervisor<P> {
    fn clone(&self) -> Self {
        Self {
            calls: self.calls.clone(),
            ids: Arc::clone(&self.ids),
            restarts: Arc::clone(&self.restarts),
            ending: Arc::clone(&self.ending),
        }
    }
}

impl<P: Protocol> Supervisor<P> {
    /// Starts the process and waits until it has loaded the model.
    pub async fn start(
        program: EngineProgram,
        load: P::Load,
    ) -> Result<(Self, P::Hello), OrderError> {
        let (calls, called) = mpsc::unbounded_channel();
        let (first, loaded) = oneshot::channel();
        let restarts = Arc::new(AtomicU64::new(0));
        let (end, ended) = std::sync::mpsc::channel();
        let event_loop = EventLoop::<P>::new(program, load, called, Arc::clone(&restarts));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| unavailable(&error))?;
        thread::Builder::new()
            .name(format!("{}-supervisor", P::NAME))
            .spawn(move || {
                runtime.block_on(event_loop.run(first));
                drop(end);
            })
            .map_err(|error| unavailable(&error))?;
        let supervisor = Self {
            calls,
            ids: Arc::default(),
            restarts,
            ending: Arc::new(Ending(Mutex::new(ended))),
        };
        match loaded.await {
            Ok(Ok(hello)) => Ok((supervisor, hello)),
            Ok(Err(why)) => Err(OrderError::Unavailable(why)),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// Orders something. While the process starts again the order waits for it, up to a limit.
    pub fn order(&self, order: P::Order, body: &[u8]) -> Result<Ticket<P>, OrderError> {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let request = Request::<P::Load, P::Order>::Order { id, order };
        let frame = encode(&request, body)
            .map_err(|error| OrderError::Reject(format!("it cannot be asked for: {error}")))?;
        let (answers, answered) = mpsc::unbounded_channel();
        // An event loop that has ended drops the call, and the ticket tells.
        let _ = self.calls.send(Call::Ask { id, frame, answers });
        Ok(Ticket {
            id,
            answered,
            calls: self.calls.clone(),
            _ending: Arc::clone(&self.ending),
        })
    }

    /// How often the process was started again so far.
    pub fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
    }
}

fn unavailable(error: &dyn std::error::Error) -> OrderError {
    OrderError::Unavailable(format!("the engine's supervisor does not start: {error}"))
}

/// Something that was asked for. Dropping it takes it back at once.
pub struct Ticket<P: Protocol> {
    id: u64,
    answered: mpsc::UnboundedReceiver<Result<Answer<P::End>, OrderError>>,
    // Dropped before `_ending`, as in the supervisor.
    calls: mpsc::UnboundedSender<Call<P::End>>,
    _ending: Arc<Ending>,
}

impl<P: Protocol> Ticket<P> {
    pub async fn next(&mut self) -> Result<Answer<P::End>, OrderError> {
        self.answered.recv().await.unwrap_or_else(|| {
            let why = "the engine's supervisor has ended".to_owned();
            Err(OrderError::Retry(why))
        })
    }
}

impl<P: Protocol> Drop for Ticket<P> {
    fn drop(&mut self) {
        let _ = self.calls.send(Call::Cancel(self.id));
    }
}
