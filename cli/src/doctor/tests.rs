//! Installations that are broken in one way each: every check is seen to fail, and to pass.

use axum::Router;
use axum::http::StatusCode;
use clap::Parser;
use kiskadee_queue::testing::TestDatabase;
use kiskadee_storage::Store;
use kiskadee_storage::gateway::{Gateway, GatewayConfig, relay::Peers};
use sqlx::{Connection as _, PgConnection};

use super::findings::State;
use super::*;

#[derive(Parser)]
struct Doctor {
    #[command(flatten)]
    options: DoctorOptions,
}

fn options(words: &[&str]) -> DoctorOptions {
    let words = ["doctor"].iter().chain(words);
    Doctor::try_parse_from(words).unwrap().options
}

/// The worst that was found by a check.
fn state(findings: &Findings, check: &str) -> Option<State> {
    let order = [State::Problem, State::Warning, State::Ok, State::Skipped];
    let found = findings.of(check);
    let is_found = |state: &State| found.iter().any(|finding| finding.state == *state);
    order.into_iter().find(is_found)
}

async fn of_database(url: &str) -> Findings {
    let mut findings = Findings::default();
    database::look(&mut findings, url, &options(&["--backup-age", "36"])).await;
    findings
}

#[tokio::test]
async fn a_database_that_is_away() {
    let findings = of_database("postgres://postgres@127.0.0.1:1/none").await;
    assert_eq!(state(&findings, "database"), Some(State::Problem));
    assert_eq!(state(&findings, "workers"), Some(State::Skipped));
    assert!(findings.has_problem());
}

#[tokio::test]
async fn a_database_without_a_schema() {
    let database = TestDatabase::create_empty().await;
    let findings = of_database(database.url()).await;
    assert_eq!(state(&findings, "database"), Some(State::Ok));
    assert_eq!(state(&findings, "version"), Some(State::Ok));
    assert_eq!(state(&findings, "clock"), Some(State::Ok));
    assert_eq!(state(&findings, "pooler"), Some(State::Ok));
    assert_eq!(state(&findings, "migrations"), Some(State::Problem));
    assert_eq!(state(&findings, "workers"), Some(State::Skipped));
}

async fn does(database: &TestDatabase, statement: &'static str) {
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    sqlx::raw_sql(statement)
        .execute(&mut connection)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_database_of_a_newer_release() {
    let database = TestDatabase::create().await;
    does(
        &database,
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (299901010000, 'of tomorrow', true, '', 0)",
    )
    .await;
    let findings = of_database(database.url()).await;
    assert_eq!(state(&findings, "migrations"), Some(State::Warning));

    does(&database, "update kiskadee.schema set min_reader = '99.0'").await;
    let findings = of_database(database.url()).await;
    assert_eq!(state(&findings, "migrations"), Some(State::Problem));
}

const WORKER: &str = "insert into queue.worker (id, expires_at, name, host, version)
    values (gen_random_uuid(), now() + interval '1 hour', 'w', 'h', '0.0.1')";

#[tokio::test]
async fn a_fleet_that_is_away_and_comes() {
    let database = TestDatabase::create().await;
    let findings = of_database(database.url()).await;
    assert_eq!(state(&findings, "migrations"), Some(State::Ok));
    assert_eq!(state(&findings, "workers"), Some(State::Problem));
    assert_eq!(state(&findings, "leader"), Some(State::Problem));
    assert_eq!(state(&findings, "backup"), Some(State::Warning));

    does(&database, WORKER).await;
    does(
        &database,
        "insert into queue.leader (worker_id, expires_at) select id, expires_at from queue.worker",
    )
    .await;
    does(&database, "insert into storage.backup (id, taken_at, bytes) values ('a', now() - interval '37 hours', 1)").await;
    does(&database, "select queue.rotate_partitions(7)").await;
    let findings = of_database(database.url()).await;
    assert_eq!(
        state(&findings, "workers"),
        Some(State::Warning),
        "of another version"
    );
    assert_eq!(state(&findings, "leader"), Some(State::Ok));
    assert_eq!(state(&findings, "backup"), Some(State::Problem));
    assert_eq!(
        state(&findings, "partitions"),
        Some(State::Ok),
        "{findings:?}"
    );

    does(&database, "update storage.backup set taken_at = now()").await;
    does(
        &database,
        "do $$ declare old regclass; begin
           for old in select inhrelid::regclass from pg_inherits where inhparent = 'queue.done'::regclass
             and inhrelid::regclass::text !~ 'default' loop execute format('drop table %s', old); end loop;
         end $$",
    )
    .await;
    let findings = of_database(database.url()).await;
    assert_eq!(state(&findings, "backup"), Some(State::Ok));
    assert_eq!(state(&findings, "partitions"), Some(State::Problem));
}

#[tokio::test]
async fn groups_as_which_nobody_logs_in() {
    let database = TestDatabase::create_empty().await;
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let group = format!("doctor_{}", uuid::Uuid::new_v4().simple());
    let mut transaction = connection.begin().await.unwrap();
    for (statement, expected) in [
        ("select 1".to_owned(), State::Problem),
        (format!("create role {group}"), State::Problem),
        (
            format!("create role {group}_login login in role {group}"),
            State::Ok,
        ),
    ] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut *transaction)
            .await
            .unwrap();
        let mut findings = Findings::default();
        let names = [group.clone()];
        fleet::roles(&mut findings, &mut transaction, &names)
            .await
            .unwrap();
        assert_eq!(state(&findings, "roles"), Some(expected));
    }
    transaction.rollback().await.unwrap();
}

#[test]
fn what_is_judged_by_a_number() {
    let judged = |check, judge: &dyn Fn(&mut Findings)| {
        let mut findings = Findings::default();
        judge(&mut findings);
        state(&findings, check)
    };
    for (number, expected) in [(140_009, State::Problem), (150_000, State::Ok)] {
        let found = judged("version", &|f| database::judge_version(f, number));
        assert_eq!(found, Some(expected), "{number}");
    }
    for (ahead, expected) in [
        (0.2, State::Ok),
        (-2.0, State::Warning),
        (40.0, State::Problem),
        (-40.0, State::Problem),
    ] {
        let found = judged("clock", &|f| database::judge_clock(f, ahead, 0.1));
        assert_eq!(found, Some(expected), "{ahead}");
    }
    let gib = 1 << 30;
    for (free, all, expected) in [
        (gib / 4, gib, State::Problem),
        (gib, 100 * gib, State::Warning),
        (50 * gib, 100 * gib, State::Ok),
    ] {
        let found = judged("disk", &|f| machine::judge_room(f, "audio", free, all));
        assert_eq!(found, Some(expected), "{free} of {all}");
    }
    for (days, expected) in [(2, State::Problem), (7, State::Ok)] {
        let found = judged("partitions", &|f| fleet::judge_partitions(f, days));
        assert_eq!(found, Some(expected), "{days}");
    }
    let own = env!("CARGO_PKG_VERSION").to_owned();
    let found = judged("workers", &|f| {
        fleet::judge_workers(f, &[("w".to_owned(), own.clone())]);
    });
    assert_eq!(found, Some(State::Ok));
    let found = judged("backup", &|f| fleet::judge_backup(f, None, 0));
    assert_eq!(found, Some(State::Ok), "none is wanted");
}

#[tokio::test]
async fn a_storage_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    // Not even root writes into a file.
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for (path, expected) in [
        (&file, State::Problem),
        (&folder.path().to_owned(), State::Ok),
    ] {
        let mut findings = Findings::default();
        services::storage(&mut findings, Some(path.display().to_string())).await;
        assert_eq!(state(&findings, "storage"), Some(expected), "{findings:?}");
    }
}

#[tokio::test]
async fn a_gateway_that_is_away_or_has_another_token() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start(GatewayConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        store: Store::open(&folder.path().display().to_string()).unwrap(),
        token: "the token".into(),
        peers: Peers::default(),
    })
    .await
    .unwrap();
    let here = format!("http://{}", gateway.local_addr());
    for (url, token, expected) in [
        (here.as_str(), "the token", State::Ok),
        (&here, "another token", State::Problem),
        ("http://127.0.0.1:1", "the token", State::Problem),
    ] {
        let mut findings = Findings::default();
        let options = options(&["--storage-url", url, "--storage-token", token]);
        services::gateway(&mut findings, &options).await;
        assert_eq!(state(&findings, "gateway"), Some(expected), "{url} {token}");
    }
    gateway.shutdown().await;
}

async fn answering(status: StatusCode) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(move || async move { status });
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

#[tokio::test]
async fn an_edge_that_is_away_or_not_ready() {
    let ready = answering(StatusCode::OK).await;
    let draining = answering(StatusCode::SERVICE_UNAVAILABLE).await;
    let another = answering(StatusCode::NOT_FOUND).await;
    for (url, expected) in [
        (ready.as_str(), State::Ok),
        (&draining, State::Problem),
        (&another, State::Problem),
        ("http://127.0.0.1:1", State::Problem),
    ] {
        let mut findings = Findings::default();
        services::edge(&mut findings, Some(url.to_owned())).await;
        assert_eq!(state(&findings, "edge"), Some(expected), "{url}");
    }
}

#[test]
fn components_and_models_that_are_not_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let mut findings = Findings::default();
    machine::components(&mut findings, &options(&["--components", &path]).artefacts);
    assert_eq!(state(&findings, "components"), Some(State::Warning));

    let models = || {
        let mut findings = Findings::default();
        machine::models(&mut findings, Some(folder.path().to_owned()));
        state(&findings, "models")
    };
    assert_eq!(models(), Some(State::Ok));
    std::fs::create_dir(folder.path().join("xtts")).unwrap();
    assert_eq!(models(), Some(State::Problem));
}

#[test]
fn programs_are_told_whether_they_are_here() {
    let mut findings = Findings::default();
    machine::programs(&mut findings);
    assert_eq!(findings.of("programs").len(), 4);
}

#[test]
fn both_forms_say_the_same() {
    let mut findings = Findings::default();
    findings.ok("a", "well");
    assert!(!findings.has_problem());
    findings.problem("b", "broken", "mend it");
    let document: serde_json::Value = serde_json::from_str(&findings.json()).unwrap();
    assert_eq!(document["healthy"], false);
    assert_eq!(document["checks"][1]["advice"], "mend it");
    assert_eq!(document["checks"][0]["state"], "ok");
    let text = findings.text();
    assert!(
        text.contains("PROBLEM  b: broken\n         → mend it\n"),
        "{text}"
    );
    assert!(text.ends_with("1 problems, 0 warnings"), "{text}");
}

/// `PgBouncer` in transaction mode with two sessions.
struct Pooler {
    process: std::process::Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Pooler {
    async fn start() -> Self {
        let server: reqwest::Url = std::env::var("KISKADEE_TEST_DATABASE_URL")
            .unwrap()
            .parse()
            .unwrap();
        let (host, port, user) = (
            server.host_str().unwrap(),
            server.port().unwrap_or(5432),
            server.username(),
        );
        let password = server
            .password()
            .map_or_else(String::new, |word| format!(" password='{word}'"));
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = free.local_addr().unwrap();
        drop(free);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgbouncer.ini");
        let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"]
            .into_iter()
            .find(|path| std::path::Path::new(path).exists());
        let program = program.expect("PgBouncer is installed: `cargo xtask test` does it");
        let told = std::process::Command::new(program)
            .arg("--version")
            .output()
            .unwrap();
        let is_old = String::from_utf8(told.stdout)
            .unwrap()
            .starts_with("PgBouncer 1.1");
        // Those before 1.21 do not know the line, and forget all.
        let tracking = if is_old {
            ""
        } else {
            "max_prepared_statements = 0\n"
        };
        let text = format!(
            "[databases]\npostgres = host={host} port={port} user={user}{password}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 2\n{tracking}",
            listen.port()
        );
        std::fs::write(&file, text).unwrap();
        let mut command = std::process::Command::new(program);
        if nix::unistd::geteuid().is_root() {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))
                .unwrap();
            command.args(["-u", "nobody"]);
        }
        let process = command
            .arg(&file)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        while tokio::net::TcpStream::connect(listen).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Self {
            process,
            url: format!("postgres://{user}@{listen}/postgres"),
            _folder: folder,
        }
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_pooler_that_forgets() {
    let pooler = Pooler::start().await;
    let mut findings = Findings::default();
    pooler::look(&mut findings, &pooler.url).await;
    assert_eq!(
        state(&findings, "pooler"),
        Some(State::Problem),
        "{findings:?}"
    );
}
