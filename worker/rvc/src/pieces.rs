//! A whole recording in pieces, as the reference cuts it: for comparisons only. It clicks where a cut is loud, and takes memory by the length.

use candle_core::Tensor;

use crate::conversion::{Engine, Settings, sung};
use crate::error::Result;
use crate::highpass::high_pass;
use crate::loudness::match_whole;
use crate::mirror::mirrored;
use crate::noise::Noise;
use crate::pitch::coarse;
use crate::synthesizer::{Frames, SpeechStream};
use crate::trace::Trace;

const SAMPLE_RATE: usize = 16_000;
const FRAME: usize = 160;

/// Seconds around pieces, around the places of cuts, between these, and that need no cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cuts {
    pub(crate) pad: usize,
    pub(crate) query: usize,
    pub(crate) centre: usize,
    pub(crate) longest: usize,
}

/// What is shown of a piece: its features, and its samples with what is around them.
pub(crate) type Show<'a> = dyn FnMut(usize, &Tensor, &[f32]) -> Result<()> + 'a;

/// Converts samples at 16 kHz to samples at the voice's rate, scaled down where they would be cut off.
pub(crate) fn convert(
    engine: &Engine,
    samples: &[f64],
    settings: &Settings,
    cuts: Cuts,
    noise: &dyn Fn(usize) -> Noise,
    show: &mut Show<'_>,
) -> Result<Vec<f64>> {
    let filtered = high_pass(samples);
    let pad = cuts.pad * SAMPLE_RATE;
    let padded = padded(&filtered, pad);
    let config = engine.voice().config();
    let pitch = if config.has_pitch {
        engine.track(&padded)?
    } else {
        vec![0.0; padded.len() / FRAME]
    };
    let mut ends: Vec<Option<usize>> = places(&filtered, cuts).into_iter().map(Some).collect();
    ends.push(None);
    let (mut output, mut first) = (Vec::new(), 0);
    for (number, end) in ends.into_iter().enumerate() {
        let last = end.map_or(padded.len(), |end| end + 2 * pad + FRAME);
        let stretch = &padded[first..last];
        let pitch = &pitch[first / FRAME..];
        let (features, samples) = piece(engine, stretch, pitch, settings, noise(number))?;
        show(number, &features, &samples)?;
        let cut = cuts.pad * config.sample_rate as usize;
        let inside = samples.get(cut..samples.len().saturating_sub(cut));
        output.extend(
            inside
                .unwrap_or_default()
                .iter()
                .map(|sample| f64::from(*sample)),
        );
        first = end.unwrap_or(first);
    }
    if settings.loudness_rate < 1.0 {
        let rate = f64::from(settings.loudness_rate);
        let halves = (SAMPLE_RATE / 2, config.sample_rate as usize / 2);
        match_whole(&mut output, rate, &filtered, halves);
    }
    let peak = output.iter().fold(0.0_f64, |most, x| most.max(x.abs())) / 0.99;
    if peak > 1.0 {
        for sample in &mut output {
            *sample /= peak;
        }
    }
    Ok(output)
}

fn padded(filtered: &[f64], pad: usize) -> Vec<f32> {
    let places = -pad.cast_signed()..(filtered.len() + pad).cast_signed();
    let samples = places.map(|place| filtered[mirrored(place, filtered.len())] as f32);
    samples.collect()
}

/// Where pieces end: near each multiple, where the sum of the samples around is smallest. A sum of signed samples, as in the reference.
fn places(filtered: &[f64], cuts: Cuts) -> Vec<usize> {
    if filtered.len() + FRAME <= cuts.longest * SAMPLE_RATE {
        return Vec::new();
    }
    let (query, centre) = (cuts.query * SAMPLE_RATE, cuts.centre * SAMPLE_RATE);
    let half = (FRAME / 2).cast_signed();
    let sum = |place: usize| -> f64 {
        let places = place.cast_signed() - half..place.cast_signed() + half;
        let samples = places.map(|place| filtered[mirrored(place, filtered.len())]);
        samples.sum::<f64>().abs()
    };
    let place = |centre: usize| {
        let places = centre - query..(centre + query).min(filtered.len());
        let quietest = places.min_by(|a, b| sum(*a).total_cmp(&sum(*b)));
        quietest.unwrap_or(centre) / FRAME * FRAME
    };
    (centre..filtered.len())
        .step_by(centre)
        .map(place)
        .collect()
}

fn piece(
    engine: &Engine,
    samples: &[f32],
    tracked: &[f32],
    settings: &Settings,
    noise: Noise,
) -> Result<(Tensor, Vec<f32>)> {
    let features = engine.features(samples, tracked, settings)?;
    let frames = (samples.len() / FRAME).min(features.dim(0)?);
    let mut pitch = sung(tracked, settings);
    pitch.resize(frames, 0.0);
    let voice = engine.voice();
    let inside = features.narrow(0, 0, frames)?.contiguous()?;
    let trace = &mut Trace::none();
    let encoded = voice.encode(&inside, &coarse(&pitch), trace)?;
    let frames = Frames {
        encoded: &encoded,
        pitch: &pitch,
    };
    let mut speech = SpeechStream::new(voice, settings.speaker, noise)?;
    let samples = speech.push(voice, &frames, true, trace)?;
    Ok((features, samples))
}
