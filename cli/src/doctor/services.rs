//! What is asked over HTTP or written to: the storage, its gateway, the edge.

use std::path::Path;
use std::time::Duration;

use kiskadee_storage::Store;
use reqwest::{Client, StatusCode};
use tokio::time::timeout;

use super::findings::Findings;
use super::{DoctorOptions, machine};

const ANSWER_WITHIN: Duration = Duration::from_secs(10);

fn client() -> reqwest::Result<Client> {
    // The one implementation of the whole program; the first choice holds.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().timeout(ANSWER_WITHIN).build()
}

pub(super) async fn storage(findings: &mut Findings, address: Option<String>) {
    let Some(address) = address else {
        return findings.skipped("storage", "no --storage is named");
    };
    let probed = async { Store::open(&address)?.probe().await };
    match timeout(ANSWER_WITHIN, probed).await {
        Ok(Ok(())) => findings.ok("storage", "an object was written, read and deleted"),
        Ok(Err(error)) => findings.problem(
            "storage",
            &kiskadee_shared::causes::chain(&error),
            "see that the directory or bucket is there, and that this user or these keys may write to it",
        ),
        Err(_) => findings.problem(
            "storage",
            "no answer in time",
            "see that this machine reaches the storage",
        ),
    }
    if Path::new(&address).is_dir() {
        machine::disk(findings, "the storage", address.as_ref());
    }
}

pub(super) async fn gateway(findings: &mut Findings, options: &DoctorOptions) {
    let Some(url) = &options.storage_url else {
        return findings.skipped("gateway", "no --storage-url is named");
    };
    let url = format!("{}/objects/none", url.trim_end_matches('/'));
    let asked = async {
        let request = client()?
            .get(url)
            .bearer_auth(options.token().unwrap_or_default());
        request.send().await
    };
    match asked.await.map(|answer| answer.status()) {
        Ok(StatusCode::NOT_FOUND) => findings.ok("gateway", "it answers, and takes the token"),
        Ok(StatusCode::UNAUTHORIZED) => findings.problem(
            "gateway",
            "it does not take the token",
            "give `kiskadee storage` and the edges the same KISKADEE_STORAGE_TOKEN",
        ),
        Ok(status) => findings.problem(
            "gateway",
            &format!("it answers {status}"),
            "see that this is the address of `kiskadee storage`; its log says what its storage does",
        ),
        Err(error) => findings.problem(
            "gateway",
            &kiskadee_shared::causes::chain(&error),
            "start `kiskadee storage`, or see that this machine reaches it",
        ),
    }
}

pub(super) async fn edge(findings: &mut Findings, url: Option<String>) {
    let Some(url) = url else {
        return findings.skipped("edge", "no --url is named");
    };
    let asked = async {
        let answer = client()?
            .get(format!("{}/ready", url.trim_end_matches('/')))
            .send()
            .await?;
        Ok::<_, reqwest::Error>((answer.status(), answer.text().await?))
    };
    match asked.await {
        Ok((StatusCode::OK, _)) => findings.ok("edge", &format!("{url} is ready")),
        Ok((status, said)) => {
            let said: String = said.chars().take(500).collect();
            findings.problem(
                "edge",
                &format!("{url} is not ready: {status} {said}"),
                "what is not well is named in the answer; where it is none of ours, another program has the port",
            );
        }
        Err(error) => findings.problem(
            "edge",
            &format!("{url}: {}", kiskadee_shared::causes::chain(&error)),
            "start `kiskadee edge` or `kiskadee up`; where it runs, see its address, its certificate and firewalls",
        ),
    }
}
