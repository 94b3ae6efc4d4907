//! XTTS' GPT while it learns: latents of a voice, text and audio codes in, the losses of the next tokens out, and gradients back.
//!
//! The blocks and heads have their way back written out; the conditioning encoder and the perceiver are those of `kiskadee_xtts`, whose
//! gradients candle finds.

mod attention;
mod block;
mod dropout;
mod embedding;
mod head;
mod linear;
mod norm;

use candle_core::{Device, Tensor};
use kiskadee_xtts::{Config, StyleEncoder, Trace};

use self::{
    attention::Attention,
    block::{Block, Saved},
    dropout::{LayerDropout, Site},
    embedding::Embedding,
    head::{Head, Scored},
    norm::Norm,
};
use crate::batch::{Batch, Sequences};
use crate::error::Result;
use crate::gradients::Gradients;
use crate::parameters::{Parameters, Tracked};

pub use self::{dropout::Dropout, linear::Precision};

/// What the text's loss counts beside that of the codes.
pub const TEXT_WEIGHT: f64 = 0.01;

/// Mean cross-entropies of a micro-batch, in nats.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Losses {
    pub text: f32,
    /// Of the audio codes.
    pub mel: f32,
}

impl Losses {
    /// What is made small.
    pub fn total(&self) -> f32 {
        TEXT_WEIGHT as f32 * self.text + self.mel
    }
}

/// How the network is computed; no result depends on `recompute`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Compute {
    pub precision: Precision,
    /// Keep of each block only its input, and do its way there once more on the way back: a third more time for a fraction of the memory.
    pub recompute: bool,
}

/// The network over parameters that somebody else updates.
pub struct Gpt {
    style: StyleEncoder,
    /// Places of the style encoder's parameters, beside the variables themselves.
    style_parameters: Vec<(usize, Tensor)>,
    text: Embedding,
    codes: Embedding,
    blocks: Vec<Block>,
    last_norm: Norm,
    final_norm: Norm,
    text_head: Head,
    code_head: Head,
    heads: usize,
    recompute: bool,
    device: Device,
}

/// The way there, as far as the way back needs it.
struct Pass {
    latents: Tensor,
    attention: Attention,
    saved: Vec<Kept>,
    ends: Ends,
}

enum Kept {
    All(Saved),
    Input(Tensor),
}

/// What stands behind the last block.
struct Ends {
    output: Tensor,
    text: End,
    codes: End,
}

/// The rows of one head.
struct End {
    /// Places among all rows.
    places: Tensor,
    /// Behind the last block, behind its norm, and behind the final norm.
    rows: [Tensor; 3],
    scored: Scored,
}

impl Gpt {
    pub fn new(parameters: &Parameters, config: &Config, compute: &Compute) -> Result<Self> {
        let tracked = Tracked::new(parameters);
        let style = StyleEncoder::load(&tracked, config)?;
        let places = tracked.places.into_inner().into_iter();
        let all: Vec<&Tensor> = parameters.iter().map(|one| one.var.as_tensor()).collect();
        let style_parameters = places.filter_map(|place| Some((place, (*all.get(place)?).clone())));
        let precision = compute.precision;
        let blocks = 0..config.model_args.gpt_layers;
        Ok(Self {
            style,
            style_parameters: style_parameters.collect(),
            text: Embedding::load(parameters, "text")?,
            codes: Embedding::load(parameters, "mel")?,
            blocks: blocks
                .map(|layer| Block::load(parameters, layer, precision))
                .collect::<Result<_>>()?,
            last_norm: Norm::load(parameters, "gpt.gpt.ln_f")?,
            final_norm: Norm::load(parameters, "gpt.final_norm")?,
            text_head: Head::load(parameters, "gpt.text_head", precision)?,
            code_head: Head::load(parameters, "gpt.mel_head", precision)?,
            heads: config.model_args.gpt_n_heads,
            recompute: compute.recompute,
            device: parameters.device().clone(),
        })
    }

    /// Without dropout, and without a way back.
    pub fn losses(&self, batch: &Batch) -> Result<Losses> {
        Ok(self.forward(batch, None, false)?.ends.losses())
    }

    /// The losses, and the gradients of `scale` times their total, which are added to `sums`. Losses that are not finite have none.
    pub fn learn(
        &self,
        batch: &Batch,
        scale: f64,
        dropout: Option<&Dropout>,
        sums: &mut Gradients,
    ) -> Result<Losses> {
        let pass = self.forward(batch, dropout, true)?;
        let losses = pass.ends.losses();
        if losses.total().is_finite() {
            self.backward(batch, pass, scale, dropout, sums)?;
        }
        Ok(losses)
    }

    fn forward(&self, batch: &Batch, dropout: Option<&Dropout>, keeps: bool) -> Result<Pass> {
        let mel = batch.mel.to_device(&self.device)?;
        let latents = self.style.forward(&mel, &mut Trace::none())?;
        let parts = [
            latents.detach(),
            self.text.forward(&batch.text)?,
            self.codes.forward(&batch.codes)?,
        ];
        let lengths = [latents.dim(1)?, batch.text.time(), batch.codes.time()];
        let input = Tensor::cat(&parts, 1)?;
        let (clips, time, channels) = input.dims3()?;
        let rows = input.reshape((clips * time, channels))?;
        let attention = Attention::new(&seen(batch, lengths), self.heads, &self.device)?;
        let mut rows = in_layer(dropout, 0).apply(rows, Site::Embedding)?;
        let mut saved = Vec::new();
        for (layer, block) in self.blocks.iter().enumerate() {
            let (output, all) = block.forward(&rows, &attention, &in_layer(dropout, layer))?;
            match (keeps, self.recompute) {
                (false, _) => {}
                (true, true) => saved.push(Kept::Input(rows)),
                (true, false) => saved.push(Kept::All(all)),
            }
            rows = output;
        }
        let end = |head, sequences: &Sequences, offset| {
            self.end(head, &rows, sequences.wanted(time, offset))
        };
        let text = end(&self.text_head, &batch.text, lengths[0])?;
        let codes = end(&self.code_head, &batch.codes, lengths[0] + lengths[1])?;
        Ok(Pass {
            latents,
            attention,
            saved,
            ends: Ends {
                output: rows,
                text,
                codes,
            },
        })
    }

    fn end(
        &self,
        head: &Head,
        rows: &Tensor,
        (places, targets): (Vec<u32>, Vec<u32>),
    ) -> Result<End> {
        let places = Tensor::from_slice(&places, places.len(), &self.device)?;
        let output = rows.index_select(&places, 0)?;
        let normed = self.last_norm.forward(&output)?;
        let states = self.final_norm.forward(&normed)?;
        let scored = head.forward(&states, &targets)?;
        Ok(End {
            places,
            rows: [output, normed, states],
            scored,
        })
    }

    fn backward(
        &self,
        batch: &Batch,
        pass: Pass,
        scale: f64,
        dropout: Option<&Dropout>,
        sums: &mut Gradients,
    ) -> Result<()> {
        let Pass {
            latents,
            attention,
            saved,
            ends:
                Ends {
                    output,
                    text,
                    codes,
                },
        } = pass;
        let mut gradient = output.zeros_like()?;
        drop(output);
        let ends = [
            (&self.text_head, text, TEXT_WEIGHT),
            (&self.code_head, codes, 1.0),
        ];
        for (head, end, weight) in ends {
            let places = end.places.clone();
            let of_rows = self.end_backward(head, end, scale * weight, sums)?;
            gradient = gradient.index_add(&places, &of_rows, 0)?;
        }
        for (layer, kept) in saved.into_iter().enumerate().rev() {
            let (block, dropout) = (&self.blocks[layer], in_layer(dropout, layer));
            let kept = match kept {
                Kept::All(saved) => saved,
                Kept::Input(input) => block.forward(&input, &attention, &dropout)?.1,
            };
            gradient = block.backward(kept, &gradient, &attention, &dropout, sums)?;
        }
        let gradient = in_layer(dropout, 0).apply(gradient, Site::Embedding)?;
        let (clips, count, channels) = latents.dims3()?;
        let gradient = gradient.reshape((clips, attention.time, channels))?;
        let (text, codes) = (batch.text.time(), batch.codes.time());
        self.text
            .backward(&batch.text, &gradient.narrow(1, count, text)?, sums)?;
        let of_codes = gradient.narrow(1, count + text, codes)?;
        self.codes.backward(&batch.codes, &of_codes, sums)?;
        self.style_backward(&latents, &gradient.narrow(1, 0, count)?, sums)
    }

    fn end_backward(
        &self,
        head: &Head,
        end: End,
        weight: f64,
        sums: &mut Gradients,
    ) -> Result<Tensor> {
        let [output, normed, states] = end.rows;
        let of_states = head.backward(end.scored, &states, weight, sums)?;
        let of_normed = self.final_norm.backward(&normed, &of_states, sums)?;
        Ok(self.last_norm.backward(&output, &of_normed, sums)?)
    }

    /// By candle's record of how the latents came about.
    fn style_backward(
        &self,
        latents: &Tensor,
        gradient: &Tensor,
        sums: &mut Gradients,
    ) -> Result<()> {
        let product = (latents * gradient.detach())?.sum_all()?;
        let mut found = product.backward()?;
        for (place, variable) in &self.style_parameters {
            if let Some(gradient) = found.remove(variable) {
                sums.add(*place, gradient)?;
            }
        }
        Ok(())
    }
}

impl Ends {
    fn losses(&self) -> Losses {
        Losses {
            text: self.text.scored.loss,
            mel: self.codes.scored.loss,
        }
    }
}

fn in_layer(dropout: Option<&Dropout>, layer: usize) -> LayerDropout<'_> {
    LayerDropout { dropout, layer }
}

/// Which positions of each row may be looked at: latents, text and codes without their padding.
fn seen(batch: &Batch, lengths: [usize; 3]) -> Vec<Vec<bool>> {
    let rows = batch.text.seen.iter().zip(&batch.codes.seen);
    let row = |(text, codes): (&usize, &usize)| {
        let parts = [lengths[0], *text, *codes].into_iter().zip(lengths);
        let part = |(seen, length): (usize, usize)| (0..length).map(move |place| place < seen);
        parts.flat_map(part).collect()
    };
    rows.map(row).collect()
}
