//! PL-BERT (Li et al., 2023): an ALBERT over phones, one layer that is used again and again.

use candle_core::{D, Tensor};
use kiskadee_nn::{Linear, gelu};

use super::normalization::LayerNorm;
use super::parameters::Parameters;
use super::trace::Trace;
use crate::config::Config;
use crate::error::Result;

const EPSILON: f64 = 1e-12;

pub(crate) struct Bert {
    words: Tensor,
    positions: Tensor,
    /// Of the one type that is used, `[1, embedding]`.
    kind: Tensor,
    embedding_norm: LayerNorm,
    widen: Linear,
    layer: Layer,
    layers: usize,
    /// To the width of the predictor.
    project: Linear,
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    dense: Linear,
    attention_norm: LayerNorm,
    up: Linear,
    down: Linear,
    norm: LayerNorm,
    heads: usize,
}

impl Bert {
    pub(crate) fn new(parameters: Parameters<'_>, config: &Config) -> Result<Self> {
        let sizes = &config.plbert;
        let embedding = sizes.embedding_size;
        let name = |part: &str| format!("bert.embeddings.{part}");
        let table = |part: &str, rows| parameters.table(&name(part), rows, embedding);
        Ok(Self {
            words: table("word_embeddings", config.n_token)?,
            positions: table("position_embeddings", sizes.max_position_embeddings)?,
            kind: table("token_type_embeddings", 2)?.narrow(0, 0, 1)?,
            embedding_norm: norm(parameters, &name("LayerNorm"), embedding)?,
            widen: parameters.linear(
                "bert.encoder.embedding_hidden_mapping_in",
                embedding,
                sizes.hidden_size,
            )?,
            layer: Layer::new(parameters, config)?,
            layers: sizes.num_hidden_layers,
            project: parameters.linear("bert_encoder", sizes.hidden_size, config.hidden_dim)?,
        })
    }

    /// Ids with both zeros to `[id, hidden]`.
    pub(crate) fn forward(&self, ids: &Tensor, trace: &mut Trace<'_>) -> Result<Tensor> {
        let words = self.words.index_select(ids, 0)?;
        let positions = self.positions.narrow(0, 0, ids.dim(0)?)?;
        let sum = (words + positions)?.broadcast_add(&self.kind)?;
        let sum = self.embedding_norm.forward(&sum)?;
        trace.rows("bert.embeddings", &sum);
        let mut hidden = self.widen.forward(&sum)?;
        for number in 0..self.layers {
            hidden = self.layer.forward(&hidden)?;
            trace.rows(format!("bert.layer.{number}"), &hidden);
        }
        let projected = self.project.forward(&hidden)?;
        trace.rows("bert_encoder", &projected);
        Ok(projected)
    }
}

impl Layer {
    fn new(parameters: Parameters<'_>, config: &Config) -> Result<Self> {
        let sizes = &config.plbert;
        let (width, inner) = (sizes.hidden_size, sizes.intermediate_size);
        let name = |part| format!("bert.encoder.albert_layer_groups.0.albert_layers.0.{part}");
        let linear = |part, input, output| parameters.linear(&name(part), input, output);
        Ok(Self {
            query: linear("attention.query", width, width)?,
            key: linear("attention.key", width, width)?,
            value: linear("attention.value", width, width)?,
            dense: linear("attention.dense", width, width)?,
            attention_norm: norm(parameters, &name("attention.LayerNorm"), width)?,
            up: linear("ffn", width, inner)?,
            down: linear("ffn_output", inner, width)?,
            norm: norm(parameters, &name("full_layer_layer_norm"), width)?,
            heads: sizes.num_attention_heads,
        })
    }

    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let attended = self.dense.forward(&self.attend(input)?)?;
        let hidden = self.attention_norm.forward(&(input + attended)?)?;
        let fed = self.down.forward(&gelu(&self.up.forward(&hidden)?)?)?;
        self.norm.forward(&(fed + hidden)?)
    }

    fn attend(&self, input: &Tensor) -> Result<Tensor> {
        let (times, width) = input.dims2()?;
        let size = width / self.heads;
        let by_head = |projected: Tensor| -> Result<Tensor> {
            let heads = projected.reshape((times, self.heads, size))?;
            Ok(heads.transpose(0, 1)?.contiguous()?)
        };
        let query = by_head(self.query.forward(input)?)?;
        let key = by_head(self.key.forward(input)?)?;
        let value = by_head(self.value.forward(input)?)?;
        let scores = query.matmul(&key.transpose(D::Minus1, D::Minus2)?.contiguous()?)?;
        let shares = candle_nn::ops::softmax_last_dim(&(scores / (size as f64).sqrt())?)?;
        let mixed = shares.matmul(&value)?;
        Ok(mixed
            .transpose(0, 1)?
            .contiguous()?
            .reshape((times, width))?)
    }
}

fn norm(parameters: Parameters<'_>, module: &str, width: usize) -> Result<LayerNorm> {
    let names = (format!("{module}.weight"), format!("{module}.bias"));
    parameters.layer_norm(names, width, EPSILON)
}
