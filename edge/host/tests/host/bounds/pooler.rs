//! Behind a pooler that gives each transaction another session of Postgres.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use kiskadee_edge_host::{HostConfig, HostError};
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};

use crate::support::{Probe, database_host, database_url};

/// `PgBouncer` in transaction mode, with fewer sessions than clients.
struct Pooler {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Pooler {
    async fn start() -> Self {
        Self::start_with("").await
    }

    /// With these lines among its settings.
    async fn start_with(lines: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let server: tokio_postgres::Config = database_url().parse().unwrap();
        let (user, database) = (server.get_user().unwrap(), server.get_dbname().unwrap());
        let password = server.get_password().map(String::from_utf8_lossy);
        let password = password.map_or_else(String::new, |word| format!(" password='{word}'"));
        let host = database_host(&database_url());
        let (host, server_port) = host
            .trim_start_matches("postgres://")
            .rsplit_once(':')
            .unwrap();
        let file = folder.path().join("pgbouncer.ini");
        let settings = format!(
            "[databases]\n{database} = host={host} port={server_port} user={user}{password}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = transaction\ndefault_pool_size = 2\nmax_client_conn = 100\n{lines}"
        );
        fs::write(&file, settings).unwrap();
        let mut pooler = Self {
            process: run(&file, folder.path()),
            port,
            _folder: folder,
        };
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            let ended = pooler.process.try_wait().unwrap();
            assert!(ended.is_none(), "PgBouncer does not start: {ended:?}");
            sleep(Duration::from_millis(50)).await;
        }
        pooler
    }
}

/// It refuses to run as root, so that it becomes somebody else then.
fn run(settings: &std::path::Path, folder: &std::path::Path) -> Child {
    use std::os::unix::fs::PermissionsExt as _;
    let mut command = Command::new(program());
    if rustix::process::geteuid().is_root() {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        command.args(["-u", "nobody"]);
    }
    command
        .arg(settings)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

/// `KISKADEE_TEST_PGBOUNCER` names another one than the machine's.
fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("KISKADEE_TEST_PGBOUNCER") {
        return program.into();
    }
    let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].map(PathBuf::from);
    let program = program.into_iter().find(|path| path.exists());
    program.expect("PgBouncer is installed: `cargo xtask test` does it")
}

/// Whether it follows prepared statements from session to session, as it does from 1.21 on.
fn tracks_statements() -> bool {
    let told = Command::new(program()).arg("--version").output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    let version = told.split_whitespace().nth(1).unwrap();
    let numbers: Vec<u32> = version.split('.').map(|n| n.parse().unwrap()).collect();
    numbers >= vec![1, 21]
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn behind(pooler: &Pooler) -> Probe {
    through(pooler, true).await
}

async fn through(pooler: &Pooler, is_told: bool) -> Probe {
    Probe::with(|config| pooler.stand_before(config, is_told)).await
}

impl Pooler {
    fn stand_before(&self, config: &mut HostConfig, is_told: bool) {
        let mut url = url::Url::parse(&database_url()).unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(self.port)).unwrap();
        let host = database_host(url.as_str());
        config.variables.insert("database_host".into(), host);
        config.variables.insert("database_url".into(), url.into());
        config.limits.behind_pooler = is_told;
    }

    /// What a host says that finds out for itself.
    async fn found(&self, is_told: bool) -> Result<Probe, HostError> {
        Probe::try_with(|config| {
            self.stand_before(config, is_told);
            config.finds_poolers = true;
        })
        .await
    }
}

#[tokio::test]
async fn a_pooler_that_loses_statements_is_found_at_the_start() {
    let lines = if tracks_statements() {
        "max_prepared_statements = 0\n"
    } else {
        ""
    };
    let pooler = Pooler::start_with(lines).await;
    let refused = pooler.found(false).await.err().unwrap().to_string();
    let server = format!("Postgres at 127.0.0.1:{} lies a pooler", pooler.port);
    assert!(
        refused.contains(&server) && refused.contains("--behind-pooler"),
        "{refused}"
    );
    assert!(
        !refused.contains('\n') && !refused.contains('@'),
        "{refused}"
    );
    answer_all(&pooler.found(true).await.unwrap()).await;
}

#[tokio::test]
async fn what_keeps_statements_is_no_hindrance() {
    let direct = Probe::try_with(|config| config.finds_poolers = true).await;
    answer_all(&direct.unwrap()).await;
    let sessions = Pooler::start_with("pool_mode = session\ndefault_pool_size = 20\n").await;
    answer_all(&sessions.found(false).await.unwrap()).await;
    if tracks_statements() {
        let pooler = Pooler::start_with("max_prepared_statements = 2\n").await;
        answer_all(&pooler.found(false).await.unwrap()).await;
    }
}

#[tokio::test]
async fn statements_work_on_whichever_session_they_get() {
    let pooler = Pooler::start().await;
    answer_all(&behind(&pooler).await).await;
}

#[tokio::test]
async fn a_pooler_that_tracks_statements_need_not_be_told_of() {
    if !tracks_statements() {
        eprintln!("left out: this PgBouncer is older than 1.21");
        return;
    }
    for most in [200, 2] {
        let line = format!("max_prepared_statements = {most}\n");
        let pooler = Pooler::start_with(&line).await;
        answer_all(&through(&pooler, false).await).await;
        answer_all(&behind(&pooler).await).await;
    }
}

/// Many at once, more than the pooler has sessions.
async fn answer_all(probe: &Probe) {
    for _ in 0..10 {
        let rounds = (0..24).map(async |n| match n % 3 {
            0 => probe.get("/pg/status").await,
            1 => {
                probe
                    .post("/pg/query", format!("select {n}, 'x'::text"))
                    .await
            }
            _ => probe.post("/pg/execute", format!("select {n}")).await,
        });
        for answer in futures::future::join_all(rounds).await {
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
    }
    let rows = probe.get("/pg/rows?count=1000").await;
    assert_eq!(rows.status, 200, "{}", rows.text());
}

#[tokio::test]
async fn parameters_of_every_type_arrive_as_they_would_without() {
    let pooler = Pooler::start().await;
    let (behind, direct) = (behind(&pooler).await, Probe::start().await);
    let seen = behind.get("/pg/parameters").await;
    assert_eq!(seen.status, 200, "{}", seen.text());
    assert_eq!(seen.text(), direct.get("/pg/parameters").await.text());
}
