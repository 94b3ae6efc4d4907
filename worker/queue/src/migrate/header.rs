//! What a migration says of itself in its first lines: `-- phase: expand|contract`, `-- needs: >= X.Y`, `-- transaction: none`.
//!
//! *Expand*: programs of the release before run on what it makes. *Contract*: it takes away what they used, so it waits until none
//! of them lives, and says by `needs` from which release on programs do without.

use sqlx::migrate::Migration;

use super::{
    error::{MigrationError, Result},
    release::Release,
};

/// The last migration of the time before there were phases. All up to it only added: they are of the phase expand.
const LAST_WITHOUT_PHASE: i64 = 202_612_020_120;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Expand,
    Contract,
}

impl Phase {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expand => "expand",
            Self::Contract => "contract",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) phase: Phase,
    /// The oldest release whose programs run on what it makes.
    pub(super) needs: Option<Release>,
    /// It runs outside of a transaction, after all others: an index that is made concurrently.
    pub(super) is_outside: bool,
}

impl Header {
    pub(super) fn of(migration: &Migration) -> Result<Self> {
        let text = migration.sql.as_str();
        let without = migration.version <= LAST_WITHOUT_PHASE;
        let wrong = |problem: String| MigrationError::Header {
            version: migration.version,
            problem,
        };
        let phase = match (field(text, "phase"), without) {
            (Some("expand"), _) | (None, true) => Phase::Expand,
            (Some("contract"), _) => Phase::Contract,
            (Some(other), _) => return Err(wrong(format!("there is no phase `{other}`"))),
            (None, false) => return Err(wrong("it begins without `-- phase: …`".to_owned())),
        };
        let needs = field(text, "needs").map(|needs| {
            let release = needs.strip_prefix(">=").and_then(Release::parse);
            release.ok_or_else(|| wrong(format!("`{needs}` is not `>= X.Y`")))
        });
        let header = Self {
            phase,
            needs: needs.transpose()?,
            is_outside: field(text, "transaction") == Some("none"),
        };
        if header.phase == Phase::Contract && header.needs.is_none() {
            return Err(wrong(
                "of the phase contract, without `-- needs:`".to_owned(),
            ));
        }
        Ok(header)
    }
}

/// The value of `-- name: value` among the comments that a text begins with.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let comments = text.lines().map_while(|line| line.strip_prefix("--"));
    let mut values = comments.filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':'));
    values.next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use sqlx::{SqlSafeStr as _, migrate::MigrationType};

    use super::{super::source::MIGRATOR, *};

    fn header(version: i64, text: &'static str) -> Result<Header> {
        let text = text.into_sql_str();
        Header::of(&Migration::new(
            version,
            "words".into(),
            MigrationType::Simple,
            text,
            false,
        ))
    }

    #[test]
    fn the_first_lines_say_what_it_is() {
        let new = LAST_WITHOUT_PHASE + 1;
        let contract = header(
            new,
            "-- phase: contract\n-- needs: >= 0.2\n\ndrop table queue.old;",
        )
        .unwrap();
        assert_eq!(contract.phase, Phase::Contract);
        assert_eq!(contract.needs, Release::parse("0.2"));
        assert!(!contract.is_outside);
        let outside = header(new, "-- phase: expand\n-- transaction: none\n").unwrap();
        assert!(outside.is_outside && outside.needs.is_none());
        // What is said later is a comment like any other.
        assert!(header(new, "create table x();\n-- phase: expand").is_err());
        for wrong in [
            "-- phase: other",
            "-- phase: contract",
            "-- phase: contract\n-- needs: 0.2",
            "-- phase: expand\n-- needs: >= soon",
        ] {
            assert!(header(new, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_was_there_before_there_were_phases_expands() {
        assert_eq!(
            header(LAST_WITHOUT_PHASE, "create table x();")
                .unwrap()
                .phase,
            Phase::Expand
        );
        assert!(header(LAST_WITHOUT_PHASE + 1, "create table x();").is_err());
        for migration in MIGRATOR.iter() {
            Header::of(migration).unwrap();
        }
    }

    /// Without a transaction a migration that fails in the middle stays half done, so it is one that can be run again.
    #[test]
    fn outside_of_a_transaction_only_indexes_are_made() {
        for migration in MIGRATOR.iter() {
            if Header::of(migration).unwrap().is_outside {
                let text = migration.sql.as_str().to_lowercase();
                let code: Vec<_> = text
                    .lines()
                    .filter(|line| !line.starts_with("--"))
                    .collect();
                let code = code.join(" ");
                let is_one = code.trim().trim_end_matches(';').matches(';').count() == 0;
                let again = [
                    "index concurrently if not exists",
                    "index concurrently if exists",
                ];
                assert!(
                    is_one && again.iter().any(|words| code.contains(words)),
                    "{}",
                    migration.version
                );
            }
        }
    }
}
