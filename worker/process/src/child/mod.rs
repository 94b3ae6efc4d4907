//! What every such process consists of beside its model: it loads what it is told to load, does what is ordered, and ends when
//! its device is no longer to be trusted.
//!
//! One thread reads what is ordered, one writes what was made, and the main one computes. The writer's queue is bounded, so a
//! parent that stops reading stops the computing; a parent never does.

mod outbox;

use std::{
    fmt::Display,
    fs,
    io::{self, BufReader},
    process::ExitCode,
    sync::mpsc::{Receiver, channel},
    thread,
};

use rustix::process::{Signal, set_parent_process_death_signal};

pub use self::outbox::Outbox;
use super::{
    Protocol,
    frame::{self, FrameError},
    messages::{Request, RequestOf},
};

/// Where the kernel begins when memory runs out: at this process, and not at the worker or the database.
const OOM_SCORE: &str = "900";

/// Why the process ends before it is asked to; each has an exit code of its own. A panic ends it with 101.
#[derive(Debug, thiserror::Error)]
pub enum Ending {
    #[error("the protocol was broken: {0}")]
    Protocol(String),
    #[error("the model cannot be loaded: {0}")]
    Model(String),
    #[error("the device broke: {0}")]
    Device(String),
    #[error("the device's memory ran out: {0}")]
    DeviceMemory(String),
}

impl Ending {
    fn code(&self) -> u8 {
        match self {
            Self::Protocol(_) => 70,
            Self::Model(_) => 71,
            Self::Device(_) => 72,
            Self::DeviceMemory(_) => 73,
        }
    }

    pub fn of_model(error: &impl Display) -> Self {
        Self::Model(error.to_string())
    }

    /// What a kernel failed at may have harmed whatever it shares a device with.
    pub fn of_device(error: &impl Display) -> Self {
        let text = error.to_string();
        if text.to_ascii_lowercase().contains("out of memory") {
            Self::DeviceMemory(text)
        } else {
            Self::Device(text)
        }
    }
}

impl From<FrameError> for Ending {
    fn from(error: FrameError) -> Self {
        Self::Protocol(error.to_string())
    }
}

/// What is asked of a model that is loaded.
pub enum Call<O> {
    Order { id: u64, order: O, body: Vec<u8> },
    Cancel(u64),
}

/// Calls as they are read; what cannot be read is the end of the process.
pub type Calls<P> = Receiver<Result<Call<<P as Protocol>::Order>, Ending>>;

/// A model that does orders.
pub trait Model<P: Protocol>: Sized {
    fn load(load: P::Load) -> Result<(Self, P::Hello), Ending>;

    /// Until the calls end, whatever is being done then.
    fn work(self, calls: &Calls<P>, outbox: &Outbox<P>) -> Result<(), Ending>;
}

/// Runs a process on standard input and output until the input ends. The main function of a program that is to be such a
/// process calls nothing else; logs must go to standard error.
pub fn serve<P: Protocol, M: Model<P>>() -> ExitCode {
    follow_parent();
    match run::<P, M>() {
        Ok(()) => ExitCode::SUCCESS,
        Err(ending) => {
            // The supervisor tells this line as the cause.
            eprintln!("error: {ending}");
            ExitCode::from(ending.code())
        }
    }
}

/// A parent that dies closes the input, which is noticed between two steps; this makes it sure and at once.
fn follow_parent() {
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        tracing::warn!(%error, "the speech process cannot follow its parent");
    }
    if let Err(error) = fs::write("/proc/self/oom_score_adj", OOM_SCORE) {
        tracing::debug!(%error, "the kernel was not told to spare the other processes");
    }
}

fn run<P: Protocol, M: Model<P>>() -> Result<(), Ending> {
    let mut input = BufReader::new(io::stdin());
    let (version, load) = match frame::read::<RequestOf<P>>(&mut input)? {
        Some((Request::Load { version, load }, _)) => (version, load),
        Some(_) => return Err(Ending::Protocol("no model was named".to_owned())),
        None => return Ok(()),
    };
    if version != P::VERSION {
        return Err(Ending::Protocol(format!(
            "the worker speaks version {version}, this process {}; restart the worker",
            P::VERSION
        )));
    }
    let (model, hello) = M::load(load)?;
    let outbox = Outbox::open();
    outbox.hello(hello)?;
    model.work(&listen::<P>(input), &outbox)
}

/// Unbounded, for what is asked must be read for a cancel to be heard.
fn listen<P: Protocol>(mut input: BufReader<io::Stdin>) -> Calls<P> {
    let (calls, called) = channel();
    let reading = move || {
        while let Some(call) = read::<P>(&mut input).transpose() {
            let broken = call.is_err();
            if calls.send(call).is_err() || broken {
                return;
            }
        }
    };
    // Without the thread the channel is closed, which is the end of the input.
    if let Err(error) = thread::Builder::new()
        .name(format!("{}-reader", P::NAME))
        .spawn(reading)
    {
        tracing::error!(%error, "the reading thread does not start");
    }
    called
}

fn read<P: Protocol>(input: &mut BufReader<io::Stdin>) -> Result<Option<Call<P::Order>>, Ending> {
    Ok(match frame::read::<RequestOf<P>>(input)? {
        Some((Request::Order { id, order }, body)) => Some(Call::Order { id, order, body }),
        Some((Request::Cancel { id }, _)) => Some(Call::Cancel(id)),
        Some((Request::Load { .. }, _)) => {
            return Err(Ending::Protocol("a second model was named".to_owned()));
        }
        None => None,
    })
}
