//! The networks that listen: features and pitch.

use candle_core::{Device, Tensor};
use kiskadee_nn::parity::{Comparison, Comparisons};

use super::golden::{Golden, channels_first, compact};
use crate::error::Result;
use crate::pitch::coarse;
use crate::rmvpe::{BANDS, Filling, Rmvpe, decode};
use crate::trace::Trace;
use crate::voice::Version;

const FEATURES: f64 = 1e-5;
const MEL: f64 = 2e-5;
const PLANES: f64 = 2e-4;
const SALIENCE: f64 = 1e-4;
/// A tenth of a cent.
const PITCH: f64 = 5.8e-5;

pub(super) fn hubert(golden: &Golden, show: &mut dyn FnMut(&Comparison)) -> Result<()> {
    let samples = golden.values("in.wav")?;
    let samples = &samples[..golden.meta.samples.min(samples.len())];
    for file in ["hubert", "hubert_fairseq.pt"] {
        // A small folder has one of both.
        if !golden.folder.join(file).exists() {
            continue;
        }
        let network = golden.hubert(file)?;
        let mut shown = |comparison: &Comparison| {
            let stage = format!("{} ({file})", comparison.stage);
            show(&Comparison {
                stage,
                ..comparison.clone()
            });
        };
        let mut comparisons = Comparisons::new(&golden.stages, &mut shown);
        let mut stages: Vec<(String, Tensor)> = Vec::new();
        let mut keep = |name: &str, tensor: &Tensor| stages.push((name.to_owned(), tensor.clone()));
        let last = network.forward_traced(samples, Version::V2, &mut Trace::to(&mut keep))?;
        stages.push(("hub.v2".to_owned(), last));
        stages.push(("hub.v1".to_owned(), network.forward(samples, Version::V1)?));
        for (name, tensor) in stages {
            let found = if name.starts_with("hub.conv") {
                channels_first(&tensor)?
            } else {
                compact(&tensor)?
            };
            comparisons.tensor(&name, &found, FEATURES)?;
        }
    }
    Ok(())
}

pub(super) fn pitch(golden: &Golden, show: &mut dyn FnMut(&Comparison)) -> Result<()> {
    let samples = golden.values("in.wav")?;
    let samples = &samples[..golden.meta.samples.min(samples.len())];
    let network = Rmvpe::open(&golden.folder.join("rmvpe.pt"), &golden.device)?;
    let mut comparisons = Comparisons::new(&golden.stages, show);
    let mel = network.mel().of(samples)?;
    let rows = Tensor::from_slice(&mel, ((), BANDS), &Device::Cpu)?;
    comparisons.tensor("rmvpe.mel", &channels_first(&rows)?, MEL)?;
    let mel = golden.rows("rmvpe.mel")?;
    let mut stages: Vec<(String, Tensor)> = Vec::new();
    let mut keep = |name: &str, tensor: &Tensor| stages.push((name.to_owned(), tensor.clone()));
    let salience = network.salience(&mel, Filling::Mirrored, &mut Trace::to(&mut keep))?;
    for (name, tensor) in stages {
        comparisons.tensor(
            &name,
            &if tensor.rank() == 3 {
                channels_first(&tensor)?
            } else {
                compact(&tensor)?
            },
            PLANES,
        )?;
    }
    comparisons.tensor("rmvpe.salience", &compact(&salience)?, SALIENCE)?;
    let zeros = network.salience(&mel, Filling::Zeros, &mut Trace::none())?;
    comparisons.tensor("rmvpe.salience_zero_pad", &compact(&zeros)?, SALIENCE)?;
    let pitch = decode(&golden.values("rmvpe.salience")?);
    comparisons.values("rmvpe.f0", &pitch, PITCH)?;
    let edges = decode(&golden.values("rmvpe.decode_in")?);
    comparisons.values("rmvpe.decode_out", &edges, PITCH)?;
    for (from, to) in [("coarse.in", "coarse.out"), ("syn.pitchf", "syn.pitch")] {
        let found = coarse(&golden.values(from)?);
        comparisons.exact(to, &found, &golden.whole(to)?);
    }
    Ok(())
}
