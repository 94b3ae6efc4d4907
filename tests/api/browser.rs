//! The served pages in a real browser: scripts run, under the content security policy that is served with them.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

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

/// What a program of `clients` prints that goes through the pages as the first user, and finds nothing wrong with them.
fn gone_through(program: &str) -> Result<Value> {
    let shared = system();
    let of = |name: &str| shared.credentials[name].as_str().context("no credentials");
    let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
    let output = Command::new("node")
        .arg(clients.join(program))
        .args([shared.url.as_str(), of("username")?, of("password")?])
        .output()
        .context("node is not on the path; run `cargo xtask test`")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).context("it printed no JSON")?;
    for faults in ["axe", "errors", "wide"] {
        assert_eq!(report[faults], json!([]), "{report}");
    }
    Ok(report)
}

#[test]
fn everything_is_done_by_keyboard_and_seen_by_anybody() -> Result<()> {
    let report = gone_through("pages.cjs")?;
    let zip = report["zip"].as_str();
    assert!(
        zip.is_some_and(|name| name.starts_with("batch_")),
        "{report}"
    );
    let row = report["refused_row"].as_str();
    assert!(
        row.is_some_and(|row| row.starts_with('4') && row.contains("nobody")),
        "{report}"
    );
    assert!(report["streamed_seconds"].as_f64() > Some(1.0), "{report}");
    assert_eq!(report["portuguese"], "Administração", "{report}");
    Ok(())
}

#[test]
fn a_zip_of_clips_becomes_a_voice_within_twelve_presses() -> Result<()> {
    let report = gone_through("training.cjs")?;
    for made in ["checkpoint_seconds", "voice_seconds"] {
        assert!(report[made].as_f64() > Some(0.5), "{report}");
    }
    assert!(report["presses"].as_u64() <= Some(12), "{report}");
    assert_eq!(report["spoken_by"], report["voice"], "{report}");
    let edited = report["edited"].as_str();
    assert!(
        edited.is_some_and(|text| text.ends_with(" Indeed.")),
        "{report}"
    );
    assert_eq!(report["portuguese"], "Treino", "{report}");
    Ok(())
}
