//! The networks of a conversion, and what they make of a stretch of a recording.

use std::sync::Arc;

use candle_core::Tensor;

use super::{Conversion, Settings};
use crate::error::{Result, RvcError};
use crate::hubert::Hubert;
use crate::index::RetrievalIndex;
use crate::pitch::{PitchTracker, Unvoiced, coarse, interpolate, shift};
use crate::synthesizer::{Encoded, Voice};
use crate::trace::Trace;

/// At and above which everything stays of what retrieval changed.
const UNPROTECTED: f32 = 0.5;
/// Hz below which nobody sings.
const LEAST_PITCH: f32 = 1.0;

/// The networks that turn recordings into one voice. They may be shared with others.
pub struct Engine {
    hubert: Arc<Hubert>,
    pitch: Arc<dyn PitchTracker>,
    voice: Arc<Voice>,
    index: Option<Arc<RetrievalIndex>>,
}

/// What is known of a stretch.
pub(crate) struct Analysed {
    pub(crate) encoded: Encoded,
    /// As the source takes it, in Hz.
    pub(crate) pitch: Vec<f32>,
    /// As it was found.
    pub(crate) tracked: Vec<f32>,
}

impl Engine {
    /// Fails where the parts do not belong together.
    pub fn new(
        hubert: Arc<Hubert>,
        pitch: Arc<dyn PitchTracker>,
        voice: Arc<Voice>,
        index: Option<Arc<RetrievalIndex>>,
    ) -> Result<Self> {
        let config = voice.config();
        let (found, needed) = (hubert.features(config.version)?, config.features);
        if found != needed {
            return Err(RvcError::FeatureWidth { found, needed });
        }
        let width = index.as_ref().map(|index| index.width());
        if let Some(found) = width.filter(|found| *found != needed) {
            return Err(RvcError::IndexWidth { found, needed });
        }
        Ok(Self {
            hubert,
            pitch,
            voice,
            index,
        })
    }

    pub fn voice(&self) -> &Voice {
        &self.voice
    }

    /// Begins to convert a recording.
    pub fn convert(self: &Arc<Self>, settings: &Settings) -> Result<Conversion> {
        Conversion::begin(self, settings)
    }

    pub(crate) fn track(&self, samples: &[f32]) -> Result<Vec<f32>> {
        self.pitch.track(samples)
    }

    /// Frames of a stretch of samples, which has a frame more than `frames`.
    pub(super) fn analyse(
        &self,
        samples: &[f32],
        frames: usize,
        settings: &Settings,
    ) -> Result<Analysed> {
        let mut tracked = if self.voice.config().has_pitch {
            self.pitch.track(samples)?
        } else {
            Vec::new()
        };
        tracked.resize(frames, 0.0);
        let pitch = sung(&tracked, settings);
        let features = self.features(samples, &tracked, settings)?;
        let features = features.narrow(0, 0, frames)?;
        let encoded = self
            .voice
            .encode(&features, &coarse(&pitch), &mut Trace::none())?;
        Ok(Analysed {
            encoded,
            pitch,
            tracked,
        })
    }

    /// Frames of features, two for each that the network gives: `[frame, feature]`. Where nobody sings, less of what retrieval changed is
    /// kept.
    pub(crate) fn features(
        &self,
        samples: &[f32],
        tracked: &[f32],
        settings: &Settings,
    ) -> Result<Tensor> {
        let config = self.voice.config();
        let found = self.hubert.forward(samples, config.version)?;
        let (Some(index), true) = (&self.index, settings.index_rate > 0.0) else {
            return twice(&found);
        };
        let (count, width) = found.dims2()?;
        let mut mixed: Vec<f32> = found.flatten_all()?.to_vec1()?;
        index.mix(&mut mixed, settings.index_rate);
        let mixed = Tensor::from_vec(mixed, (count, width), found.device())?;
        let (found, mixed) = (twice(&found)?, twice(&mixed)?);
        if settings.protect >= UNPROTECTED || !config.has_pitch {
            return Ok(mixed);
        }
        let share = |frame: usize| match tracked.get(frame) {
            Some(pitch) if *pitch < LEAST_PITCH => settings.protect,
            _ => 1.0,
        };
        let shares: Vec<f32> = (0..2 * count).map(share).collect();
        let shares = Tensor::from_vec(shares, (2 * count, 1), found.device())?;
        let rest = shares.affine(-1.0, 1.0)?;
        Ok((mixed.broadcast_mul(&shares)? + found.broadcast_mul(&rest)?)?)
    }
}

/// The pitch that is sung, of the one that was found.
pub(crate) fn sung(tracked: &[f32], settings: &Settings) -> Vec<f32> {
    let mut pitch = tracked.to_vec();
    if settings.unvoiced == Unvoiced::Interpolate {
        interpolate(&mut pitch);
    }
    shift(&mut pitch, settings.semitones);
    pitch
}

/// Each row twice.
fn twice(rows: &Tensor) -> Result<Tensor> {
    let (count, width) = rows.dims2()?;
    let pairs = rows.unsqueeze(1)?.repeat((1, 2, 1))?;
    Ok(pairs.reshape((2 * count, width))?)
}
