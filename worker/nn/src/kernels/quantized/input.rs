//! The input of a product, brought to 8 bits.

use pulp::Arch;

use super::{GROUP, quantized, scale};

/// Steps of the depth that are kept in one word.
pub(super) const QUAD: usize = 4;
/// Words of a group.
pub(super) const QUADS: usize = GROUP / QUAD;

/// Rows of signed 8-bit values, filled up with zeros to whole groups.
pub(super) struct Input {
    /// Four values each, the first in the lowest byte.
    quads: Vec<[i32; QUADS]>,
    groups: Vec<Group>,
    /// Groups of a row.
    pub(super) depth: usize,
}

/// What goes with the values of a group.
#[derive(Clone, Copy)]
pub(super) struct Group {
    pub(super) scale: f32,
    /// What the offset of the weights adds to each sum, negative.
    pub(super) correction: i32,
}

impl Input {
    /// Of rows that are `width` long.
    pub(super) fn quantize(input: &[f32], width: usize) -> Self {
        let depth = width.div_ceil(GROUP);
        let count = input.len() / width.max(1) * depth;
        let (mut quads, mut groups) = (Vec::with_capacity(count), Vec::with_capacity(count));
        Arch::new().dispatch(
            #[inline(always)]
            || {
                for row in input.chunks_exact(width) {
                    for part in row.chunks(GROUP) {
                        let (packed, group) = quantize_group(part);
                        quads.push(packed);
                        groups.push(group);
                    }
                }
            },
        );
        Self {
            quads,
            groups,
            depth,
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.groups.len() / self.depth.max(1)
    }

    #[inline(always)]
    pub(super) fn quads(&self, row: usize, group: usize) -> &[i32; QUADS] {
        &self.quads[row * self.depth + group]
    }

    #[inline(always)]
    pub(super) fn group(&self, row: usize, group: usize) -> Group {
        self.groups[row * self.depth + group]
    }
}

#[inline(always)]
fn quantize_group(part: &[f32]) -> ([i32; QUADS], Group) {
    let mut values = [0.0; GROUP];
    values[..part.len()].copy_from_slice(part);
    let scale = scale(&values);
    let mut bytes = [0_i32; GROUP];
    for (byte, value) in bytes.iter_mut().zip(values) {
        *byte = quantized(value, scale);
    }
    let mut sum = 0;
    for byte in bytes {
        sum += byte;
    }
    let mut quads = [0; QUADS];
    for (quad, bytes) in quads.iter_mut().zip(bytes.as_chunks::<QUAD>().0) {
        let [a, b, c, d] = bytes.map(|byte| byte & 0xff);
        *quad = a | b << 8 | c << 16 | d << 24;
    }
    let correction = -i32::from(super::ZERO) * sum;
    (quads, Group { scale, correction })
}
