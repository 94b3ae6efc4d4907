//! How Postgres is set up: what may lose data, and what makes the queue slow.

use sqlx::PgConnection;

use super::findings::Findings;

/// Whether a wrong setting is a problem or only slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    Loses,
    Slows,
}

/// A setting as `pg_settings` has it, what is right, how much a wrong one weighs, and what to do.
type Rule = (&'static str, fn(&str) -> bool, Weight, &'static str);

fn number(text: &str) -> i64 {
    text.parse().unwrap_or(0)
}

const RULES: [Rule; 10] = [
    (
        "fsync",
        |value| value == "on",
        Weight::Loses,
        "alter system set fsync = on: a power cut may destroy the database",
    ),
    (
        "full_page_writes",
        |value| value == "on",
        Weight::Loses,
        "alter system set full_page_writes = on: a power cut may tear pages",
    ),
    (
        "synchronous_commit",
        |value| value != "off",
        Weight::Loses,
        "alter system set synchronous_commit = on: a crash loses work that was taken in",
    ),
    (
        "autovacuum",
        |value| value == "on",
        Weight::Loses,
        "alter system set autovacuum = on: without it the queue slows down until it stands",
    ),
    // In MiB.
    (
        "max_wal_size",
        |value| number(value) >= 8192,
        Weight::Slows,
        "alter system set max_wal_size = '8GB': checkpoints by size come too often under load",
    ),
    // In seconds.
    (
        "checkpoint_timeout",
        |value| number(value) >= 900,
        Weight::Slows,
        "alter system set checkpoint_timeout = '15min'",
    ),
    (
        "wal_compression",
        |value| value != "off",
        Weight::Slows,
        "alter system set wal_compression = on: half of the log under load",
    ),
    // In seconds.
    (
        "autovacuum_naptime",
        |value| number(value) <= 15,
        Weight::Slows,
        "alter system set autovacuum_naptime = '5s': the busy tables grow between two visits",
    ),
    (
        "jit",
        |value| value == "off",
        Weight::Slows,
        "alter system set jit = off: statements here are short",
    ),
    (
        "max_connections",
        |value| number(value) >= 100,
        Weight::Slows,
        "alter system set max_connections = 200, or put PgBouncer before it",
    ),
];

pub(super) async fn look(
    findings: &mut Findings,
    connection: &mut PgConnection,
) -> sqlx::Result<()> {
    for rule in &RULES {
        let (name, ..) = rule;
        let value: Option<String> =
            sqlx::query_scalar("select setting from pg_settings where name = $1")
                .bind(name)
                .fetch_optional(&mut *connection)
                .await?;
        if let Some(value) = value {
            judge(findings, rule, &value);
        }
    }
    Ok(())
}

fn judge(findings: &mut Findings, (name, is_right, weight, advice): &Rule, value: &str) {
    let found = format!("{name} is {value}");
    match weight {
        _ if is_right(value) => findings.ok("settings", &found),
        Weight::Loses => findings.problem("settings", &found, advice),
        Weight::Slows => findings.warning("settings", &found, advice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::findings::State;

    #[test]
    fn each_setting_has_a_wrong_value() {
        let wrong = [
            "off", "off", "off", "off", "1024", "300", "off", "60", "on", "50",
        ];
        let right = [
            "on", "on", "local", "on", "8192", "900", "lz4", "5", "off", "200",
        ];
        for ((rule, wrong), right) in RULES.iter().zip(wrong).zip(right) {
            let expected = match rule.2 {
                Weight::Loses => State::Problem,
                Weight::Slows => State::Warning,
            };
            for (value, expected) in [(wrong, expected), (right, State::Ok)] {
                let mut findings = Findings::default();
                judge(&mut findings, rule, value);
                let states = findings
                    .of("settings")
                    .iter()
                    .map(|f| f.state)
                    .collect::<Vec<_>>();
                assert_eq!(states, [expected], "{} {value}", rule.0);
            }
        }
    }
}
