//! What has been learned, as a voice: the tuned model takes it from the longest clips, says what it can say, and is kept as what it adds
//! to the model that was imported.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
};

use kiskadee_runner::{Attempt, JobError};
use kiskadee_speech::{Engine as _, Recording, VoiceMaker, VoicePart, Xtts};
use kiskadee_xtts::{Conditioning, INPUT_RATE};
use kiskadee_xtts_trainer::{Recordings as _, TrainError, export, export_voice};
use serde_json::json;

use super::{
    XttsTrainer, compute,
    corpus::Corpus,
    ledger::{LeftSample, LeftVoice, Slice},
    not_trained,
    objects::put_file,
    plain,
    speaking::{Speaker, not_spoken, speak_by},
    telling::Telling,
};
use crate::family::Workshop;

/// Of clips that the voice is taken from.
const REFERENCE_SECONDS: f64 = 30.0;
/// What the voice is called while it is nobody's.
const VOICE: &str = "tuned";

/// A checkpoint that was measured.
pub(super) struct Heard<'a> {
    pub(super) trainer: &'a Arc<XttsTrainer>,
    pub(super) corpus: &'a Arc<Corpus>,
    pub(super) checkpoint: PathBuf,
    /// For files of the slice.
    pub(super) folder: &'a Path,
    /// Of the codes that are held out.
    pub(super) loss: f32,
}

pub(super) async fn voice(
    workshop: &Workshop,
    attempt: &Attempt,
    slice: &Slice,
    telling: &Telling,
    heard: Heard<'_>,
) -> Result<(LeftVoice, Vec<LeftSample>), JobError> {
    attempt.progress.enter("listening");
    telling.tell(json!({"stage": "listening"}));
    let origin = format!("run {}", slice.run_id.simple());
    let engine = heard.start(&origin).await?;
    let conditioning = heard.condition(&engine).await?;
    let path = heard.write(origin, Arc::clone(&conditioning)).await?;
    let folder = format!("training/{}/{}", slice.run_id.simple(), attempt.token);
    let key = format!("{folder}/voice.xtts.safetensors");
    let bytes = put_file(&workshop.store, &key, &path).await?;
    let held_out = slice.plan.as_ref().map_or(0, |plan| plan.held_out);
    let voice = LeftVoice {
        key,
        bytes,
        evaluation_loss: plain(heard.loss),
        measures: json!({"code_loss": plain(heard.loss), "sentences": held_out}),
    };
    let samples = speak_samples(workshop, slice, telling, (&folder, &engine, conditioning));
    Ok((voice, samples.await))
}

impl Heard<'_> {
    /// The tuned model in a process of its own, as it will speak.
    async fn start(&self, origin: &str) -> Result<Xtts, JobError> {
        let (trainer, checkpoint) = (Arc::clone(self.trainer), self.checkpoint.clone());
        let (target, origin) = (self.folder.join("tuned"), origin.to_owned());
        let exported = compute(move || {
            let mut go_on = |_: kiskadee_xtts::folder::Progress<'_>| ControlFlow::Continue(());
            export(&checkpoint, &trainer.folder, &target, origin, &mut go_on)
        });
        let folder = exported.await?.map_err(not_trained)?;
        let started = Xtts::start(self.trainer.engine_on(folder.path())).await;
        started.map_err(not_spoken)
    }

    /// What the model speaks as, taken from the longest clips.
    async fn condition(&self, engine: &Xtts) -> Result<Arc<[u8]>, JobError> {
        let corpus = Arc::clone(self.corpus);
        let maker: Option<Arc<dyn VoiceMaker>> = engine.voice_maker();
        let taken = compute(move || {
            let clips = corpus.longest(REFERENCE_SECONDS).into_iter();
            let recordings = clips.map(|clip| {
                Ok(Recording {
                    samples: corpus.samples(clip)?,
                    sample_rate: INPUT_RATE,
                })
            });
            let recordings = recordings.collect::<Result<Vec<_>, TrainError>>();
            let recordings = recordings.map_err(not_trained)?;
            let maker = maker.ok_or_else(|| JobError::Retry("nobody takes voices".to_owned()))?;
            maker.condition(&recordings).map_err(not_spoken)
        });
        Ok(taken.await??.into())
    }

    /// The file of the voice.
    async fn write(&self, origin: String, conditioning: Arc<[u8]>) -> Result<PathBuf, JobError> {
        let (trainer, checkpoint) = (Arc::clone(self.trainer), self.checkpoint.clone());
        let path = self.folder.join("voice");
        let target = path.clone();
        let written = compute(move || {
            let voice = Conditioning::from_bytes(&conditioning)?;
            export_voice(&checkpoint, &trainer.folder, &target, origin, &voice)
        });
        written.await?.map_err(not_trained)?;
        Ok(path)
    }
}

/// A sentence that cannot be said is left out: at the beginning of a run a model may babble.
async fn speak_samples(
    workshop: &Workshop,
    slice: &Slice,
    telling: &Telling,
    (folder, engine, conditioning): (&str, &Xtts, Arc<[u8]>),
) -> Vec<LeftSample> {
    let speaker = Speaker {
        engine: "xtts".to_owned(),
        voice: VOICE.to_owned(),
        parts: vec![VoicePart {
            voice: VOICE.to_owned(),
            weight: 1.0,
            conditioning: Some(conditioning),
            weights: None,
        }],
        language: slice.language.clone(),
    };
    let mut samples = Vec::new();
    for (place, text) in texts(slice).into_iter().enumerate() {
        let key = format!("{folder}/sample-{place}.wav");
        match speak_by(workshop, engine, &speaker, &text, &key).await {
            Ok(spoken) => samples.push(LeftSample {
                place,
                text,
                key,
                bytes: spoken.bytes,
            }),
            Err(error) => telling.log("warning", format!("a sample was not spoken: {error}")),
        }
    }
    samples
}

/// What is spoken where the owner says nothing: of the languages that the product writes itself, a sentence each; of others, a clip's words
/// would be heard as a memory, so nothing.
fn texts(slice: &Slice) -> Vec<String> {
    if let Some(texts) = &slice.recipe.sample_texts {
        return texts.clone();
    }
    let primary = slice.language.split(['-', '_']).next().unwrap_or_default();
    let said: &[&str] = match primary.to_ascii_lowercase().as_str() {
        "en" => &[
            "Good morning! The kettle is on, and the bread is still warm.",
            "Could you tell me how long the train to the coast takes?",
        ],
        "pt" => &[
            "Bom dia! A água já ferveu, e o pão ainda está quente.",
            "Você sabe quanto tempo o trem leva até o litoral?",
        ],
        _ => &[],
    };
    said.iter().map(|text| (*text).to_owned()).collect()
}
