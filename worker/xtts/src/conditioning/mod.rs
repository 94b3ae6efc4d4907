//! What the model learns of a voice from recordings of it.

mod attention;
mod encoder;
mod perceiver;
mod recordings;
mod voice;

use candle_core::{Device, Tensor};
use kiskadee_checkpoint::Weights;

pub use encoder::ConditioningEncoder;
pub use perceiver::Perceiver;
pub use recordings::ConditioningOptions;
pub use voice::{Conditioning, LATENTS};

use crate::config::Config;
use crate::error::Result;
use crate::mel::{LogMel, mel_scales};
use crate::parameters::{ParameterSource, Trace};
use crate::speaker::SpeakerEncoder;

/// Makes the GPT's latents of a voice out of a spectrogram. Gradients flow through it.
pub struct StyleEncoder {
    encoder: ConditioningEncoder,
    perceiver: Perceiver,
}

impl StyleEncoder {
    pub fn load(source: &dyn ParameterSource, config: &Config) -> Result<Self> {
        let args = &config.model_args;
        let (channels, heads) = (args.gpt_n_model_channels, args.gpt_n_heads);
        Ok(Self {
            encoder: ConditioningEncoder::load(
                source,
                "gpt.conditioning_encoder",
                channels,
                heads,
            )?,
            perceiver: Perceiver::load(source, "gpt.conditioning_perceiver", channels)?,
        })
    }

    /// `[batch, latents, channels]` of log-mel spectrograms `[batch, bands, time]` on the device of the parameters.
    pub fn forward(&self, mel: &Tensor, trace: &mut Trace<'_>) -> Result<Tensor> {
        let mel = mel.transpose(1, 2)?.contiguous()?;
        let features = self.encoder.forward(&mel, trace)?;
        self.perceiver.forward(&features, trace)
    }
}

/// All that listens to a voice.
pub struct ConditioningModel {
    log_mel: LogMel,
    style: StyleEncoder,
    speaker: SpeakerEncoder,
    device: Device,
    options: ConditioningOptions,
}

impl ConditioningModel {
    pub fn load(weights: &Weights, config: &Config) -> Result<Self> {
        let prefix = "hifigan_decoder.speaker_encoder";
        Ok(Self {
            log_mel: LogMel::conditioning(&mel_scales(weights)?)?,
            style: StyleEncoder::load(weights, config)?,
            speaker: SpeakerEncoder::load(weights, prefix, config)?,
            device: weights.device().clone(),
            options: ConditioningOptions::of(config),
        })
    }

    /// A voice out of recordings of it, mono at 22,050 Hz, of which as much is used as the checkpoint's configuration says.
    pub fn condition(&self, recordings: &[Vec<f32>]) -> Result<Conditioning> {
        self.condition_traced(recordings, self.options, &mut Trace::none())
    }

    /// The same with other options, and with the stages of the first recording and its first chunk shown.
    pub fn condition_traced(
        &self,
        recordings: &[Vec<f32>],
        options: ConditioningOptions,
        trace: &mut Trace<'_>,
    ) -> Result<Conditioning> {
        let recordings = options.cut(recordings)?;
        let sound = recordings.concat();
        let latents = self.latents(&options.chunks(&sound)?, trace)?;
        let embedding = self.embedding(&recordings, trace)?;
        Conditioning::new(latents, embedding)
    }

    /// The mean of the latents of all chunks, be they long or short.
    fn latents(&self, chunks: &[&[f32]], trace: &mut Trace<'_>) -> Result<Vec<f32>> {
        let mut unseen = Trace::none();
        let mut latents = Vec::with_capacity(chunks.len());
        for (number, chunk) in chunks.iter().enumerate() {
            let trace = if number == 0 {
                &mut *trace
            } else {
                &mut unseen
            };
            let mel = self.log_mel.compute(chunk)?.unsqueeze(0)?;
            trace.show("mel.chunk0", || Ok(mel.clone()))?;
            let style = self.style.forward(&mel.to_device(&self.device)?, trace)?;
            trace.show("cond.style_chunk0", || style.transpose(1, 2))?;
            latents.push(style);
        }
        let mean = Tensor::cat(&latents, 0)?.mean_keepdim(0)?;
        trace.show("cond.gpt_cond_latent", || Ok(mean.clone()))?;
        Ok(mean.flatten_all()?.to_vec1()?)
    }

    /// The mean of the embeddings of all recordings, which is not of length 1.
    fn embedding(&self, recordings: &[&[f32]], trace: &mut Trace<'_>) -> Result<Vec<f32>> {
        let mut unseen = Trace::none();
        let mut sums: Vec<f32> = Vec::new();
        for (number, recording) in recordings.iter().enumerate() {
            let trace = if number == 0 {
                &mut *trace
            } else {
                &mut unseen
            };
            let embedding = self.speaker.embed(recording, trace)?;
            sums.resize(embedding.len(), 0.0);
            sums.iter_mut()
                .zip(embedding)
                .for_each(|(sum, value)| *sum += value);
        }
        let count = recordings.len() as f32;
        Ok(sums.into_iter().map(|sum| sum / count).collect())
    }
}
