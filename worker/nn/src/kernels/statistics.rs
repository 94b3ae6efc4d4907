//! Mean and variance of each channel over the whole time.

use pulp::Arch;
use rayon::prelude::*;

/// Rows whose sums are made together, in f32.
const AT_ONCE: usize = 128;

/// Means and biased variances of `[time, channel]`, one for each channel. Of no rows both are 0.
pub fn statistics(input: &[f32], channels: usize) -> (Vec<f64>, Vec<f64>) {
    let blocks: Vec<Block> = input
        .par_chunks(AT_ONCE * channels.max(1))
        .map(|rows| {
            Arch::new().dispatch(
                #[inline(always)]
                || block(rows, channels),
            )
        })
        .collect();
    let (mut count, mut means, mut squares) =
        (0.0, vec![0.0_f64; channels], vec![0.0_f64; channels]);
    // In order, by the formula of Chan et al. (1979).
    for block in blocks {
        let total = count + block.count;
        let share = block.count / total;
        let sums = block.means.iter().zip(&block.squares);
        for ((mean, square), (other, more)) in means.iter_mut().zip(&mut squares).zip(sums) {
            let difference = f64::from(*other) - *mean;
            *mean += difference * share;
            *square += f64::from(*more) + difference * difference * count * share;
        }
        count = total;
    }
    for square in &mut squares {
        *square /= count.max(1.0);
    }
    (means, squares)
}

struct Block {
    count: f64,
    means: Vec<f32>,
    /// Sums of the squared distances from the mean.
    squares: Vec<f32>,
}

#[inline(always)]
fn block(rows: &[f32], channels: usize) -> Block {
    let (mut means, mut squares) = (vec![0.0; channels], vec![0.0; channels]);
    for row in rows.chunks_exact(channels) {
        for (mean, x) in means.iter_mut().zip(row) {
            *mean += x;
        }
    }
    let count = rows.len() / channels.max(1);
    for mean in &mut means {
        *mean /= count as f32;
    }
    for row in rows.chunks_exact(channels) {
        for ((square, x), mean) in squares.iter_mut().zip(row).zip(&means) {
            *square += (x - mean) * (x - mean);
        }
    }
    Block {
        count: count as f64,
        means,
        squares,
    }
}
