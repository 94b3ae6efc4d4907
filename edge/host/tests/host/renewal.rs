//! Variables whose files change while the host answers.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::Request;
use kiskadee_edge_host::HostError;
use tempfile::TempDir;
use tokio::{task::JoinHandle, time::sleep};
use tokio_postgres::NoTls;

use crate::support::{Probe, database_url, send};

/// What a change may take: two looks, a login, and some time on a busy machine.
const SOON: Duration = Duration::from_secs(15);

const WHO: &str = "select current_user::text as who";

struct Roles {
    client: tokio_postgres::Client,
    prefix: String,
}

impl Roles {
    async fn new(test: &str) -> Self {
        let (client, connection) = tokio_postgres::connect(&database_url(), NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        let prefix = format!("renewal_{test}_{}", std::process::id());
        Self { client, prefix }
    }

    fn name(&self, role: &str) -> String {
        format!("{}_{role}", self.prefix)
    }

    fn url(&self, role: &str) -> String {
        let mut url = url::Url::parse(&database_url()).unwrap();
        url.set_username(&self.name(role)).unwrap();
        url.to_string()
    }

    async fn run(&self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap();
    }

    async fn create(&self, role: &str) {
        let (name, url) = (self.name(role), self.url(role));
        let url = url::Url::parse(&url).unwrap();
        // That of the tests' own login, where the server asks for any.
        let password = url.password().unwrap_or_default();
        self.run(&format!(
            "drop role if exists {name}; create role {name} login password '{password}'"
        ))
        .await;
    }

    async fn sessions(&self, role: &str) -> i64 {
        let sql = "select count(*) from pg_stat_activity where usename = $1";
        let row = self.client.query_one(sql, &[&self.name(role)]).await;
        row.unwrap().get(0)
    }

    async fn end(&self, role: &str) {
        let name = self.name(role);
        let sql = format!(
            "alter role {name} nologin;
             select pg_terminate_backend(pid) from pg_stat_activity where usename = '{name}'"
        );
        self.run(&sql).await;
    }

    async fn drop_all(&self, roles: &[&str]) {
        for role in roles {
            self.end(role).await;
            self.run(&format!("drop role {}", self.name(role))).await;
        }
    }
}

/// Requests from several callers until it is told to stop, each on a connection of its own.
struct Traffic {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    callers: Vec<JoinHandle<Vec<String>>>,
}

impl Traffic {
    fn start(address: &str) -> Self {
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let callers = (0..6).map(|_| {
            let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
            tokio::spawn(call(address.to_owned(), stop, answered))
        });
        let callers = callers.collect();
        Self {
            stop,
            answered,
            callers,
        }
    }

    /// How many were answered; all of them well.
    async fn end(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        for caller in self.callers {
            let failed = caller.await.unwrap();
            assert!(failed.is_empty(), "{failed:?}");
        }
        self.answered.load(Ordering::Relaxed)
    }
}

async fn call(address: String, stop: Arc<AtomicBool>, answered: Arc<AtomicUsize>) -> Vec<String> {
    let mut failed = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let answer = send(
            &address,
            Request::post("/pg/query"),
            Bytes::from_static(WHO.as_bytes()),
        );
        let answer = answer.await;
        if answer.status == 200 && answer.text().contains("renewal_") {
            answered.fetch_add(1, Ordering::Relaxed);
        } else {
            failed.push(format!("{}: {}", answer.status, answer.text()));
        }
        sleep(Duration::from_millis(5)).await;
    }
    failed
}

fn write(path: &Path, text: &str) {
    let next = path.with_extension("next");
    std::fs::write(&next, text).unwrap();
    std::fs::rename(&next, path).unwrap();
}

async fn with_file(variable: &str, value: &str) -> (TempDir, PathBuf, Result<Probe, HostError>) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(variable);
    std::fs::write(&path, value).unwrap();
    let file = (variable.to_owned(), path.clone());
    let probe = Probe::try_with(|config| config.variable_files.extend([file])).await;
    (folder, path, probe)
}

async fn says(probe: &Probe, path: &str, body: &'static str) -> String {
    let answer = if body.is_empty() {
        probe.get(path).await
    } else {
        probe.post(path, body).await
    };
    // An error may name the same things.
    if answer.status == 200 {
        answer.text().to_owned()
    } else {
        answer.status.to_string()
    }
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < SOON, "{what}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn another_login_is_used_as_soon_as_it_is_one() {
    let roles = Roles::new("later").await;
    roles.create("old").await;
    let (_folder, path, probe) = with_file("database_url", &roles.url("old")).await;
    let probe = probe.unwrap();
    let traffic = Traffic::start(&probe.address);
    sleep(Duration::from_millis(300)).await;
    // The file comes first, and for a while nobody can log in so.
    write(&path, &roles.url("new"));
    sleep(Duration::from_millis(2500)).await;
    assert!(
        says(&probe, "/pg/query", WHO)
            .await
            .contains(&roles.name("old"))
    );
    roles.create("new").await;
    until("the new login is used", async || {
        says(&probe, "/pg/query", WHO)
            .await
            .contains(&roles.name("new"))
    })
    .await;
    until("sessions of the old login end", async || {
        roles.sessions("old").await == 0
    })
    .await;
    assert!(traffic.end().await > 50);
    drop(probe);
    roles.drop_all(&["old", "new"]).await;
}

#[tokio::test]
async fn a_session_that_is_refused_waits_for_the_file() {
    let roles = Roles::new("sooner").await;
    roles.create("old").await;
    roles.create("new").await;
    let (_folder, path, probe) = with_file("database_url", &roles.url("old")).await;
    let probe = probe.unwrap();
    // The login is no more before the file says so; no session of it was ever opened.
    roles.end("old").await;
    let later = tokio::spawn(async move {
        sleep(Duration::from_millis(700)).await;
        path
    });
    let asking = says(&probe, "/pg/query", WHO);
    let url = roles.url("new");
    let writing = async move { write(&later.await.unwrap(), &url) };
    let (who, ()) = tokio::join!(asking, writing);
    assert!(who.contains(&roles.name("new")), "{who}");
    drop(probe);
    roles.drop_all(&["old", "new"]).await;
}

#[tokio::test]
async fn instances_that_begin_after_a_change_have_the_new_value() {
    let (_folder, path, probe) = with_file("greeting", "good\n").await;
    let probe = probe.unwrap();
    let sentence = "/variable?name=sentence";
    assert_eq!(says(&probe, sentence, "").await, "good world");
    let stream = tokio::spawn({
        let address = probe.address.clone();
        async move { send(&address, Request::get("/events?count=60"), Bytes::new()).await }
    });
    sleep(Duration::from_millis(200)).await;
    write(&path, "better");
    until("the new value is there", async || {
        says(&probe, sentence, "").await == "better world"
    })
    .await;
    // What cannot be used changes nothing.
    write(&path, "");
    sleep(Duration::from_millis(2500)).await;
    assert_eq!(says(&probe, sentence, "").await, "better world");
    let streamed = stream.await.unwrap();
    assert_eq!(streamed.status, 200);
    assert!(streamed.text().contains("59"), "{}", streamed.text());
}

#[tokio::test]
async fn what_may_be_reached_changes_with_the_next_start() {
    let (_folder, path, probe) = with_file("http_host", "http://127.0.0.1:1").await;
    let probe = probe.unwrap();
    write(&path, "http://127.0.0.1:*");
    sleep(Duration::from_millis(2500)).await;
    let url = format!("/fetch?url=http://{}/hello", probe.address);
    assert_ne!(probe.get(&url).await.status, 200);
}

#[tokio::test]
async fn a_file_that_is_no_secret_is_named_at_the_start() {
    let (_folder, path, probe) = with_file("greeting", "").await;
    let error = probe.err().unwrap().to_string();
    assert!(error.contains("SPIN_VARIABLE_GREETING_FILE"), "{error}");
    assert!(
        error.contains(path.to_str().unwrap()) && error.contains("empty"),
        "{error}"
    );
}
