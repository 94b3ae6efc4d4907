//! Databases of the release before, whose 35 migrations held the functions, too. What they made of an empty database is what
//! the first nine of today and the files of functions make of it; so they are exchanged, and nothing is run twice.

use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;

use super::{
    error::{MigrationError, Result},
    records::Applied,
    source::MIGRATOR,
};

/// All its migrations.
const VERSIONS: [i64; 35] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 21, 22, 23, 30, 31, 32, 33, 34, 40, 41, 42, 50, 51, 70, 71,
    72, 73, 74, 75, 76, 77, 78, 79, 80,
];
/// Of the checksums that sqlx wrote down for them, one behind the other. The tables that came of other texts are not known.
const CHECKSUMS: &str = "544f4de4a78e728d296eb4787a2b7e3e2185e2eadee4640c1ee9c0f40aa9dfc9";
/// Migrations of today are numbered by the minute, so all are above this.
const NUMBERED_BY_TIME: i64 = 200_000_000_000;
/// The last of today's migrations that stand for those of the release before.
const LAST: i64 = 202_611_290_009;

/// Whether today's migration of this number stands for some of the release before.
pub(super) fn stands_for(version: i64) -> bool {
    version <= LAST
}

/// Whether the release before made the database with these migrations. An error when it did so in part, or from other files.
pub(super) fn made(applied: &[Applied]) -> Result<bool> {
    let numbered: Vec<_> = applied
        .iter()
        .filter(|had| had.version < NUMBERED_BY_TIME)
        .collect();
    let Some(last) = numbered.last() else {
        return Ok(false);
    };
    let has = |version| {
        numbered
            .iter()
            .any(|had| had.version == version && had.success)
    };
    let missing: Vec<_> = VERSIONS
        .into_iter()
        .filter(|&version| !has(version))
        .collect();
    if !missing.is_empty() {
        return Err(MigrationError::Half { missing });
    }
    let mut hash = Sha256::new();
    for had in &numbered {
        hash.update(&had.checksum);
    }
    if format!("{:x}", hash.finalize()) != CHECKSUMS {
        return Err(MigrationError::Foreign { last: last.version });
    }
    Ok(true)
}

/// Exchanges the records, in the caller's transaction. The tables are left as they are.
pub(super) async fn take_over(transaction: &mut PgConnection) -> Result<()> {
    sqlx::query("delete from _sqlx_migrations where version < $1")
        .bind(NUMBERED_BY_TIME)
        .execute(&mut *transaction)
        .await?;
    Ok(MIGRATOR.skip(transaction, Some(LAST)).await?)
}
