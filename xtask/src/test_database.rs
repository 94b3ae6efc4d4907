//! A Postgres server for the tests: `kiskadee` itself knows how to run one that keeps nothing.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::build::kiskadee;

/// Stops the server when it is dropped, and by the closed pipe even when this process is killed.
pub(crate) struct TestDatabase {
    server: Child,
    pub(crate) url: String,
}

impl TestDatabase {
    pub(crate) fn start() -> Result<Self> {
        let mut server = Command::new(kiskadee())
            .arg("postgres")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the test database")?;
        let output = server
            .stdout
            .take()
            .context("the test database has no output")?;
        let mut url = String::new();
        BufReader::new(output).read_line(&mut url)?;
        if url.trim().is_empty() {
            bail!("the test database did not start ({})", server.wait()?);
        }
        Ok(Self {
            server,
            url: url.trim().to_owned(),
        })
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        // It ends when its input closes.
        let _ = self.server.wait();
    }
}
