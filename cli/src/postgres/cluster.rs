//! The cluster on disk and the command that serves it. Who starts that command, and again when it dies, is not decided here.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use super::account::Account;
use super::binaries::Binaries;
use super::guard::GuardOptions;
use super::{Durability, leftover, place, port, settings};
use crate::private_file;
use crate::this_program::this_program;

pub(crate) const SUPERUSER: &str = "postgres";
/// In the state directory.
pub(super) const PORT_FILE: &str = "postgres.port";

pub(crate) struct Cluster {
    account: Account,
    binaries: Binaries,
    data: PathBuf,
    pub(crate) port: u16,
}

/// What the command line may say about the cluster.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ClusterOptions {
    /// Port of the private Postgres server on 127.0.0.1 [default: any free one, then always that one]
    #[arg(long, env = "KISKADEE_POSTGRES_PORT", value_name = "PORT")]
    pub(crate) postgres_port: Option<u16>,
    /// Folder with `initdb` and `postgres` [default: the newest of /usr/lib/postgresql, else from PATH]
    #[arg(long, env = "KISKADEE_POSTGRES_BIN", value_name = "DIR")]
    pub(crate) postgres_bin: Option<PathBuf>,
}

impl Cluster {
    /// Finds or makes the cluster of `state`, stops what an earlier run left on it and writes its settings.
    pub(crate) fn prepare(
        state: &Path,
        options: &ClusterOptions,
        password: &str,
        durability: Durability,
    ) -> Result<Self> {
        let data = place::data_directory(state)?;
        let binaries = Binaries::find(options.postgres_bin.as_deref(), &data)?;
        let account = Account::for_data(&data)?;
        leftover::stop(&data)?;
        let port = port::choose(options.postgres_port, &state.join(PORT_FILE))?;
        let cluster = Self {
            account,
            binaries,
            data,
            port,
        };
        if !cluster.data.join("PG_VERSION").exists() {
            cluster.create(password)?;
        }
        cluster.write_settings(durability)?;
        Ok(cluster)
    }

    /// `initdb` works on a neighbour that gets its name when it is whole, so a kill here leaves nothing half-made.
    fn create(&self, password: &str) -> Result<()> {
        let unfinished = self.data.with_extension("unfinished");
        for leftover in [&unfinished, &self.data] {
            if leftover.exists() {
                fs::remove_dir_all(leftover)
                    .with_context(|| format!("cannot clear {}", leftover.display()))?;
            }
        }
        fs::create_dir(&unfinished)
            .with_context(|| format!("cannot create {}", unfinished.display()))?;
        fs::set_permissions(&unfinished, fs::Permissions::from_mode(0o700))?;
        self.account.own(&unfinished)?;
        let password_file = self.data.with_extension("password");
        private_file::write_text(&password_file, password)?;
        self.account.own(&password_file)?;
        let made = self.initdb(&unfinished, &password_file);
        fs::remove_file(&password_file)?;
        made?;
        fs::rename(&unfinished, &self.data).context("cannot put the new cluster in place")
    }

    fn initdb(&self, data: &Path, password_file: &Path) -> Result<()> {
        let mut command = Command::new(self.binaries.initdb());
        command
            .args([
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--data-checksums",
            ])
            .arg(format!("--username={SUPERUSER}"))
            .arg(format!("--pwfile={}", password_file.display()))
            .arg(format!("--pgdata={}", data.display()))
            .current_dir("/")
            .stdin(Stdio::null());
        if !self.account.is_this_process() {
            command.uid(self.account.uid).gid(self.account.gid);
        }
        let output = command.output().context("cannot run initdb")?;
        if !output.status.success() {
            bail!(
                "initdb failed: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(())
    }

    fn write_settings(&self, durability: Durability) -> Result<()> {
        let path = self.data.join("postgresql.conf");
        let text = settings::render(self.port, settings::machine_memory_bytes(), durability);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// The server, tied to the life of this process; it needs neither a terminal nor the caller's directory.
    pub(crate) fn command(&self) -> Result<Command> {
        let program = self.binaries.postgres();
        let program = program
            .to_str()
            .context("the path of Postgres is not UTF-8")?;
        let data = self
            .data
            .to_str()
            .context("the path of the state directory is not UTF-8")?;
        let mut command = this_program();
        command.args(GuardOptions::arguments(
            self.account.uid,
            self.account.gid,
            program,
            &["-D", data],
        ));
        Ok(command)
    }

    pub(crate) fn superuser(&self, password: &str, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(SUPERUSER)
            .password(password)
            .database(database)
    }

    pub(crate) fn url(&self, user: &str, password: &str, database: &str) -> String {
        format!(
            "postgres://{user}:{password}@127.0.0.1:{}/{database}",
            self.port
        )
    }
}

/// A small pool for what `up` itself does; it reconnects by itself after a restart of the server.
pub(crate) fn pool(options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(3)
        .acquire_timeout(Duration::from_secs(5))
        .connect_lazy_with(options)
}
