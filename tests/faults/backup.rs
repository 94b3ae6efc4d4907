//! A machine that is lost, and what a backup of the night brings back.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result};
use kiskadee_tests::{Options, System, binary, eventually, process};
use serde_json::Value;
use tempfile::TempDir;

use crate::crashes::{assert_each_completed_once, submit_hundreds};

const PASSPHRASE: &str = "what the night watch knows";

/// Runs `kiskadee backup` and gives what it said; the error is what it said when it failed.
fn backup(arguments: &[&str], repository: &Path) -> Result<String, String> {
    let passphrase = repository.join("../passphrase");
    fs::write(&passphrase, PASSPHRASE).map_err(|error| error.to_string())?;
    let output = Command::new(binary())
        .arg("backup")
        .args(arguments)
        .env("KISKADEE_BACKUP_REPOSITORY", repository)
        .env("KISKADEE_BACKUP_PASSPHRASE_FILE", &passphrase)
        .current_dir(process::repository())
        .output()
        .map_err(|error| error.to_string())?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(said(&output.stdout));
    }
    Err(said(&output.stderr))
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

/// How many jobs had ended when the backup was taken.
fn ended_then(repository: &Path) -> Result<u64> {
    let listed = backup(&["list", "--json"], repository).map_err(anyhow::Error::msg)?;
    let newest: Value = serde_json::from_str(listed.lines().last().context("no backup")?)?;
    let rows = newest["rows"].as_object().context("no rows")?;
    let of_done = rows
        .iter()
        .filter(|(table, _)| table.starts_with("queue.done"));
    Ok(of_done.filter_map(|(_, rows)| rows.as_u64()).sum())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_machine_comes_back_as_it_was_when_it_was_backed_up() -> Result<()> {
    let folder = TempDir::new()?;
    let repository = folder.path().join("repository");
    fs::create_dir(&repository)?;
    let system = System::start(Options::default()).await?;
    let batches = submit_hundreds(&system.client(), 10).await?;
    let database = system.database().await?;
    eventually(
        "some to be done",
        std::time::Duration::from_mins(2),
        || async {
            let done: i64 =
                sqlx::query_scalar("select count(*) from queue.done where kind = 'speech'")
                    .fetch_one(&database)
                    .await?;
            Ok((done > 200).then_some(()))
        },
    )
    .await?;
    let state = system.state_dir().to_owned();
    let create = ["create", "--state-dir", path(&state)];
    backup(&create, &repository).map_err(anyhow::Error::msg)?;
    let then = ended_then(&repository)?;
    assert!(
        (200..1000).contains(&then),
        "in the middle of the work: {then}"
    );
    let key = system.credentials["api_key"].clone();
    database.close().await;
    process::signal(system.pid(), "KILL")?;
    drop(system);
    assert!(!state.exists());

    let restored = System::start_prepared(Options::default(), |directory| {
        let restore = ["restore", "--state-dir", path(directory)];
        let said = backup(&restore, &repository).map_err(anyhow::Error::msg)?;
        assert!(said.contains("kiskadee up --state-dir"), "{said}");
        Ok(())
    })
    .await?;
    assert_eq!(restored.credentials["api_key"], key, "keys still work");
    assert_each_completed_once(&restored, &batches).await?;
    let audio: Vec<String> =
        sqlx::query_scalar("select result ->> 'key' from queue.done where kind = 'speech'")
            .fetch_all(&restored.database().await?)
            .await?;
    for key in &audio {
        assert!(
            restored.state_dir().join("storage").join(key).is_file(),
            "{key}"
        );
    }
    let again = backup(
        &["restore", "--state-dir", path(restored.state_dir())],
        &repository,
    );
    assert!(again.is_err(), "a system is not restored over another");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_backup_is_found_and_pruning_keeps_what_is_needed() -> Result<()> {
    let folder = TempDir::new()?;
    let repository = folder.path().join("repository");
    fs::create_dir(&repository)?;
    let system = System::start(Options::default()).await?;
    let batches = submit_hundreds(&system.client(), 1).await?;
    assert_each_completed_once(&system, &batches).await?;
    let state = system.state_dir().to_owned();
    let create = ["create", "--state-dir", path(&state)];
    backup(&create, &repository).map_err(anyhow::Error::msg)?;
    let url = system.database_url()?;
    let verify = ["verify", "--database-url", url.as_str()];
    backup(&verify, &repository).map_err(anyhow::Error::msg)?;
    let metrics = system.admin().get("/metrics").await?.expect(200)?.text();
    assert!(
        metrics.contains("backup_verified_timestamp_seconds"),
        "{metrics}"
    );

    let key: String =
        sqlx::query_scalar("select result ->> 'key' from queue.done where kind = 'speech' limit 1")
            .fetch_one(&system.database().await?)
            .await?;
    let object = repository.join("objects").join(&key);
    let mut bytes = fs::read(&object)?;
    *bytes.last_mut().context("an empty file")? ^= 1;
    fs::write(&object, bytes)?;
    let found = backup(&["verify"], &repository).unwrap_err();
    assert!(
        found.contains(&key) && found.contains("other bytes"),
        "{found}"
    );

    fs::write(repository.join("objects/nobody"), "names this")?;
    backup(&["prune", "--keep-daily", "0"], &repository).map_err(anyhow::Error::msg)?;
    assert!(!repository.join("objects/nobody").exists());
    let listed = backup(&["list"], &repository).map_err(anyhow::Error::msg)?;
    assert_eq!(listed.lines().count(), 1, "the newest stays: {listed}");
    let wrong = folder.path().join("passphrase");
    fs::write(&wrong, "what nobody knows of")?;
    let unsigned = Command::new(binary())
        .args(["backup", "verify", "--repository", path(&repository)])
        .arg("--passphrase-file")
        .arg(&wrong)
        .output()?;
    let said = String::from_utf8_lossy(&unsigned.stderr);
    assert!(said.contains("not signed with this passphrase"), "{said}");
    Ok(())
}
