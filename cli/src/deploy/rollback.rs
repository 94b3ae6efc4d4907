//! The way back: the old programs on the new schema. Parts come back in reverse order, each before its successor leaves.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use super::file::DeployFile;
use super::journal::{Journal, State};
use super::{notify, parts};

/// `kiskadee deploy rollback`: of a deploy that was broken off, or that succeeded and turned out bad.
pub(super) async fn by_hand(path: &Path) -> Result<ExitCode> {
    let file = DeployFile::read(path)?;
    let mut journal = Journal::open(&file)?;
    if journal.record.state == State::RolledBack {
        println!("the deploy {} went back already", journal.record.id);
        return Ok(ExitCode::SUCCESS);
    }
    if journal.record.reason.is_none() {
        journal.record.reason = Some("asked for by hand".to_owned());
    }
    run(&file, &mut journal).await?;
    Ok(if journal.record.state == State::RolledBack {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Always a failure of the deploy.
pub(super) async fn run(file: &DeployFile, journal: &mut Journal) -> Result<ExitCode> {
    journal.record.state = State::RollingBack;
    journal.save()?;
    let mut is_back = true;
    let parts: Vec<_> = file.parts().collect();
    for part in parts.into_iter().rev() {
        let name = format!("bring back {}", part.name);
        let slots = journal.record.slots.get(&part.name).copied();
        let Some(slots) = slots.filter(|_| journal.has_begun(&format!("bring in {}", part.name)))
        else {
            continue;
        };
        if journal.is_done(&name) {
            continue;
        }
        journal.begin_step(&name)?;
        match parts::bring_back(file, part, slots).await {
            Ok(()) => journal.end_step(&name)?,
            // The others are brought back all the same.
            Err(error) => {
                let error = notify::without_secrets(file, &format!("{error:#}"));
                eprintln!("error: {name}: {error}");
                is_back = false;
            }
        }
    }
    let (state, event) = if is_back {
        (State::RolledBack, notify::ROLLED_BACK)
    } else {
        (State::Stuck, notify::STUCK)
    };
    journal.record.state = state;
    journal.save()?;
    notify::tell(file, journal, event).await?;
    if is_back {
        eprintln!("the release of before is in service");
    } else {
        eprintln!("not everything could be put back: look, then `kiskadee deploy resume`");
    }
    Ok(ExitCode::FAILURE)
}
