//! The networks of voices of all rates and versions, with the noise that the reference drew.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use kiskadee_nn::parity::{Comparison, Comparisons};

use super::golden::{Golden, channels_first, compact};
use crate::error::Result;
use crate::noise::Noise;
use crate::synthesizer::{Frames, SpeechStream, Voice};
use crate::trace::Trace;
use crate::voice::VoiceFile;

/// By the names that stages have, and the files.
pub(super) const VOICES: [(&str, &str); 5] = [
    ("40k", "voice_v2_40k.pth"),
    ("32k", "voice_v2_32k.pth"),
    ("48k", "voice_v2_48k.pth"),
    ("v1", "voice_v1_40k.pth"),
    ("nof0", "voice_v2_nof0_40k.pth"),
];
const SPEAKER: usize = 1;
const LAYER: f64 = 2e-5;
/// What the reference sums up the phase in f32 for.
const SINES: f64 = 1e-3;
const WAVE: f64 = 5e-5;

pub(super) fn load(golden: &Golden, file: &str) -> Result<Voice> {
    Voice::load(&VoiceFile::open(&golden.folder.join(file), &golden.device)?)
}

pub(super) fn compare(golden: &Golden, show: &mut dyn FnMut(&Comparison)) -> Result<()> {
    let mut comparisons = Comparisons::new(&golden.stages, show);
    for (tag, file) in VOICES {
        // A small folder has no voices of all kinds.
        if !golden.folder.join(file).exists() {
            continue;
        }
        let voice = load(golden, file)?;
        let name = |stage: &str| format!("syn.{tag}.{stage}");
        let phone = golden.tensor(&name("phone"))?.to_device(&golden.device)?;
        let mut stages: BTreeMap<String, Vec<Tensor>> = BTreeMap::new();
        let mut keep = |stage: &str, part: &Tensor| {
            stages
                .entry(stage.to_owned())
                .or_default()
                .push(part.clone());
        };
        let mut trace = Trace::to(&mut keep);
        let encoded = voice.encode(&phone, &golden.whole("syn.pitch")?, &mut trace)?;
        let frames = Frames {
            encoded: &encoded,
            pitch: &golden.values("syn.pitchf")?,
        };
        let mut speech = SpeechStream::new(
            &voice,
            SPEAKER,
            noise(golden, &format!("syn.{tag}"), 0, &voice)?,
        )?;
        let wave = speech.push(&voice, &frames, true, &mut trace)?;
        for (stage, parts) in stages {
            let whole = Tensor::cat(&parts, 0)?;
            let found = match stage.as_str() {
                "emb_phone" => compact(&whole)?,
                _ => channels_first(&whole)?,
            };
            let is_source = stage == "sine" || stage.starts_with("noise_conv");
            let threshold = if is_source { SINES } else { LAYER };
            comparisons.tensor(&name(&stage), &found, threshold)?;
        }
        let found = Tensor::new(&wave[..], &Device::Cpu)?;
        comparisons.tensor(&name("wav"), &found, WAVE)?;
    }
    Ok(())
}

/// What the reference drew for a piece.
pub(super) fn noise(golden: &Golden, tag: &str, piece: usize, voice: &Voice) -> Result<Noise> {
    let has_pitch = voice.config().has_pitch;
    let draws = if has_pitch { 2 } else { 1 };
    let name = |draw: usize| format!("noise.{tag}.{}", draws * piece + draw);
    Ok(Noise::Given {
        latent: golden.rows(&name(0))?,
        source: if has_pitch {
            golden.values(&name(1))?
        } else {
            Vec::new()
        },
    })
}
