//! How the log is written. Every command takes these.

use std::io::{IsTerminal as _, stderr};
use std::sync::OnceLock;

use clap::{Args, ValueEnum};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Json,
    Text,
}

#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Log")]
pub(crate) struct LogArgs {
    /// How lines of the log are written; the files of `up` are JSON always [default: text on a terminal, else JSON]
    #[arg(
        long,
        global = true,
        env = "KISKADEE_LOG_FORMAT",
        value_enum,
        value_name = "json|text",
        hide_possible_values = true
    )]
    log_format: Option<Format>,
    /// Share of the requests whose lines are written, each whole or not at all; those that fail or take long are always
    #[arg(
        long,
        global = true,
        env = "KISKADEE_LOG_SAMPLE",
        value_name = "SHARE",
        value_parser = share,
        hide_default_value = true
    )]
    log_sample: Option<f64>,
}

static CHOSEN: OnceLock<LogArgs> = OnceLock::new();

impl LogArgs {
    /// For the whole process; the first call holds.
    pub(crate) fn choose(self) {
        let _ = CHOSEN.set(self);
    }

    pub(crate) fn chosen() -> Self {
        CHOSEN.get().copied().unwrap_or_default()
    }

    pub(crate) fn is_json_asked(self) -> bool {
        self.log_format == Some(Format::Json)
    }

    pub(super) fn on_standard_error(self) -> Format {
        self.log_format.unwrap_or(if stderr().is_terminal() {
            Format::Text
        } else {
            Format::Json
        })
    }

    pub(super) fn share(self) -> f64 {
        self.log_sample.unwrap_or(1.0)
    }

    /// The variables that tell a child the same: what it says goes into a file of JSON.
    pub(crate) fn of_child(self) -> [(&'static str, String); 2] {
        [
            ("KISKADEE_LOG_FORMAT", "json".to_owned()),
            ("KISKADEE_LOG_SAMPLE", self.share().to_string()),
        ]
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "no number".to_owned())?;
    if (0.0..=1.0).contains(&share) {
        Ok(share)
    } else {
        Err("a share is from 0 to 1".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_between_none_and_all() {
        assert_eq!(share("0.1"), Ok(0.1));
        assert_eq!(share("0"), Ok(0.0));
        for text in ["1.1", "-0.1", "NaN", "many"] {
            assert!(share(text).is_err(), "{text}");
        }
    }
}
