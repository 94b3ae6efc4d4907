//! `kiskadee up` in a state directory of its own, and what a test needs to know of it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use sqlx::PgPool;

use crate::client::Client;
use crate::family::Family;
use crate::newer;
use crate::process;
use crate::state_directory::StateDirectory;

const RATE_LIMIT: &str = "--api-rate-limit";
/// Its log.
pub(crate) const SECOND_EDGE: &str = "second-edge.jsonl";
/// How long a start may take on a slow machine, compiled components in the cache or not.
const START_LIMIT: Duration = Duration::from_mins(5);

#[derive(Debug, Clone)]
pub struct Options {
    pub workers: u32,
    /// Further options of `kiskadee up`.
    pub arguments: Vec<String>,
    /// Variables of its environment beside those of the tests' own.
    pub environment: Vec<(String, OsString)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            workers: 1,
            arguments: vec!["--webhook-allow-private".to_owned(), "on".to_owned()],
            environment: Vec::new(),
        }
    }
}

impl Options {
    #[must_use]
    pub fn workers(mut self, workers: u32) -> Self {
        self.workers = workers;
        self
    }

    #[must_use]
    pub fn with(mut self, option: &str, value: &str) -> Self {
        self.arguments.extend([option.to_owned(), value.to_owned()]);
        self
    }

    #[must_use]
    pub fn env(mut self, variable: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((variable.to_owned(), value.into()));
        self
    }
}

/// A running system; it is stopped when dropped.
pub struct System {
    pub url: String,
    pub credentials: Value,
    process: Child,
    directory: StateDirectory,
    options: Options,
}

impl System {
    /// Starts with a fresh state directory and no rate limits.
    pub async fn start(options: Options) -> Result<Self> {
        Self::start_in(StateDirectory::fresh()?, options).await
    }

    /// Starts on what `prepare` leaves in a fresh state directory.
    pub async fn start_prepared(
        options: Options,
        prepare: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<Self> {
        let directory = StateDirectory::fresh()?;
        prepare(directory.path())?;
        Self::start_in(directory, options).await
    }

    async fn start_in(directory: StateDirectory, options: Options) -> Result<Self> {
        let listen = free_address()?;
        let process = spawn(directory.path(), &listen, &options)?;
        let mut system = Self {
            url: format!("http://{listen}"),
            credentials: Value::Null,
            process,
            directory,
            options,
        };
        system.wait_until_ready().await?;
        system.credentials =
            serde_json::from_slice(&fs::read(system.state_dir().join("credentials.json"))?)?;
        if let Some(newer) = newer::program() {
            newer::expand(&newer, &system.database_url()?)?;
        }
        Ok(system)
    }

    /// Starts with a family that only tests run beside the product's. Its component can log in when its role is there, so its
    /// schema is put on a system of the product alone, to which the family then comes.
    pub async fn start_with(family: &Family, options: Options) -> Result<Self> {
        let product = Self::start(Options::default()).await?;
        family.apply(&product.database().await?).await?;
        let manifest = product.state_dir().join("spin.toml");
        family.write_manifest(&product_manifest(), &manifest)?;
        let options = options.with("--manifest", &manifest.display().to_string());
        product.restart(options).await
    }

    /// Kills everything at once with SIGKILL, as a power cut would, and starts again on the same state.
    pub async fn crash_and_restart(mut self) -> Result<Self> {
        self.process.kill()?;
        self.process.wait()?;
        let options = self.options.clone();
        self.start_again(options).await
    }

    /// Stops in good order, and starts again on the same state with these options.
    pub async fn restart(mut self, options: Options) -> Result<Self> {
        self.stop()?;
        self.start_again(options).await
    }

    async fn start_again(mut self, options: Options) -> Result<Self> {
        let directory = std::mem::replace(&mut self.directory, StateDirectory::fresh()?);
        drop(self);
        Self::start_in(directory, options).await
    }

    /// Stops with SIGTERM and returns the exit code.
    pub fn stop(&mut self) -> Result<Option<i32>> {
        if self.process.try_wait()?.is_none() {
            process::signal(self.process.id(), "TERM")?;
        }
        Ok(self.process.wait()?.code())
    }

    /// A client with the API key that the first user has for every day.
    pub fn client(&self) -> Client {
        Client::new(&self.url, self.credentials["api_key"].as_str())
    }

    /// A client with the administrator's API key.
    pub fn admin(&self) -> Client {
        Client::new(&self.url, self.credentials["admin_api_key"].as_str())
    }

    pub fn state_dir(&self) -> &Path {
        self.directory.path()
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    pub fn worker_pids(&self) -> Result<Vec<u32>> {
        process::children(self.process.id(), "worker")
    }

    /// One more worker, like those that `up` supervises but supervised by nobody.
    pub fn start_worker(&self) -> Result<Stopped> {
        self.start_worker_with(&[])
    }

    /// The same, to which the database has this address.
    pub fn start_worker_at(&self, database_url: &str) -> Result<Stopped> {
        self.start_worker_with(&[("KISKADEE_DATABASE_URL", database_url)])
    }

    fn start_worker_with(&self, changed: &[(&str, &str)]) -> Result<Stopped> {
        let first = *self.worker_pids()?.first().context("no worker runs")?;
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.state_dir().join("logs/worker-more.jsonl"))?;
        process::start_another(first, changed, log).map(Stopped)
    }

    /// A second edge on the same database, configured as a distributed one is: by `SPIN_VARIABLE_…` and with a storage
    /// gateway of its own. Returns its processes and its address.
    pub async fn start_edge(&self) -> Result<(Vec<Stopped>, String)> {
        self.start_edge_at(self.postgres_port()?, &[]).await
    }

    /// The same, which finds the database at another port of this machine; with more options.
    pub(crate) async fn start_edge_at(
        &self,
        port: u16,
        more: &[&str],
    ) -> Result<(Vec<Stopped>, String)> {
        let (edge, gateway) = (free_address()?, free_address()?);
        let secrets = self.secrets()?;
        let token = secrets["storage_token"]
            .as_str()
            .context("no storage token")?
            .to_owned();
        let storage = ending_with_us()
            .args(["storage", "--listen", &gateway, "--storage"])
            .arg(self.state_dir().join("storage"))
            .env("KISKADEE_STORAGE_TOKEN", &token)
            .stderr(self.log("second-storage.jsonl")?)
            .spawn()?;
        let keys = self
            .client()
            .get("/.well-known/jwks.json")
            .await?
            .expect(200)?
            .text();
        let seed = secrets["signing"]["seed"]
            .as_str()
            .context("no signing key")?;
        let database_host = format!("postgres://127.0.0.1:{port}");
        let storage_url = format!("http://{gateway}");
        let mut command = ending_with_us();
        command
            .args(["edge", "--listen", &edge, "--cache-dir"])
            .arg(self.state_dir().join("compiled"))
            .args(more);
        for component in components_with_a_database()? {
            let variable = format!("SPIN_VARIABLE_{}_DATABASE_URL", component.to_uppercase());
            let login = self.login_url_at(&format!("kiskadee_{component}"), port)?;
            command.env(variable, login);
        }
        let process = command
            .env("SPIN_VARIABLE_DATABASE_HOST", database_host)
            .env("SPIN_VARIABLE_JWT_SIGNING_KEY", seed)
            .env("SPIN_VARIABLE_JWT_PUBLIC_KEYS", keys)
            .env("SPIN_VARIABLE_STORAGE_URL", storage_url)
            .env("SPIN_VARIABLE_STORAGE_TOKEN", token)
            .env("SPIN_VARIABLE_API_RATE_LIMIT", "off")
            .env("SPIN_VARIABLE_REGISTRATION", "open")
            .env("SPIN_VARIABLE_WEBHOOK_ALLOW_PRIVATE", "on")
            .env(
                "KISKADEE_TELEMETRY_DATABASE_URL",
                self.login_url_at("kiskadee_edge_host", port)?,
            )
            .current_dir(process::repository())
            .stderr(self.log(SECOND_EDGE)?)
            .spawn()?;
        Ok((
            vec![Stopped(storage), Stopped(process)],
            format!("http://{edge}"),
        ))
    }

    pub(crate) fn log(&self, name: &str) -> Result<File> {
        Ok(File::create(self.state_dir().join("logs").join(name))?)
    }

    /// The database, as its superuser: tests look at the ledger itself.
    pub async fn database(&self) -> Result<PgPool> {
        Ok(PgPool::connect(&self.database_url()?).await?)
    }

    pub fn database_url(&self) -> Result<String> {
        let secrets = self.secrets()?;
        let password = secrets["postgres"]
            .as_str()
            .context("no password of Postgres in secrets.json")?;
        Ok(url_of("postgres", password, self.postgres_port()?))
    }

    /// The database, as the login role of one part of the system.
    pub fn login_url(&self, group: &str) -> Result<String> {
        self.login_url_at(group, self.postgres_port()?)
    }

    /// The same at another port of this machine.
    pub(crate) fn login_url_at(&self, group: &str, port: u16) -> Result<String> {
        let secrets = self.secrets()?;
        let password = secrets["roles"][group]
            .as_str()
            .with_context(|| format!("no password of {group}"))?;
        Ok(url_of(&format!("{group}_login"), password, port))
    }

    pub(crate) fn postgres_port(&self) -> Result<u16> {
        Ok(self.postmaster_line(3)?.parse()?)
    }

    pub(crate) fn secrets(&self) -> Result<Value> {
        let path = self.state_dir().join("secrets.json");
        Ok(serde_json::from_slice(
            &fs::read(&path).with_context(|| path.display().to_string())?,
        )?)
    }

    pub fn postgres_pid(&self) -> Result<u32> {
        Ok(self.postmaster_line(0)?.parse()?)
    }

    /// A line of `postmaster.pid`: 0 is the process, 3 the port.
    fn postmaster_line(&self, index: usize) -> Result<String> {
        let file = fs::read_to_string(self.state_dir().join("postgres/postmaster.pid"))?;
        Ok(file
            .lines()
            .nth(index)
            .context("postmaster.pid is short")?
            .trim()
            .to_owned())
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let client = Client::new(&self.url, None);
        let start = Instant::now();
        while start.elapsed() < START_LIMIT {
            if let Some(status) = self.process.try_wait()? {
                bail!("`kiskadee up` ended with {status}:\n{}", self.output());
            }
            if self.is_ready(&client).await {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("`kiskadee up` was not ready in time:\n{}", self.output());
    }

    /// Without a worker it is never ready for work; it says when all else is there.
    async fn is_ready(&self, client: &Client) -> bool {
        if self.options.workers == 0 {
            return self.output().contains("Kiskadee is ready.");
        }
        matches!(client.get("/ready").await, Ok(answer) if answer.status == 200)
    }

    fn output(&self) -> String {
        fs::read_to_string(output_path(self.state_dir())).unwrap_or_default()
    }
}

impl Drop for System {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

/// A process that ends with the value.
pub struct Stopped(pub Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = process::signal(self.0.id(), "TERM");
        let _ = self.0.wait();
    }
}

/// The `kiskadee` binary under test.
pub fn binary() -> PathBuf {
    std::env::var_os("KISKADEE_BIN").map_or_else(
        || process::repository().join("target/release/kiskadee"),
        PathBuf::from,
    )
}

/// The product's `spin.toml`.
fn product_manifest() -> PathBuf {
    std::env::var_os("KISKADEE_MANIFEST")
        .map_or_else(|| process::repository().join("spin.toml"), PathBuf::from)
}

/// The names of the components to which `spin.toml` gives an address of the database.
fn components_with_a_database() -> Result<Vec<String>> {
    let manifest: toml::Table = fs::read_to_string(product_manifest())?.parse()?;
    let components = manifest["component"].as_table().context("no components")?;
    let with_database = components.iter().filter(|(_, component)| {
        let variables = component.get("variables");
        variables.is_some_and(|variables| variables.get("database_url").is_some())
    });
    Ok(with_database.map(|(name, _)| name.clone()).collect())
}

/// An address on loopback that was free a moment ago. Its port is none that the kernel gives to connections: while a system that
/// is to come back is down, nothing takes it by chance.
pub fn free_address() -> Result<String> {
    let mut chance = RandomState::new().build_hasher();
    for attempt in 0..100_u8 {
        chance.write_u8(attempt);
        let port = 12_000 + u16::try_from(chance.finish() % 20_000)?;
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            return Ok(listener.local_addr()?.to_string());
        }
    }
    bail!("no port from 12000 to 31999 is free")
}

fn url_of(role: &str, password: &str, port: u16) -> String {
    format!("postgres://{role}:{password}@127.0.0.1:{port}/kiskadee")
}

/// The program under test, as a process that ends with the thread that starts it, however that comes about.
pub(crate) fn ending_with_us() -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM"]).arg(binary());
    command
}

fn output_path(state_dir: &Path) -> PathBuf {
    state_dir.join("up.out")
}

fn spawn(state_dir: &Path, listen: &str, options: &Options) -> Result<Child> {
    let output = File::options()
        .create(true)
        .append(true)
        .open(output_path(state_dir))?;
    let mut command = ending_with_us();
    command
        .args(["up", "--listen", listen, "--state-dir"])
        .arg(state_dir);
    if !options.arguments.iter().any(|word| word == RATE_LIMIT) {
        command.args([RATE_LIMIT, "off"]);
    }
    command
        .args(["--workers", &options.workers.to_string()])
        .args(&options.arguments)
        .envs(options.environment.iter().cloned())
        .current_dir(process::repository())
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()
        .with_context(|| {
            format!(
                "cannot start {}; build it with `cargo xtask test`",
                binary().display()
            )
        })
}
