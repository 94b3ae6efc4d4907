//! The pitch network RMVPE (Wei et al., 2023): a U-Net over a mel spectrogram and a recurrent layer, which tell how likely each of 360 pitches
//! is at each time.

mod block;
mod decode;
mod mel;
mod unet;

use std::path::Path;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use kiskadee_checkpoint::Checkpoint;
use kiskadee_nn::{BidirectionalGru, GruWeights, Linear, PlaneConvolution};

pub(crate) use self::decode::decode;
pub(crate) use self::mel::{BANDS, MelSpectrum};
use self::unet::Unet;
use crate::error::{Result, RvcError};
use crate::pitch::PitchTracker;
use crate::tensors::Tensors;
use crate::trace::Trace;

/// Pitches that it knows.
pub(crate) const PITCHES: usize = 360;
/// Planes that the U-Net gives to the recurrent layer.
const PLANES: usize = 3;
/// Frames have to be a multiple of this.
const FRAMES: usize = 32;

/// What stands behind the last frame where their number is filled up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filling {
    /// The frames before, mirrored.
    Mirrored,
    /// Zeros, as RVC does since 2026: in logarithms these are loud. Only for comparisons.
    Zeros,
}

/// The network.
pub struct Rmvpe {
    mel: MelSpectrum,
    unet: Unet,
    planes: PlaneConvolution,
    recurrent: BidirectionalGru,
    output: Linear,
    device: Device,
}

impl Rmvpe {
    pub fn open(path: &Path, device: &Device) -> Result<Self> {
        let checkpoint = Arc::new(Checkpoint::open(path)?);
        let bare = checkpoint
            .entries()
            .iter()
            .any(|entry| entry.path.len() == 1);
        let key = (!bare).then_some("model");
        let tensors = Tensors::new(checkpoint, key, |name| Some(name.to_owned()), device);
        Self::load(&tensors)
    }

    fn load(tensors: &Tensors) -> Result<Self> {
        let channels = tensors.size("cnn.weight", 1)?;
        let weight = tensors.get("cnn.weight", &[PLANES, channels, 3, 3])?;
        let bias = tensors.get("cnn.bias", &[PLANES])?;
        let units = tensors.size("fc.0.gru.weight_hh_l0", 1)?;
        if tensors.contains("fc.0.gru.weight_hh_l1") {
            return Err(RvcError::tensor(
                "fc.0.gru.weight_hh_l1",
                "is of a second layer",
            ));
        }
        Ok(Self {
            mel: MelSpectrum::new(),
            unet: Unet::load(&tensors.at("unet"))?,
            planes: PlaneConvolution::new(&weight, &bias, false, DType::F32)?,
            recurrent: recurrent(&tensors.at("fc.0.gru"), units)?,
            output: tensors.linear("fc.1", (2 * units, PITCHES))?,
            device: tensors.device().clone(),
        })
    }

    pub(crate) fn mel(&self) -> &MelSpectrum {
        &self.mel
    }

    /// A mel spectrogram `[frame, band]` to how likely each pitch is, `[frame, pitch]`.
    pub(crate) fn salience(
        &self,
        mel: &[f32],
        filling: Filling,
        trace: &mut Trace<'_>,
    ) -> Result<Tensor> {
        let frames = mel.len() / BANDS;
        let filled = fill(mel, frames, filling);
        let plane = Tensor::from_vec(filled, ((), BANDS, 1), &self.device)?;
        let plane = self.unet.forward(&plane, trace)?;
        let planes = self.planes.forward(&plane)?;
        trace.show(|| "rmvpe.cnn".to_owned(), || Ok(planes.clone()))?;
        let rows = planes.permute((0, 2, 1))?.contiguous()?;
        let rows = rows.reshape(((), PLANES * BANDS))?;
        let rows = self.recurrent.forward(&rows)?;
        trace.show(|| "rmvpe.gru".to_owned(), || Ok(rows.clone()))?;
        let rows = self
            .output
            .forward(&rows.narrow(0, 0, frames)?.contiguous()?)?;
        let likely = (rows.neg()?.exp()? + 1.0)?.recip()?;
        Ok(likely)
    }
}

impl PitchTracker for Rmvpe {
    fn track(&self, samples: &[f32]) -> Result<Vec<f32>> {
        let mel = self.mel.of(samples)?;
        let salience = self.salience(&mel, Filling::Mirrored, &mut Trace::none())?;
        Ok(decode(&salience.flatten_all()?.to_vec1()?))
    }
}

fn fill(mel: &[f32], frames: usize, filling: Filling) -> Vec<f32> {
    let mut filled = mel.to_vec();
    for frame in frames..frames.next_multiple_of(FRAMES) {
        match filling {
            Filling::Zeros => filled.extend([0.0; BANDS]),
            Filling::Mirrored => {
                let source = crate::mirror::mirrored(frame.cast_signed(), frames);
                filled.extend_from_slice(&mel[source * BANDS..][..BANDS]);
            }
        }
    }
    filled
}

fn recurrent(tensors: &Tensors, units: usize) -> Result<BidirectionalGru> {
    let read = |suffix: &str| -> Result<[Tensor; 4]> {
        let tensor =
            |name: &str, shape: &[usize]| tensors.get(&format!("{name}_l0{suffix}"), shape);
        Ok([
            tensor("weight_ih", &[3 * units, PLANES * BANDS])?,
            tensor("bias_ih", &[3 * units])?,
            tensor("weight_hh", &[3 * units, units])?,
            tensor("bias_hh", &[3 * units])?,
        ])
    };
    let both = [read("")?, read("_reverse")?];
    let [forward, backward] = both.each_ref().map(
        |[input, input_bias, recurrent, recurrent_bias]| GruWeights {
            input,
            input_bias,
            recurrent,
            recurrent_bias,
        },
    );
    Ok(BidirectionalGru::new(&forward, &backward, DType::F32)?)
}
