//! flite's parametric voices (Black, 2006): phones and the exact parameters of the vocoder.

use std::path::Path;

use kiskadee_voice::{MEL_CEPSTRUM, STRENGTHS, VocoderFrames};

use super::TeacherError;
use super::program::{Answer, Program, questions};

const DUMP: Program = Program {
    name: "flite_dump",
    source: include_str!("../../teacher/flite_dump.c"),
    libraries: &[
        "-lflite_cmu_us_slt",
        "-lflite_cmu_us_rms",
        "-lflite_cmu_us_awb",
        "-lflite_cmulex",
        "-lflite_usenglish",
        "-lflite",
        "-lm",
    ],
    package: "flite1-dev",
};
/// Values of a frame: f0, the mel-cepstrum, the strengths.
const CHANNELS: usize = 1 + MEL_CEPSTRUM + STRENGTHS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FliteVoice {
    Slt,
    Rms,
    Awb,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FlitePhone {
    pub name: String,
    /// Seconds from the start of the sentence.
    pub end: f32,
    /// Whether the phone's syllable is stressed.
    pub stressed: bool,
    /// Which word of the sentence it is in; none for pauses.
    pub word: Option<u32>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FliteUtterance {
    /// Index of the text.
    pub text: usize,
    pub phones: Vec<FlitePhone>,
    pub frames: VocoderFrames,
    /// At 16 kHz; empty unless asked for.
    pub samples: Vec<i16>,
}

impl FliteVoice {
    pub const ALL: [Self; 3] = [Self::Slt, Self::Rms, Self::Awb];

    pub fn name(self) -> &'static str {
        match self {
            Self::Slt => "slt",
            Self::Rms => "rms",
            Self::Awb => "awb",
        }
    }
}

/// Has `voice` say each text and gives the utterances to `take` as they come; texts that flite cannot say are left out.
///
/// The program that does it is compiled into `cache`. `audio` asks for the waveform too.
pub fn flite<T: AsRef<str>>(
    cache: &Path,
    voice: FliteVoice,
    texts: &[T],
    audio: bool,
    take: &mut dyn FnMut(FliteUtterance),
) -> Result<(), TeacherError> {
    let arguments: &[&str] = if audio { &["audio"] } else { &[] };
    DUMP.run(
        cache,
        arguments,
        questions(voice.name(), texts)?,
        |answer| {
            while let Some(head) = answer.line()? {
                match head.first().map(String::as_str) {
                    Some("utterance") => take(read(answer, &head)?),
                    Some("unspoken") => {}
                    _ => return Err(answer.broken(format!("{head:?}"))),
                }
            }
            Ok(())
        },
    )
}

fn read(answer: &mut Answer, head: &[String]) -> Result<FliteUtterance, TeacherError> {
    let [phones, frames, channels, samples] = [2, 3, 4, 5].map(|index| answer.count(head, index));
    let channels = channels?;
    if channels != CHANNELS {
        let reason = format!("{channels} values in a frame instead of {CHANNELS}");
        return Err(answer.broken(reason));
    }
    Ok(FliteUtterance {
        text: answer.number(head, 1)?,
        phones: (0..phones?)
            .map(|_| phone(answer))
            .collect::<Result<_, _>>()?,
        frames: unpack(&answer.floats(frames? * CHANNELS)?),
        samples: answer.samples(samples?)?,
    })
}

fn phone(answer: &mut Answer) -> Result<FlitePhone, TeacherError> {
    let fields = answer.next_line()?;
    let word: i64 = answer.number(&fields, 3)?;
    let stress: u8 = answer.number(&fields, 2)?;
    Ok(FlitePhone {
        end: answer.number(&fields, 1)?,
        stressed: stress > 0,
        word: u32::try_from(word).ok(),
        name: fields.into_iter().next().unwrap_or_default(),
    })
}

fn unpack(values: &[f32]) -> VocoderFrames {
    let (rows, _) = values.as_chunks::<CHANNELS>();
    VocoderFrames {
        f0: rows.iter().map(|row| row[0]).collect(),
        mel_cepstrum: rows
            .iter()
            .map(|row| std::array::from_fn(|order| row[1 + order]))
            .collect(),
        strengths: rows
            .iter()
            .map(|row| std::array::from_fn(|band| row[1 + MEL_CEPSTRUM + band]))
            .collect(),
    }
}
