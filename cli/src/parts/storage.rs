//! `kiskadee storage`: the gateway through which edges reach the object storage.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use clap::Args;
use kiskadee_storage::{
    Store,
    gateway::{Gateway, GatewayConfig},
};

use crate::stop::Stop;
use crate::telemetry;

#[derive(Args)]
pub(crate) struct StorageOptions {
    /// Where to serve the edges (their variable `storage_url`)
    #[arg(
        long,
        env = "KISKADEE_STORAGE_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8006"
    )]
    listen: SocketAddr,
    /// Where audio is kept: a directory, or an s3://, gs:// or az:// address
    #[arg(long, env = "KISKADEE_STORAGE", value_name = "ADDRESS")]
    storage: String,
    /// What the edges must show (their variable `storage_token`)
    #[arg(
        long,
        env = "KISKADEE_STORAGE_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    token: String,
}

pub(crate) async fn run(options: &StorageOptions) -> Result<()> {
    let _telemetry = telemetry::to_standard_error("kiskadee-storage")?;
    let stop = Stop::on_signals()?;
    let config = GatewayConfig {
        listen: options.listen,
        store: Store::open(&options.storage)?,
        token: options.token.as_str().into(),
    };
    let gateway = Gateway::start(config)
        .await
        .context("cannot start the storage gateway")?;
    tracing::info!(address = %gateway.local_addr(), "the storage gateway serves");
    stop.orderly.cancelled().await;
    tokio::select! {
        () = gateway.shutdown() => {}
        () = stop.quick.cancelled() => {}
    }
    Ok(())
}
