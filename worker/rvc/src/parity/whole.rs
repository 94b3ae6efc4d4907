//! Whole conversions in pieces, with the pitch and the noise that the reference had.

use std::sync::Arc;

use candle_core::{Device, Tensor};
use kiskadee_nn::parity::{Comparison, Comparisons, Difference};

use super::golden::{Golden, compact};
use super::voices::{load, noise};
use crate::conversion::{Engine, Settings};
use crate::error::Result;
use crate::highpass::high_pass;
use crate::index::RetrievalIndex;
use crate::mirror::mirrored;
use crate::noise::Noise;
use crate::pieces::{Cuts, convert};
use crate::pitch::PitchTracker;

const RUNS: [(&str, &str); 4] = [
    ("plain", "voice_v2_40k.pth"),
    ("full", "voice_v2_40k.pth"),
    ("v1", "voice_v1_40k.pth"),
    ("nof0", "voice_v2_nof0_40k.pth"),
];
const SPEAKER: usize = 1;
const FILTER: f64 = 1e-6;
const FEATURES: f64 = 1e-4;
const PIECE: f64 = 3e-4;
/// Of 16 bits.
const STEPS: f64 = 4.0;

/// A known pitch, of each sample of the recording; what lies around it is mirrored.
struct KnownPitch(Vec<f32>);

impl PitchTracker for KnownPitch {
    fn track(&self, samples: &[f32]) -> Result<Vec<f32>> {
        let frame = |number: usize| {
            let place = (number.cast_signed() - 100) * 160;
            self.0
                .get(mirrored(place, self.0.len()))
                .copied()
                .unwrap_or_default()
        };
        Ok((0..=samples.len() / 160).map(frame).collect())
    }
}

pub(super) fn compare(golden: &Golden, show: &mut dyn FnMut(&Comparison)) -> Result<()> {
    let samples = golden.wide("in.wav")?;
    let filtered = Tensor::new(&high_pass(&samples)[..], &Device::Cpu)?;
    Comparisons::new(&golden.stages, show).tensor("highpass", &filtered, FILTER)?;
    for (tag, file) in RUNS {
        run(golden, tag, file, &samples, show)?;
    }
    Ok(())
}

fn run(
    golden: &Golden,
    tag: &str,
    file: &str,
    samples: &[f64],
    show: &mut dyn FnMut(&Comparison),
) -> Result<()> {
    let Some(run) = golden.meta.pipeline.get(tag) else {
        return Ok(());
    };
    let settings = Settings {
        speaker: SPEAKER,
        semitones: run.f0_up_key,
        index_rate: run.index_rate,
        protect: run.protect,
        loudness_rate: run.rms_mix_rate,
        ..Settings::default()
    };
    let cuts = &golden.meta.tiny.pipeline;
    let cuts = Cuts {
        pad: cuts.pad,
        query: cuts.query,
        centre: cuts.centre,
        longest: cuts.longest,
    };
    let engine = engine(golden, file, run.index_rate > 0.0)?;
    let noises = (0..run.segments).map(|piece| noise(golden, tag, piece, engine.voice()));
    let noises = noises.collect::<Result<Vec<Noise>>>()?;
    let draw = |piece: usize| noises.get(piece).cloned().unwrap_or(Noise::Seeded(0));
    let mut comparisons = Comparisons::new(&golden.stages, show);
    let mut compare = |piece: usize, features: &Tensor, wave: &[f32]| -> Result<()> {
        comparisons.tensor(
            &format!("{tag}.phone{piece}"),
            &compact(features)?,
            FEATURES,
        )?;
        let wave = Tensor::new(wave, &Device::Cpu)?;
        Ok(comparisons.tensor(&format!("{tag}.seg{piece}"), &wave, PIECE)?)
    };
    let output = convert(&engine, samples, &settings, cuts, &draw, &mut compare)?;
    let expected = golden.wide(&format!("{tag}.out_i16"))?;
    let apart = output.iter().zip(&expected);
    let apart = apart.map(|(sample, expected)| ((sample * 32_768.0).trunc() - expected).abs());
    let error = if output.len() == expected.len() {
        apart.fold(0.0, f64::max)
    } else {
        f64::INFINITY
    };
    show(&Comparison {
        stage: format!("{tag}.out_i16 (steps of 16 bits)"),
        difference: Difference::Relative {
            error,
            threshold: STEPS,
        },
        passed: error <= STEPS,
    });
    Ok(())
}

fn engine(golden: &Golden, file: &str, indexed: bool) -> Result<Arc<Engine>> {
    let index = || RetrievalIndex::open(&golden.folder.join("added.index")).map(Arc::new);
    let pitch = KnownPitch(golden.values("f0_true")?);
    let engine = Engine::new(
        Arc::new(golden.hubert("hubert_fairseq.pt")?),
        Arc::new(pitch),
        Arc::new(load(golden, file)?),
        indexed.then(index).transpose()?,
    );
    engine.map(Arc::new)
}
