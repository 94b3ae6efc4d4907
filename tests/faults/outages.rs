//! Things the system depends on that go away and come back: Postgres, storage, a webhook's receiver.

use std::fs;
use std::time::Duration;

use anyhow::Result;
use kiskadee_tests::{Options, Receiver, System, eventually, process};
use serde_json::json;

use crate::crashes::{assert_each_completed_once, finished, submit_hundreds};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_postgres_loses_nothing_and_heals_by_itself() -> Result<()> {
    let system = System::start(Options::default().workers(2)).await?;
    let client = system.client();
    let batches = submit_hundreds(&client, 2).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    process::signal(system.postgres_pid()?, "QUIT")?;

    let mut refused = 0;
    let status = format!("/api/v1/advanced/batch-tts/{}/status", batches[0]);
    loop {
        let answer = client.get(&status).await?;
        match answer.status.as_u16() {
            200 if refused > 0 => break,
            200 => {}
            503 => {
                refused += 1;
                answer.problem(503)?;
            }
            other => anyhow::bail!("an outage is a 503, not {other}: {}", answer.text()),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_each_completed_once(&system, &batches).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_wait_while_storage_refuses_writes() -> Result<()> {
    let system = System::start(Options::default()).await?;
    let client = system.client();
    let storage = system.state_dir().join("storage");
    let aside = system.state_dir().join("storage.aside");
    // A file where the directory was: even root cannot write into that.
    fs::rename(&storage, &aside)?;
    fs::write(&storage, "")?;
    let batches = submit_hundreds(&client, 1).await?;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let meanwhile = client.batch_status(&batches[0]).await?;
    assert_eq!(
        (&meanwhile["completed"], &meanwhile["failed"]),
        (&json!(0), &json!(0)),
        "{meanwhile}"
    );
    fs::remove_file(&storage)?;
    fs::rename(&aside, &storage)?;
    assert_each_completed_once(&system, &batches).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_was_down_gets_its_webhook() -> Result<()> {
    let system = System::start(Options::default()).await?;
    let client = system.client();
    let gone = Receiver::start("127.0.0.1:0").await?;
    let (address, url) = (gone.address, gone.url());
    drop(gone);
    let body =
        json!({"texts": ["Later."], "voice_id": "default", "language": "en", "webhook_url": url});
    let batch = client
        .post("/api/v1/advanced/batch-tts", &body)
        .await?
        .expect(202)?
        .json()?;
    finished(&client, batch["batch_id"].as_str().unwrap_or_default()).await?;
    let failed = eventually("a failed attempt", Duration::from_secs(20), || async {
        let list = client
            .get("/api/v1/webhooks/deliveries?status=pending")
            .await?
            .expect(200)?
            .json()?;
        Ok(list["items"]
            .as_array()
            .and_then(|items| items.first())
            .filter(|item| item["attempts"] != 0)
            .cloned())
    })
    .await?;
    assert_eq!(failed["status"], "pending", "{failed}");
    let receiver = Receiver::start(&address.to_string()).await?;
    eventually("the retry", Duration::from_mins(1), || async {
        Ok((!receiver.received().is_empty()).then_some(()))
    })
    .await
}
