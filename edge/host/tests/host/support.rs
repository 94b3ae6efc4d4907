//! A host with the probe component, and a client for it.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use kiskadee_edge_host::{EdgeHost, HostConfig, HostError, Shares};
use tempfile::TempDir;
use tokio::net::TcpStream;

const ADDRESS: &str = "KISKADEE_TEST_DATABASE_URL";

/// The Postgres server of the tests.
pub(crate) fn database_url() -> String {
    std::env::var(ADDRESS).unwrap_or_else(|_| {
        panic!("{ADDRESS} is not set; run the tests by `cargo xtask test`, or set it to the address of a Postgres server")
    })
}

/// The part of an address that `allowed_outbound_hosts` takes.
pub(crate) fn database_host(url: &str) -> String {
    let config: tokio_postgres::Config = url.parse().expect("a Postgres address");
    let tokio_postgres::config::Host::Tcp(host) = &config.get_hosts()[0] else {
        panic!("{ADDRESS} must name a TCP host");
    };
    format!(
        "postgres://{host}:{}",
        config.get_ports().first().unwrap_or(&5432)
    )
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Builds components and says where their files are.
pub(crate) fn build_components(packages: &[&str]) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace().join("target"), PathBuf::from);
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace()).args([
        "build",
        "--quiet",
        "--profile",
        "component",
        "--target",
        "wasm32-wasip2",
    ]);
    for package in packages {
        cargo.args(["--package", package]);
    }
    let done = cargo.status().expect("cargo runs");
    assert!(
        done.success(),
        "build the components with `cargo xtask build` to see why they do not build"
    );
    target.join("wasm32-wasip2/component")
}

fn probe_dir() -> &'static Path {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| build_components(&["kiskadee-edge-probe"]))
}

/// A running host with the probe.
pub(crate) struct Probe {
    pub(crate) host: Option<EdgeHost>,
    pub(crate) address: String,
    pub(crate) cache: TempDir,
}

/// The configuration that the tests begin with.
pub(crate) fn config(cache: &Path) -> HostConfig {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/probe/spin.toml");
    let mut config = HostConfig::new(
        manifest,
        "127.0.0.1:0".parse().unwrap(),
        cache.join("cache"),
    );
    config.component_dir = Some(probe_dir().to_owned());
    let url = database_url();
    config
        .variables
        .insert("database_host".into(), database_host(&url));
    config.variables.insert("database_url".into(), url);
    config.endpoints = ["/hello", "/pg/status"].map(str::to_owned).to_vec();
    config.limits.instances = Shares {
        all: 64,
        per_address: 64,
        per_caller: 64,
    };
    config.limits.downloads.instances_per_component = 8;
    config.limits.events.instances_per_component = 4;
    config
}

impl Probe {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut HostConfig)) -> Self {
        Self::try_with(change).await.expect("the host starts")
    }

    pub(crate) async fn try_with(change: impl FnOnce(&mut HostConfig)) -> Result<Self, HostError> {
        let cache = TempDir::new().unwrap();
        let mut config = config(cache.path());
        change(&mut config);
        let host = EdgeHost::start(config).await?;
        Ok(Self {
            address: host.local_addr().to_string(),
            host: Some(host),
            cache,
        })
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path), Bytes::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Bytes>) -> Answer {
        self.send(Request::post(path), body.into()).await
    }

    pub(crate) async fn send(&self, request: http::request::Builder, body: Bytes) -> Answer {
        send(&self.address, request, body).await
    }

    pub(crate) async fn stop(mut self, deadline: Duration) -> bool {
        self.host.take().unwrap().shutdown(deadline).await
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// One request on a connection of its own.
pub(crate) async fn send(address: &str, request: http::request::Builder, body: Bytes) -> Answer {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = request
        .header("host", address)
        .body(Full::new(body))
        .unwrap();
    let (head, body) = sender.send_request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    connection.abort();
    Answer {
        status: head.status,
        headers: head.headers,
        body,
    }
}
