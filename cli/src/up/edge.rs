//! The edge of an embedded installation: the storage gateway, and the host with its variables.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context, Result};
use kiskadee_edge_host::{EdgeHost, HostConfig, PreparedHost};
use kiskadee_secret::SecretSource;
use kiskadee_storage::{
    Store,
    gateway::{Gateway, GatewayConfig, relay::Peers},
};

use super::{UpOptions, database};
use crate::roles::{EDGE_HOST, Roles};
use crate::secrets::Secrets;

/// On a port of its own choice, for this machine only.
pub(crate) async fn start_gateway(
    options: &UpOptions,
    state: &Path,
    secrets: &Secrets,
) -> Result<Gateway> {
    let store = Store::open(&options.storage_in(state))?;
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let config = GatewayConfig {
        listen,
        store,
        token: secrets.storage_token.as_str().into(),
        peers: Peers::default(),
    };
    Gateway::start(config)
        .await
        .context("cannot start the storage gateway")
}

/// Ready to answer as soon as its database is.
pub(crate) async fn prepare_host(
    options: &UpOptions,
    state: &Path,
    (secrets, roles): (&Secrets, &Roles),
    postgres_port: u16,
    gateway: SocketAddr,
) -> Result<PreparedHost> {
    let mut config = HostConfig::new(
        options.artefacts.manifest()?,
        options.listen,
        state.join("compiled"),
    );
    config.component_dir = Some(options.artefacts.components()?);
    options.serving.apply(&mut config)?;
    config.metrics_listen = options.metrics_listen;
    config.telemetry_database_url = Some(SecretSource::value(
        EDGE_HOST,
        database::login_url(secrets, EDGE_HOST, postgres_port)?,
    ));
    config.variables = variables(options, secrets, postgres_port, gateway)?;
    config
        .variables
        .extend(database_urls(secrets, roles, postgres_port)?);
    EdgeHost::prepare(config)
        .await
        .context("cannot start the edge")
}

/// The variables of `spin.toml` that this installation sets; the others keep their defaults.
fn variables(
    options: &UpOptions,
    secrets: &Secrets,
    postgres_port: u16,
    gateway: SocketAddr,
) -> Result<BTreeMap<String, String>> {
    let pairs = [
        (
            "database_host",
            format!("postgres://127.0.0.1:{postgres_port}"),
        ),
        ("jwt_signing_key", secrets.signing.seed().to_owned()),
        ("jwt_public_keys", secrets.signing.public_keys()?),
        ("storage_url", format!("http://{gateway}")),
        ("storage_token", secrets.storage_token.clone()),
        ("api_rate_limit", options.api_rate_limit.as_str().to_owned()),
        ("registration", options.registration().to_owned()),
        (
            "webhook_allow_private",
            options.webhook_allow_private.as_str().to_owned(),
        ),
        ("service_version", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    Ok(pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect())
}

/// The variable of each component that has a role, with the address at which it logs in.
fn database_urls(
    secrets: &Secrets,
    roles: &Roles,
    postgres_port: u16,
) -> Result<BTreeMap<String, String>> {
    let urls = roles.components.iter().map(|component| {
        let url = database::login_url(secrets, &component.role, postgres_port)?;
        Ok((component.variable.clone(), url))
    });
    urls.collect()
}
