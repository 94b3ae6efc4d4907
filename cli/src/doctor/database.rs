//! The database: whether it answers, what it is, and whether its schema is this program's.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kiskadee_queue::Changes;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use tokio::time::timeout;

use super::findings::Findings;
use super::{DoctorOptions, fleet, pooler, settings};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// The oldest that is tested.
const OLDEST: i32 = 150_000;
/// From here somebody's tokens are too young or too old, and leases end early or late.
const SKEW_WARNS: f64 = 1.0;
const SKEW_BREAKS: f64 = 30.0;

pub(super) async fn look(findings: &mut Findings, url: &str, options: &DoctorOptions) {
    let connecting = async { PgConnection::connect_with(&self::options(url)?).await };
    let mut connection = match timeout(CONNECT_WITHIN, connecting).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return unreachable(findings, &error.to_string()),
        Err(_) => return unreachable(findings, "no answer"),
    };
    findings.ok("database", "it answers");
    if let Err(error) = look_at(findings, &mut connection, url, options).await {
        findings.problem(
            "database",
            &format!("a question was not answered: {error}"),
            "ask as the owner of the database, or as a role that may read its schema",
        );
    }
}

/// Poolers refuse start-up parameters that they do not track.
pub(super) fn options(url: &str) -> sqlx::Result<PgConnectOptions> {
    Ok(url.parse::<PgConnectOptions>()?.extra_float_digits(None))
}

fn unreachable(findings: &mut Findings, why: &str) {
    findings.problem(
        "database",
        &format!("it cannot be reached: {why}"),
        "see that Postgres runs, that its address is right, and that pg_hba.conf and firewalls let this machine in",
    );
    for check in ["migrations", "workers", "settings", "pooler", "backup"] {
        findings.skipped(check, "the database cannot be reached");
    }
}

async fn look_at(
    findings: &mut Findings,
    connection: &mut PgConnection,
    url: &str,
    options: &DoctorOptions,
) -> sqlx::Result<()> {
    version(findings, connection).await?;
    clock(findings, connection).await?;
    settings::look(findings, connection).await?;
    pooler::look(findings, url).await;
    if migrations(findings, url).await {
        fleet::look(findings, connection, options).await?;
    } else {
        findings.skipped("workers", "the schema is not this program's");
    }
    Ok(())
}

async fn version(findings: &mut Findings, connection: &mut PgConnection) -> sqlx::Result<()> {
    let number: i32 = sqlx::query_scalar("select current_setting('server_version_num')::int")
        .fetch_one(connection)
        .await?;
    judge_version(findings, number);
    Ok(())
}

pub(super) fn judge_version(findings: &mut Findings, number: i32) {
    let found = format!("Postgres {}.{}", number / 10_000, number % 10_000);
    if number < OLDEST {
        findings.problem("version", &found, "Postgres 15 or newer is needed");
    } else {
        findings.ok("version", &found);
    }
}

/// The answer is from some time between question and answer, so half of that is not known.
async fn clock(findings: &mut Findings, connection: &mut PgConnection) -> sqlx::Result<()> {
    let asked = SystemTime::now();
    let theirs: f64 = sqlx::query_scalar("select extract(epoch from clock_timestamp())::float8")
        .fetch_one(connection)
        .await?;
    let took = asked.elapsed().unwrap_or_default().as_secs_f64();
    let asked = asked.duration_since(UNIX_EPOCH).unwrap_or_default();
    judge_clock(
        findings,
        asked.as_secs_f64() + took / 2.0 - theirs,
        took / 2.0,
    );
    Ok(())
}

pub(super) fn judge_clock(findings: &mut Findings, ahead: f64, unknown: f64) {
    let found = format!("this machine is {ahead:+.3} s ahead of the database (± {unknown:.3} s)");
    let advice = "let chrony or systemd-timesyncd keep both clocks";
    let skew = ahead.abs() - unknown;
    if skew > SKEW_BREAKS {
        findings.problem("clock", &found, advice);
    } else if skew > SKEW_WARNS {
        findings.warning("clock", &found, advice);
    } else {
        findings.ok("clock", &found);
    }
}

/// Whether the schema is there and of this version.
async fn migrations(findings: &mut Findings, url: &str) -> bool {
    match kiskadee_queue::plan(url).await {
        Ok(changes) if changes.is_empty() => {
            match &changes.newer {
                None => findings.ok("migrations", "the schema is this program's"),
                Some(newer) => findings.warning(
                    "migrations",
                    &newer.to_string(),
                    "bring the programs of that release into service",
                ),
            }
            true
        }
        Ok(changes) => {
            findings.problem("migrations", &lacking(&changes), "run `kiskadee migrate`");
            false
        }
        Err(error) => {
            findings.problem(
                "migrations",
                &kiskadee_shared::causes::chain(&error),
                "a newer release has been here: run that, or restore the backup from before it",
            );
            false
        }
    }
}

fn lacking(changes: &Changes) -> String {
    let functions = changes.functions.as_ref();
    let functions = functions.map_or(0, |changes| changes.added.len() + changes.changed.len());
    format!(
        "{} migrations are to be applied, and {functions} functions differ",
        changes.migrations.len()
    )
}
