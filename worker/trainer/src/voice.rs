//! The whole way from sentences to a voice: record, train, export, measure, draw.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::Device;
use kiskadee_text::Language;
use kiskadee_voice::acoustic::AcousticModel;
use kiskadee_voice::speaker::Warp;

use crate::TrainError;
use crate::corpus::{Recording, Speaker};
use crate::corpus_file::{load_speaker, save_speaker};
use crate::evaluation::{Evaluation, evaluate, speak_like};
use crate::export::{VOICES, export, save_weights};
use crate::plot::{plot_comparison, plot_losses};
use crate::texts::{held_out_texts, training_texts};
use crate::training::{Progress, RunOptions, read_log, train};

/// A speaker that others can be trained from.
#[derive(Debug, Clone, PartialEq)]
pub struct TeacherVoice {
    pub name: String,
    pub language: Language,
    /// How far its vocal tract may be warped either way.
    pub warps: (f32, f32),
}

/// Who speaks the sentences.
pub trait Teachers {
    /// All voices, in a fixed order.
    fn voices(&self) -> Vec<TeacherVoice>;

    /// One recording for each text that could be spoken.
    fn record(&self, voice: &TeacherVoice, texts: &[String]) -> Result<Vec<Recording>, TrainError>;
}

/// What to train.
#[derive(Debug, Clone)]
pub struct VoiceTraining {
    pub run: RunOptions,
    pub languages: Vec<Language>,
    /// Sentences of each speaker.
    pub sentences: usize,
}

/// What happens on the way.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Recorded {
        speaker: String,
        recordings: usize,
        seconds: f32,
    },
    Trained(Progress),
    Evaluated(Evaluation),
}

/// Where a run arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct VoiceReport {
    /// Below the recipe's steps if the run was told to stop; then there are no weights yet, only a checkpoint.
    pub step: u64,
    pub weights: Option<PathBuf>,
    pub evaluations: Vec<Evaluation>,
}

/// Trains a voice in `options.run.out`: recordings, checkpoints and a log, and at the end the weights, figures and pictures.
pub fn train_voice(
    options: &VoiceTraining,
    teachers: &dyn Teachers,
    stop: &AtomicBool,
    observe: &mut dyn FnMut(&Event),
) -> Result<VoiceReport, TrainError> {
    let run = &options.run;
    run.recipe.check()?;
    let Some(speakers) = record_all(options, teachers, stop, observe)? else {
        return Ok(stopped_at(0));
    };
    let trained = train(&speakers, run, stop, &mut |progress| {
        observe(&Event::Trained(*progress));
    })?;
    let steps = trained.step;
    if steps < run.recipe.steps {
        return Ok(stopped_at(steps));
    }
    let bytes = export(&trained, &run.recipe, &speakers, &VOICES)?;
    let weights = run.out.join("kiskadee.safetensors");
    save_weights(&weights, &bytes)?;
    let held_out = record_held_out(options, teachers)?;
    let evaluations = evaluate(&bytes, &held_out)?;
    for evaluation in &evaluations {
        observe(&Event::Evaluated(evaluation.clone()));
    }
    let figures = serde_json::to_string_pretty(&evaluations)
        .map_err(|error| TrainError::Options(error.to_string()))?;
    write(&run.out.join("evaluation.json"), figures.as_bytes())?;
    draw(&run.out, &bytes, &held_out)?;
    Ok(VoiceReport {
        step: steps,
        weights: Some(weights),
        evaluations,
    })
}

fn stopped_at(step: u64) -> VoiceReport {
    VoiceReport {
        step,
        weights: None,
        evaluations: Vec::new(),
    }
}

fn wanted(options: &VoiceTraining, teachers: &dyn Teachers) -> Vec<TeacherVoice> {
    let voices = teachers.voices().into_iter();
    voices
        .filter(|voice| options.languages.contains(&voice.language))
        .collect()
}

/// None if the run was told to stop; what has been recorded is kept.
fn record_all(
    options: &VoiceTraining,
    teachers: &dyn Teachers,
    stop: &AtomicBool,
    observe: &mut dyn FnMut(&Event),
) -> Result<Option<Vec<Speaker>>, TrainError> {
    let folder = options.run.out.join("recordings");
    fs::create_dir_all(&folder).map_err(TrainError::file(&folder))?;
    let mut speakers = Vec::new();
    for voice in wanted(options, teachers) {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let texts = texts_of(&voice, teachers, training_texts(voice.language), options);
        let path = folder.join(format!("{}.safetensors", voice.name));
        let request = texts.join("\n");
        let speaker = match load_speaker(&path, &request)? {
            Some(speaker) => speaker,
            None => record(teachers, &voice, &texts).and_then(|speaker| {
                save_speaker(&path, &speaker, &request)?;
                Ok(speaker)
            })?,
        };
        let frames: usize = speaker
            .recordings
            .iter()
            .map(|recording| recording.frames.len())
            .sum();
        observe(&Event::Recorded {
            speaker: speaker.name.clone(),
            recordings: speaker.recordings.len(),
            seconds: frames as f32 * kiskadee_voice::FRAME_SECONDS,
        });
        speakers.push(speaker);
    }
    Ok(Some(speakers))
}

/// The voices of a language take turns, so that all of them together say all texts.
fn texts_of<'a>(
    voice: &TeacherVoice,
    teachers: &dyn Teachers,
    texts: impl Iterator<Item = &'a str>,
    options: &VoiceTraining,
) -> Vec<String> {
    let mut voices = teachers.voices();
    voices.retain(|other| other.language == voice.language);
    let turn = voices.iter().position(|other| other.name == voice.name);
    texts
        .skip(turn.unwrap_or_default())
        .step_by(voices.len().max(1))
        .take(options.sentences)
        .map(str::to_owned)
        .collect()
}

fn record(
    teachers: &dyn Teachers,
    voice: &TeacherVoice,
    texts: &[String],
) -> Result<Speaker, TrainError> {
    let mut recordings = teachers.record(voice, texts)?;
    // Single short words say too little of a voice to be a description of it.
    recordings.retain(Recording::describes_its_speaker);
    Speaker::new(voice.name.clone(), voice.language, voice.warps, recordings)
}

fn record_held_out(
    options: &VoiceTraining,
    teachers: &dyn Teachers,
) -> Result<Vec<Speaker>, TrainError> {
    let voices = wanted(options, teachers).into_iter();
    voices
        .map(|voice| {
            let texts = texts_of(&voice, teachers, held_out_texts(voice.language), options);
            record(teachers, &voice, &texts)
        })
        .collect()
}

fn draw(out: &Path, weights: &[u8], held_out: &[Speaker]) -> Result<(), TrainError> {
    let reports = read_log(&out.join("log.jsonl"))?;
    write(&out.join("losses.png"), &plot_losses(&reports)?)?;
    let model = AcousticModel::load(weights, &Device::Cpu)?;
    for speaker in held_out {
        let voice = model.match_moments(&speaker.pooled, &Warp::new(0.0))?;
        let Some(recording) = speaker.recordings.first() else {
            continue;
        };
        let spoken = speak_like(&model, recording, speaker.language, voice)?;
        let picture = plot_comparison(&recording.frames, &spoken.frames)?;
        write(
            &out.join(format!("comparison-{}.png", speaker.name)),
            &picture,
        )?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    fs::write(path, bytes).map_err(TrainError::file(path))
}
