//! `kiskadee deploy status`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use super::file::DeployFile;
use super::journal::{self, Record, State};

pub(super) fn run(path: &Path) -> Result<ExitCode> {
    let file = DeployFile::read(path)?;
    let Some(record) = journal::read(&file.journal)? else {
        println!("there was no deploy yet");
        return Ok(ExitCode::SUCCESS);
    };
    for line in lines(&record) {
        println!("{line}");
    }
    Ok(ExitCode::from(match record.state {
        State::Succeeded => 0,
        State::RolledBack => 1,
        State::Running | State::RollingBack | State::Stuck => 2,
    }))
}

fn lines(record: &Record) -> Vec<String> {
    let state = match record.state {
        State::Running => "runs, or was broken off",
        State::RollingBack => "is on its way back, or was broken off there",
        State::Succeeded => "succeeded",
        State::RolledBack => "went back",
        State::Stuck => "failed, and could not go back whole",
    };
    let mut lines = vec![format!(
        "{} of release {} {state}",
        record.id, record.version
    )];
    if let Some(reason) = &record.reason {
        let step = record.failed_step.as_deref().unwrap_or("no step");
        lines.push(format!("because of {step}: {reason}"));
    }
    let steps = record.steps.iter();
    lines.extend(steps.map(|step| match &step.done_at {
        Some(done) => format!("  {}  {} to {done}", step.name, step.begun_at),
        None => format!("  {}  since {}, not done", step.name, step.begun_at),
    }));
    lines
}
