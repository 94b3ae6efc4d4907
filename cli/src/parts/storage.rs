//! `kiskadee storage`: the gateway through which edges reach the object storage.

use std::future::ready;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use clap::Args;
use kiskadee_storage::{
    Store,
    gateway::{Gateway, GatewayConfig, Tokens, relay::Peers},
};
use reqwest::Url;

use crate::given;
use crate::stop::Stop;
use crate::telemetry;

const TOKEN: &str = "KISKADEE_STORAGE_TOKEN";

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
    /// What the edges must show (their variable `storage_token`), of several one in each line; or a file that
    /// `KISKADEE_STORAGE_TOKEN_FILE` names
    #[arg(
        long,
        env = "KISKADEE_STORAGE_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    token: Option<String>,
    /// All gateways that share the name by which edges and workers reach them, this one too, each by an address that leads to it alone
    /// [default: there are no others]
    #[arg(
        long,
        env = "KISKADEE_STORAGE_PEERS",
        value_name = "URLS",
        value_delimiter = ',',
        requires = "own_url"
    )]
    peers: Vec<Url>,
    /// Which of the peers this gateway is
    #[arg(long, env = "KISKADEE_STORAGE_OWN_URL", value_name = "URL")]
    own_url: Option<Url>,
}

impl StorageOptions {
    fn peers(&self) -> Result<Peers> {
        match &self.own_url {
            Some(own) if !self.peers.is_empty() => Ok(Peers::new(own, &self.peers)?),
            _ => Ok(Peers::default()),
        }
    }
}

pub(crate) async fn run(options: &StorageOptions) -> Result<()> {
    let _telemetry = telemetry::to_standard_error("kiskadee-storage")?;
    let stop = Stop::on_signals()?;
    let source = given::required(TOKEN, options.token.as_ref())?;
    let tokens = Tokens::new(&source.read()?);
    let config = GatewayConfig {
        listen: options.listen,
        store: Store::open(&options.storage)?,
        token: tokens.clone(),
        peers: options.peers()?,
    };
    let _following = given::follow(&source, move |lines| {
        tokens.replace(&lines);
        ready(Ok(()))
    });
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
