//! Callers of both edges, who go on while secrets change.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use kiskadee_tests::Client;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::PASSWORD;
use crate::crashes::finished;

/// Callers that go on until they are told to stop; what failed is told at the end.
pub(super) struct Traffic {
    stop: Arc<AtomicBool>,
    requests: Arc<AtomicUsize>,
    callers: Vec<JoinHandle<Vec<String>>>,
}

/// One of them.
#[derive(Clone)]
struct Caller {
    edges: [Client; 2],
    requests: Arc<AtomicUsize>,
}

impl Traffic {
    pub(super) fn start(edges: &[Client; 2]) -> Self {
        let (stop, requests) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let mut callers = Vec::new();
        for number in 0..8 {
            let [one, other] = edges.clone();
            let edges = if number % 2 == 0 {
                [one, other]
            } else {
                [other, one]
            };
            let caller = Caller {
                edges,
                requests: Arc::clone(&requests),
            };
            let stop = Arc::clone(&stop);
            callers.push(tokio::spawn(async move {
                let mut failed = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let done = match number {
                        0 | 1 => caller.sign_in().await,
                        2 | 3 => caller.speak().await,
                        4 | 5 => caller.bring().await,
                        _ => caller.look().await,
                    };
                    failed.extend(done.err().map(|error| format!("{error:#}")));
                    sleep(Duration::from_millis(20)).await;
                }
                failed
            }));
        }
        Self {
            stop,
            requests,
            callers,
        }
    }

    pub(super) async fn end(self) -> Result<(usize, Vec<String>)> {
        self.stop.store(true, Ordering::Relaxed);
        let mut failed = Vec::new();
        for caller in self.callers {
            failed.extend(caller.await?);
        }
        Ok((self.requests.load(Ordering::Relaxed), failed))
    }
}

impl Caller {
    fn counted(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// At one edge, and with the token to the other one.
    async fn sign_in(&self) -> Result<()> {
        let token = self.edges[0].log_in("driller", PASSWORD).await?;
        self.counted();
        let other = self.edges[1].anonymous();
        let request = other.request(reqwest::Method::GET, "/api/v1/jobs");
        other.send(request.bearer_auth(token)).await?.expect(200)?;
        self.counted();
        Ok(())
    }

    /// A batch, and what it made: by the worker, and through the gateway.
    async fn speak(&self) -> Result<()> {
        let batch = self.edges[0].submit_batch(2).await?;
        self.counted();
        let status = finished(&self.edges[1], &batch).await?;
        ensure!(status["completed"] == 2, "{status}");
        let archive = self.edges[1].download_batch(&batch).await?.expect(200)?;
        ensure!(archive.body.starts_with(b"PK"), "no archive");
        self.counted();
        Ok(())
    }

    /// A file that goes through the gateway into the storage.
    async fn bring(&self) -> Result<()> {
        let announced = json!({"family": "speech", "filename": "a.wav", "bytes": 4});
        let upload = self.edges[0].post("/api/v1/uploads", &announced).await?;
        let upload = upload.expect(201)?.json()?;
        self.counted();
        let url = upload["status_url"].as_str().context("no status_url")?;
        let part = self.edges[1].request(reqwest::Method::PUT, &format!("{url}/parts/1"));
        let brought = self.edges[1].send(part.body("RIFF")).await?;
        ensure!(
            brought.status.is_success(),
            "{}: {}",
            brought.status,
            brought.text()
        );
        self.counted();
        let gone = self.edges[0].delete(url).await?;
        ensure!(gone.status.is_success(), "{}: {}", gone.status, gone.text());
        self.counted();
        Ok(())
    }

    async fn look(&self) -> Result<()> {
        for path in [
            "/api/v1/voices",
            "/api/v1/jobs",
            "/api/v1/batches",
            "/ready",
        ] {
            self.edges[0].get(path).await?.expect(200)?;
            self.counted();
        }
        Ok(())
    }
}
