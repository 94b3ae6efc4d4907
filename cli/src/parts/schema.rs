//! Whether this program can read its database, asked before it starts.

use anyhow::{Context as _, Result};
use kiskadee_queue::{Error, MigrationError, Reading};

/// An error where the database was made for later releases alone. One that cannot be asked, since it is away or too old to answer,
/// is none: programs wait for their database.
pub(super) async fn check(url: &str) -> Result<()> {
    match kiskadee_queue::reading(url).await {
        Ok(Reading::Same) => {}
        Ok(Reading::Newer(newer)) => tracing::info!("{newer}"),
        Ok(Reading::Older) => tracing::warn!(
            "the database lacks migrations of this program: `kiskadee migrate` is to be run"
        ),
        Err(error @ Error::Migrate(MigrationError::Unreadable(_))) => {
            return Err(error).context("this program cannot run on its database");
        }
        Err(error) => {
            tracing::warn!(%error, "cannot ask the database yet whether it suits this program");
        }
    }
    Ok(())
}
