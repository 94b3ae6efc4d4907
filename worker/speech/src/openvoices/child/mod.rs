//! The process: models within a budget, and threads that speak one line each.

mod models;
mod queue;
mod scheduler;
mod speech;

use std::process::ExitCode;

use self::scheduler::Scheduler;
use super::protocol::OpenVoicesProtocol;
use crate::process;

/// Runs the process of the engines `kokoro` and `piper` on standard input and output until the input ends. The main function of
/// a program that is to be their [`crate::EngineProgram`] calls nothing else; logs must go to standard error.
pub fn serve_openvoices() -> ExitCode {
    process::serve::<OpenVoicesProtocol, Scheduler>()
}
