//! Keeps the engine's process: starts it, hands it what is asked for, notices when it dies or stands still, and starts it
//! again. A device that breaks takes that process with it and nothing else.
//!
//! Everything here runs on one thread of its own, which lives as long as the engine: the process asks the kernel to die with
//! the thread that started it.

mod keeper;
mod ledger;
mod process;

use std::{
    ffi::OsString,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use tokio::sync::{mpsc, oneshot};

use self::keeper::Keeper;
use super::protocol::{self, End, Failure, Hello, Load, Request};
use crate::SpeechError;

/// The program that is the engine's process.
#[derive(Debug, Clone)]
pub struct XttsProgram {
    pub path: PathBuf,
    /// What it is called with; the model and its options are told by the protocol.
    pub arguments: Vec<OsString>,
}

impl Default for XttsProgram {
    /// The very file that runs, also when another has been put in its place since: both ends are of one version.
    fn default() -> Self {
        Self {
            path: PathBuf::from("/proc/self/exe"),
            arguments: vec![OsString::from("engine-xtts")],
        }
    }
}

/// What is asked of the keeper's thread.
enum Call {
    Ask {
        id: u64,
        frame: Vec<u8>,
        answers: Answers,
    },
    Cancel(u64),
}

/// Unbounded, for the pipe must be drained whoever reads: what waits here is at most one passage, which has a longest
/// length, or one voice.
type Answers = mpsc::UnboundedSender<Result<Answer, OrderError>>;

/// A part of what was asked for.
#[derive(Debug)]
pub(super) enum Answer {
    Audio(Vec<f32>),
    Conditioned(Vec<u8>),
    Finished { codes: Vec<u32>, end: End },
}

/// Why there is no more of it.
#[derive(Debug)]
pub(super) enum OrderError {
    /// The passage has more tokens than the model reads.
    TooLong(String),
    Speech(SpeechError),
}

impl OrderError {
    fn new(failure: Failure, message: String) -> Self {
        match failure {
            Failure::Reject => Self::Speech(SpeechError::Reject(message)),
            Failure::TooLong => Self::TooLong(message),
            Failure::Retry => Self::Speech(SpeechError::Retry(message)),
        }
    }
}

impl From<OrderError> for SpeechError {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::TooLong(message) => Self::Reject(message),
            OrderError::Speech(error) => error,
        }
    }
}

/// The way to the process; cheap to clone. The process ends with the last clone.
#[derive(Clone)]
pub(super) struct Supervisor {
    calls: mpsc::UnboundedSender<Call>,
    ids: Arc<AtomicU64>,
    restarts: Arc<AtomicU64>,
}

impl Supervisor {
    /// Starts the process and waits until it has loaded the model.
    pub(super) async fn start(
        program: XttsProgram,
        load: Load,
    ) -> Result<(Self, Hello), SpeechError> {
        let (calls, called) = mpsc::unbounded_channel();
        let (first, loaded) = oneshot::channel();
        let restarts = Arc::new(AtomicU64::new(0));
        let keeper = Keeper::new(program, load, called, Arc::clone(&restarts));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| unavailable(&error))?;
        thread::Builder::new()
            .name("xtts-supervisor".to_owned())
            .spawn(move || runtime.block_on(keeper.keep(first)))
            .map_err(|error| unavailable(&error))?;
        let supervisor = Self {
            calls,
            ids: Arc::default(),
            restarts,
        };
        match loaded.await {
            Ok(Ok(hello)) => Ok((supervisor, hello)),
            Ok(Err(why)) => Err(SpeechError::Unavailable(why)),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// Asks for something. While the process starts again the question waits for it, up to a limit.
    pub(super) fn ask(
        &self,
        request: impl FnOnce(u64) -> Request,
        body: &[u8],
    ) -> Result<Ticket, SpeechError> {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let frame = protocol::encode(&request(id), body)
            .map_err(|error| SpeechError::Reject(format!("it cannot be asked for: {error}")))?;
        let (answers, answered) = mpsc::unbounded_channel();
        // A keeper that has ended drops the call, and the ticket tells.
        let _ = self.calls.send(Call::Ask { id, frame, answers });
        Ok(Ticket {
            id,
            answered,
            calls: self.calls.clone(),
        })
    }

    /// How often the process was started again so far.
    pub(super) fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
    }
}

fn unavailable(error: &dyn std::error::Error) -> SpeechError {
    SpeechError::Unavailable(format!("the engine's supervisor does not start: {error}"))
}

/// Something that was asked for. Dropping it takes it back at once.
pub(super) struct Ticket {
    id: u64,
    answered: mpsc::UnboundedReceiver<Result<Answer, OrderError>>,
    calls: mpsc::UnboundedSender<Call>,
}

impl Ticket {
    pub(super) async fn next(&mut self) -> Result<Answer, OrderError> {
        self.answered.recv().await.unwrap_or_else(|| {
            let why = "the engine's supervisor has ended".to_owned();
            Err(OrderError::Speech(SpeechError::Retry(why)))
        })
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let _ = self.calls.send(Call::Cancel(self.id));
    }
}
