//! The inner loop of every product of f32: a few rows of input times a panel of weights, in registers.
//!
//! Each sum runs over the depth in order, one fused multiply-add a term, whatever the number of rows, the width of the vectors and the
//! number of threads. A row therefore has the same result alone and among others.

use std::array;

use pulp::Simd;

/// Outputs of one panel of weights.
pub(super) const PANEL: usize = 32;
/// Rows that fit the registers beside a panel, where vectors have 16 lanes and where they have fewer.
pub(super) const MOST_ROWS: usize = 12;
const FEW_ROWS: usize = 3;

/// Rows of weights, [`PANEL`] values for each step of the depth.
#[derive(Clone, Copy)]
pub(super) struct Panel<'a>(pub(super) &'a [f32]);

/// Rows of input: row `m` begins at `m * stride`, and `depth` values of it are used.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) values: &'a [f32],
    pub(super) stride: usize,
    pub(super) depth: usize,
}

/// Rows that are best worked on together.
pub(super) fn rows_at_once<S: Simd>() -> usize {
    if S::F32_LANES == 16 {
        MOST_ROWS
    } else {
        FEW_ROWS
    }
}

/// Adds to each of `count` rows of sums, [`PANEL`] long, the products of all terms in order.
#[inline(always)]
pub(super) fn accumulate<'a, S: Simd>(
    simd: S,
    count: usize,
    terms: impl Iterator<Item = (Rows<'a>, Panel<'a>)>,
    sums: &mut [f32],
) {
    match S::F32_LANES {
        16 => by_count::<S, 2>(simd, count, terms, sums),
        8 => by_count::<S, 4>(simd, count, terms, sums),
        4 => by_count::<S, 8>(simd, count, terms, sums),
        _ => by_count::<S, 32>(simd, count, terms, sums),
    }
}

#[inline(always)]
fn by_count<'a, S: Simd, const V: usize>(
    simd: S,
    count: usize,
    terms: impl Iterator<Item = (Rows<'a>, Panel<'a>)>,
    sums: &mut [f32],
) {
    match count {
        1 => tile::<S, V, 1>(simd, terms, sums),
        2 => tile::<S, V, 2>(simd, terms, sums),
        3 => tile::<S, V, 3>(simd, terms, sums),
        4 => tile::<S, V, 4>(simd, terms, sums),
        5 => tile::<S, V, 5>(simd, terms, sums),
        6 => tile::<S, V, 6>(simd, terms, sums),
        7 => tile::<S, V, 7>(simd, terms, sums),
        8 => tile::<S, V, 8>(simd, terms, sums),
        9 => tile::<S, V, 9>(simd, terms, sums),
        10 => tile::<S, V, 10>(simd, terms, sums),
        11 => tile::<S, V, 11>(simd, terms, sums),
        _ => tile::<S, V, MOST_ROWS>(simd, terms, sums),
    }
}

#[inline(always)]
fn tile<'a, S: Simd, const V: usize, const M: usize>(
    simd: S,
    terms: impl Iterator<Item = (Rows<'a>, Panel<'a>)>,
    sums: &mut [f32],
) {
    let mut acc: [[S::f32s; V]; M] = array::from_fn(|m| load::<S, V>(&sums[m * PANEL..]));
    for (rows, panel) in terms {
        let inputs: [&[f32]; M] = array::from_fn(|m| &rows.values[m * rows.stride..][..rows.depth]);
        let weights = panel.0.chunks_exact(PANEL).take(rows.depth);
        for (k, weights) in weights.enumerate() {
            let weights = load::<S, V>(weights);
            for (acc, input) in acc.iter_mut().zip(inputs) {
                let input = simd.splat_f32s(input[k]);
                for (acc, weight) in acc.iter_mut().zip(weights) {
                    *acc = simd.mul_add_f32s(input, weight, *acc);
                }
            }
        }
    }
    for (sums, acc) in sums.chunks_exact_mut(PANEL).zip(acc) {
        let (vectors, _) = S::as_mut_simd_f32s(sums);
        vectors.copy_from_slice(&acc);
    }
}

#[inline(always)]
fn load<S: Simd, const V: usize>(values: &[f32]) -> [S::f32s; V] {
    let (vectors, _) = S::as_simd_f32s(&values[..PANEL]);
    array::from_fn(|v| vectors[v])
}
