//! The names of tensors, as versions of the reference and of torch wrote them, brought to those of the published state dictionary.

use std::collections::BTreeMap;

/// What trainers put before the model's own names.
const TRAINER_PREFIX: &str = "xtts.";

/// Brings names to the canonical ones, and leaves out what is not of the model. Where two names mean one tensor, the canonical
/// one holds.
pub(crate) fn canonical_names<T>(tensors: BTreeMap<&str, T>) -> BTreeMap<String, (&str, T)> {
    let by_trainer = tensors.keys().any(|name| name.starts_with(TRAINER_PREFIX));
    let mut canonical = BTreeMap::new();
    for (name, tensor) in tensors {
        let of_model = match name.strip_prefix(TRAINER_PREFIX) {
            Some(rest) => rest,
            None if by_trainer => continue,
            None => name,
        };
        if is_left_out(of_model) {
            continue;
        }
        let modern = modern_weight_norm(of_model);
        if modern == of_model || !canonical.contains_key(&modern) {
            canonical.insert(modern, (name, tensor));
        }
    }
    canonical
}

/// Second names of the same tensors, buffers that follow from the sizes, counters, and what a trainer holds beside the model.
fn is_left_out(name: &str) -> bool {
    let buffer = |suffix: &str| name.starts_with("gpt.gpt.h.") && name.ends_with(suffix);
    [
        "gpt.gpt.wte.",
        "gpt.gpt.wpe.",
        "gpt.gpt_inference.",
        "dvae.",
        "torch_mel_spectrogram_",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix))
        || buffer(".attn.bias")
        || buffer(".attn.masked_bias")
        || name.ends_with(".num_batches_tracked")
}

/// Torch before 2.1 named the length and the direction of a normed weight otherwise.
fn modern_weight_norm(name: &str) -> String {
    let renamed = |suffix, number| {
        let module = name.strip_suffix(suffix)?;
        Some(format!("{module}.parametrizations.weight.original{number}"))
    };
    renamed(".weight_g", 0)
        .or_else(|| renamed(".weight_v", 1))
        .unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(names: &[&'static str]) -> Vec<(String, &'static str)> {
        let tensors = names.iter().map(|name| (*name, ())).collect();
        let canonical = canonical_names(tensors).into_iter();
        canonical.map(|(name, (from, ()))| (name, from)).collect()
    }

    #[test]
    fn old_names_become_new_ones() {
        let found = canonical(&["w.ups.0.weight_g", "w.ups.0.weight_v", "w.ups.0.bias"]);
        let expected = [
            ("w.ups.0.bias", "w.ups.0.bias"),
            (
                "w.ups.0.parametrizations.weight.original0",
                "w.ups.0.weight_g",
            ),
            (
                "w.ups.0.parametrizations.weight.original1",
                "w.ups.0.weight_v",
            ),
        ];
        assert_eq!(found, expected.map(|(to, from)| (to.to_owned(), from)));
        let both = canonical(&["u.parametrizations.weight.original0", "u.weight_g"]);
        assert_eq!(both[0].1, "u.parametrizations.weight.original0");
    }

    #[test]
    fn what_is_not_of_the_model_is_left_out() {
        let kept = canonical(&[
            "dvae.encoder.0.0.weight",
            "torch_mel_spectrogram_dvae.mel_stft.spectrogram.window",
            "xtts.gpt.gpt.h.0.attn.bias",
            "xtts.gpt.gpt.h.0.attn.c_attn.bias",
            "xtts.gpt.gpt.h.0.attn.masked_bias",
            "xtts.gpt.gpt.wte.weight",
            "xtts.gpt.gpt_inference.lm_head.0.weight",
            "xtts.hifigan_decoder.speaker_encoder.bn1.num_batches_tracked",
        ]);
        let name = "gpt.gpt.h.0.attn.c_attn.bias".to_owned();
        assert_eq!(kept, [(name, "xtts.gpt.gpt.h.0.attn.c_attn.bias")]);
    }
}
