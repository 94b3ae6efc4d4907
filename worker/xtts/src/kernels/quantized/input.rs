//! The input of a product, brought to 8 bits.

use super::{GROUP, quantized, scale};

/// Rows of signed 8-bit values, filled up with zeros to whole groups.
pub(super) struct Input {
    values: Vec<i8>,
    groups: Vec<Group>,
    /// Groups of a row.
    pub(super) depth: usize,
}

/// What goes with 64 values of a row.
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
        let (mut values, mut groups) = (vec![0; count * GROUP], Vec::with_capacity(count));
        let parts = input.chunks_exact(width).flat_map(|row| row.chunks(GROUP));
        for (values, part) in values.chunks_exact_mut(GROUP).zip(parts) {
            let scale = scale(part);
            let mut sum = 0;
            for (value, x) in values.iter_mut().zip(part) {
                let x = quantized(*x, scale);
                sum += x;
                *value = x as i8;
            }
            let correction = -i32::from(super::ZERO) * sum;
            groups.push(Group { scale, correction });
        }
        Self {
            values,
            groups,
            depth,
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.groups.len() / self.depth.max(1)
    }

    pub(super) fn values(&self, row: usize, group: usize) -> &[i8] {
        &self.values[(row * self.depth + group) * GROUP..][..GROUP]
    }

    pub(super) fn group(&self, row: usize, group: usize) -> Group {
        self.groups[row * self.depth + group]
    }
}
