//! Encoded frames on their way to samples.

use candle_core::Tensor;

use super::decoder::DecoderStream;
use super::flow::FlowStream;
use super::source::SourceStream;
use super::{Encoded, Voice};
use crate::error::Result;
use crate::noise::Noise;
use crate::trace::Trace;

/// How much of the drawn noise the reference takes.
const NOISE_SCALE: f64 = 0.66666;
/// Frames that go through flow and decoder together: what belongs to them stays in a core's cache.
const FRAMES_AT_ONCE: usize = 20;

/// Encoded frames with their pitch in Hz.
pub(crate) struct Frames<'a> {
    pub(crate) encoded: &'a Encoded,
    pub(crate) pitch: &'a [f32],
}

/// Flow, source and decoder on a stream. Each layer keeps what its next outputs look back at: the samples are the same however the frames
/// are cut, and nothing is computed twice.
pub(crate) struct SpeechStream {
    flow: FlowStream,
    decoder: DecoderStream,
    source: Option<SourceStream>,
    noise: Noise,
    /// The number of the next frame.
    frame: u64,
}

impl SpeechStream {
    pub(crate) fn new(voice: &Voice, speaker: usize, noise: Noise) -> Result<Self> {
        let speaker = voice.speaker(speaker)?;
        Ok(Self {
            flow: FlowStream::new(&voice.flow, &speaker)?,
            decoder: DecoderStream::new(&voice.decoder, &speaker)?,
            source: voice.decoder.source.as_ref().map(SourceStream::new),
            noise,
            frame: 0,
        })
    }

    /// The samples that are ready with the next frames. `last` ends the stream.
    pub(crate) fn push(
        &mut self,
        voice: &Voice,
        frames: &Frames<'_>,
        last: bool,
        trace: &mut Trace<'_>,
    ) -> Result<Vec<f32>> {
        let count = frames.encoded.means.dim(0)?;
        let mut samples = Vec::with_capacity(count * voice.config.hop());
        for first in (0..count).step_by(FRAMES_AT_ONCE) {
            let length = FRAMES_AT_ONCE.min(count - first);
            let latent = self.latent(frames.encoded, first, length)?;
            trace.show(|| "z_p".to_owned(), || Ok(latent.clone()))?;
            self.excite(voice, &frames.pitch[first..][..length], trace)?;
            self.frame += length as u64;
            let last = last && first + length == count;
            if let Some(moved) = self.flow.push(&latent, last, trace)? {
                trace.show(|| "z".to_owned(), || Ok(moved.clone()))?;
                samples.extend(self.decoder.push(&moved, &mut self.source, last, trace)?);
            }
        }
        Ok(samples)
    }

    fn latent(&self, encoded: &Encoded, first: usize, count: usize) -> Result<Tensor> {
        let means = encoded.means.narrow(0, first, count)?;
        let deviations = encoded.log_deviations.narrow(0, first, count)?.exp()?;
        let width = means.dim(1)?;
        let noise = self.noise.latent(self.frame, count, width);
        let noise = Tensor::from_vec(noise, (count, width), means.device())?;
        Ok((means + (deviations * noise)?.affine(NOISE_SCALE, 0.0)?)?)
    }

    fn excite(&mut self, voice: &Voice, pitch: &[f32], trace: &mut Trace<'_>) -> Result<()> {
        if let (Some(stream), Some(source)) = (&mut self.source, &voice.decoder.source) {
            let noise = self.noise.source(self.frame, pitch.len(), source.hop);
            let sines = stream.push(source, pitch, &noise);
            let device = &candle_core::Device::Cpu;
            trace.show(|| "sine".to_owned(), || Tensor::new(&sines[..], device))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use candle_core::{Device, Tensor};

    use super::*;
    use crate::voice::VoiceFile;

    #[test]
    fn samples_do_not_depend_on_how_the_frames_are_cut() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/voice_v2_40k.pth");
        let file = VoiceFile::open(&path, &Device::Cpu).unwrap();
        let voice = Voice::load(&file).unwrap();
        let count = 130;
        let random = |_| Tensor::randn(0.0_f32, 1.0, (count, 4), &Device::Cpu).unwrap();
        let [means, log_deviations] = [0, 1].map(random);
        let encoded = Encoded {
            means,
            log_deviations,
        };
        let hertz = |frame: usize| {
            if frame % 50 < 35 {
                100.0 + frame as f32
            } else {
                0.0
            }
        };
        let pitch: Vec<f32> = (0..count).map(hertz).collect();
        let speak = |size: usize| {
            let mut stream = SpeechStream::new(&voice, 1, Noise::Seeded(3)).unwrap();
            let mut samples = Vec::new();
            for first in (0..count).step_by(size) {
                let length = size.min(count - first);
                let part = |rows: &Tensor| rows.narrow(0, first, length).unwrap();
                let encoded = Encoded {
                    means: part(&encoded.means),
                    log_deviations: part(&encoded.log_deviations),
                };
                let frames = Frames {
                    encoded: &encoded,
                    pitch: &pitch[first..first + length],
                };
                let last = first + length == count;
                let made = stream.push(&voice, &frames, last, &mut Trace::none());
                samples.extend(made.unwrap());
            }
            samples
        };
        let whole = speak(count);
        assert_eq!(whole.len(), count * 400);
        for size in [1, 7, 64] {
            assert!(speak(size) == whole, "pieces of {size}");
        }
    }
}
