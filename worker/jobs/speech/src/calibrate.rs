//! A first measurement of each engine, so that estimates exist before the first job.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use kiskadee_runner::Measured;
use kiskadee_speech::{Engines, SpeechError, SpeechRequest};
use tokio::time::timeout;

use crate::args::{speech_batch_key, speech_cost};

/// Said in the engine's first language, whatever that is: it is the time that counts.
const TEXT: &str = "The great kiskadee calls its own name from the top of a tree.";
/// Loading a model is part of the first run and not measured; an engine that takes longer is measured by its jobs.
const WITHIN: Duration = Duration::from_secs(20);

pub(crate) async fn calibrate(engines: &Engines) -> Vec<Measured> {
    let mut measured = Vec::new();
    for name in engines.names() {
        match timeout(WITHIN, measure(engines, name)).await {
            Ok(Ok(elapsed)) => measured.push(Measured {
                batch_key: speech_batch_key(name),
                cost: speech_cost(TEXT),
                elapsed,
            }),
            Ok(Err(error)) => {
                tracing::warn!(engine = name, %error, "the engine could not be measured");
            }
            Err(_) => tracing::warn!(engine = name, "the engine took too long to be measured"),
        }
    }
    measured
}

/// The second run counts: the first may have to load the model.
async fn measure(engines: &Engines, name: &str) -> Result<Duration, SpeechError> {
    speak(engines, name).await?;
    let started = Instant::now();
    speak(engines, name).await?;
    Ok(started.elapsed())
}

async fn speak(engines: &Engines, name: &str) -> Result<(), SpeechError> {
    let engine = engines.get(name)?;
    let language = engine.info().languages.first().cloned();
    let request = SpeechRequest::new(TEXT, language.unwrap_or_default());
    for utterance in engine.speak(vec![request]) {
        let mut audio = utterance?.audio;
        while let Some(chunk) = audio.next().await {
            chunk?;
        }
    }
    Ok(())
}
