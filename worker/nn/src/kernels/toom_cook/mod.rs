//! Convolutions over time with half the multiplications (Toom-Cook; Winograd, "Arithmetic Complexity of Computations", 1980).
//!
//! Four outputs of three taps are made of six products instead of twelve, four of four taps of seven instead of sixteen. Longer kernels
//! are cut into pieces of four taps, whose products are added up before they are turned into outputs. With a dilation of d, every d-th
//! row is a sequence of its own. Tiles are counted from the first row, so results depend on nothing but the whole input.

mod chunk;
mod pack;
mod schemes;

use std::marker::PhantomData;

use pulp::Arch;
use rayon::prelude::*;

use self::{
    chunk::{Chunk, Scratch, Work},
    pack::{Sizes, pack},
    schemes::{OUTPUTS, OfFour, OfThree},
};
use super::curve::Front;
use super::tile::MOST_ROWS;

/// Channels are filled up with zeros to whole vectors of the widest kind.
const ALIGNMENT: usize = 16;
/// Tiles that are worked on together, about: what belongs to them stays in the second cache.
const TILES_AT_ONCE: usize = 60;

/// A convolution of stride 1 and an odd number of taps from 3 on, whose output is as long as its input: zeros stand around the input.
pub struct ToomCook {
    /// `[out / 32, product, piece, depth, 32]`, filled up with zeros.
    weights: Vec<f32>,
    taps: usize,
    input: usize,
    output: usize,
    dilation: usize,
}

impl ToomCook {
    /// Transforms and packs weights `[out, in, tap]`.
    pub fn pack(
        weights: &[f32],
        taps: usize,
        (input, output): (usize, usize),
        dilation: usize,
    ) -> Self {
        let sizes = Sizes {
            taps,
            input,
            output,
            depth: depth(input),
        };
        let weights = if taps == 3 {
            pack::<OfThree, 6, 3>(weights, sizes)
        } else {
            pack::<OfFour, 7, 4>(weights, sizes)
        };
        Self {
            weights,
            taps,
            input,
            output,
            dilation,
        }
    }

    /// Of the input and of the output.
    pub fn channels(&self) -> (usize, usize) {
        (self.input, self.output)
    }

    /// Channels of the input, filled up.
    fn depth(&self) -> usize {
        depth(self.input)
    }

    /// `[time, in]` to `[time, out]`: behind what stands in front, with the bias and, where given, the residual `[time, out]` added.
    pub fn apply(
        &self,
        input: &[f32],
        front: Front<'_>,
        bias: &[f32],
        residual: Option<&[f32]>,
    ) -> Vec<f32> {
        let times = input.len() / self.input.max(1);
        let mut output = vec![0.0; times * self.output];
        // Whole blocks of tiles for each of the interleaved sequences.
        let blocks = (TILES_AT_ONCE / self.dilation / MOST_ROWS).max(1);
        let size = self.dilation * OUTPUTS * blocks * MOST_ROWS;
        let parts = output.par_chunks_mut(size * self.output).enumerate();
        parts.for_each_init(Scratch::default, |scratch, (number, output)| {
            let chunk = Chunk {
                convolution: self,
                input,
                times,
                first: number * size,
                front,
                bias,
                residual,
                output,
                scratch,
            };
            if self.taps == 3 {
                Arch::new().dispatch(Work::<OfThree, 6, 3>(chunk, PhantomData));
            } else {
                Arch::new().dispatch(Work::<OfFour, 7, 4>(chunk, PhantomData));
            }
        });
        output
    }
}

fn depth(input: usize) -> usize {
    input.next_multiple_of(ALIGNMENT)
}
