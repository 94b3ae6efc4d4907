//! An installation that is spread over processes, each with secrets of its own in files.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use kiskadee_tests::system::{Stopped, free_address};
use kiskadee_tests::{Client, binary, eventually, process};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};
use tempfile::TempDir;

use super::{COMPONENTS, START};

/// An installation that is spread over processes, each with secrets of its own.
pub(super) struct Fleet {
    folder: TempDir,
    pub(super) database: PgPool,
    /// Of the superuser.
    url: String,
    pub(super) edges: [String; 2],
    processes: Vec<Stopped>,
    _postgres: Postgres,
}

/// A server that ends with its standard input.
struct Postgres(Child);

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

impl Fleet {
    pub(super) async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("secrets"))?;
        let (postgres, url) = start_postgres()?;
        let server = PgPool::connect(&url).await?;
        sqlx::query("create database kiskadee")
            .execute(&server)
            .await?;
        let url = url.strip_suffix("postgres").context("another database")?;
        let url = format!("{url}kiskadee");
        let mut fleet = Self {
            database: PgPool::connect_lazy(&url)?,
            edges: [free_address()?, free_address()?],
            url,
            folder,
            processes: Vec::new(),
            _postgres: postgres,
        };
        fleet.write("owner", &fleet.url)?;
        let mut migrated = fleet.command(&["migrate"], &["KISKADEE_DATABASE_URL=owner"]);
        ensure!(
            migrated.stdout(Stdio::null()).status()?.success(),
            "migrate"
        );
        for role in Self::roles() {
            let create = format!("create role drill_{role} login in role kiskadee_{role}");
            sqlx::query(AssertSqlSafe(create))
                .execute(&fleet.database)
                .await?;
            fleet.set_password(role, "first").await?;
            fleet.write_address(role, "first")?;
        }
        let keys = generated()?;
        for (file, variable) in [
            ("jwt_signing_key", "SPIN_VARIABLE_JWT_SIGNING_KEY"),
            ("jwt_public_keys", "SPIN_VARIABLE_JWT_PUBLIC_KEYS"),
            ("storage_token", "SPIN_VARIABLE_STORAGE_TOKEN"),
        ] {
            fleet.write(file, &keys[variable])?;
        }
        fleet.speak_tls().await?;
        fleet.start_processes().await?;
        Ok(fleet)
    }

    /// Postgres has from here on a certificate of an authority that is known by its file alone.
    async fn speak_tls(&self) -> Result<()> {
        let mut authority = CertificateParams::new([])?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        fs::write(self.file("ca.pem"), authority.self_signed(&key)?.pem())?;
        let issuer = Issuer::new(authority, key);
        let key = KeyPair::generate()?;
        let server = CertificateParams::new(["127.0.0.1".to_owned()])?;
        let server = server.signed_by(&key, &issuer)?.pem();
        // By the server itself, which runs as a user of its own, in the folder of its data.
        for (file, pem) in [("drill.crt", server), ("drill.key", key.serialize_pem())] {
            let lines = pem.trim();
            self.run(&format!(
                "copy (select unnest(string_to_array('{lines}', E'\\n'))) to program 'umask 077; cat > {file}'"
            ))
            .await?;
        }
        self.run("alter system set ssl_cert_file = 'drill.crt'")
            .await?;
        self.run("alter system set ssl_key_file = 'drill.key'")
            .await?;
        self.run("alter system set ssl = on").await?;
        self.run("select pg_reload_conf()").await
    }

    pub(super) async fn run(&self, statement: &str) -> Result<()> {
        let statement = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
        statement.execute(&self.database).await?;
        Ok(())
    }

    fn authority(&self) -> String {
        self.file("ca.pem").display().to_string()
    }

    async fn start_processes(&mut self) -> Result<()> {
        let gateway = free_address()?;
        let storage = self.folder.path().join("storage").display().to_string();
        let storage = ["--storage", storage.as_str()];
        let words = [&["storage", "--listen", &gateway][..], &storage].concat();
        self.spawn(&words, &["KISKADEE_STORAGE_TOKEN=storage_token"], &[])?;
        let authority = self.authority();
        let authority = ["--database-ca", authority.as_str()];
        let words = [&["worker", "--lease-ttl", "5"][..], &authority, &storage].concat();
        self.spawn(&words, &["KISKADEE_DATABASE_URL=worker"], &[])?;
        for edge in self.edges.clone() {
            self.start_edge(&edge, &gateway)?;
            // The second one finds the components compiled.
            let client = Client::new(&format!("http://{edge}"), None);
            eventually("an edge", START, || async {
                let ready = client.get("/ready").await;
                Ok(matches!(ready, Ok(answer) if answer.status == 200).then_some(()))
            })
            .await?;
        }
        Ok(())
    }

    fn start_edge(&mut self, listen: &str, gateway: &str) -> Result<()> {
        let cache = self.folder.path().join("compiled").display().to_string();
        let authority = self.authority();
        let words = [
            "edge",
            "--database-ca",
            &authority,
            "--listen",
            listen,
            "--cache-dir",
            &cache,
            "--drain-delay",
            "0",
        ];
        let components = COMPONENTS
            .map(|name| format!("SPIN_VARIABLE_{}_DATABASE_URL={name}", name.to_uppercase()));
        let mut secrets = vec![
            "KISKADEE_TELEMETRY_DATABASE_URL=edge_host",
            "SPIN_VARIABLE_JWT_SIGNING_KEY=jwt_signing_key",
            "SPIN_VARIABLE_JWT_PUBLIC_KEYS=jwt_public_keys",
            "SPIN_VARIABLE_STORAGE_TOKEN=storage_token",
        ];
        secrets.extend(components.iter().map(String::as_str));
        let server: PgConnectOptions = self.url.parse()?;
        let host = format!("postgres://{}:{}", server.get_host(), server.get_port());
        let storage = format!("http://{gateway}");
        let plain = [
            ("SPIN_VARIABLE_DATABASE_HOST", host.as_str()),
            ("SPIN_VARIABLE_STORAGE_URL", &storage),
            ("SPIN_VARIABLE_API_RATE_LIMIT", "off"),
            ("SPIN_VARIABLE_REGISTRATION", "open"),
        ];
        self.spawn(&words, &secrets, &plain)
    }

    /// A command whose secrets are files: `VARIABLE=FILE`.
    fn command(&self, words: &[&str], secrets: &[&str]) -> Command {
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "TERM"])
            .arg(binary())
            .args(words)
            .current_dir(process::repository());
        for secret in secrets {
            if let Some((variable, file)) = secret.split_once('=') {
                command.env(format!("{variable}_FILE"), self.file(file));
                command.env_remove(variable);
            }
        }
        command
    }

    fn spawn(&mut self, words: &[&str], secrets: &[&str], plain: &[(&str, &str)]) -> Result<()> {
        let name = format!("{}-{}.log", words[0], self.processes.len());
        let log = File::create(self.folder.path().join(name))?;
        let mut command = self.command(words, secrets);
        let process = command
            .envs(plain.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        self.processes.push(Stopped(process));
        Ok(())
    }

    pub(super) fn roles() -> Vec<&'static str> {
        [&COMPONENTS[..], &["worker", "edge_host"]].concat()
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("secrets").join(name)
    }

    /// In one step, as volumes of secrets change.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<()> {
        let next = self.file(&format!("{name}.next"));
        fs::write(&next, format!("{text}\n"))?;
        Ok(fs::rename(next, self.file(name))?)
    }

    pub(super) fn address(&self, role: &str, password: &str) -> Result<String> {
        let (_, place) = self.url.rsplit_once('@').context("no host")?;
        Ok(format!(
            "postgres://drill_{role}:{password}-{role}@{place}?sslmode=require"
        ))
    }

    pub(super) fn write_address(&self, role: &str, password: &str) -> Result<()> {
        self.write(role, &self.address(role, password)?)
    }

    pub(super) async fn set_password(&self, role: &str, password: &str) -> Result<()> {
        let alter = format!("alter role drill_{role} password '{password}-{role}'");
        sqlx::query(AssertSqlSafe(alter))
            .execute(&self.database)
            .await?;
        Ok(())
    }

    pub(super) async fn opens(&self, role: &str, password: &str) -> Result<bool> {
        let tried = PgConnection::connect(&self.address(role, password)?).await;
        Ok(match tried {
            Ok(connection) => connection.close().await.map(|()| true)?,
            Err(_) => false,
        })
    }

    pub(super) fn client(&self, edge: usize) -> Client {
        Client::new(&format!("http://{}", self.edges[edge]), None)
    }

    /// What processes said of changed secrets.
    pub(super) fn said(&self, log: &str) -> Result<usize> {
        let text = fs::read_to_string(self.folder.path().join(log))?;
        let lines = text.lines();
        Ok(lines.filter(|line| line.contains("in use")).count())
    }

    pub(super) fn logs(&self) -> Result<String> {
        let mut all = String::new();
        for entry in fs::read_dir(self.folder.path())?.flatten() {
            if entry.path().extension().is_some_and(|end| end == "log") {
                all += &fs::read_to_string(entry.path())?;
            }
        }
        Ok(all)
    }
}

fn start_postgres() -> Result<(Postgres, String)> {
    let mut server = Command::new(binary())
        .arg("postgres")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    let output = server.stdout.take().context("no output")?;
    BufReader::new(output).read_line(&mut line)?;
    let server = Postgres(server);
    match line.trim() {
        "" => bail!("`kiskadee postgres` did not start"),
        url => Ok((server, url.to_owned())),
    }
}

/// What `kiskadee admin generate-secrets` says, by variable.
pub(super) fn generated() -> Result<BTreeMap<String, String>> {
    let said = Command::new(binary())
        .args(["admin", "generate-secrets"])
        .output()?;
    let said = String::from_utf8(said.stdout)?;
    let pairs = said.lines().filter_map(|line| line.split_once('='));
    Ok(pairs
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .collect())
}
