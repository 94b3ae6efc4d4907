//! The engine `xtts`: its options, and the hidden command that is its process.

use std::num::NonZero;
use std::process::ExitCode;

use clap::Args;
use kiskadee_speech_jobs::XttsOptions;

use crate::telemetry;

#[derive(Debug, Clone, Args)]
pub(crate) struct XttsArgs {
    /// Where the engine xtts computes: auto (a GPU where there is one), cpu, cuda or cuda:N
    #[arg(
        id = "xtts_device",
        long = "xtts-device",
        env = "KISKADEE_XTTS_DEVICE",
        value_name = "DEVICE",
        default_value = "auto"
    )]
    device: String,
    /// What it computes in: auto is q8 on the CPU and bf16 on a GPU
    #[arg(id = "xtts_precision", long = "xtts-precision", env = "KISKADEE_XTTS_PRECISION", value_name = "PRECISION", default_value = "auto",
        value_parser = ["auto", "f32", "q8", "f16", "bf16"])]
    precision: String,
    /// Passages that it speaks at once [default: 4 on the CPU, 32 on a GPU]
    #[arg(
        id = "xtts_rows",
        long = "xtts-rows",
        env = "KISKADEE_XTTS_ROWS",
        value_name = "N"
    )]
    rows: Option<NonZero<usize>>,
}

impl XttsArgs {
    pub(crate) fn options(&self) -> XttsOptions {
        XttsOptions {
            device: self.device.clone(),
            precision: self.precision.clone(),
            rows: self.rows,
        }
    }

    /// The same options on another command line.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            "--xtts-device".to_owned(),
            self.device.clone(),
            "--xtts-precision".to_owned(),
            self.precision.clone(),
        ];
        if let Some(rows) = self.rows {
            arguments.extend(["--xtts-rows".to_owned(), rows.to_string()]);
        }
        arguments
    }
}

/// The process that the engine starts and talks to. Nobody else is to call it.
pub(crate) fn run_process() -> ExitCode {
    telemetry::plain_to_standard_error();
    kiskadee_speech::serve_xtts()
}
