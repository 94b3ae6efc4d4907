//! Which database an administrator's command works on.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use sqlx::{Connection as _, PgPool};

use crate::given;
use crate::postgres;
use crate::secrets::Secrets;
use crate::state;
use crate::up::superuser_url;

#[derive(Args)]
pub(crate) struct Target {
    /// Owner of the database [default: the superuser of the `kiskadee up` that runs on --state-dir]; or a file that
    /// `KISKADEE_DATABASE_URL_FILE` names
    #[arg(
        long,
        env = "KISKADEE_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    database_url: Option<String>,
    /// State directory of a running `kiskadee up` [default: ~/.local/share/kiskadee]
    #[arg(long, env = "KISKADEE_STATE_DIR", value_name = "DIR")]
    state_dir: Option<PathBuf>,
}

impl Target {
    pub(crate) fn state_dir(&self) -> PathBuf {
        self.state_dir.clone().unwrap_or_else(state::default_path)
    }

    /// Whether the database was named by its address, and not by a state directory.
    pub(crate) fn is_by_address(&self) -> Result<bool> {
        Ok(self.address()?.is_some())
    }

    fn address(&self) -> Result<Option<String>> {
        given::database_url_if_any(self.database_url.as_ref())
    }

    pub(crate) fn url(&self) -> Result<String> {
        if let Some(url) = self.address()? {
            return Ok(url);
        }
        let state = self.state_dir();
        let secrets = Secrets::of_installation(&state)?;
        let port = postgres::remembered_port(&state).with_context(|| {
            format!(
                "{} has no database yet: start `kiskadee up` on it",
                state.display()
            )
        })?;
        Ok(superuser_url(&secrets, port))
    }

    pub(crate) async fn connect(&self) -> Result<PgPool> {
        let url = self.url()?;
        // At once, for a pool would wait for a server that does not run.
        sqlx::PgConnection::connect(&url)
            .await
            .context("cannot connect to the database; does `kiskadee up` run?")?
            .close()
            .await?;
        Ok(postgres::pool(url.parse()?))
    }
}
