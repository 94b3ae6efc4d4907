//! Runs an application by hand, for measurements: `serve <spin.toml> <address> <cache directory>`. Variables come from
//! the environment as `SPIN_VARIABLE_<NAME>`, log lines go to standard error where `RUST_LOG` asks for them.

use std::{error::Error, net::SocketAddr, path::PathBuf, time::Duration};

use kiskadee_edge_host::{EdgeHost, Health, HostConfig, TlsFiles, traces};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Requests come and go on all threads; the system's allocator spends twice the time on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || {
        arguments
            .next()
            .ok_or("usage: serve <spin.toml> <address> <cache directory>")
    };
    let (manifest, listen, cache) = (
        PathBuf::from(next()?),
        next()?.parse::<SocketAddr>()?,
        PathBuf::from(next()?),
    );
    let (traces, exporter) = traces::layer("serve")?.unzip();
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_writer(std::io::stderr);
    tracing_subscriber::registry()
        .with(traces)
        .with(EnvFilter::from_default_env())
        .with(lines)
        .init();
    let mut config = HostConfig::new(manifest, listen, cache);
    config.telemetry_database_url =
        kiskadee_edge_host::SecretSource::from_environment("TELEMETRY_DATABASE_URL")?;
    config.metrics_listen = std::env::var("METRICS_LISTEN")
        .ok()
        .and_then(|address| address.parse().ok());
    let file = |name| std::env::var_os(name).map(PathBuf::from);
    config.tls = file("TLS_CERT")
        .zip(file("TLS_KEY"))
        .map(|(certificate, key)| TlsFiles { certificate, key });
    config.health = Some(Health {
        path: "/health".to_owned(),
        service: "serve".to_owned(),
        version: "0".to_owned(),
    });
    let host = EdgeHost::start(config).await?;
    tokio::signal::ctrl_c().await?;
    host.shutdown(Duration::from_secs(10)).await;
    if let Some(exporter) = exporter {
        tokio::task::spawn_blocking(move || exporter.shutdown()).await?;
    }
    Ok(())
}
