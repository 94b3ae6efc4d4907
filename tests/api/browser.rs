//! The served pages in a real browser: scripts run, under the content security policy that is served with them.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::shared_system::system;

/// The page's document after its scripts have run.
fn rendered(path: &str) -> Result<String> {
    let profile = tempfile::tempdir()?;
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(["--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("{}{path}", system().url))
        .output()
        .context("chromium is not installed; run `cargo xtask test`")?;
    ensure!(
        output.status.success(),
        "chromium failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn the_reference_shows_the_operations() -> Result<()> {
    for path in ["/docs", "/redoc"] {
        let document = rendered(path)?;
        assert!(
            document.contains("/api/v1/advanced/batch-tts"),
            "{path} shows no operations"
        );
    }
    Ok(())
}

#[test]
fn the_landing_page_leads_to_the_reference() -> Result<()> {
    let document = rendered("/")?;
    assert!(document.contains("href=\"/docs\""), "{document}");
    Ok(())
}
