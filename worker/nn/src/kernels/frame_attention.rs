//! Attention of a long sequence over itself, all in both directions: as products of packed matrices, a stretch of queries at a time.

use std::ops::Range;

use pulp::Arch;
use rayon::prelude::*;

use super::exponential::exp;
use super::panels::Panels;

/// Queries whose scores are in memory at once, for each thread.
const QUERIES_AT_ONCE: usize = 96;

/// Queries, keys and values side by side, `[time, 3 * heads * dim]`, to `[time, heads * dim]`.
pub fn attend_frames(projected: &[f32], heads: usize, dim: usize) -> Vec<f32> {
    let width = heads * dim;
    let times = projected.len() / (3 * width).max(1);
    let heads: Vec<Head> = (0..heads)
        .map(|head| Head::new(projected, width, head * dim..(head + 1) * dim))
        .collect();
    let mut output = vec![0.0; times * width];
    let stretches = output.par_chunks_mut(QUERIES_AT_ONCE * width.max(1));
    stretches.enumerate().for_each(|(number, output)| {
        let from = number * QUERIES_AT_ONCE * 3 * width;
        let rows = &projected[from..from + 3 * output.len()];
        for head in &heads {
            head.attend(rows, width, output);
        }
    });
    output
}

/// What all queries of a head look at.
struct Head {
    /// Its channels.
    channels: Range<usize>,
    /// From a query's channels to a score for each time, divided by the root of the head's size.
    keys: Panels,
    /// From a share for each time to channels.
    values: Panels,
}

impl Head {
    fn new(projected: &[f32], width: usize, channels: Range<usize>) -> Self {
        let dim = channels.len();
        let times = projected.len() / (3 * width);
        let scale = 1.0 / (dim as f32).sqrt();
        let mut keys = vec![0.0; dim * times];
        let mut values = Vec::with_capacity(times * dim);
        for (time, row) in projected.chunks_exact(3 * width).enumerate() {
            let key = &row[width..2 * width][channels.clone()];
            for (channel, value) in key.iter().enumerate() {
                keys[channel * times + time] = value * scale;
            }
            values.extend_from_slice(&row[2 * width..][channels.clone()]);
        }
        Self {
            channels,
            keys: Panels::pack(&keys, 1, dim, times, 1),
            values: Panels::pack(&values, 1, times, dim, 1),
        }
    }

    /// Writes this head's channels of `output` `[query, width]`.
    fn attend(&self, rows: &[f32], width: usize, output: &mut [f32]) {
        let queries = rows.chunks_exact(3 * width);
        let queries: Vec<f32> = queries
            .flat_map(|row| &row[self.channels.clone()])
            .copied()
            .collect();
        let (times, dim) = (self.keys.output, self.values.output);
        let mut shares = self.keys.apply(&queries, &vec![0.0; times], None);
        softmax(&mut shares, times);
        let attended = self.values.apply(&shares, &vec![0.0; dim], None);
        let rows = output.chunks_exact_mut(width);
        for (row, attended) in rows.zip(attended.chunks_exact(dim)) {
            row[self.channels.clone()].copy_from_slice(attended);
        }
    }
}

/// Of each row of so many scores.
fn softmax(scores: &mut [f32], width: usize) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for row in scores.chunks_exact_mut(width) {
                let mut most = f32::NEG_INFINITY;
                for score in &*row {
                    most = most.max(*score);
                }
                for score in &mut *row {
                    *score = exp(*score - most);
                }
                let mut total = 0.0;
                for score in &*row {
                    total += *score;
                }
                for score in row {
                    *score /= total;
                }
            }
        },
    );
}
