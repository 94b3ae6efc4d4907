//! What the database knows of the fleet: roles, workers, who leads, partitions, backups.

use sqlx::PgConnection;

use super::DoctorOptions;
use super::findings::Findings;
use crate::roles::{EDGE_HOST, Roles, WORKER};

/// Partitions are made a week ahead; with fewer days nobody has led for long.
const LEAST_DAYS: i64 = 3;

pub(super) async fn look(
    findings: &mut Findings,
    connection: &mut PgConnection,
    options: &DoctorOptions,
) -> sqlx::Result<()> {
    roles(findings, connection, &groups(options)).await?;
    workers(findings, connection).await?;
    leader(findings, connection).await?;
    partitions(findings, connection).await?;
    backup(findings, connection, options.backup_age).await?;
    data_directory(findings, connection).await
}

/// Those of the components where these are here.
fn groups(options: &DoctorOptions) -> Vec<String> {
    let manifest = options.artefacts.manifest();
    match manifest.and_then(|path| Roles::of_manifest(&path)) {
        Ok(roles) => roles.names().map(str::to_owned).collect(),
        Err(_) => vec![EDGE_HOST.to_owned(), WORKER.to_owned()],
    }
}

/// Each group must be there, and somebody who can log in as a member of it.
pub(super) async fn roles(
    findings: &mut Findings,
    connection: &mut PgConnection,
    names: &[String],
) -> sqlx::Result<()> {
    let missing: Vec<String> =
        sqlx::query_scalar(include_str!("../../queries/roles_without_login.sql"))
            .bind(names)
            .fetch_all(connection)
            .await?;
    if missing.is_empty() {
        findings.ok(
            "roles",
            &format!("{} groups, each with a login", names.len()),
        );
    } else {
        findings.problem(
            "roles",
            &format!("nobody can log in as {}", missing.join(", ")),
            "for each: create role NAME_login login password '…'; grant NAME to NAME_login",
        );
    }
    Ok(())
}

async fn workers(findings: &mut Findings, connection: &mut PgConnection) -> sqlx::Result<()> {
    let alive: Vec<(String, String)> = sqlx::query_as(
        "select name, version from queue.worker where expires_at > clock_timestamp() order by name",
    )
    .fetch_all(connection)
    .await?;
    judge_workers(findings, &alive);
    Ok(())
}

pub(super) fn judge_workers(findings: &mut Findings, alive: &[(String, String)]) {
    let here = env!("CARGO_PKG_VERSION");
    let found = format!("{} alive", alive.len());
    let others: Vec<String> = alive
        .iter()
        .filter(|(_, version)| version != here)
        .map(|(name, version)| format!("{name} ({version})"))
        .collect();
    if alive.is_empty() {
        let advice = "start `kiskadee worker`; its log says why where it does not stay";
        findings.problem("workers", &found, advice);
    } else if others.is_empty() {
        findings.ok("workers", &format!("{found}, all of {here}"));
    } else {
        let found = format!("{found}, of other versions: {}", others.join(", "));
        findings.warning("workers", &found, &format!("bring them to {here}"));
    }
}

async fn leader(findings: &mut Findings, connection: &mut PgConnection) -> sqlx::Result<()> {
    let leads: bool = sqlx::query_scalar(
        "select exists (select from queue.leader where expires_at > clock_timestamp())",
    )
    .fetch_one(connection)
    .await?;
    if leads {
        findings.ok("leader", "one worker does the chores");
    } else {
        findings.problem(
            "leader",
            "no worker does the chores: nothing is rescued, promoted or swept",
            "see that workers are alive and reach the database; the next takes the lead within seconds",
        );
    }
    Ok(())
}

async fn partitions(findings: &mut Findings, connection: &mut PgConnection) -> sqlx::Result<()> {
    let days: Option<i64> = sqlx::query_scalar(include_str!("../../queries/partition_days.sql"))
        .fetch_one(connection)
        .await?;
    judge_partitions(findings, days.unwrap_or(0));
    Ok(())
}

pub(super) fn judge_partitions(findings: &mut Findings, days: i64) {
    let found = format!("for {days} days ahead");
    if days < LEAST_DAYS {
        let advice = "the worker that leads makes them; its log says why it does not";
        findings.problem("partitions", &found, advice);
    } else {
        findings.ok("partitions", &found);
    }
}

async fn backup(
    findings: &mut Findings,
    connection: &mut PgConnection,
    limit: u32,
) -> sqlx::Result<()> {
    let hours: Option<f64> = sqlx::query_scalar(
        "select extract(epoch from clock_timestamp() - max(taken_at))::float8 / 3600 from storage.backup",
    )
    .fetch_one(connection)
    .await?;
    judge_backup(findings, hours, limit);
    Ok(())
}

pub(super) fn judge_backup(findings: &mut Findings, hours: Option<f64>, limit: u32) {
    let advice = "run `kiskadee backup create`, or `kiskadee backup schedule` for every day";
    match hours {
        Some(hours) if limit == 0 || hours <= f64::from(limit) => {
            findings.ok("backup", &format!("the newest is {hours:.1} hours old"));
        }
        Some(hours) => {
            let found = format!("the newest is {hours:.1} hours old");
            findings.problem("backup", &found, advice);
        }
        None if limit == 0 => findings.ok("backup", "none, and none is wanted"),
        None => findings.warning("backup", "there is none", advice),
    }
}

/// Only of use where Postgres is on this machine; its directory is for superusers to know.
async fn data_directory(
    findings: &mut Findings,
    connection: &mut PgConnection,
) -> sqlx::Result<()> {
    let directory: Option<String> = sqlx::query_scalar(
        "select current_setting('data_directory') where pg_has_role(current_user, 'pg_read_all_settings', 'member')",
    )
    .fetch_optional(connection)
    .await?;
    if let Some(directory) = directory.filter(|path| std::path::Path::new(path).is_dir()) {
        super::machine::disk(findings, "the database", directory.as_ref());
    }
    Ok(())
}
