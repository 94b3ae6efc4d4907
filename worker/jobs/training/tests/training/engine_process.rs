//! The smallest program that can be the process of the engine xtts: the tests start it in place of the `kiskadee` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    kiskadee_speech::serve_xtts()
}
