//! The Postgres of a state directory that is being made.

use std::path::Path;

use anyhow::{Context, Result, bail};
use tokio_util::sync::CancellationToken;

use super::target::SECRETS;
use crate::logs::LogFile;
use crate::postgres::{self, Cluster, ClusterOptions, Durability, server};
use crate::private_file;
use crate::roles::Roles;
use crate::secrets::Secrets;
use crate::state::StateDirectory;
use crate::supervise::Supervised;
use crate::up::{NAME, create_database, superuser_url};

pub(super) struct StateServer {
    /// Held, so that no `up` starts on a half of it.
    _state: StateDirectory,
    server: Supervised,
    /// Of the empty database, for its superuser.
    pub(super) url: String,
}

impl StateServer {
    /// In a directory that has no system yet, with the secrets of the old one where there are any.
    pub(super) async fn start(
        directory: &Path,
        secrets: Option<Vec<u8>>,
        options: &ClusterOptions,
        manifest: &Path,
    ) -> Result<Self> {
        let state = StateDirectory::open(directory)?;
        if state.path().join(SECRETS[0]).exists() {
            bail!(
                "{} has a system already; restore into a directory of another name",
                directory.display()
            );
        }
        if let Some(secrets) = secrets {
            write(&state, &secrets)?;
        }
        let roles = Roles::of_manifest(manifest)?;
        let secrets = Secrets::load_or_create(state.path(), &roles)?;
        let cluster = Cluster::prepare(state.path(), options, &secrets.postgres, Durability::Full)?;
        let url = superuser_url(&secrets, cluster.port);
        let maintenance = postgres::pool(cluster.superuser(&secrets.postgres, "postgres"));
        let log = LogFile::open(&state.log("postgres.log"))?;
        let server = server::start(cluster, log);
        server::wait_until_ready(&server, &maintenance).await?;
        create_database(&maintenance)
            .await
            .with_context(|| format!("cannot create the database {NAME}"))?;
        maintenance.close().await;
        Ok(Self {
            _state: state,
            server,
            url,
        })
    }

    pub(super) async fn stop(self) {
        self.server.stop(&CancellationToken::new()).await;
    }
}

fn write(state: &StateDirectory, secrets: &[u8]) -> Result<()> {
    let all: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(secrets).context("the backup's secrets are damaged")?;
    for name in SECRETS {
        if let Some(value) = all.get(name) {
            private_file::write_json(&state.path().join(name), value)?;
        }
    }
    Ok(())
}
