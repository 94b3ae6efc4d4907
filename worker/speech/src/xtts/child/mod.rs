//! The engine's process: loads the model, speaks what it is told to, and ends when its device is no longer to be trusted.
//!
//! Three threads: one reads what is asked, one writes what was made, and the main one computes. The writer's queue is bounded,
//! so a parent that stops reading stops the computing; a parent never does.

mod desk;
mod load;
mod outbox;
mod voices;

use std::{
    fs,
    io::{self, BufReader},
    process::ExitCode,
    sync::mpsc::{Receiver, channel},
    thread,
};

use kiskadee_xtts::XttsError;
use rustix::process::{Signal, set_parent_process_death_signal};

use self::{desk::Desk, outbox::Outbox};
use super::protocol::{self, FrameError, Load, Request, VERSION};

/// Where the kernel begins when memory runs out: at this process, and not at the worker or the database.
const OOM_SCORE: &str = "900";

/// Why the process ends before it is asked to; each has an exit code of its own. A panic ends it with 101.
#[derive(Debug, thiserror::Error)]
enum Ending {
    #[error("the protocol was broken: {0}")]
    Protocol(String),
    #[error("the model cannot be loaded: {0}")]
    Model(XttsError),
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

    /// What a kernel failed at may have harmed whatever it shares a device with.
    fn of_device(error: &XttsError) -> Self {
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

/// What the reading thread passes on.
enum Heard {
    Request(Request, Vec<u8>),
    Damaged(FrameError),
}

/// Runs the engine's process on standard input and output until the input ends. The main function of a program that is
/// to be an [`super::XttsProgram`] calls nothing else; logs must go to standard error.
pub fn serve_xtts() -> ExitCode {
    follow_parent();
    match serve() {
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

fn serve() -> Result<(), Ending> {
    let mut input = BufReader::new(io::stdin());
    let load = match protocol::read(&mut input)? {
        Some((Request::Load(load), _)) => load,
        Some(_) => return Err(Ending::Protocol("no model was named".to_owned())),
        None => return Ok(()),
    };
    if load.version != VERSION {
        let other = load.version;
        return Err(Ending::Protocol(format!(
            "the worker speaks version {other}, this process {VERSION}; restart the worker"
        )));
    }
    let (desk, hello) = start(&load)?;
    let outbox = Outbox::open();
    outbox.send(&protocol::Reply::Hello(hello), &[])?;
    desk.work(&listen(input), &outbox)
}

fn start(load: &Load) -> Result<(Desk, protocol::Hello), Ending> {
    let loaded = load::load(load).map_err(Ending::Model)?;
    let hello = loaded.hello();
    let desk = Desk::new(loaded.model, loaded.rows).map_err(|error| Ending::of_device(&error))?;
    Ok((desk, hello))
}

/// Unbounded, for what is asked must be read for a cancel to be heard.
fn listen(mut input: BufReader<io::Stdin>) -> Receiver<Heard> {
    let (heard, receiver) = channel();
    let reading = move || {
        loop {
            let frame = match protocol::read(&mut input) {
                Ok(Some((request, body))) => Heard::Request(request, body),
                Ok(None) => return,
                Err(error) => Heard::Damaged(error),
            };
            let damaged = matches!(frame, Heard::Damaged(_));
            if heard.send(frame).is_err() || damaged {
                return;
            }
        }
    };
    // Without the thread the channel is closed, which is the end of the input.
    if let Err(error) = thread::Builder::new()
        .name("xtts-reader".to_owned())
        .spawn(reading)
    {
        tracing::error!(%error, "the reading thread does not start");
    }
    receiver
}
