//! The engine's process: the model with a scheduler at which orders become rows of its batch.

mod load;
mod scheduler;
mod voices;

use std::process::ExitCode;

use self::scheduler::Scheduler;
use super::protocol::XttsProtocol;
use crate::process;

/// Runs the engine's process on standard input and output until the input ends. The main function of a program that is
/// to be the engine's [`crate::EngineProgram`] calls nothing else; logs must go to standard error.
pub fn serve_xtts() -> ExitCode {
    process::serve::<XttsProtocol, Scheduler>()
}
