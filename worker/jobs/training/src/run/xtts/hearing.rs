//! A tuned voice is heard before anybody else hears it: by the engine that will speak it.

use std::sync::Arc;

use kiskadee_runner::JobError;
use kiskadee_speech::VoicePart;
use kiskadee_xtts::folder::TunedVoice;
use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempPath};

use super::{
    compute,
    measures::hear,
    objects::{fetch_file, no_scratch},
    speaking::{Speaker, Spoken, speak},
};
use crate::family::Workshop;

/// Letters, spaces counted, that anyone says in a second.
const LETTERS_PER_SECOND: std::ops::RangeInclusive<f64> = 2.0..=40.0;
/// LUFS; what is fainter is noise at best.
const FAINTEST: f64 = -60.0;

/// Fetches a tuned voice and has it say a sentence. Answers how many bytes it has, and what it sounds like.
pub(in crate::run) async fn audition(
    workshop: &Workshop,
    key: &str,
    language: &str,
) -> Result<(u64, Value), JobError> {
    let file = NamedTempFile::new_in(&workshop.scratch).map_err(|error| no_scratch(&error))?;
    let file = Arc::new(file.into_temp_path());
    let sha256 = fetch_file(&workshop.store, key, &file, "the checkpoint").await?;
    let bytes = std::fs::metadata(&*file).map_err(|error| no_scratch(&error))?;
    check(Arc::clone(&file)).await?;
    let speaker = Speaker {
        engine: "xtts".to_owned(),
        voice: "tuned".to_owned(),
        parts: vec![VoicePart {
            voice: "tuned".to_owned(),
            weight: 1.0,
            conditioning: None,
            weights: Some(file),
        }],
        language: language.to_owned(),
    };
    let text = sentence(language);
    let spoken = speak(workshop, &speaker, text).await?;
    let heard = judge(spoken, text).await?;
    Ok((bytes.len(), told(&sha256, language, &heard)))
}

/// That it is a voice, and all of it numbers.
async fn check(file: Arc<TempPath>) -> Result<(), JobError> {
    let checked = compute(move || TunedVoice::open(&*file)?.check_finite()).await?;
    checked.map_err(|error| refuse(&error.to_string()))
}

fn refuse(why: &str) -> JobError {
    JobError::Reject(format!("the tuned voice does not speak: {why}"))
}

async fn judge(spoken: Spoken, text: &str) -> Result<super::measures::Measures, JobError> {
    if !spoken.samples.iter().all(|sample| sample.is_finite()) {
        return Err(refuse("it gives samples that are not finite"));
    }
    let heard = compute(move || hear(&spoken).measures).await?;
    let seconds = heard.duration_seconds;
    let pace = text.chars().count() as f64 / seconds.max(1e-3);
    if heard.lufs.is_none_or(|lufs| lufs < FAINTEST) {
        return Err(refuse("it is silent"));
    }
    if !LETTERS_PER_SECOND.contains(&pace) {
        return Err(refuse(&format!(
            "it says a sentence in {seconds:.1} s, {pace:.0} letters a second"
        )));
    }
    Ok(heard)
}

fn told(sha256: &str, language: &str, heard: &super::measures::Measures) -> Value {
    json!({
        "sha256": sha256,
        "language": language,
        "seconds": heard.duration_seconds,
        "lufs": heard.lufs,
        "pitch": heard.f0_median_hz.unwrap_or_default(),
        "voiced_share": heard.voiced_share,
    })
}

/// In the language, or, where none is written here, figures that every language has words for.
fn sentence(language: &str) -> &'static str {
    let primary = language.split(['-', '_']).next().unwrap_or_default();
    match primary.to_ascii_lowercase().as_str() {
        "en" => "Good morning! The kettle is on, and the bread is still warm.",
        "pt" => "Bom dia! A água já ferveu, e o pão ainda está quente.",
        _ => "1, 2, 3, 4, 5, 6, 7, 8.",
    }
}
