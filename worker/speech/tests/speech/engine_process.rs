//! The smallest program that can be the process of an engine: the tests start it in place of the `kiskadee` command. The first
//! argument names the engine; the second one only tells one test's process from another's.

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("xtts") => kiskadee_speech::serve_xtts(),
        Some("openvoices") => kiskadee_speech::serve_openvoices(),
        _ => ExitCode::FAILURE,
    }
}
