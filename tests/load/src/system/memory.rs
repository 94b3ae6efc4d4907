//! Asks for the status of a batch again and again, and looks at the memory of the process that answers. It holds the
//! supervisor and the storage gateway, too.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kiskadee_tests::{Options, System, eventually, process};

const LOOKS: usize = 10;
const MEBIBYTE: f64 = 1_048_576.0;

pub(crate) async fn measure(requests: usize, connections: usize) -> Result<()> {
    let system = System::start(Options::default()).await?;
    let client = system.client();
    let batch = client.submit_batch(10).await?;
    eventually("the batch to end", Duration::from_mins(1), || async {
        Ok((client.batch_status(&batch).await?["status"] == "completed").then_some(()))
    })
    .await?;
    let url = format!("{}/api/v1/advanced/batch-tts/{batch}/status", system.url);
    let key = system.credentials["api_key"]
        .as_str()
        .context("no api_key")?;
    report(&system, 0)?;
    for look in 1..=LOOKS {
        let each = requests / LOOKS / connections;
        let callers =
            (0..connections).map(|_| tokio::spawn(ask(url.clone(), key.to_owned(), each)));
        for caller in callers.collect::<Vec<_>>() {
            caller.await??;
        }
        report(&system, look * each * connections)?;
    }
    Ok(())
}

async fn ask(url: String, key: String, times: usize) -> Result<()> {
    let http = reqwest::Client::new();
    for _ in 0..times {
        let answer = http.get(&url).header("x-api-key", &key).send().await?;
        ensure!(answer.status().is_success(), "{}", answer.status());
        answer.bytes().await?;
    }
    Ok(())
}

fn report(system: &System, requests: usize) -> Result<()> {
    let bytes = process::resident_bytes(system.pid())?;
    println!(
        "after {requests:>7} requests: {:.0} MiB",
        bytes as f64 / MEBIBYTE
    );
    Ok(())
}
