//! The decoder: tokens that were said to scores of the next one.

use candle_core::{Device, Tensor};
use kiskadee_nn::Linear;

use super::FeedForward;
use super::attention::Kept;
use super::parameters::{LayerNorm, Parameters};
use crate::config::Config;
use crate::error::{Result, WhisperError};

pub(crate) struct Decoder {
    /// `[vocabulary, channels]`
    tokens: Tensor,
    /// `[positions, channels]`
    positions: Tensor,
    blocks: Vec<Block>,
    norm: LayerNorm,
    scores: Linear,
    heads: usize,
}

struct Block {
    own_norm: LayerNorm,
    own_queries: Linear,
    own_keys: Linear,
    own_values: Linear,
    own_outer: Linear,
    cross_norm: LayerNorm,
    cross_queries: Linear,
    cross_keys: Linear,
    cross_values: Linear,
    cross_outer: Linear,
    feed_forward: FeedForward,
}

/// Keys and values of what was heard, for each block; made once for a window.
pub(crate) struct Heard(Vec<Kept>);

/// Keys and values of what was said so far, for each block; some texts side by side.
pub(crate) struct Said {
    blocks: Vec<Kept>,
    rows: usize,
    times: usize,
}

impl Decoder {
    pub(super) fn new(config: &Config, parameters: Parameters<'_>) -> Result<Self> {
        let width = config.d_model;
        let tokens = parameters.get("decoder.embed_tokens.weight", &[config.vocab_size, width])?;
        let blocks = (0..config.decoder_layers).map(|block| Block::new(config, parameters, block));
        Ok(Self {
            scores: parameters.scores(&tokens)?,
            tokens,
            positions: parameters.get(
                "decoder.embed_positions.weight",
                &[config.max_target_positions, width],
            )?,
            blocks: blocks.collect::<Result<_>>()?,
            norm: parameters.norm("decoder.layer_norm", width)?,
            heads: config.decoder_attention_heads,
        })
    }

    pub(crate) fn device(&self) -> &Device {
        self.tokens.device()
    }

    /// Of the encoder's output.
    pub(crate) fn hear(&self, frames: &Tensor) -> Result<Heard> {
        let blocks = self.blocks.iter().map(|block| {
            let keys = block.cross_keys.forward(frames)?;
            let values = block.cross_values.forward(frames)?;
            Kept::of_frames(&keys, &values, self.heads)
        });
        Ok(Heard(blocks.collect::<Result<_>>()?))
    }

    /// Room for texts of at most so many tokens.
    pub(crate) fn begin(&self, rows: usize, most: usize) -> Result<Said> {
        let (positions, width) = self.positions.dims2()?;
        let shape = [rows, self.heads, most.min(positions), width / self.heads];
        let blocks = self
            .blocks
            .iter()
            .map(|_| Kept::empty(shape, self.device()));
        Ok(Said {
            blocks: blocks.collect::<Result<_>>()?,
            rows,
            times: 0,
        })
    }

    /// Goes on with so many tokens for each row, `[row * time]`, and gives the states behind the final norm, `[row * time, channels]`.
    pub(crate) fn forward(&self, ids: &[u32], heard: &Heard, said: &mut Said) -> Result<Tensor> {
        let times = ids.len() / said.rows;
        let capacity = match said.blocks.first() {
            Some(block) => block.keys.dim(2)?,
            None => 0,
        };
        if said.times + times > capacity {
            let reason = format!("more than {capacity} tokens");
            return Err(WhisperError::Input(reason));
        }
        let mut rows = self.embed(ids, times, said)?;
        let blocks = self.blocks.iter().zip(&heard.0).zip(&said.blocks);
        for ((block, heard), own) in blocks {
            rows = block.forward(&rows, heard, (own, said.times))?;
        }
        said.times += times;
        self.norm.forward(&rows)
    }

    /// A score for every token, `[row, vocabulary]`, of states `[row, channels]`.
    pub(crate) fn scores(&self, states: &Tensor) -> Result<Tensor> {
        Ok(self.scores.forward(states)?)
    }

    fn embed(&self, ids: &[u32], times: usize, said: &Said) -> Result<Tensor> {
        let ids = Tensor::new(ids, self.device())?;
        let positions = self.positions.narrow(0, said.times, times)?;
        let (rows, width) = (said.rows, self.tokens.dim(1)?);
        let tokens = self.tokens.index_select(&ids, 0)?;
        let tokens = tokens.reshape((rows, times, width))?;
        let embedded = tokens.broadcast_add(&positions)?;
        Ok(embedded.reshape((rows * times, width))?)
    }
}

impl Said {
    /// So many texts that all begin with what this one has said.
    pub(crate) fn repeated(&self, rows: usize) -> Result<Self> {
        let repeat = |all: &Tensor| all.repeat((rows, 1, 1, 1))?.contiguous();
        let blocks = self.blocks.iter().map(|block| {
            Ok(Kept {
                keys: repeat(&block.keys)?,
                values: repeat(&block.values)?,
            })
        });
        Ok(Self {
            blocks: blocks.collect::<Result<_>>()?,
            rows,
            times: self.times,
        })
    }
}

impl Block {
    fn new(config: &Config, parameters: Parameters<'_>, number: usize) -> Result<Self> {
        let (width, name) = (config.d_model, format!("decoder.layers.{number}"));
        let linear = |part: &str| parameters.linear(&format!("{name}.{part}"), (width, width));
        let norm = |part: &str| parameters.norm(&format!("{name}.{part}"), width);
        Ok(Self {
            own_norm: norm("self_attn_layer_norm")?,
            own_queries: linear("self_attn.q_proj")?,
            own_keys: linear("self_attn.k_proj")?,
            own_values: linear("self_attn.v_proj")?,
            own_outer: linear("self_attn.out_proj")?,
            cross_norm: norm("encoder_attn_layer_norm")?,
            cross_queries: linear("encoder_attn.q_proj")?,
            cross_keys: linear("encoder_attn.k_proj")?,
            cross_values: linear("encoder_attn.v_proj")?,
            cross_outer: linear("encoder_attn.out_proj")?,
            feed_forward: FeedForward::new(parameters, &name, width, config.decoder_ffn_dim)?,
        })
    }

    /// `known` tokens were said before these rows.
    fn forward(&self, rows: &Tensor, heard: &Kept, (own, known): (&Kept, usize)) -> Result<Tensor> {
        let normed = self.own_norm.forward(rows)?;
        let keys = self.own_keys.forward(&normed)?;
        own.write(&keys, &self.own_values.forward(&normed)?, known)?;
        let attended = own.attend_causally(&self.own_queries.forward(&normed)?, known)?;
        let rows = (rows + self.own_outer.forward(&attended)?)?;
        let queries = self
            .cross_queries
            .forward(&self.cross_norm.forward(&rows)?)?;
        let attended = heard.attend_to_all(&queries)?;
        let rows = (&rows + self.cross_outer.forward(&attended)?)?;
        self.feed_forward.forward(&rows)
    }
}
