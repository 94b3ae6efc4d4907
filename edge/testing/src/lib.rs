//! A migrated database of a test's own, with three people and a worker that speaks, for the tests of the SQL behind a
//! component: its functions are called by its role, which may do nothing else.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "tests stop where something is wrong"
)]

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_postgres::{Client, NoTls, Row};

const SERVER: &str = "KISKADEE_TEST_DATABASE_URL";
static COUNT: AtomicU32 = AtomicU32::new(0);

/// The role that takes in the work with which tests begin.
pub const SPEECH: &str = "kiskadee_speech";

/// Who calls.
#[derive(Debug, Clone, Copy)]
pub enum Who {
    Ann = 1,
    Bob = 2,
    Root = 3,
}

/// A database that goes with [`Database::drop`].
#[derive(Debug)]
pub struct Database {
    pub client: Client,
    role: &'static str,
    server: String,
    name: String,
}

/// What a function of `api` answered.
#[derive(Debug)]
pub struct Answer {
    pub status: i16,
    body: Option<String>,
    pub code: Option<String>,
    pub detail: Option<String>,
    errors: Option<String>,
    pub retry_after: Option<i32>,
}

impl Answer {
    /// The body, which must have the documented shape.
    pub fn body<T: DeserializeOwned>(&self) -> T {
        let text = self
            .body
            .as_deref()
            .unwrap_or_else(|| panic!("no body: {self:?}"));
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// An id of the body, as the database has it.
    fn id(&self, member: &str) -> String {
        let body: Value = self.body();
        let id = body[member].as_str().and_then(|id| id.split_once('_'));
        id.map_or_else(|| panic!("no {member}: {self:?}"), |(_, id)| id.to_owned())
    }

    /// What is wrong with the request.
    pub fn errors(&self) -> Value {
        serde_json::from_str(self.errors.as_deref().unwrap_or("[]")).expect("errors are JSON")
    }
}

/// Of a database of the test server.
fn address(server: &str, database: &str) -> String {
    let (address, options) = server.split_once('?').unwrap_or((server, ""));
    let host = address
        .rfind('/')
        .map_or(address, |slash| &address[..slash]);
    format!("{host}/{database}?{options}")
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .expect("the test server answers");
    tokio::spawn(connection);
    client
}

impl Database {
    /// For the tests of the component that has the role.
    pub async fn create(role: &'static str) -> Self {
        let server = std::env::var(SERVER)
            .unwrap_or_else(|_| panic!("{SERVER} is not set; run the tests by `cargo xtask test`"));
        let name = format!(
            "kiskadee_edge_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let admin = connect(&server).await;
        admin
            .batch_execute(&format!("create database {name}"))
            .await
            .expect("a database can be made");
        let client = connect(&address(&server, &name)).await;
        migrate(&client).await;
        client
            .batch_execute(include_str!("seed.sql"))
            .await
            .expect("the seed fits the schema");
        Self {
            client,
            role,
            server,
            name,
        }
    }

    /// A second connection, for what two do at once.
    pub async fn another(&self) -> Client {
        connect(&address(&self.server, &self.name)).await
    }

    /// Where the component reaches it, as its role.
    pub fn role_address(&self) -> String {
        let (address, _) = self.server.split_once('?').unwrap_or((&self.server, ""));
        let host = address.rsplit_once('/').map_or(address, |(host, _)| host);
        format!("{host}/{}?options=-c%20role%3D{}", self.name, self.role)
    }

    /// Calls a function of `api` as the component does: by its role.
    pub async fn ask(&self, who: Who, function: &str, arguments: &str) -> Answer {
        self.ask_by(self.role, who, function, arguments).await
    }

    /// The same by the role of another component.
    pub async fn ask_by(&self, role: &str, who: Who, function: &str, arguments: &str) -> Answer {
        let credentials = format!("{}, '2100-01-01', null, 0", id(who));
        self.call(role, &credentials, function, arguments).await
    }

    async fn call(&self, role: &str, credentials: &str, function: &str, arguments: &str) -> Answer {
        let separator = if arguments.is_empty() { "" } else { ", " };
        let statement = format!(
            "select status, body, code, errors::text, retry_after, detail
             from api.{function}(row({credentials})::api.credentials{separator}{arguments})"
        );
        self.client
            .batch_execute(&format!("set role {role}"))
            .await
            .expect("the role is there");
        let row = self.client.query_one(&statement, &[]).await;
        self.client
            .batch_execute("reset role")
            .await
            .expect("the session is its own");
        let row = row.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
        Answer {
            status: row.get(0),
            body: row.get(1),
            code: row.get(2),
            errors: row.get(3),
            retry_after: row.get(4),
            detail: row.get(5),
        }
    }

    /// Calls a function of `api` by the role of a component, with a new API key of these scopes (`{work:*}`).
    pub async fn ask_with_key(
        &self,
        (role, who, scopes): (&str, Who, &str),
        function: &str,
        arguments: &str,
    ) -> Answer {
        let made = format!(
            "insert into account.api_key (user_id, name, prefix, hash, scopes)
             values ({}, 'test', 'kk_', sha256(gen_random_uuid()::text::bytea), '{scopes}') returning encode(hash, 'hex')",
            id(who)
        );
        let hash = self.text(&made).await;
        let credentials = format!("null, null, '\\x{hash}', 0");
        self.call(role, &credentials, function, arguments).await
    }

    /// Takes in a batch of short texts and returns the id in the database.
    pub async fn batch(&self, who: Who, texts: u32) -> String {
        let answer = self
            .ask_by(
                SPEECH,
                who,
                "create_batch",
                &format!("test.items({texts}), null, null, null, null"),
            )
            .await;
        answer.id("batch_id")
    }

    /// Takes in a single text and returns the id of its job in the database.
    pub async fn speech(&self, who: Who) -> String {
        let arguments = "test.items(1) -> 0, null, null, null, null";
        let answer = self.ask_by(SPEECH, who, "create_speech", arguments).await;
        answer.id("job_id")
    }

    /// The role of the component can read none of the tables.
    pub async fn assert_no_table_is_open(&self) {
        for table in [
            "queue.job",
            "speech.voice",
            "account.\"user\"",
            "api.idempotency",
        ] {
            let statement = format!("set role {}; select from {table}", self.role);
            assert!(
                self.client.batch_execute(&statement).await.is_err(),
                "{table}"
            );
            self.run("reset role").await;
        }
    }

    /// Runs statements as the test itself.
    pub async fn run(&self, statements: &str) {
        self.client
            .batch_execute(statements)
            .await
            .unwrap_or_else(|error| panic!("{statements}: {error:?}"));
    }

    /// The one row of a statement.
    pub async fn row(&self, statement: &str) -> Row {
        self.client
            .query_one(statement, &[])
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error:?}"))
    }

    /// The one text of a statement.
    pub async fn text(&self, statement: &str) -> String {
        self.row(statement).await.get(0)
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        self.row(&format!("select count(*) from {table}"))
            .await
            .get(0)
    }

    /// Removes the database.
    pub async fn drop(self) {
        drop(self.client);
        let statement = format!("drop database {} with (force)", self.name);
        connect(&self.server)
            .await
            .batch_execute(&statement)
            .await
            .expect("the database goes");
    }
}

fn id(who: Who) -> String {
    format!("'00000000-0000-7000-8000-00000000000{}'", who as u8)
}

/// As `kiskadee migrate` does: tables in the order of their numbers, then the functions, which may name each other.
async fn migrate(client: &Client) {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    apply(client, &sql_files(&shared.join("migrations"))).await;
    client
        .batch_execute("set check_function_bodies = off")
        .await
        .expect("the session is its own");
    apply(client, &sql_files(&shared.join("functions"))).await;
}

async fn apply(client: &Client, files: &[PathBuf]) {
    for file in files {
        let statements = std::fs::read_to_string(file).expect("a file of the schema can be read");
        client
            .batch_execute(&statements)
            .await
            .unwrap_or_else(|error| panic!("{}: {error:?}", file.display()));
    }
}

fn sql_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the schema is there") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            files.extend(sql_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
    files.sort();
    files
}
