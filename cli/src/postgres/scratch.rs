//! `kiskadee postgres`: a private server for tests. It keeps nothing, and ends when its standard input closes.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context, Result};
use clap::Args;
use tokio::io::AsyncReadExt as _;
use tokio_util::sync::CancellationToken;

use super::{Cluster, ClusterOptions, Durability, server};
use crate::logs::LogFile;
use crate::random::random_token;
use crate::stop::Stop;

#[derive(Args)]
pub(crate) struct ScratchOptions {
    #[command(flatten)]
    cluster: ClusterOptions,
}

/// Prints the superuser's URL on a line of its own once the server answers.
pub(crate) async fn run(options: &ScratchOptions) -> Result<()> {
    let stop = Stop::on_signals()?;
    // Open enough for the user that runs Postgres to pass through.
    let folder = tempfile::Builder::new()
        .prefix("kiskadee-postgres-")
        .permissions(Permissions::from_mode(0o711))
        .tempdir()
        .context("cannot create a temporary directory")?;
    let password = random_token()?;
    let cluster = Cluster::prepare(folder.path(), &options.cluster, &password, Durability::None)?;
    let admin = super::pool(cluster.superuser(&password, "postgres"));
    let url = cluster.url(super::SUPERUSER, &password, "postgres");
    let log = LogFile::open(&folder.path().join("postgres.log"))?;
    let server = server::start(cluster, log);
    let outcome = tokio::select! {
        ready = server::wait_until_ready(&server, &admin) => match ready {
            Ok(()) => {
                println!("{url}");
                wait_for_the_end(&stop).await;
                Ok(())
            }
            Err(error) => Err(error),
        },
        () = stop.orderly.cancelled() => Ok(()),
    };
    let quick = CancellationToken::new();
    quick.cancel();
    // Nothing is worth an orderly stop here.
    server.stop(&quick).await;
    outcome
}

async fn wait_for_the_end(stop: &Stop) {
    let mut input = tokio::io::stdin();
    let mut byte = [0];
    let closed = async { while matches!(input.read(&mut byte).await, Ok(read) if read > 0) {} };
    tokio::select! {
        () = closed => {}
        () = stop.orderly.cancelled() => {}
    }
}
