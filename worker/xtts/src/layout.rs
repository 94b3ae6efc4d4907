//! The names and shapes of all tensors of a model, which follow from its configuration.

use std::collections::BTreeMap;

use crate::config::Config;

/// Tensors by name: `[out, in, kernel]` for convolutions, `[out, in]` for linear layers, `[in, out]` inside the GPT's blocks.
pub type Layout = BTreeMap<String, Vec<usize>>;

pub(crate) const MEL_BANDS: usize = 80;
/// Attention blocks of the conditioning encoder.
const CONDITIONING_BLOCKS: usize = 6;
/// The perceiver resampler: layers, latents, and its heads of 64 channels together.
const PERCEIVER_LAYERS: usize = 2;
const PERCEIVER_LATENTS: usize = 32;
const PERCEIVER_INNER: usize = 512;
/// Kernels of the four transposed convolutions, and of the three residual blocks behind each.
const UP_KERNELS: [usize; 4] = [16, 16, 4, 4];
const RESIDUAL_KERNELS: [usize; 3] = [3, 7, 11];
/// The speaker encoder's bands, which three layers halve, and the channels of its attention.
const SPEAKER_BANDS: usize = 64;
const SPEAKER_ATTENTION: usize = 128;
const SQUEEZE: usize = 8;
const SPEAKER_FFT_BINS: usize = 257;
const SPEAKER_WINDOW: usize = 400;

/// What a model needs, where its vocabulary has so many text tokens.
pub fn model(config: &Config, text_tokens: usize) -> Layout {
    let mut layout = Builder::default();
    layout.add("mel_stats", &[MEL_BANDS]);
    conditioning(&mut layout, config);
    gpt(&mut layout, config, text_tokens);
    vocoder(&mut layout, config);
    speaker_encoder(&mut layout, config);
    layout.tensors
}

/// What training needs of the DVAE: its encoder and its codebook.
pub fn dvae(config: &Config) -> Layout {
    let sizes = &config.sizes.dvae;
    let (hidden, inner) = (sizes.hidden_dim, 2 * sizes.hidden_dim);
    let mut layout = Builder::default();
    layout.layer("encoder.0.0", &[hidden, MEL_BANDS, 3]);
    layout.layer("encoder.1.0", &[inner, hidden, 3]);
    for block in 2..5 {
        for (part, kernel) in [(0, 3), (2, 3), (4, 1)] {
            layout.layer(
                &format!("encoder.{block}.net.{part}"),
                &[inner, inner, kernel],
            );
        }
    }
    layout.layer("encoder.5", &[sizes.codebook_dim, inner, 1]);
    layout.add("codebook.embed", &[sizes.codebook_dim, sizes.num_tokens]);
    layout.tensors
}

fn conditioning(layout: &mut Builder, config: &Config) {
    let c = config.model_args.gpt_n_model_channels;
    let encoder = "gpt.conditioning_encoder";
    layout.layer(&format!("{encoder}.init"), &[c, MEL_BANDS, 1]);
    for block in 0..CONDITIONING_BLOCKS {
        let block = format!("{encoder}.attn.{block}");
        layout.norm(&format!("{block}.norm"), c);
        layout.layer(&format!("{block}.qkv"), &[3 * c, c, 1]);
        layout.layer(&format!("{block}.proj_out"), &[c, c, 1]);
    }
    let perceiver = "gpt.conditioning_perceiver";
    let inner = 8 * c / 3;
    layout.add(&format!("{perceiver}.latents"), &[PERCEIVER_LATENTS, c]);
    layout.add(&format!("{perceiver}.norm.gamma"), &[c]);
    for layer in 0..PERCEIVER_LAYERS {
        let layer = format!("{perceiver}.layers.{layer}");
        layout.add(&format!("{layer}.0.to_q.weight"), &[PERCEIVER_INNER, c]);
        layout.add(
            &format!("{layer}.0.to_kv.weight"),
            &[2 * PERCEIVER_INNER, c],
        );
        layout.add(&format!("{layer}.0.to_out.weight"), &[c, PERCEIVER_INNER]);
        layout.layer(&format!("{layer}.1.0"), &[2 * inner, c]);
        layout.layer(&format!("{layer}.1.2"), &[c, inner]);
    }
}

fn gpt(layout: &mut Builder, config: &Config, text_tokens: usize) {
    let args = &config.model_args;
    let (c, codes) = (args.gpt_n_model_channels, args.gpt_num_audio_tokens);
    layout.add("gpt.text_embedding.weight", &[text_tokens, c]);
    layout.add("gpt.mel_embedding.weight", &[codes, c]);
    let positions = [
        ("text", config.text_positions()),
        ("mel", config.audio_positions()),
    ];
    for (kind, positions) in positions {
        layout.add(
            &format!("gpt.{kind}_pos_embedding.emb.weight"),
            &[positions, c],
        );
    }
    for block in 0..args.gpt_layers {
        let block = format!("gpt.gpt.h.{block}");
        layout.norm(&format!("{block}.ln_1"), c);
        layout.norm(&format!("{block}.ln_2"), c);
        for (part, from, to) in [
            ("attn.c_attn", c, 3 * c),
            ("attn.c_proj", c, c),
            ("mlp.c_fc", c, 4 * c),
            ("mlp.c_proj", 4 * c, c),
        ] {
            layout.add(&format!("{block}.{part}.weight"), &[from, to]);
            layout.add(&format!("{block}.{part}.bias"), &[to]);
        }
    }
    layout.norm("gpt.gpt.ln_f", c);
    layout.norm("gpt.final_norm", c);
    layout.layer("gpt.text_head", &[text_tokens, c]);
    layout.layer("gpt.mel_head", &[codes, c]);
}

fn vocoder(layout: &mut Builder, config: &Config) {
    let args = &config.model_args;
    let first = config.sizes.hifigan.upsample_initial_channel_decoder;
    let decoder = "hifigan_decoder.waveform_decoder";
    layout.layer(
        &format!("{decoder}.conv_pre"),
        &[first, args.decoder_input_dim, 7],
    );
    layout.layer(
        &format!("{decoder}.cond_layer"),
        &[first, args.d_vector_dim, 1],
    );
    for (stage, kernel) in UP_KERNELS.into_iter().enumerate() {
        let (from, to) = (first >> stage, first >> (stage + 1));
        // A transposed convolution is [in, out, kernel], and its weight is normed over all axes but the first.
        layout.normed(&format!("{decoder}.ups.{stage}"), &[from, to, kernel], to);
        layout.layer(
            &format!("{decoder}.conds.{stage}"),
            &[to, args.d_vector_dim, 1],
        );
        for (block, kernel) in RESIDUAL_KERNELS.into_iter().enumerate() {
            let block = format!(
                "{decoder}.resblocks.{}",
                RESIDUAL_KERNELS.len() * stage + block
            );
            for part in [
                "convs1.0", "convs1.1", "convs1.2", "convs2.0", "convs2.1", "convs2.2",
            ] {
                layout.normed(&format!("{block}.{part}"), &[to, to, kernel], to);
            }
        }
    }
    let last = first >> UP_KERNELS.len();
    layout.add(&format!("{decoder}.conv_post.weight"), &[1, last, 7]);
}

fn speaker_encoder(layout: &mut Builder, config: &Config) {
    let sizes = &config.sizes.speaker_encoder;
    let encoder = "hifigan_decoder.speaker_encoder";
    let first = sizes.num_filters.first().copied().unwrap_or_default();
    layout.layer(&format!("{encoder}.conv1"), &[first, 1, 3, 3]);
    layout.batch_norm(&format!("{encoder}.bn1"), first);
    let mut from = first;
    let layers = sizes.layers.iter().zip(&sizes.num_filters).enumerate();
    for (layer, (blocks, channels)) in layers {
        for block in 0..*blocks {
            let name = format!("{encoder}.layer{}.{block}", layer + 1);
            residual_block(layout, &name, from, *channels);
            // The first block of every layer but the first halves both axes.
            if block == 0 && (layer > 0 || from != *channels) {
                layout.add(
                    &format!("{name}.downsample.0.weight"),
                    &[*channels, from, 1, 1],
                );
                layout.batch_norm(&format!("{name}.downsample.1"), *channels);
            }
            from = *channels;
        }
    }
    let rows = from * SPEAKER_BANDS / 8;
    layout.layer(
        &format!("{encoder}.attention.0"),
        &[SPEAKER_ATTENTION, rows, 1],
    );
    layout.batch_norm(&format!("{encoder}.attention.2"), SPEAKER_ATTENTION);
    layout.layer(
        &format!("{encoder}.attention.3"),
        &[rows, SPEAKER_ATTENTION, 1],
    );
    layout.layer(&format!("{encoder}.fc"), &[sizes.proj_dim, 2 * rows]);
    let spectrum = format!("{encoder}.torch_spec");
    layout.add(&format!("{spectrum}.0.filter"), &[1, 1, 2]);
    layout.add(
        &format!("{spectrum}.1.spectrogram.window"),
        &[SPEAKER_WINDOW],
    );
    layout.add(
        &format!("{spectrum}.1.mel_scale.fb"),
        &[SPEAKER_FFT_BINS, SPEAKER_BANDS],
    );
}

fn residual_block(layout: &mut Builder, name: &str, from: usize, channels: usize) {
    layout.add(&format!("{name}.conv1.weight"), &[channels, from, 3, 3]);
    layout.add(&format!("{name}.conv2.weight"), &[channels, channels, 3, 3]);
    layout.batch_norm(&format!("{name}.bn1"), channels);
    layout.batch_norm(&format!("{name}.bn2"), channels);
    layout.layer(&format!("{name}.se.fc.0"), &[channels / SQUEEZE, channels]);
    layout.layer(&format!("{name}.se.fc.2"), &[channels, channels / SQUEEZE]);
}

#[derive(Default)]
struct Builder {
    tensors: Layout,
}

impl Builder {
    fn add(&mut self, name: &str, shape: &[usize]) {
        self.tensors.insert(name.to_owned(), shape.to_vec());
    }

    /// A weight, and a bias for each of its outputs.
    fn layer(&mut self, name: &str, weight: &[usize]) {
        self.add(&format!("{name}.weight"), weight);
        self.add(&format!("{name}.bias"), weight.get(..1).unwrap_or_default());
    }

    /// A convolution whose weight is stored as its length and its direction.
    fn normed(&mut self, name: &str, weight: &[usize], outputs: usize) {
        let first = weight.first().copied().unwrap_or_default();
        let weight_of = format!("{name}.parametrizations.weight");
        self.add(&format!("{weight_of}.original0"), &[first, 1, 1]);
        self.add(&format!("{weight_of}.original1"), weight);
        self.add(&format!("{name}.bias"), &[outputs]);
    }

    fn norm(&mut self, name: &str, channels: usize) {
        for part in ["weight", "bias"] {
            self.add(&format!("{name}.{part}"), &[channels]);
        }
    }

    fn batch_norm(&mut self, name: &str, channels: usize) {
        self.norm(name, channels);
        for part in ["running_mean", "running_var"] {
            self.add(&format!("{name}.{part}"), &[channels]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The state dictionary at full size, one `name<tab>shape<tab>type` a line.
    const PUBLISHED: &str = include_str!("../tests/published_keys.txt");

    /// What the published `config.json` says of the network.
    const FULL_SIZE: &str = r#"{"model_args": {"gpt_layers": 30, "gpt_n_model_channels": 1024, "gpt_n_heads": 16,
        "gpt_max_audio_tokens": 605, "gpt_max_text_tokens": 402, "gpt_number_text_tokens": 6681, "gpt_start_text_token": null,
        "gpt_stop_text_token": null, "gpt_num_audio_tokens": 1026, "gpt_start_audio_token": 1024, "gpt_stop_audio_token": 1025,
        "decoder_input_dim": 1024, "d_vector_dim": 512, "gpt_use_perceiver_resampler": true}}"#;

    #[test]
    fn the_layout_is_that_of_the_published_model() {
        let mut published: Layout = PUBLISHED.lines().map(parsed).collect();
        for (name, shape) in model(&Config::parse(FULL_SIZE).unwrap(), 6681) {
            assert_eq!(published.remove(&name), Some(shape), "{name}");
        }
        // Counters of the batches seen in training, which evaluation does not read.
        for name in published.keys() {
            assert!(name.ends_with(".num_batches_tracked"), "{name}");
        }
        assert_eq!(published.len(), 37);
    }

    fn parsed(line: &str) -> (String, Vec<usize>) {
        let mut columns = line.split('\t');
        let (name, shape) = (columns.next().unwrap(), columns.next().unwrap());
        let sizes = shape.trim_matches(['(', ')']).split(',');
        let sizes = sizes.map(str::trim).filter(|size| !size.is_empty());
        (
            name.to_owned(),
            sizes.map(|size| size.parse().unwrap()).collect(),
        )
    }
}
