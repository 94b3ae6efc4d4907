//! The GPT's tensors: as the checkpoint has them, or in 8 bits from a file beside it.

use candle_core::{DType, Tensor};
use candle_nn::LayerNorm;
use kiskadee_checkpoint::{Bytes, Weights};
use kiskadee_nn::{Linear, Packed, kernels::quantized::Quantized};

use super::{Block, Gpt, Sizes, embedding::Embeddings};
use crate::{
    config::Config,
    error::{Result, XttsError},
};

const EPSILON: f64 = 1e-5;
/// The large matrices of a block, with their input and output in channels.
pub(super) const MATRICES: [(&str, usize, usize); 4] = [
    ("attn.c_attn", 1, 3),
    ("attn.c_proj", 1, 1),
    ("mlp.c_fc", 1, 4),
    ("mlp.c_proj", 4, 1),
];

/// What the large matrices are computed in.
#[derive(Clone)]
pub(crate) enum Matrices {
    /// In the type of the whole network.
    Floating(DType),
    /// In 8 bits on the CPU; from the file if there is one, else made of the checkpoint's.
    Quantized(Option<Weights>),
}

impl Matrices {
    fn dtype(&self) -> DType {
        match self {
            Self::Floating(dtype) => *dtype,
            Self::Quantized(_) => DType::F32,
        }
    }
}

impl Gpt {
    /// `text_tokens` is the size of the vocabulary, `around` the ids of its start and stop tokens.
    pub(crate) fn load(
        weights: &Weights,
        config: &Config,
        text_tokens: usize,
        around: (u32, u32),
        matrices: &Matrices,
    ) -> Result<Self> {
        let sizes = sizes(config);
        let loader = Loader {
            weights,
            channels: sizes.channels,
            matrices,
        };
        let blocks = (0..sizes.layers).map(|layer| loader.block(layer));
        Ok(Self {
            blocks: blocks.collect::<Result<_>>()?,
            last_norm: loader.norm("gpt.gpt.ln_f")?,
            final_norm: loader.norm("gpt.final_norm")?,
            code_head: loader.head("gpt.mel_head", sizes.codes)?,
            embeddings: Embeddings {
                text: loader.table("gpt.text_embedding", text_tokens)?,
                text_positions: loader.table("gpt.text_pos_embedding.emb", sizes.text_positions)?,
                codes: loader.table("gpt.mel_embedding", sizes.codes)?,
                code_positions: loader
                    .table("gpt.mel_pos_embedding.emb", config.audio_positions())?,
                start: around.0,
                stop: around.1,
            },
            sizes,
        })
    }
}

fn sizes(config: &Config) -> Sizes {
    let args = &config.model_args;
    Sizes {
        layers: args.gpt_layers,
        channels: args.gpt_n_model_channels,
        heads: args.gpt_n_heads,
        codes: args.gpt_num_audio_tokens,
        start_code: args.gpt_start_audio_token,
        stop_code: args.gpt_stop_audio_token,
        text_positions: config.text_positions(),
        max_codes: config.max_codes(),
    }
}

struct Loader<'a> {
    weights: &'a Weights,
    channels: usize,
    matrices: &'a Matrices,
}

impl Loader<'_> {
    fn block(&self, layer: usize) -> Result<Block> {
        let name = |part: &str| format!("gpt.gpt.h.{layer}.{part}");
        let [
            attention_in,
            attention_out,
            feed_forward_in,
            feed_forward_out,
        ] = MATRICES;
        Ok(Block {
            attention_norm: self.norm(&name("ln_1"))?,
            attention_in: self.matrix(layer, attention_in)?,
            attention_out: self.matrix(layer, attention_out)?,
            feed_forward_norm: self.norm(&name("ln_2"))?,
            feed_forward_in: self.matrix(layer, feed_forward_in)?,
            feed_forward_out: self.matrix(layer, feed_forward_out)?,
        })
    }

    fn matrix(&self, layer: usize, (part, input, output): (&str, usize, usize)) -> Result<Linear> {
        let name = format!("gpt.gpt.h.{layer}.{part}");
        let (input, output) = (input * self.channels, output * self.channels);
        let bias = self.weights.get(&format!("{name}.bias"), output)?;
        let weight = format!("{name}.weight");
        let records = match self.matrices {
            Matrices::Floating(dtype) => {
                let weight = self.weights.get(&weight, (input, output))?;
                return Ok(Linear::new(&weight, &bias, *dtype)?);
            }
            Matrices::Quantized(Some(file)) => file.mapped(&weight)?,
            Matrices::Quantized(None) => {
                let weight = self.weights.get(&weight, (input, output))?;
                let weight = weight.flatten_all()?.to_vec1::<f32>()?;
                Bytes::Owned(Quantized::pack(&weight, input, output).into())
            }
        };
        let weights = Quantized::new(records, input, output);
        let weights = weights.ok_or_else(|| {
            XttsError::tensor(weight, "has another size in 8 bits: import the model again")
        })?;
        let bias = bias.to_vec1()?;
        Ok(Linear::Quantized(Packed { weights, bias }.into()))
    }

    fn norm(&self, name: &str) -> Result<LayerNorm> {
        let vector = |part: &str| -> Result<Tensor> {
            let vector = self.weights.get(&format!("{name}.{part}"), self.channels)?;
            Ok(vector.to_dtype(self.matrices.dtype())?)
        };
        Ok(LayerNorm::new(vector("weight")?, vector("bias")?, EPSILON))
    }

    fn table(&self, name: &str, entries: usize) -> Result<Tensor> {
        let shape = (entries, self.channels);
        let table = self.weights.get(&format!("{name}.weight"), shape)?;
        Ok(table.to_dtype(self.matrices.dtype())?)
    }

    /// A linear layer whose weight is `[out, in]`.
    fn head(&self, name: &str, output: usize) -> Result<Linear> {
        let shape = (output, self.channels);
        let weight = self.weights.get(&format!("{name}.weight"), shape)?;
        let bias = self.weights.get(&format!("{name}.bias"), output)?;
        Ok(Linear::new(&weight.t()?, &bias, self.matrices.dtype())?)
    }
}
