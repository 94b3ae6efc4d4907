//! A system whose edge and worker reach Postgres through `PgBouncer` in transaction mode.
//!
//! `kiskadee up` has the database and what its operator does; its own edge is there and nobody asks it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use kiskadee_queue::testing::pooler::Pooler;

use crate::client::Client;
use crate::system::{Options, SECOND_EDGE, Stopped, System, ending_with_us};
use crate::wait::eventually;

const BEHIND_POOLER: &str = "--behind-pooler";
/// Components that nobody has compiled yet take half a minute, beside other tests several.
const STARTS_WITHIN: Duration = Duration::from_mins(4);

/// Its parts stop in this order.
pub struct Pooled {
    pub url: String,
    _parts: Vec<Stopped>,
    _pooler: Pooler,
    pub system: System,
}

impl Pooled {
    /// Behind the pooler that `KISKADEE_TEST_POOLER` names; none where it names none.
    pub async fn start_if_asked() -> Result<Option<Self>> {
        let Some(program) = Pooler::program() else {
            return Ok(None);
        };
        let system = System::start(Options::default().workers(0)).await?;
        let server = ("127.0.0.1", system.postgres_port()?);
        let pooler = Pooler::start(&program, server, &system.logins()?)?;
        // Where statements are followed the edge finds out by itself, and prepares.
        let options: &[&str] = if Pooler::follows_statements() {
            &[]
        } else {
            &[BEHIND_POOLER]
        };
        let (mut parts, url) = system.start_edge_at(pooler.port(), options).await?;
        parts.push(system.start_pooled_worker(pooler.port())?);
        let client = Client::new(&url, None);
        eventually(
            "edge and worker behind the pooler",
            STARTS_WITHIN,
            || async {
                Ok(
                    matches!(client.get("/ready").await, Ok(answer) if answer.status == 200)
                        .then_some(()),
                )
            },
        )
        .await?;
        Ok(Some(Self {
            url,
            _parts: parts,
            _pooler: pooler,
            system,
        }))
    }

    /// The log of the edge that is asked.
    pub fn edge_log(&self) -> PathBuf {
        self.system.state_dir().join("logs").join(SECOND_EDGE)
    }
}

impl System {
    /// The logins of all parts with their passwords.
    fn logins(&self) -> Result<Vec<(String, String)>> {
        let secrets = self.secrets()?;
        let roles = secrets["roles"].as_object().context("no roles")?;
        let logins = roles.iter().map(|(group, password)| {
            let password = password.as_str().context("a password is no text")?;
            Ok((format!("{group}_login"), password.to_owned()))
        });
        logins.collect()
    }

    fn start_pooled_worker(&self, port: u16) -> Result<Stopped> {
        let state = self.state_dir();
        let worker = ending_with_us()
            .args(["worker", "--name", "worker-1", BEHIND_POOLER])
            .args(["--webhook-allow-private", "on", "--storage"])
            .arg(state.join("storage"))
            .arg("--models-dir")
            .arg(state.join("models"))
            .env(
                "KISKADEE_DATABASE_URL",
                self.login_url_at("kiskadee_worker", port)?,
            )
            .env("CANDLE_NUM_THREADS", "1")
            .stdin(Stdio::null())
            .stderr(self.log("worker-1.jsonl")?)
            .spawn()?;
        Ok(Stopped(worker))
    }
}
