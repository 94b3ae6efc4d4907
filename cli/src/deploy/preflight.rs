//! What must be so before anything is changed.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use super::file::DeployFile;
use super::journal::Slots;
use super::{database, hosts, parts};

/// `run --preflight`.
pub(super) async fn alone(path: &Path) -> Result<ExitCode> {
    let file = DeployFile::read(path)?;
    for (name, slots) in run(&file).await? {
        let part = file.part(&name)?;
        let old = slots.old.map_or("nothing", |old| &part.slots[old].name);
        println!("{name}: from {old} to {}", part.slots[slots.new].name);
    }
    println!("the deploy can begin");
    Ok(ExitCode::SUCCESS)
}

/// Looks at everything, and returns which slot of each part is which.
pub(super) async fn run(file: &DeployFile) -> Result<Vec<(String, Slots)>> {
    let said = hosts::program(file, &["--version"]).await?;
    if said.split_whitespace().last() != Some(&file.release.version) {
        bail!(
            "the new build says `{}`, not {}",
            said.trim(),
            file.release.version
        );
    }
    database(file).await?;
    for host in hosts_of(file) {
        disk(file, host).await?;
        clock(file, host).await?;
    }
    for command in &file.preflight.commands {
        let words = hosts::filled(file, command, &[]);
        hosts::output(file, None, &words).await?;
    }
    let mut all = Vec::new();
    for part in file.parts() {
        all.push((part.name.clone(), parts::slots(part).await?));
    }
    Ok(all)
}

async fn database(file: &DeployFile) -> Result<()> {
    let facts = database::facts(file).await?;
    if facts.failed_migrations > 0 {
        bail!("a migration of the database has failed");
    }
    let hours = file.backup.max_age_hours as f64;
    let is_young = facts.backup_age.is_some_and(|age| age < hours * 3600.0);
    if !file.backup.create && !is_young {
        bail!("there is no backup younger than {hours} h");
    }
    check_schema(file).await
}

/// `migrate --check` of the new build: 0 and 10 are good.
async fn check_schema(file: &DeployFile) -> Result<()> {
    let mut command = tokio::process::Command::new(&file.release.program);
    command
        .args(["migrate", "--check", "--phase", "expand"])
        .env("KISKADEE_DATABASE_URL", database::url(file)?);
    let done = command.output().await.context("cannot run the new build")?;
    print!("{}", String::from_utf8_lossy(&done.stdout));
    if matches!(done.status.code(), Some(0 | 10)) {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&done.stderr);
    bail!("the new build does not suit the database: {}", told.trim());
}

/// Each once; none is this machine.
fn hosts_of(file: &DeployFile) -> BTreeSet<Option<&str>> {
    let all = file.parts().map(|part| part.host.as_deref());
    all.chain([None]).collect()
}

fn called(host: Option<&str>) -> &str {
    host.unwrap_or("this machine")
}

async fn disk(file: &DeployFile, host: Option<&str>) -> Result<()> {
    let words = ["df", "-Pk", &file.preflight.disk].map(str::to_owned);
    let printed = hosts::output(file, host, &words).await?;
    let free = free_mib(&printed).context("`df` said nothing that can be read")?;
    if free < file.preflight.free_mib {
        bail!(
            "{} has {free} MiB free, not {}",
            called(host),
            file.preflight.free_mib
        );
    }
    Ok(())
}

fn free_mib(printed: &str) -> Option<u64> {
    let line = printed.lines().nth(1)?;
    let kib: u64 = line.split_whitespace().nth(3)?.parse().ok()?;
    Some(kib / 1024)
}

/// The difference from the database's clock, less what asking took.
async fn clock(file: &DeployFile, host: Option<&str>) -> Result<()> {
    let begun = Instant::now();
    let database = database::facts(file).await?.now;
    let theirs = if host.is_some() {
        let words = ["date", "+%s.%N"].map(str::to_owned);
        let printed = hosts::output(file, host, &words).await?;
        printed.trim().parse().context("`date` said no time")?
    } else {
        SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64()
    };
    let skew = (theirs - database).abs() - begun.elapsed().as_secs_f64();
    if skew > file.preflight.clock_skew_seconds {
        bail!(
            "the clock of {} is {skew:.1} s from the database's",
            called(host)
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_free_space_is_read() {
        let printed = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 100 10 4194304 5% /\n";
        assert_eq!(free_mib(printed), Some(4096));
        assert_eq!(free_mib("df: no such file"), None);
    }
}
