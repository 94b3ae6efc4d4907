//! The two layouts that feature networks are published in. Everything else knows tensors by their names in the newer one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::Device;
use kiskadee_checkpoint::Checkpoint;
use serde::Deserialize;

use crate::error::{Result, RvcError};
use crate::tensors::Tensors;

/// Parts of names, as fairseq has them and as Hugging Face has them.
const PARTS: [(&str, &str); 7] = [
    ("encoder.pos_conv.0.", "encoder.pos_conv_embed.conv."),
    ("post_extract_proj.", "feature_projection.projection."),
    (".self_attn_layer_norm.", ".layer_norm."),
    (".self_attn.", ".attention."),
    (".fc1.", ".feed_forward.intermediate_dense."),
    (".fc2.", ".feed_forward.output_dense."),
    ("mask_emb", "masked_spec_embed"),
];

#[derive(Deserialize)]
struct FolderConfig {
    num_attention_heads: usize,
    #[serde(default = "group")]
    feat_extract_norm: String,
    #[serde(default)]
    do_stable_layer_norm: bool,
}

fn group() -> String {
    "group".to_owned()
}

/// The file of tensors, and the heads of attention where a configuration beside it tells them.
pub(super) fn file(path: &Path) -> Result<(PathBuf, Option<usize>)> {
    if !path.is_dir() {
        return Ok((path.to_owned(), None));
    }
    let config = path.join("config.json");
    let failed = |reason: &dyn std::fmt::Display| RvcError::unreadable(&config, reason);
    let json = std::fs::read(&config).map_err(|error| failed(&error))?;
    let told: FolderConfig = serde_json::from_slice(&json).map_err(|error| failed(&error))?;
    if told.feat_extract_norm != "group" || told.do_stable_layer_norm {
        return Err(failed(
            &"is of a HuBERT with norms in other places, which no voice was trained behind",
        ));
    }
    let names = ["model.safetensors", "pytorch_model.bin"];
    let file = names
        .map(|name| path.join(name))
        .into_iter()
        .find(|file| file.exists());
    let file = file.ok_or_else(|| RvcError::unreadable(path, "holds no model.safetensors"))?;
    Ok((file, Some(told.num_attention_heads)))
}

/// The tensors of either layout.
pub(super) fn tensors(checkpoint: &Arc<Checkpoint>, device: &Device) -> Tensors {
    let of_fairseq = checkpoint
        .entries()
        .iter()
        .any(|entry| matches!(&entry.path[..], [outer, _] if outer == "model"));
    let key = of_fairseq.then_some("model");
    Tensors::new(
        Arc::clone(checkpoint),
        key,
        |name| Some(renamed(name)),
        device,
    )
}

fn renamed(name: &str) -> String {
    let name = name.strip_prefix("hubert.").unwrap_or(name);
    if let Some(rest) = name.strip_prefix("layer_norm.") {
        return format!("feature_projection.layer_norm.{rest}");
    }
    if let Some((number, rest)) = name
        .strip_prefix("feature_extractor.conv_layers.")
        .and_then(|rest| rest.split_once('.'))
    {
        let rest = match rest.split_once('.') {
            Some(("0", rest)) => format!("conv.{rest}"),
            Some(("2", rest)) => format!("layer_norm.{rest}"),
            _ => rest.to_owned(),
        };
        return format!("feature_extractor.conv_layers.{number}.{rest}");
    }
    let replace = |name: String, (old, new): &(&str, &str)| name.replace(old, new);
    PARTS.iter().fold(name.to_owned(), replace)
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn names_of_fairseq_are_those_of_the_folder() {
        for (old, new) in [
            ("layer_norm.weight", "feature_projection.layer_norm.weight"),
            (
                "feature_extractor.conv_layers.0.2.bias",
                "feature_extractor.conv_layers.0.layer_norm.bias",
            ),
            (
                "feature_extractor.conv_layers.6.0.weight",
                "feature_extractor.conv_layers.6.conv.weight",
            ),
            (
                "encoder.layers.3.self_attn_layer_norm.bias",
                "encoder.layers.3.layer_norm.bias",
            ),
            (
                "encoder.layers.3.self_attn.q_proj.bias",
                "encoder.layers.3.attention.q_proj.bias",
            ),
            (
                "encoder.pos_conv.0.weight_g",
                "encoder.pos_conv_embed.conv.weight_g",
            ),
            ("encoder.layer_norm.bias", "encoder.layer_norm.bias"),
            (
                "hubert.encoder.layers.0.attention.q_proj.bias",
                "encoder.layers.0.attention.q_proj.bias",
            ),
        ] {
            assert_eq!(renamed(old), new);
        }
    }
}
