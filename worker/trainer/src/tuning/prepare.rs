//! From clips and their words to what a run trains with.

use candle_core::Device;
use kiskadee_pronunciation::{PhoneToken, Pronouncer};
use kiskadee_text::Language;
use kiskadee_voice::acoustic::{AcousticModel, SentenceKind};
use kiskadee_voice::analysis::analyze;
use kiskadee_voice::speaker::Moments;
use kiskadee_voice::{FRAME_SECONDS, VocoderFrames};

use super::{VOICE, sentence::Script};
use crate::TrainError;
use crate::alignment::{Alignment, Utterance, align, examples};
use crate::corpus::{Recording, Speaker};

/// Speech that a voice is tuned on at least, in seconds. With less it is matched.
pub const LEAST_SECONDS: f32 = 60.0;
/// Of the sentences, as much is kept to measure with where nobody says otherwise.
pub const HELD_OUT_SHARE: f64 = 0.05;
const LEAST_HELD_OUT: usize = 5;

/// A recording of some seconds and its words.
#[derive(Debug, Clone, Copy)]
pub struct Clip<'a> {
    pub text: &'a str,
    /// Mono, 16 kHz, within ±1.
    pub samples: &'a [f32],
}

/// What became of a clip.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// How well its words fit, as [`Alignment::score`] has it.
    Aligned { score: f32 },
    /// Its words fit far worse than those of the others do; it is left out.
    Misaligned { score: f32 },
    /// Left out for a reason in words.
    Unusable(String),
}

/// The recordings of a speaker in two parts.
pub struct Prepared {
    /// One for each clip.
    pub outcomes: Vec<Outcome>,
    pub training: Speaker,
    pub held_out: Speaker,
    /// Of speech, in both parts.
    pub seconds: f32,
}

/// A clip on its way: what it says, and how it sounds.
struct Heard {
    script: Script,
    frames: VocoderFrames,
    moments: Moments,
}

/// Analyses and aligns clips of one speaker. Takes some 3 % of their length on one core. Of the sentences `held_out_share` is kept to
/// measure with: five at least, and half of them at most.
///
/// Errors: less than [`LEAST_SECONDS`] of speech that can be used.
pub fn prepare(
    clips: &[Clip<'_>],
    language: Language,
    held_out_share: f64,
) -> Result<Prepared, TrainError> {
    let pronouncer =
        Pronouncer::built_in(language).map_err(|error| TrainError::Options(error.to_string()))?;
    let heard: Vec<Result<Heard, String>> = clips
        .iter()
        .map(|clip| hear(clip, language, &pronouncer))
        .collect();
    let usable: Vec<&Heard> = heard.iter().flatten().collect();
    let mut alignments = align_all(&usable, language)?.into_iter();
    let (mut outcomes, mut recordings) = (Vec::new(), Vec::new());
    for heard in &heard {
        outcomes.push(match heard {
            Err(why) => Outcome::Unusable(why.clone()),
            Ok(heard) => take(heard, alignments.next().flatten().as_ref(), &mut recordings),
        });
    }
    recordings.retain(Recording::describes_its_speaker);
    let seconds = seconds_of(&recordings);
    if seconds < LEAST_SECONDS || recordings.len() < 2 * LEAST_HELD_OUT {
        return Err(TrainError::TooLittleSpeech {
            found: seconds,
            least: LEAST_SECONDS,
        });
    }
    let (training, held_out) = hold_out(recordings, held_out_share);
    let speaker = |recordings| Speaker::new(VOICE, language, (0.0, 0.0), recordings);
    Ok(Prepared {
        outcomes,
        training: speaker(training)?,
        held_out: speaker(held_out)?,
        seconds,
    })
}

fn hear(clip: &Clip<'_>, language: Language, pronouncer: &Pronouncer) -> Result<Heard, String> {
    let script = Script::of(clip.text, language, pronouncer)?;
    let frames = analyze(clip.samples);
    let moments = Moments::measure(&frames).map_err(|error| error.to_string())?;
    Ok(Heard {
        script,
        frames,
        moments,
    })
}

fn align_all(heard: &[&Heard], language: Language) -> Result<Vec<Option<Alignment>>, TrainError> {
    let Some(moments) = Moments::pool(heard.iter().map(|heard| &heard.moments)) else {
        return Ok(Vec::new());
    };
    let model = AcousticModel::built_in(&Device::Cpu)?;
    let sentences: Vec<(&[PhoneToken], SentenceKind)> = heard
        .iter()
        .map(|heard| (heard.script.tokens.as_slice(), heard.script.kind()))
        .collect();
    let examples = examples(&model, &moments, language, &sentences)?;
    let utterances: Vec<Utterance<'_>> = heard
        .iter()
        .map(|heard| Utterance {
            tokens: &heard.script.tokens,
            frames: &heard.frames,
        })
        .collect();
    Ok(align(&examples, &utterances))
}

fn take(heard: &Heard, alignment: Option<&Alignment>, kept: &mut Vec<Recording>) -> Outcome {
    match alignment {
        None => Outcome::Unusable("it is shorter than its words could be spoken".to_owned()),
        Some(alignment) if alignment.is_outlier => Outcome::Misaligned {
            score: alignment.score,
        },
        Some(alignment) => {
            kept.extend(heard.script.recordings(alignment, &heard.frames));
            Outcome::Aligned {
                score: alignment.score,
            }
        }
    }
}

/// Spread evenly over all, so that both parts have of every session of recording.
fn hold_out(recordings: Vec<Recording>, share: f64) -> (Vec<Recording>, Vec<Recording>) {
    let count = ((recordings.len() as f64 * share) as usize).max(LEAST_HELD_OUT);
    let every = (recordings.len() / count).max(2);
    let (mut training, mut held_out) = (Vec::new(), Vec::new());
    for (index, recording) in recordings.into_iter().enumerate() {
        let is_held_out = index % every == every - 1 && held_out.len() < count;
        if is_held_out {
            held_out.push(recording);
        } else {
            training.push(recording);
        }
    }
    (training, held_out)
}

fn seconds_of(recordings: &[Recording]) -> f32 {
    let frames = recordings
        .iter()
        .map(|recording| recording.speech_frames().count());
    frames.sum::<usize>() as f32 * FRAME_SECONDS
}
