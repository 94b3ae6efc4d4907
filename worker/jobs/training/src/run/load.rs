//! A checkpoint's voice on its way to others: it is heard first, and gets an object of its own.

use kiskadee_runner::{Job, JobError, Made};
use kiskadee_speech::audition;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{compute, engine::Engine, objects::fetch, speaking::not_spoken, xtts};
use crate::family::Workshop;

#[derive(Debug, Deserialize)]
struct LoadArgs {
    #[serde(default)]
    engine: Engine,
    /// Of the dataset.
    #[serde(default)]
    language: String,
    voice_id: String,
    weights_key: String,
    checkpoint_id: Uuid,
    dataset_id: Uuid,
    make_current: bool,
}

#[derive(Debug, Serialize)]
struct LoadResult {
    voice_id: String,
    weights_key: String,
    bytes: u64,
    checkpoint_id: Uuid,
    dataset_id: Uuid,
    make_current: bool,
    /// What it sounds like.
    audition: Value,
}

pub(super) async fn run(workshop: &Workshop, job: &Job) -> Result<Made, JobError> {
    let args: LoadArgs = job.read_args()?;
    let loading = load(workshop, args, job.attempt.token);
    let loaded = job.attempt.cancel.run_until_cancelled(loading).await;
    let result = loaded.unwrap_or(Err(JobError::Cancelled))?;
    Made::new(&result, Some(result.weights_key.clone()))
}

async fn load(workshop: &Workshop, args: LoadArgs, token: i64) -> Result<LoadResult, JobError> {
    let (bytes, audition) = match args.engine {
        Engine::Kiskadee => hear(workshop, &args.weights_key).await?,
        Engine::Xtts => xtts::audition(workshop, &args.weights_key, &args.language).await?,
    };
    // The end of the name tells what it is.
    let name = match args.engine {
        Engine::Kiskadee => "weights.safetensors",
        Engine::Xtts => "weights.xtts.safetensors",
    };
    let key = format!("voices/{}/{token}/{name}", args.voice_id);
    workshop.store.copy(&args.weights_key, &key).await?;
    Ok(LoadResult {
        voice_id: args.voice_id,
        weights_key: key,
        bytes,
        checkpoint_id: args.checkpoint_id,
        dataset_id: args.dataset_id,
        make_current: args.make_current,
        audition,
    })
}

/// Has weights of the embedded voice say a sentence.
async fn hear(workshop: &Workshop, key: &str) -> Result<(u64, Value), JobError> {
    let weights = fetch(&workshop.store, key, "the checkpoint").await?;
    let bytes = weights.len() as u64;
    let heard = compute(move || audition(&weights)).await?;
    Ok((bytes, json!(heard.map_err(not_spoken)?)))
}
