//! Whether a program can read a database: it can where it knows all migrations, or is of a release that the newer ones still suit.

use std::{fmt, str::FromStr, time::Duration};

use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions};

use super::{
    error::{MigrationError, Result, is_absent},
    release::Release,
    source::Source,
};

/// For an answer at the start of a program, which goes on without.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a database stands to a program that may run on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// It has the migrations that the program knows.
    Same,
    Newer(Newer),
    /// It lacks migrations of the program: `kiskadee migrate` is still to be run.
    Older,
}

/// A database that a later release made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newer {
    pub database: i64,
    pub known: i64,
    pub release: String,
    /// None where every release can read it.
    pub min_reader: Option<String>,
}

impl Newer {
    fn suits(&self) -> bool {
        let Some(needed) = &self.min_reader else {
            return true;
        };
        match (Release::parse(&self.release), Release::parse(needed)) {
            (Some(own), Some(needed)) => own >= needed,
            _ => false,
        }
    }

    /// Itself, or the refusal.
    pub(super) fn or_refusal(self) -> Result<Self> {
        if self.suits() {
            Ok(self)
        } else {
            Err(MigrationError::Unreadable(self))
        }
    }
}

impl fmt::Display for Newer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            database,
            known,
            release,
            min_reader,
        } = self;
        write!(
            f,
            "the database is newer: {database}; this program, release {release}, knows up to {known}"
        )?;
        match min_reader {
            None => write!(f, "; it runs, for every release can read that database"),
            Some(needed) if self.suits() => {
                write!(f, "; it runs, for {release} is not older than {needed}")
            }
            Some(needed) => write!(f, "; what is older than {needed} cannot read that database"),
        }
    }
}

/// Asks a database whether this program can read it, as a member of `kiskadee_worker` or `kiskadee_edge_host`. Whoever cannot ask, since the
/// database is away, gets an error of the database and may go on.
pub async fn reading(url: &str) -> crate::Result<Reading> {
    reading_of(url, &Source::default()).await
}

/// As [`reading`], for another program.
pub async fn reading_of(url: &str, source: &Source) -> crate::Result<Reading> {
    let asked = tokio::time::timeout(PATIENCE, ask(url)).await;
    let late = |_| sqlx::Error::PoolTimedOut;
    let Some((database, min_reader)) = asked.map_err(late)?? else {
        return Ok(Reading::Older);
    };
    let known = source.known();
    if database <= known {
        // A migration that contracts may be left out for a while.
        return Ok(if database < source.newest_expansion()? {
            Reading::Older
        } else {
            Reading::Same
        });
    }
    let newer = Newer {
        database,
        known,
        release: source.release.clone().into_owned(),
        min_reader,
    };
    Ok(Reading::Newer(newer.or_refusal()?))
}

async fn ask(url: &str) -> crate::Result<Option<(i64, Option<String>)>> {
    let mut connection = PgConnection::connect_with(&PgConnectOptions::from_str(url)?).await?;
    // Without a name, for a pooler may be in between.
    let answer = sqlx::query_as("select version, min_reader from kiskadee.schema_version()")
        .persistent(false)
        .fetch_optional(&mut connection)
        .await;
    connection.close().await?;
    match answer {
        Err(error) if is_absent(&error) => Ok(None),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newer(release: &str, min_reader: Option<&str>) -> Newer {
        Newer {
            database: 9,
            known: 7,
            release: release.to_owned(),
            min_reader: min_reader.map(str::to_owned),
        }
    }

    #[test]
    fn what_contracted_decides_who_can_read() {
        assert!(newer("0.1.0", None).suits());
        assert!(newer("0.2.0", Some("0.2")).suits());
        assert!(!newer("0.1.0", Some("0.2")).suits());
        assert!(!newer("0.1.0", Some("what?")).suits());
        assert_eq!(
            newer("0.2.0", Some("0.2")).to_string(),
            "the database is newer: 9; this program, release 0.2.0, knows up to 7; it runs, for 0.2.0 is not older than 0.2"
        );
    }
}
