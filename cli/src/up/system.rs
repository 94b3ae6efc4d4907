//! The running parts.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use futures::future::join_all;
use kiskadee_edge_host::EdgeHost;
use kiskadee_queue::MigrationOptions;
use kiskadee_storage::gateway::Gateway;
use sqlx::PgPool;

use super::announce::Progress;
use super::first_user::{self, Credentials};
use super::{UpOptions, database, edge, workers};
use crate::logs::LogFile;
use crate::postgres::{self, Cluster, Durability, server};
use crate::roles::{self, Roles};
use crate::secrets::Secrets;
use crate::state::StateDirectory;
use crate::stop::Stop;
use crate::supervise::Supervised;

/// For requests that run when the stop is asked for.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(crate) struct System {
    postgres: Option<Supervised>,
    gateway: Option<Gateway>,
    edge: Option<EdgeHost>,
    /// Of the edge.
    drain_delay: Duration,
    workers: Vec<Supervised>,
}

impl System {
    pub(crate) async fn start(
        &mut self,
        state: &StateDirectory,
        options: &UpOptions,
        progress: &Progress,
    ) -> Result<Credentials> {
        let roles = Roles::of_manifest(&options.artefacts.manifest()?)?;
        let secrets = Secrets::load_or_create(state.path(), &roles)?;
        let cluster = prepare_cluster(state.path(), options, &secrets.postgres).await?;
        let port = cluster.port;
        let gateway = edge::start_gateway(options, state.path(), &secrets).await?;
        let gateway = self.gateway.insert(gateway).local_addr();
        // Both compute for seconds at a first start, and neither needs the other yet.
        let (edge, admin) = tokio::try_join!(
            edge::prepare_host(options, state.path(), (&secrets, &roles), port, gateway),
            start_database(
                &mut self.postgres,
                cluster,
                state,
                options,
                (&secrets, &roles)
            ),
        )?;
        // Not before the schema is today's and every component has its login.
        self.edge = Some(edge.serve()?);
        self.drain_delay = options.serving.drain_delay(Duration::ZERO);
        progress.done(
            "postgres",
            &format!("127.0.0.1:{port}, database {}", database::NAME),
        );
        progress.done("edge", &options.listen.to_string());
        let address = (options.serving.scheme(), options.listen);
        let credentials = first_user::ensure(&admin, state.path(), address).await?;
        let url = database::login_url(&secrets, roles::WORKER, port)?;
        for number in 1..=options.workers {
            self.workers
                .push(workers::start(number, state, options, &url, &admin)?);
        }
        workers::wait_until_ready(&self.workers, &admin).await?;
        progress.done("workers", &options.workers.to_string());
        Ok(credentials)
    }

    /// In the reverse order of the start; a second request to stop hurries each step.
    pub(crate) async fn stop(&mut self, stop: &Stop) {
        let hurry = &stop.quick;
        if let Some(edge) = self.edge.take() {
            let leaving = async {
                edge.drain(self.drain_delay).await;
                edge.shutdown(LAST_ANSWERS).await
            };
            tokio::select! {
                _ = leaving => {}
                () = hurry.cancelled() => {}
            }
        }
        join_all(self.workers.drain(..).map(|worker| worker.stop(hurry))).await;
        if let Some(gateway) = self.gateway.take() {
            tokio::select! {
                () = gateway.shutdown() => {}
                () = hurry.cancelled() => {}
            }
        }
        if let Some(postgres) = self.postgres.take() {
            postgres.stop(hurry).await;
        }
    }
}

/// On a thread of its own: `initdb` takes a second, and the end of a leftover server may take longer.
async fn prepare_cluster(state: &Path, options: &UpOptions, password: &str) -> Result<Cluster> {
    let (state, options, password) = (
        state.to_owned(),
        options.cluster.clone(),
        password.to_owned(),
    );
    tokio::task::spawn_blocking(move || {
        Cluster::prepare(&state, &options, &password, Durability::Full)
    })
    .await?
}

/// From a cluster on disk to a database that every part can use. Returns the way in for this process.
async fn start_database(
    postgres: &mut Option<Supervised>,
    cluster: Cluster,
    state: &StateDirectory,
    options: &UpOptions,
    (secrets, roles): (&Secrets, &Roles),
) -> Result<PgPool> {
    let port = cluster.port;
    let maintenance = postgres::pool(cluster.superuser(&secrets.postgres, "postgres"));
    let admin = postgres::pool(cluster.superuser(&secrets.postgres, database::NAME));
    let log = LogFile::open(&state.log("postgres.log"))?;
    let server = postgres.insert(server::start(cluster, log));
    server::wait_until_ready(server, &maintenance).await?;
    database::create(&maintenance).await?;
    maintenance.close().await;
    let url = database::superuser_url(secrets, port);
    // Whoever is registered there died with the system of before.
    let alone = MigrationOptions {
        alone: true,
        ..MigrationOptions::default()
    };
    kiskadee_queue::migrate_with(&url, &alone)
        .await
        .context("cannot bring the database's schema up to date")?;
    database::ensure_logins(&admin, secrets, roles).await?;
    database::set_queue_cap(&admin, options.queue_cap).await?;
    // Whatever an earlier run left registered died with it.
    database::expire_workers(&admin, "%").await?;
    Ok(admin)
}
