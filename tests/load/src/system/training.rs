//! A training on one machine with speech: what speech loses by it, what the death of its worker costs, and what is left when its
//! dataset is deleted.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use kiskadee_tests::{Client, Options, System, eventually, process, prompts};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::time::sleep;

const PATIENCE: Duration = Duration::from_mins(40);
/// Of speech in the dataset.
const SENTENCES: usize = 60;
/// A slice of a run whose worker is killed: it gets on between two deaths.
const SLICE_SECONDS: u32 = 3;

pub(crate) async fn measure(steps: u32, kills: usize, sentences: usize) -> Result<()> {
    let system = System::start(Options::default().with("--lease-ttl", "5")).await?;
    let client = system.client();
    let before = objects(&system)?;
    client.new_dataset("mine", &prompts(SENTENCES)?).await?;
    speech_beside(&system, &client, steps, sentences).await?;
    let undisturbed = one_run(&system, &client, steps, 0).await?;
    let disturbed = one_run(&system, &client, steps, kills).await?;
    println!(
        "the voice of the disturbed run is {}",
        if undisturbed == disturbed {
            "the same to the byte"
        } else {
            "ANOTHER ONE"
        }
    );
    deletion(&system, &client, &before).await
}

async fn start(client: &Client, steps: u32, seconds: u32) -> Result<String> {
    let body = json!({"model_name": "m", "dataset": "mine", "steps": steps, "seed": 7, "checkpoint_seconds": seconds});
    let begun = client.post("/training/start", &body).await?;
    let begun = begun.expect(202)?.json()?;
    Ok(begun["run_id"].as_str().context("no run_id")?.to_owned())
}

async fn status(client: &Client, run: &str) -> Result<Value> {
    let path = format!("/training/status?run_id={run}");
    client.get(&path).await?.expect(200)?.json()
}

/// Interactive speech alone, and while a run trains.
async fn speech_beside(
    system: &System,
    client: &Client,
    steps: u32,
    sentences: usize,
) -> Result<()> {
    let alone = latencies(client, sentences).await?;
    // It trains for as long as this needs, and is stopped then.
    let run = start(client, steps.max(50_000), 60).await?;
    eventually("a step", PATIENCE, || async {
        let step = status(client, &run).await?["step"].as_u64();
        Ok((step > Some(0)).then_some(()))
    })
    .await?;
    let beside = latencies(client, sentences).await?;
    let memory: u64 = system
        .worker_pids()?
        .into_iter()
        .filter_map(|pid| process::resident_bytes(pid).ok())
        .sum();
    let stop = json!({"run_id": run, "discard": true});
    client.post("/training/stop", &stop).await?.expect(202)?;
    client.ended_run(&run, PATIENCE).await?;
    for (name, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
        let (alone, beside) = (at(&alone, share), at(&beside, share));
        println!(
            "interactive speech {name}: {:.0} ms alone, {:.0} ms beside a training: x{:.2}",
            alone * 1e3,
            beside * 1e3,
            beside / alone
        );
    }
    println!("the worker that trains and speaks: {} MiB", memory >> 20);
    Ok(())
}

fn at(sorted: &[Duration], share: f64) -> f64 {
    let place = (sorted.len() as f64 * share) as usize;
    sorted.get(place).map_or(f64::NAN, Duration::as_secs_f64)
}

/// Each sentence from its request to the whole of its audio, one after the other, with a pause, as people type.
async fn latencies(client: &Client, sentences: usize) -> Result<Vec<Duration>> {
    let mut took = Vec::with_capacity(sentences);
    for number in 0..sentences {
        let body = json!({"model": "tts-1", "voice": "heron", "input": format!("This is the sentence number {number}."),
            "response_format": "wav"});
        let begun = Instant::now();
        client.post("/v1/audio/speech", &body).await?.expect(200)?;
        took.push(begun.elapsed());
        sleep(Duration::from_millis(100)).await;
    }
    took.sort();
    Ok(took)
}

/// A run whose worker is killed so often; the answer is the hash of its voice.
async fn one_run(system: &System, client: &Client, steps: u32, kills: usize) -> Result<Vec<u8>> {
    let begun = Instant::now();
    let run = start(client, steps, SLICE_SECONDS).await?;
    let (mut listed, mut killed, mut lost) = (BTreeSet::new(), 0, Vec::new());
    let mut slices = json!(1);
    while killed < kills {
        let at = status(client, &run).await?;
        if !at["finished_at"].is_null() {
            break;
        }
        look_for_lost_checkpoints(client, &run, &mut listed).await?;
        // A slice that kills its worker again and again is given up; one that got on begins anew to count.
        if at["slices"] == slices {
            sleep(Duration::from_millis(100)).await;
            continue;
        }
        sleep(Duration::from_millis(371 * (killed as u64 % 11))).await;
        if at["state"] == "running"
            && let Some(pid) = system.worker_pids()?.first()
        {
            process::signal(*pid, "KILL")?;
            killed += 1;
            slices = at["slices"].clone();
            lost.push(back_at_work(client, &run).await?);
        }
    }
    let over = client.ended_run(&run, PATIENCE).await?;
    ensure!(over["state"] == "completed", "{over}");
    look_for_lost_checkpoints(client, &run, &mut listed).await?;
    lost.sort_unstable();
    println!(
        "a run of {steps} steps, its worker killed {killed} times: {:.0} s, {} slices, {} begun again; \
         steps lost by a death: median {}, most {}",
        begun.elapsed().as_secs_f64(),
        over["slices"],
        over["resumed"],
        lost.get(lost.len() / 2).unwrap_or(&0),
        lost.last().unwrap_or(&0),
    );
    voice_of(client, &over).await
}

/// Waits until another worker has taken the run up; the answer is how many steps that it had told are gone.
async fn back_at_work(client: &Client, run: &str) -> Result<u64> {
    let before = status(client, run).await?;
    let (resumed, step) = (before["resumed"].as_u64(), before["step"].as_u64());
    eventually("another worker", PATIENCE, || async {
        let now = status(client, run).await?;
        let over = !now["finished_at"].is_null();
        let again = now["resumed"].as_u64() > resumed || now["slices"] != before["slices"];
        Ok((over || again).then(|| {
            let now = now["step"].as_u64().unwrap_or_default();
            step.unwrap_or_default().saturating_sub(now)
        }))
    })
    .await
}

/// A checkpoint that comes to the list after a later one is one of a slice that was fenced off.
async fn look_for_lost_checkpoints(
    client: &Client,
    run: &str,
    listed: &mut BTreeSet<u64>,
) -> Result<()> {
    let path = format!("/training/checkpoints?run_id={run}&limit=100");
    let page = client.get(&path).await?.expect(200)?.json()?;
    let mut new = Vec::new();
    for item in page["items"].as_array().context("no items")? {
        let step = item["step"].as_u64().context("no step")?;
        let latest = listed.last().copied().unwrap_or_default();
        ensure!(
            listed.contains(&step) || step > latest,
            "the checkpoint of step {step} came after that of {latest}"
        );
        new.push(step);
    }
    listed.extend(new);
    Ok(())
}

async fn voice_of(client: &Client, run: &Value) -> Result<Vec<u8>> {
    let checkpoint = run["checkpoint"]["checkpoint_id"].as_str();
    let checkpoint = checkpoint.context("no checkpoint")?;
    let path = format!("/training/checkpoints/{checkpoint}/export");
    let voice = client.get(&path).await?.expect(200)?.body;
    Ok(Sha256::digest(&voice).to_vec())
}

/// Deletes the dataset with all that came of it, and looks for what is left in the storage.
async fn deletion(system: &System, client: &Client, before: &BTreeSet<PathBuf>) -> Result<()> {
    let made = objects(system)?.difference(before).count();
    let path = "/training/datasets/mine?cascade=true";
    client.delete(path).await?.expect(204)?;
    let begun = Instant::now();
    let mut left = Vec::new();
    while begun.elapsed() < Duration::from_mins(3) {
        left = objects(system)?
            .difference(before)
            .filter(|path| is_of_training(path))
            .cloned()
            .collect();
        if left.is_empty() {
            break;
        }
        sleep(Duration::from_secs(1)).await;
    }
    println!(
        "of {made} objects of the dataset and its runs {} are left {:.0} s after the deletion",
        left.len(),
        begun.elapsed().as_secs_f64()
    );
    for path in left.iter().take(10) {
        println!("  left: {}", path.display());
    }
    Ok(())
}

/// The sentences that were spoken for the dataset are jobs of speech, which have an age of their own.
fn is_of_training(path: &Path) -> bool {
    let mut parts = path.components().map(std::path::Component::as_os_str);
    parts.any(|part| part == "training" || part == "datasets")
}

fn objects(system: &System) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut folders = vec![system.state_dir().join("storage")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                found.insert(entry.path());
            }
        }
    }
    Ok(found)
}
