//! The vocoder, alone and behind the rest, at once and in pieces.

use std::{collections::HashMap, sync::Arc};

use candle_core::{D, Tensor};

use super::{Comparisons, Golden, generation};
use crate::{
    batch::{Batch, Event, Order},
    conditioning::Conditioning,
    error::Result,
    model::{PreparedVoice, Xtts},
    parameters::Trace,
    sampling::Sampling,
    vocoder::{Interpolation, VocoderStream},
};

const THRESHOLD: f64 = 1e-5;
const WAVE_THRESHOLD: f64 = 5e-5;
/// How the reference streams: codes for each piece where the folder does not say, and samples of cross-fade.
const STREAM_CODES: usize = 6;
const OVERLAP: usize = 1024;

pub(super) fn compare(golden: &Golden, comparisons: &mut Comparisons<'_>) -> Result<()> {
    let voice = voice(golden)?;
    compare_stages(golden, &voice, comparisons)?;
    if golden.has("dec.wav_greedy") {
        let samples = decode(golden, &voice, "lat.greedy", 1.0)?;
        comparisons.values("dec.wav_greedy", &samples, WAVE_THRESHOLD)?;
    }
    compare_speed(golden, &voice, comparisons)?;
    compare_stream(golden, &voice, comparisons)
}

fn voice(golden: &Golden) -> Result<PreparedVoice> {
    let latents = golden.floats("cond.gpt_cond_latent")?;
    let voice = Conditioning::new(latents, golden.floats("spk.embedding")?)?;
    golden.model.prepare(&voice)
}

fn stream(model: &Xtts, voice: &PreparedVoice, speed: f64) -> VocoderStream {
    VocoderStream::new(&model.vocoder, &voice.vocoder, speed)
}

fn states(golden: &Golden, name: &str) -> Result<Tensor> {
    let states = golden.tensor(name)?.squeeze(0)?;
    Ok(states.to_device(golden.model.device())?)
}

fn decode(golden: &Golden, voice: &PreparedVoice, name: &str, speed: f64) -> Result<Vec<f32>> {
    stream(&golden.model, voice, speed).push(&states(golden, name)?, true)
}

fn compare_stages(
    golden: &Golden,
    voice: &PreparedVoice,
    comparisons: &mut Comparisons<'_>,
) -> Result<()> {
    let mut pieces: HashMap<String, Vec<Tensor>> = HashMap::new();
    let mut keep = |name: &str, piece: &Tensor| {
        let pieces = pieces.entry(name.to_owned()).or_default();
        pieces.push(piece.clone());
    };
    let mut trace = Trace::to(&mut keep);
    let fixed = states(golden, "lat.fixed")?;
    // In two pieces, which must not show.
    let (codes, first) = (fixed.dim(0)?, fixed.dim(0)? / 3);
    let mut stream = stream(&golden.model, voice, 1.0);
    let mut wave = stream.push_traced(&fixed.narrow(0, 0, first)?, false, &mut trace)?;
    let rest = fixed.narrow(0, first, codes - first)?;
    wave.extend(stream.push_traced(&rest, true, &mut trace)?);
    let mut names: Vec<String> = pieces.keys().cloned().collect();
    names.sort();
    for name in names {
        let stage = Tensor::cat(&pieces[&name], D::Minus1)?;
        let name = match name.as_str() {
            "dec.interp0" => "dec.interp_x4",
            "dec.interp1" => "dec.interp_sr",
            other => other,
        };
        comparisons.tensor(name, &stage, WAVE_THRESHOLD)?;
    }
    Ok(comparisons.values("dec.wav", &wave, WAVE_THRESHOLD)?)
}

/// Another pace is one more interpolation in front.
fn compare_speed(
    golden: &Golden,
    voice: &PreparedVoice,
    comparisons: &mut Comparisons<'_>,
) -> Result<()> {
    if !golden.has("dec.latents_speed_1.25") {
        return Ok(());
    }
    let faster = Interpolation::new(1.0 / 1.25).push(&states(golden, "lat.fixed")?, true)?;
    comparisons.tensor("dec.latents_speed_1.25", &faster.unsqueeze(0)?, THRESHOLD)?;
    let samples = decode(golden, voice, "lat.fixed", 1.25)?;
    Ok(comparisons.values("dec.wav_speed_1.25", &samples, WAVE_THRESHOLD)?)
}

/// The whole chain, and its pieces faded into each other as the reference does.
fn compare_stream(
    golden: &Golden,
    voice: &PreparedVoice,
    comparisons: &mut Comparisons<'_>,
) -> Result<()> {
    if golden.has("e2e.wav") {
        let samples = speak(golden, voice)?;
        comparisons.values("e2e.wav", &samples, WAVE_THRESHOLD)?;
    }
    let greedy = states(golden, "lat.greedy")?;
    let codes = greedy.dim(0)?;
    let each = golden.fact("stream_chunk", STREAM_CODES);
    let pieces = (1..=codes / each).map(|piece| piece * each);
    let mut fading: Vec<f32> = Vec::new();
    let mut before = 0;
    for (number, end) in pieces.chain([codes]).enumerate() {
        let name = format!("stream.chunk{number}");
        if !golden.has(&name) {
            continue;
        }
        let part = greedy.narrow(0, 0, end)?;
        let wave = stream(&golden.model, voice, 1.0).push(&part, true)?;
        let last = number == codes / each;
        let begin = if number == 0 { 0 } else { before - OVERLAP };
        let keep = wave.len() - if last { 0 } else { OVERLAP };
        let mut piece = wave[begin..keep.max(begin)].to_vec();
        if piece.len() < OVERLAP && number > 0 {
            piece = wave[begin..].to_vec();
        } else {
            fade(&fading, &mut piece);
        }
        fading = wave[wave.len() - OVERLAP..].to_vec();
        before = wave.len();
        comparisons.values(&name, &piece, WAVE_THRESHOLD)?;
    }
    Ok(())
}

fn fade(from: &[f32], to: &mut [f32]) {
    let steps = (from.len().max(2) - 1) as f32;
    for (step, (from, to)) in from.iter().zip(to).enumerate() {
        let share = step as f32 / steps;
        *to = from * (1.0 - share) + *to * share;
    }
}

/// The golden text by way of a batch.
fn speak(golden: &Golden, voice: &PreparedVoice) -> Result<Vec<f32>> {
    let model = &golden.model;
    let order = Order {
        tokens: golden.ids("gpt.text_ids")?,
        voice: voice.clone(),
        sampling: Sampling {
            top_k: 1,
            repetition_penalty: 5.0,
            max_codes: generation::most_codes(golden)?,
            ..Sampling::of(model.config())
        },
        speed: 1.0,
        stream: true,
    };
    let mut batch = Batch::new(Arc::clone(model), 1)?;
    batch.join(0, order)?;
    let mut samples = Vec::new();
    while !batch.is_empty() {
        for (_, event) in batch.step()? {
            match event {
                Event::Audio(piece) => samples.extend(piece),
                Event::Finished(_) => {}
            }
        }
    }
    Ok(samples)
}
