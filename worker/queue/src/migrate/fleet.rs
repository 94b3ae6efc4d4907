//! Which programs live that are older than a migration allows.

use std::fmt;

use sqlx::PgConnection;

use super::{error::Result, release::Release};

/// A worker or an edge, by what it tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Living {
    /// `worker` or `edge`
    pub part: String,
    pub name: String,
    pub host: String,
    pub version: String,
}

impl fmt::Display for Living {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            part,
            name,
            host,
            version,
        } = self;
        write!(f, "the {part} {name} on {host} ({version})")
    }
}

/// All that live now. A database that has no such tables yet has nobody.
pub(super) async fn living(connection: &mut PgConnection) -> Result<Vec<Living>> {
    let tables = [
        (
            "queue.worker",
            "select 'worker' as part, w.name, w.host, w.version from queue.worker w
             where w.expires_at > clock_timestamp()",
        ),
        (
            "kiskadee.edge",
            "select 'edge' as part, e.id::text as name, e.host, e.version from kiskadee.edge e
             where e.expires_at > clock_timestamp()",
        ),
    ];
    let mut all = Vec::new();
    for (table, query) in tables {
        let is_there: bool = sqlx::query_scalar("select to_regclass($1) is not null")
            .bind(table)
            .fetch_one(&mut *connection)
            .await?;
        if is_there {
            all.extend(
                sqlx::query_as::<_, Living>(query)
                    .fetch_all(&mut *connection)
                    .await?,
            );
        }
    }
    Ok(all)
}

/// Those that are older than a release, or of a version that is no number.
pub(super) fn older(living: &[Living], needed: &Release) -> Vec<Living> {
    let is_older =
        |one: &&Living| Release::parse(&one.version).is_none_or(|version| version < *needed);
    living.iter().filter(is_older).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cannot_say_how_old_it_is_counts_as_older() {
        let living = ["0.2.0", "0.1.9", "", "0.3.0-dev"].map(|version| Living {
            part: "worker".to_owned(),
            name: "one".to_owned(),
            host: "here".to_owned(),
            version: version.to_owned(),
        });
        let needed = Release::parse("0.2").unwrap();
        let older = older(&living, &needed);
        let versions: Vec<_> = older.iter().map(|one| one.version.as_str()).collect();
        assert_eq!(versions, ["0.1.9", ""]);
    }
}
