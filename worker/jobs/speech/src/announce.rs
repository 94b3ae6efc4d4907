//! Tells the edge which engines and voices there are, and goes on telling it: what is not announced for a day is forgotten.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use kiskadee_queue::Queue;
use kiskadee_runner::{JobError, Turn, chain};
use kiskadee_speech::{EngineInfo, Voice};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{preview::keep_preview, tools::Tools};

const ANNOUNCE_EVERY: Duration = Duration::from_hours(1);
const AFTER_TROUBLE: Duration = Duration::from_secs(2);
/// A preview is worth less haste than the voice.
const PREVIEWS_AGAIN: Duration = Duration::from_mins(1);

/// The keys of samples by the ids of voices.
type Previews = HashMap<String, String>;

/// Without previews, for callers wait for the voices and not for samples of them.
pub(crate) async fn introduce(tools: &Tools, queue: &Queue) -> kiskadee_queue::Result<()> {
    tell(queue, &engines(tools), &voices(tools, &Previews::new())).await
}

/// With previews, again and again.
pub(crate) async fn announce(tools: Arc<Tools>, queue: Queue, turn: Turn) {
    let previews = previews(&tools, &turn).await;
    let (engines, voices) = (engines(&tools), voices(&tools, &previews));
    loop {
        turn.take();
        if let Err(error) = tell(&queue, &engines, &voices).await {
            tracing::warn!(error = %chain(&error), "cannot announce what is spoken here");
            sleep(AFTER_TROUBLE).await;
        } else {
            turn.pause(ANNOUNCE_EVERY);
            sleep(ANNOUNCE_EVERY).await;
        }
    }
}

/// Samples of all voices, however often it takes.
async fn previews(tools: &Tools, turn: &Turn) -> Previews {
    loop {
        match keep_previews(tools, turn).await {
            Ok(kept) => return kept,
            Err(error) => {
                tracing::warn!(%error, "samples of the voices cannot be kept");
                sleep(PREVIEWS_AGAIN).await;
            }
        }
    }
}

/// Makes engines and built-in voices known to the edge.
async fn tell(queue: &Queue, engines: &Value, voices: &Value) -> kiskadee_queue::Result<()> {
    let statement = sqlx::query("select speech.announce($1, $2)");
    queue.run(statement.bind(engines).bind(voices)).await
}

fn engines(tools: &Tools) -> Value {
    let makers: HashSet<&str> = tools.engines.voice_makers().collect();
    let mixers: HashSet<&str> = tools.engines.voice_mixers().collect();
    let announced = |info: &EngineInfo| {
        let mut announced = json!(info);
        announced["makes_voices"] = makers.contains(info.name.as_str()).into();
        announced["mixes_voices"] = mixers.contains(info.name.as_str()).into();
        announced
    };
    tools.engines.infos().map(announced).collect()
}

fn voices(tools: &Tools, previews: &Previews) -> Value {
    let announced = |voice: &Voice| {
        let mut announced = json!(voice);
        announced["preview_key"] = json!(previews.get(&voice.id));
        announced
    };
    let voices = tools.engines.infos().flat_map(|info| &info.voices);
    voices.map(announced).collect()
}

async fn keep_previews(tools: &Tools, turn: &Turn) -> Result<Previews, JobError> {
    let mut previews = Previews::new();
    for voice in tools.engines.infos().flat_map(|info| &info.voices) {
        turn.take();
        if let Some(key) = keep_preview(tools, voice).await? {
            previews.insert(voice.id.clone(), key);
        }
    }
    Ok(previews)
}
