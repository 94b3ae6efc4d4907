//! The steps of a deploy, in order. Each may be run again, so a deploy that was killed goes on with the one that was not done.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};

use super::file::{DeployFile, Strategy};
use super::journal::{Journal, State};
use super::{hosts, notify, observe, parts, preflight, rollback, smoke};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Preflight,
    Backup,
    Expand,
    /// What the fleet did before.
    Before,
    BringIn(String),
    TakeOut(String),
    Smoke,
    Observe,
}

impl Step {
    fn name(&self) -> String {
        match self {
            Self::Preflight => "preflight".to_owned(),
            Self::Backup => "backup".to_owned(),
            Self::Expand => "expand".to_owned(),
            Self::Before => "before".to_owned(),
            Self::BringIn(part) => format!("bring in {part}"),
            Self::TakeOut(part) => format!("take out {part}"),
            Self::Smoke => "smoke".to_owned(),
            Self::Observe => "observe".to_owned(),
        }
    }
}

fn steps(file: &DeployFile) -> Vec<Step> {
    let mut all = vec![Step::Preflight, Step::Backup, Step::Expand, Step::Before];
    let mut old = Vec::new();
    for edge in &file.edges {
        all.push(Step::BringIn(edge.name.clone()));
        match file.strategy {
            Strategy::Rolling => all.push(Step::TakeOut(edge.name.clone())),
            Strategy::BlueGreen => old.push(Step::TakeOut(edge.name.clone())),
        }
    }
    for worker in &file.workers {
        all.push(Step::BringIn(worker.name.clone()));
        all.push(Step::TakeOut(worker.name.clone()));
    }
    all.push(Step::Smoke);
    all.extend(old);
    all.push(Step::Observe);
    all
}

pub(super) async fn begin(path: &Path, seconds: u64) -> Result<ExitCode> {
    let file = DeployFile::read(path)?;
    let mut journal = Journal::begin(&file)?;
    forward(&file, &mut journal, seconds).await
}

pub(super) async fn resume(path: &Path, seconds: u64) -> Result<ExitCode> {
    let file = DeployFile::read(path)?;
    let mut journal = Journal::open(&file)?;
    match journal.record.state {
        State::Running => forward(&file, &mut journal, seconds).await,
        State::RollingBack | State::Stuck => rollback::run(&file, &mut journal).await,
        // Killed between the last step and the last word.
        State::RolledBack => {
            notify::tell(&file, &mut journal, notify::ROLLED_BACK).await?;
            Ok(ExitCode::FAILURE)
        }
        State::Succeeded => {
            notify::tell(&file, &mut journal, notify::SUCCEEDED).await?;
            println!("the deploy {} is at its end", journal.record.id);
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn forward(file: &DeployFile, journal: &mut Journal, seconds: u64) -> Result<ExitCode> {
    notify::tell(file, journal, notify::STARTED).await?;
    for step in steps(file) {
        let name = step.name();
        if journal.is_done(&name) {
            continue;
        }
        journal.begin_step(&name)?;
        if let Err(error) = take(file, journal, &step, seconds).await {
            let reason = notify::without_secrets(file, &format!("{error:#}"));
            eprintln!("error: {name}: {reason}");
            journal.record.reason = Some(reason);
            journal.record.failed_step = Some(name);
            return rollback::run(file, journal).await;
        }
        journal.end_step(&name)?;
    }
    journal.record.state = State::Succeeded;
    journal.save()?;
    notify::tell(file, journal, notify::SUCCEEDED).await?;
    println!("release {} is in service", journal.record.version);
    Ok(ExitCode::SUCCESS)
}

async fn take(file: &DeployFile, journal: &mut Journal, step: &Step, seconds: u64) -> Result<()> {
    match step {
        Step::Preflight => {
            journal.record.slots = preflight::run(file).await?.into_iter().collect();
            journal.record.first = Some(observe::sample(file).await?);
            journal.save()
        }
        Step::Backup if !file.backup.create => Ok(()),
        Step::Backup => back_up(file).await,
        Step::Expand => {
            let printed = hosts::program(file, &["migrate", "--phase", "expand"]).await?;
            print!("{printed}");
            Ok(())
        }
        Step::Before => observe::note_before(file, journal).await,
        Step::BringIn(name) | Step::TakeOut(name) => {
            let part = file.part(name)?;
            let Some(slots) = journal.record.slots.get(name).copied() else {
                bail!("the journal does not know {name}: the file has changed");
            };
            if matches!(step, Step::BringIn(_)) {
                parts::bring_in(file, part, slots).await
            } else {
                parts::take_out(file, part, slots).await
            }
        }
        Step::Smoke => smoke::of_all(file).await,
        Step::Observe => observe::watch(file, journal, seconds).await,
    }
}

/// A second time where it fails: the one that a killed deploy began may still be at it, and bear the same name.
async fn back_up(file: &DeployFile) -> Result<()> {
    let more = file.backup.arguments.iter().map(String::as_str);
    let words: Vec<_> = ["backup", "create"].into_iter().chain(more).collect();
    if hosts::program(file, &words).await.is_err() {
        tokio::time::sleep(Duration::from_secs(2)).await;
        hosts::program(file, &words).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(strategy: &str) -> String {
        let text = include_str!("../../../infra/deploy/deploy.example.toml");
        let text = format!(
            "strategy = \"{strategy}\"\n{}",
            text.replace("\nstrategy = ", "\n# ")
        );
        let file: DeployFile = toml::from_str(&text).unwrap();
        let names: Vec<_> = steps(&file).iter().map(Step::name).collect();
        names.join(", ")
    }

    #[test]
    fn edges_come_one_by_one_or_all_before_the_old_ones_leave() {
        let first = "preflight, backup, expand, before, bring in edge1";
        let workers = "bring in worker1, take out worker1";
        assert_eq!(
            names("rolling"),
            format!(
                "{first}, take out edge1, bring in edge2, take out edge2, {workers}, smoke, observe"
            )
        );
        assert_eq!(
            names("blue-green"),
            format!(
                "{first}, bring in edge2, {workers}, smoke, take out edge1, take out edge2, observe"
            )
        );
    }
}
