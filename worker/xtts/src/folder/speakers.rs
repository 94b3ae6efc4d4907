//! The voices that come with a model: `speakers_xtts.pth` as tensors of one file.

use std::collections::{BTreeMap, HashMap};

use kiskadee_checkpoint::{Checkpoint, Stored};

use crate::config::Config;

/// The key of the metadata that lists the speakers in order, as a list in JSON.
const ORDER: &str = "speakers";
const LATENTS: &str = "gpt_cond_latent";
const EMBEDDING: &str = "speaker_embedding";
/// Conditioning latents of a voice.
const LATENT_COUNT: usize = 32;

pub(super) struct Speakers<'a> {
    pub(super) tensors: BTreeMap<String, &'a Stored>,
    pub(super) metadata: BTreeMap<String, String>,
}

/// Finds both tensors of each speaker.
pub(super) fn collect<'a>(file: &'a Checkpoint, config: &Config) -> Result<Speakers<'a>, String> {
    let args = &config.model_args;
    let latents = [1, LATENT_COUNT, args.gpt_n_model_channels];
    let embedding = [1, args.d_vector_dim, 1];
    let (mut names, mut tensors) = (Vec::new(), BTreeMap::new());
    for entry in file.entries() {
        let [speaker, part] = &entry.path[..] else {
            continue;
        };
        let shape = match part.as_str() {
            LATENTS => latents,
            EMBEDDING => embedding,
            _ => continue,
        };
        let wrong = |reason: String| format!("`{part}` of the speaker `{speaker}` {reason}");
        let stored = entry
            .found
            .as_ref()
            .map_err(|reason| wrong(reason.clone()))?;
        if stored.shape != shape {
            return Err(wrong(format!(
                "has the shape {:?} where {shape:?} is needed",
                stored.shape
            )));
        }
        tensors.insert(format!("{speaker}.{part}"), stored);
        if !names.contains(speaker) {
            names.push(speaker.clone());
        }
    }
    if names.is_empty() || tensors.len() != 2 * names.len() {
        return Err(format!(
            "holds {} tensors of {} speakers, each needs two",
            tensors.len(),
            names.len()
        ));
    }
    let order = serde_json::to_string(&names).map_err(|error| error.to_string())?;
    Ok(Speakers {
        tensors,
        metadata: BTreeMap::from([(ORDER.to_owned(), order)]),
    })
}

/// The speakers of a written file, in order.
pub(super) fn names(metadata: &HashMap<String, String>) -> Result<Vec<String>, String> {
    let order = metadata.get(ORDER).ok_or("does not list its speakers")?;
    serde_json::from_str(order)
        .map_err(|error| format!("lists its speakers in a damaged way: {error}"))
}
