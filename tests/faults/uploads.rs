//! Power cuts while a file is on its way in.

use std::time::Duration;

use anyhow::{Context, Result};
use kiskadee_tests::{Client, Options, System, eventually};
use reqwest::Method;
use serde_json::{Value, json};

const PART: usize = 8 << 20;

async fn bring(client: &Client, path: &str, number: usize, content: &[u8]) -> Result<()> {
    let part = content
        .chunks(PART)
        .nth(number - 1)
        .context("no such part")?;
    let request = client.request(Method::PUT, &format!("{path}/parts/{number}"));
    client
        .send(request.body(part.to_vec()))
        .await?
        .expect(200)?;
    Ok(())
}

async fn shown(client: &Client, path: &str) -> Result<Value> {
    client.get(path).await?.expect(200)?.json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_goes_on_where_a_power_cut_left_it() -> Result<()> {
    let system = System::start(Options::default()).await?;
    let client = system.client();
    let content: Vec<u8> = (0..3 * PART - 5).map(|byte| (byte % 251) as u8).collect();
    let body = json!({"family": "speech", "filename": "long.wav", "bytes": content.len()});
    let begun = client
        .post("/api/v1/uploads", &body)
        .await?
        .expect(201)?
        .json()?;
    let path = begun["status_url"].as_str().context("no address")?;
    bring(&client, path, 2, &content).await?;

    let system = system.crash_and_restart().await?;
    let client = system.client();
    assert_eq!(shown(&client, path).await?["missing"], json!(["1", "3"]));
    bring(&client, path, 1, &content).await?;
    bring(&client, path, 3, &content).await?;
    let complete = format!("{path}/complete");
    client.post(&complete, &json!({})).await?.expect(202)?;

    // Whether the parts lie joined already or not.
    let system = system.crash_and_restart().await?;
    let client = system.client();
    let ready = eventually("the file", Duration::from_mins(1), || async {
        let upload = shown(&client, path).await?;
        Ok((upload["status"] != "checking").then_some(upload))
    });
    let ready = ready.await?;
    assert_eq!(ready["status"], "ready", "{ready}");
    assert_eq!(ready["sha256"], sha256(&content)?);

    let database = system.database().await?;
    let key: String = sqlx::query_scalar("select key from storage.upload")
        .fetch_one(&database)
        .await?;
    let stored = std::fs::read(system.state_dir().join("storage").join(key))?;
    assert!(stored == content, "the file is what was sent");
    Ok(())
}

/// By another program than our own.
fn sha256(content: &[u8]) -> Result<String> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), content)?;
    let told = std::process::Command::new("sha256sum")
        .arg(file.path())
        .output()?;
    let told = String::from_utf8(told.stdout)?;
    Ok(told
        .split_whitespace()
        .next()
        .context("no digest")?
        .to_owned())
}
