//! Attention of single queries over what a cache holds, each query over a stretch of its own.
//!
//! All sums go from the first key to the last, so that a query has the same result wherever its keys lie and whoever else is there.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::exponential::exp;

/// What one query attends to: times of a row of the cache.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub row: usize,
    pub start: usize,
    pub end: usize,
}

/// Keys and values `[row, head, time, dim]`.
#[derive(Clone, Copy)]
pub struct Cached<'a> {
    pub keys: &'a [f32],
    pub values: &'a [f32],
    pub heads: usize,
    pub capacity: usize,
    pub dim: usize,
}

/// Queries `[query, head * dim]`, which stand `stride` apart, to outputs of the same form without gaps.
pub fn attend(queries: &[f32], stride: usize, cached: Cached<'_>, spans: &[Span]) -> Vec<f32> {
    let Cached { heads, dim, .. } = cached;
    let mut output = vec![0.0; spans.len() * heads * dim];
    let work = |(number, output): (usize, &mut [f32])| {
        let (query, head) = (number / heads, number % heads);
        Arch::new().dispatch(Head {
            query: &queries[query * stride + head * dim..][..dim],
            cached: cached.part(spans[query], head),
            output,
        });
    };
    let parts = output.par_chunks_mut(dim).with_min_len(4);
    parts.enumerate().for_each(work);
    output
}

impl<'a> Cached<'a> {
    /// Keys and values of one head within a span, `[time, dim]`.
    fn part(&self, span: Span, head: usize) -> (&'a [f32], &'a [f32]) {
        let first = (span.row * self.heads + head) * self.capacity + span.start;
        let range = first * self.dim..(first + span.end - span.start) * self.dim;
        (&self.keys[range.clone()], &self.values[range])
    }
}

struct Head<'a> {
    query: &'a [f32],
    cached: (&'a [f32], &'a [f32]),
    output: &'a mut [f32],
}

impl WithSimd for Head<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let dim = self.query.len();
        let scale = 1.0 / (dim as f32).sqrt();
        let (keys, values) = self.cached;
        let mut scores = vec![0.0; keys.len() / dim];
        let mut most = f32::NEG_INFINITY;
        for (score, key) in scores.iter_mut().zip(keys.chunks_exact(dim)) {
            *score = dot(simd, self.query, key) * scale;
            most = most.max(*score);
        }
        for score in &mut scores {
            *score = exp(*score - most);
        }
        let mut total = 0.0;
        for score in &scores {
            total += *score;
        }
        for (score, value) in scores.iter().zip(values.chunks_exact(dim)) {
            add_scaled(simd, score / total, value, self.output);
        }
    }
}

#[inline(always)]
pub(super) fn dot<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (S::as_simd_f32s(a), S::as_simd_f32s(b));
    let mut sum = simd.splat_f32s(0.0);
    for (a, b) in a.iter().zip(b) {
        sum = simd.mul_add_f32s(*a, *b, sum);
    }
    let mut total = simd.reduce_sum_f32s(sum);
    for (a, b) in a_rest.iter().zip(b_rest) {
        total += a * b;
    }
    total
}

#[inline(always)]
pub(super) fn add_scaled<S: Simd>(simd: S, scale: f32, value: &[f32], output: &mut [f32]) {
    let (value, value_rest) = S::as_simd_f32s(value);
    let (output, output_rest) = S::as_mut_simd_f32s(output);
    let factor = simd.splat_f32s(scale);
    for (output, value) in output.iter_mut().zip(value) {
        *output = simd.mul_add_f32s(factor, *value, *output);
    }
    for (output, value) in output_rest.iter_mut().zip(value_rest) {
        *output += scale * value;
    }
}
