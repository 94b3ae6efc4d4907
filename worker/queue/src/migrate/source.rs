//! What a program brings to a database: its migrations, and the release that it is of.

use std::borrow::Cow;

use sqlx::migrate::{Migration, Migrator};

use super::{
    error::Result,
    header::{Header, Phase},
};

pub(super) static MIGRATOR: Migrator = sqlx::migrate!("../../shared/migrations");

/// This program's, unless a test says otherwise.
#[derive(Debug, Clone)]
pub struct Source {
    pub(super) migrations: Cow<'static, [Migration]>,
    pub(super) release: Cow<'static, str>,
}

impl Default for Source {
    fn default() -> Self {
        Self {
            migrations: Cow::Borrowed(&MIGRATOR.migrations),
            release: Cow::Borrowed(env!("CARGO_PKG_VERSION")),
        }
    }
}

impl Source {
    /// The same, of another release and with more migrations behind: `(version, text)`.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn with(release: &str, more: &[(i64, &'static str)]) -> Self {
        use sqlx::{SqlSafeStr as _, migrate::MigrationType};

        let more = more.iter().map(|&(version, text)| {
            let text = text.into_sql_str();
            Migration::new(
                version,
                "of a test".into(),
                MigrationType::Simple,
                text,
                false,
            )
        });
        Self {
            migrations: MIGRATOR.iter().cloned().chain(more).collect(),
            release: Cow::Owned(release.to_owned()),
        }
    }

    /// The newest migration that it knows.
    pub(super) fn known(&self) -> i64 {
        self.migrations.last().map_or(0, |last| last.version)
    }

    /// The newest that every database of this program has: what contracts may be left out for a while.
    pub(super) fn newest_expansion(&self) -> Result<i64> {
        for migration in self.migrations.iter().rev() {
            if Header::of(migration)?.phase == Phase::Expand {
                return Ok(migration.version);
            }
        }
        Ok(0)
    }

    pub(super) fn find(&self, version: i64) -> Option<&Migration> {
        self.migrations
            .iter()
            .find(|migration| migration.version == version)
    }
}
