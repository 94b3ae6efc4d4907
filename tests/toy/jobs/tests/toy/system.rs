//! The system under test, with a user of its own.

use std::fs::File;
use std::process::Command;

use anyhow::{Context as _, Result};
use kiskadee_tests::system::Stopped;
use kiskadee_tests::{Client, Family, Options, System, User};
use serde_json::{Value, json};
use sqlx::PgPool;

pub(crate) struct ToySystem {
    pub(crate) system: System,
    pub(crate) database: PgPool,
    pub(crate) user: User,
}

impl ToySystem {
    /// With a worker of the product, and none of the family.
    pub(crate) async fn start() -> Result<Self> {
        let system = System::start_with(&Family::named("toy"), Options::default()).await?;
        Ok(Self {
            database: system.database().await?,
            user: system.client().new_user().await?,
            system,
        })
    }

    pub(crate) fn start_worker(&self) -> Result<Stopped> {
        let log = self.system.state_dir().join("logs/toy-worker.jsonl");
        // A test that is killed takes its worker with it.
        let mut command = Command::new("setpriv");
        command
            .args([
                "--pdeathsig",
                "TERM",
                env!("CARGO_BIN_EXE_kiskadee-toy-worker"),
            ])
            .arg("--storage")
            .arg(self.system.state_dir().join("storage"))
            .env(
                "KISKADEE_DATABASE_URL",
                self.system.login_url("kiskadee_worker")?,
            )
            .stderr(File::create(log)?);
        Ok(Stopped(command.spawn().context("the toy's worker")?))
    }

    pub(crate) fn client(&self) -> &Client {
        &self.user.client
    }

    /// Sends a text and returns the id of its job. `seconds` is how long the counting takes.
    pub(crate) async fn send(&self, text: &str, seconds: u32) -> Result<String> {
        let body = json!({"text": text, "seconds": seconds});
        let answer = self.client().post("/api/v1/toy/texts", &body).await?;
        let answer: kiskadee_toy_api::bodies::CountAnswer =
            serde_json::from_value(answer.expect(202)?.json()?)?;
        assert_eq!(answer.status_url, format!("/api/v1/jobs/{}", answer.job_id));
        assert_eq!(
            answer.text_url,
            format!("/api/v1/toy/texts/{}", answer.job_id)
        );
        Ok(answer.job_id)
    }

    /// The row of a text.
    pub(crate) async fn text(&self, job_id: &str) -> Result<Value> {
        let path = format!("/api/v1/toy/texts/{job_id}");
        self.client().get(&path).await?.expect(200)?.json()
    }
}
