//! The hidden command that is the process of the engines `kokoro` and `piper`.

use std::process::ExitCode;

use crate::telemetry;

/// The process that the engines start and talk to. Nobody else is to call it.
pub(crate) fn run_process() -> ExitCode {
    telemetry::plain_to_standard_error();
    kiskadee_speech::serve_openvoices()
}
