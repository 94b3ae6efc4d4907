//! A checkpoint's voice on its way to others: it is heard first, and gets an object of its own.

use kiskadee_runner::{Job, JobError, Made};
use kiskadee_speech::{Audition, audition};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{compute, objects::fetch, speaking::not_spoken};
use crate::family::Workshop;

#[derive(Debug, Deserialize)]
struct LoadArgs {
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
    audition: Audition,
}

pub(super) async fn run(workshop: &Workshop, job: &Job) -> Result<Made, JobError> {
    let args: LoadArgs = job.read_args()?;
    let loading = load(workshop, args, job.attempt.token);
    let loaded = job.attempt.cancel.run_until_cancelled(loading).await;
    let result = loaded.unwrap_or(Err(JobError::Cancelled))?;
    Made::new(&result, Some(result.weights_key.clone()))
}

async fn load(workshop: &Workshop, args: LoadArgs, token: i64) -> Result<LoadResult, JobError> {
    let weights = fetch(&workshop.store, &args.weights_key, "the checkpoint").await?;
    let bytes = weights.len() as u64;
    let heard = compute(move || audition(&weights)).await?;
    let audition = heard.map_err(not_spoken)?;
    let key = format!("voices/{}/{token}/weights.safetensors", args.voice_id);
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
