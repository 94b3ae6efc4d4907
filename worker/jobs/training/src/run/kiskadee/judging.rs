//! What has been learned, as a voice: exported, measured on sentences that the run never saw, and heard.

use std::sync::Arc;

use kiskadee_runner::{Attempt, JobError};
use kiskadee_speech::VoicePart;
use kiskadee_text::Language;
use kiskadee_trainer::{
    TrainError,
    evaluation::{Evaluation, evaluate},
    training::{Recipe, Trained},
    tuning::{VOICE, tuned_voice},
};
use serde_json::json;

use super::{
    compute,
    corpus::Corpus,
    ledger::{LeftSample, LeftVoice, Slice},
    not_trained,
    objects::put,
    plain,
    preparing::language,
    speaking::{Speaker, speak_to},
    telling::Telling,
};
use crate::family::Workshop;

pub(super) async fn judge(
    workshop: &Workshop,
    attempt: &Attempt,
    slice: &Slice,
    telling: &Telling,
    (corpus, trained, recipe): (Arc<Corpus>, Trained, Recipe),
) -> Result<(LeftVoice, Vec<LeftSample>), JobError> {
    attempt.progress.enter("listening");
    telling.tell(json!({"stage": "listening"}));
    let judged = compute(move || export(&corpus, &trained, &recipe)).await?;
    let (weights, evaluation) = judged.map_err(not_trained)?;
    let folder = format!("training/{}/{}", slice.run_id.simple(), attempt.token);
    let key = format!("{folder}/voice.safetensors");
    put(&workshop.store, &key, &weights).await?;
    let voice = LeftVoice {
        key,
        bytes: weights.len() as u64,
        evaluation_loss: plain(evaluation.distortion_db),
        measures: json!({
            "distortion_db": plain(evaluation.distortion_db),
            "pitch_error_cents": plain(evaluation.pitch_error_cents),
            "voicing_error_percent": plain(evaluation.voicing_error_percent),
            "duration_error_ms": plain(evaluation.duration_error_ms),
            "sentences": evaluation.recordings,
        }),
    };
    telling.log("info", evaluation.to_string());
    let samples = speak_samples(workshop, slice, &folder, weights.into()).await?;
    Ok((voice, samples))
}

fn export(
    corpus: &Corpus,
    trained: &Trained,
    recipe: &Recipe,
) -> Result<(Vec<u8>, Evaluation), TrainError> {
    let nobody = || TrainError::Options("the run has no speaker".to_owned());
    let weights = tuned_voice(trained, recipe, corpus.own().ok_or_else(nobody)?)?;
    let evaluated = evaluate(&weights, std::slice::from_ref(&corpus.held_out))?;
    let evaluation = evaluated.into_iter().next().ok_or_else(nobody)?;
    Ok((weights, evaluation))
}

async fn speak_samples(
    workshop: &Workshop,
    slice: &Slice,
    folder: &str,
    weights: Arc<[u8]>,
) -> Result<Vec<LeftSample>, JobError> {
    let language = language(slice)?;
    let texts = match &slice.recipe.sample_texts {
        Some(texts) => texts.clone(),
        None => default_texts(language).map(str::to_owned).to_vec(),
    };
    let speaker = Speaker {
        engine: "kiskadee".to_owned(),
        voice: VOICE.to_owned(),
        parts: vec![VoicePart {
            voice: VOICE.to_owned(),
            weight: 1.0,
            conditioning: Some(weights),
            weights: None,
        }],
        language: slice.language.clone(),
    };
    let mut samples = Vec::with_capacity(texts.len());
    for (place, text) in texts.into_iter().enumerate() {
        let key = format!("{folder}/sample-{place}.wav");
        let spoken = speak_to(workshop, &speaker, &text, &key).await?;
        samples.push(LeftSample {
            place,
            text,
            key,
            bytes: spoken.bytes,
        });
    }
    Ok(samples)
}

/// What a run speaks where its owner says nothing.
fn default_texts(language: Language) -> [&'static str; 3] {
    match language {
        Language::English => [
            "Good morning! The kettle is on, and the bread is still warm.",
            "Could you tell me how long the train to the coast takes?",
            "On the third of June we counted forty seven birds along the quiet river.",
        ],
        Language::Portuguese => [
            "Bom dia! A água já ferveu, e o pão ainda está quente.",
            "Você sabe quanto tempo o trem leva até o litoral?",
            "No dia três de junho contamos quarenta e sete aves ao longo do rio calmo.",
        ],
    }
}
