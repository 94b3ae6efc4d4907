//! Attention of a short sequence over itself, all in both directions; where wanted with what the distance of two positions adds
//! (Shaw et al., "Self-Attention with Relative Position Representations", 2018).

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::attention::{add_scaled, dot};
use super::exponential::exp;

/// What is added to keys and values for distances from `-reach` to `reach`, `[2 * reach + 1, dim]` both; the same for all heads.
#[derive(Clone, Copy)]
pub struct Relative<'a> {
    pub keys: &'a [f32],
    pub values: &'a [f32],
    pub reach: usize,
}

/// Queries, keys and values side by side, `[time, 3 * heads * dim]`, to `[time, heads * dim]`.
pub fn attend_to_all(
    projected: &[f32],
    heads: usize,
    dim: usize,
    relative: Option<Relative<'_>>,
) -> Vec<f32> {
    let times = projected.len() / (3 * heads * dim).max(1);
    let mut output = vec![0.0; times * heads * dim];
    let work = |(number, output): (usize, &mut [f32])| {
        Arch::new().dispatch(Query {
            projected,
            heads,
            time: number / heads,
            head: number % heads,
            relative,
            output,
        });
    };
    let parts = output.par_chunks_mut(dim.max(1)).with_min_len(4);
    parts.enumerate().for_each(work);
    output
}

struct Query<'a> {
    projected: &'a [f32],
    heads: usize,
    time: usize,
    head: usize,
    relative: Option<Relative<'a>>,
    /// `[dim]`
    output: &'a mut [f32],
}

impl WithSimd for Query<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let dim = self.output.len();
        let width = self.heads * dim;
        let part = |time: usize, part: usize| {
            &self.projected[(3 * time + part) * width + self.head * dim..][..dim]
        };
        let times = self.projected.len() / (3 * width);
        let (query, scale) = (part(self.time, 0), 1.0 / (dim as f32).sqrt());
        let mut scores = vec![0.0; times];
        for (time, score) in scores.iter_mut().enumerate() {
            *score = dot(simd, query, part(time, 1)) * scale;
        }
        if let Some(relative) = self.relative {
            let (near, distances) = near(self.time, times, relative.reach);
            let keys = relative.keys.chunks_exact(dim).skip(distances);
            for (score, key) in scores[near].iter_mut().zip(keys) {
                *score += dot(simd, query, key) * scale;
            }
        }
        softmax(&mut scores);
        for (time, score) in scores.iter().enumerate() {
            add_scaled(simd, *score, part(time, 2), self.output);
        }
        if let Some(relative) = self.relative {
            let (near, distances) = near(self.time, times, relative.reach);
            let values = relative.values.chunks_exact(dim).skip(distances);
            for (score, value) in scores[near].iter().zip(values) {
                add_scaled(simd, *score, value, self.output);
            }
        }
    }
}

/// The times within reach, and the number of the first one's distance.
#[inline(always)]
fn near(time: usize, times: usize, reach: usize) -> (Range<usize>, usize) {
    let first = time.saturating_sub(reach);
    (first..times.min(time + reach + 1), first + reach - time)
}

#[inline(always)]
fn softmax(scores: &mut [f32]) {
    let mut most = f32::NEG_INFINITY;
    for score in &*scores {
        most = most.max(*score);
    }
    for score in &mut *scores {
        *score = exp(*score - most);
    }
    let mut total = 0.0;
    for score in &*scores {
        total += *score;
    }
    for score in scores {
        *score /= total;
    }
}
