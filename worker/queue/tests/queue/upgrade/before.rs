//! A database as the release before left it, from the text of its migrations.
//!
//! `fixtures/schema_before_rooms.sql.gz` was made by
//!
//! ```sh
//! for f in $(git ls-tree --name-only 54a88fb shared/migrations/); do
//!   printf -- '--== %s\n' "${f##*/}"; git show "54a88fb:$f"
//! done | gzip -9n > worker/queue/tests/queue/upgrade/fixtures/schema_before_rooms.sql.gz
//! ```

use std::io::Read as _;

use flate2::read::GzDecoder;
use kiskadee_queue::testing::TestDatabase;
use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

const MIGRATIONS: &[u8] = include_bytes!("fixtures/schema_before_rooms.sql.gz");
/// Stands before the name of each file.
const SEPARATOR: &str = "--== ";

/// A database with the first `count` migrations of that release, with the records that sqlx writes of them.
pub(crate) async fn database_with(count: usize) -> TestDatabase {
    let database = TestDatabase::create_empty().await;
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let migrations = migrations().into_iter().take(count).collect();
    Migrator::with_migrations(migrations)
        .run(&mut connection)
        .await
        .unwrap();
    database
}

pub(crate) async fn database() -> TestDatabase {
    database_with(usize::MAX).await
}

fn migrations() -> Vec<Migration> {
    let mut text = String::new();
    GzDecoder::new(MIGRATIONS)
        .read_to_string(&mut text)
        .unwrap();
    text.split(SEPARATOR).skip(1).map(migration).collect()
}

/// As sqlx reads a file `NNNN_words.sql`.
fn migration(file: &str) -> Migration {
    let (name, text) = file.split_once('\n').unwrap();
    let (version, words) = name.trim_end_matches(".sql").split_once('_').unwrap();
    Migration::new(
        version.parse().unwrap(),
        words.replace('_', " ").into(),
        MigrationType::Simple,
        AssertSqlSafe(text.to_owned()).into_sql_str(),
        false,
    )
}
