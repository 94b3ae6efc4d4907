//! The configuration of a training's generator, which its file does not tell: by the shapes of its tensors.

use super::config::{Version, VoiceConfig};
use crate::error::{Result, RvcError};
use crate::tensors::Tensors;

/// Spectrum bins, rates and kernels of everything that RVC trains.
const PRESETS: [(u32, usize, &[usize], &[usize]); 5] = [
    (32_000, 513, &[10, 8, 2, 2], &[20, 16, 4, 4]),
    (40_000, 1025, &[10, 10, 2, 2], &[16, 16, 4, 4]),
    (48_000, 1025, &[12, 10, 2, 2], &[24, 20, 4, 4]),
    (32_000, 513, &[10, 4, 2, 2, 2], &[16, 16, 4, 4, 4]),
    (48_000, 1025, &[10, 6, 2, 2, 2], &[16, 16, 4, 4, 4]),
];
const BLOCK_DILATIONS: [usize; 3] = [1, 3, 5];
/// Values of a frame of features of version 1.
const FIRST_FEATURES: usize = 256;

/// Of all tensors of a generator, those that only the training needs too.
pub(super) fn config(tensors: &Tensors) -> Result<VoiceConfig> {
    let axis = |name: &str, axis: usize| -> Result<usize> {
        let shape = tensors.weight_shape(name)?;
        let size = shape.get(axis).copied();
        size.ok_or_else(|| RvcError::tensor(name, format!("has the shape {shape:?}")))
    };
    let stages = tensors.count(|number| format!("dec.ups.{number}.bias"));
    let kernels = (0..stages).map(|number| axis(&format!("dec.ups.{number}"), 2));
    let kernels = kernels.collect::<Result<Vec<_>>>()?;
    let bins = axis("enc_q.pre", 1)?;
    let known = PRESETS.iter();
    let preset = known
        .clone()
        .find(|(_, known, _, sizes)| *known == bins && kernels == *sizes);
    let Some((sample_rate, _, rates, _)) = preset else {
        let reason = format!("{bins} bins and kernels {kernels:?} are of no rate that is known");
        return Err(RvcError::Config(reason));
    };
    let features = tensors.size("enc_p.emb_phone.weight", 1)?;
    let (hidden, head) = (
        tensors.size("enc_p.emb_phone.weight", 0)?,
        tensors.size("enc_p.encoder.attn_layers.0.emb_rel_k", 2)?,
    );
    let blocks = tensors.count(|number| format!("dec.resblocks.{number}.convs1.0.bias"));
    let each = blocks.checked_div(stages).unwrap_or(0);
    let block_kernels =
        (0..each).map(|number| axis(&format!("dec.resblocks.{number}.convs1.0"), 2));
    let config = VoiceConfig {
        version: if features == FIRST_FEATURES {
            Version::V1
        } else {
            Version::V2
        },
        has_pitch: tensors.contains("enc_p.emb_pitch.weight"),
        sample_rate: *sample_rate,
        speakers: tensors.size("emb_g.weight", 0)?,
        speaker_width: tensors.size("emb_g.weight", 1)?,
        features,
        latent: axis("enc_p.proj", 0)? / 2,
        hidden,
        filter: axis("enc_p.encoder.ffn_layers.0.conv_1", 0)?,
        heads: hidden.checked_div(head).unwrap_or(0),
        layers: tensors.count(|number| format!("enc_p.encoder.attn_layers.{number}.emb_rel_k")),
        kernel: axis("enc_p.encoder.ffn_layers.0.conv_1", 2)?,
        channels: axis("dec.conv_pre", 0)?,
        rates: rates.to_vec(),
        kernels,
        block_kernels: block_kernels.collect::<Result<_>>()?,
        block_dilations: vec![BLOCK_DILATIONS.to_vec(); each],
    };
    config.check()?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use candle_core::{DType, Device, Tensor};
    use kiskadee_checkpoint::Checkpoint;

    use super::*;
    use crate::voice::VoiceFile;

    #[test]
    fn a_generator_has_the_sizes_that_its_export_tells() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/voice_v2_40k.pth");
        let file = VoiceFile::open(&path, &Device::Cpu).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (voice, generator) = (folder.path().join("voice"), folder.path().join("generator"));
        file.write(&voice).unwrap();
        let mut tensors = candle_core::safetensors::load(&voice, &Device::Cpu).unwrap();
        let spectrum = Tensor::zeros((8, 1025, 1), DType::F32, &Device::Cpu).unwrap();
        tensors.insert("enc_q.pre.weight".to_owned(), spectrum);
        candle_core::safetensors::save(&tensors, &generator).unwrap();
        let checkpoint = Arc::new(Checkpoint::open(&generator).unwrap());
        let all = |name: &str| Some(name.to_owned());
        let tensors = Tensors::new(checkpoint, None, all, &Device::Cpu);
        assert_eq!(config(&tensors).unwrap(), *file.config());
    }
}
