//! The product by AVX-512 with its instruction for 8-bit dot products (VNNI).
#![expect(
    unsafe_code,
    reason = "vector instructions that the processor was asked for, and loads of whole vectors from checked slices"
)]

use std::arch::x86_64::{
    __m512, __m512i, _mm512_cvtepi32_ps, _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_loadu_ps,
    _mm512_loadu_si512, _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_storeu_ps,
};

use super::{PANEL, RECORD, input::QUADS, product::Block};

/// Bytes of one vector: 16 outputs of four steps.
const VECTOR: usize = 4 * PANEL;
/// Rows that are worked on together beside two panels.
const ROWS: usize = 8;

/// Whether the processor has the instructions.
pub(super) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni")
}

/// As [`Block::multiply`]; only where [`is_available`].
pub(super) fn multiply(block: &Block<'_>, output: &mut [f32]) {
    // SAFETY: the caller asked the processor for these instructions.
    unsafe { by_panels(block, output) }
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn by_panels(block: &Block<'_>, output: &mut [f32]) {
    let rows = block.input.rows();
    match block.records.len() / block.panel_size {
        2 => by_rows::<2>(block, rows, output),
        _ => by_rows::<1>(block, rows, output),
    }
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn by_rows<const P: usize>(block: &Block<'_>, rows: usize, output: &mut [f32]) {
    for first in (0..rows).step_by(ROWS) {
        match rows - first {
            1 => tile::<P, 1>(block, first, rows, output),
            2 => tile::<P, 2>(block, first, rows, output),
            3 => tile::<P, 3>(block, first, rows, output),
            4 => tile::<P, 4>(block, first, rows, output),
            5 => tile::<P, 5>(block, first, rows, output),
            6 => tile::<P, 6>(block, first, rows, output),
            7 => tile::<P, 7>(block, first, rows, output),
            _ => tile::<P, ROWS>(block, first, rows, output),
        }
    }
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn tile<const P: usize, const R: usize>(
    block: &Block<'_>,
    first: usize,
    rows: usize,
    output: &mut [f32],
) {
    let mut totals = [[_mm512_setzero_ps(); R]; P];
    for group in 0..block.input.depth {
        let mut records: [&[u8]; P] = [&[]; P];
        for (p, record) in records.iter_mut().enumerate() {
            *record = &block.records[p * block.panel_size + group * RECORD..][..RECORD];
        }
        let sums = sums::<P, R>(block, first, group, records);
        for p in 0..P {
            let of_weights = load_f32(records[p]);
            for r in 0..R {
                let of_input = _mm512_set1_ps(block.input.group(first + r, group).scale);
                let scale = _mm512_mul_ps(of_weights, of_input);
                totals[p][r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[p][r]), scale, totals[p][r]);
            }
        }
    }
    for (p, totals) in totals.iter().enumerate() {
        for (r, total) in totals.iter().enumerate() {
            let place = (p * rows + first + r) * PANEL;
            store(&mut output[place..place + PANEL], *total);
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn sums<const P: usize, const R: usize>(
    block: &Block<'_>,
    first: usize,
    group: usize,
    records: [&[u8]; P],
) -> [[__m512i; R]; P] {
    let mut input = [&[0; QUADS]; R];
    let mut sums = [[_mm512_set1_epi32(0); R]; P];
    for r in 0..R {
        input[r] = block.input.quads(first + r, group);
        let begin = _mm512_set1_epi32(block.input.group(first + r, group).correction);
        for sums in &mut sums {
            sums[r] = begin;
        }
    }
    for quad in 0..QUADS {
        for p in 0..P {
            let weights = load_bytes(&records[p][(quad + 1) * VECTOR..][..VECTOR]);
            for r in 0..R {
                let steps = _mm512_set1_epi32(input[r][quad]);
                sums[p][r] = _mm512_dpbusd_epi32(sums[p][r], weights, steps);
            }
        }
    }
    sums
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_bytes(bytes: &[u8]) -> __m512i {
    assert!(bytes.len() >= VECTOR);
    // SAFETY: there are so many bytes, and the load needs no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_f32(bytes: &[u8]) -> __m512 {
    assert!(bytes.len() >= VECTOR);
    // SAFETY: there are so many bytes, and the load needs no alignment.
    unsafe { _mm512_loadu_ps(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(output: &mut [f32], values: __m512) {
    assert!(output.len() >= PANEL);
    // SAFETY: there is so much room, and the store needs no alignment.
    unsafe { _mm512_storeu_ps(output.as_mut_ptr(), values) }
}
