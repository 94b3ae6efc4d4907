//! Products of all rows with one or two panels of weights, by what the processor has.

use super::{PANEL, RECORD, input::Input};

/// Panels that one thread works on together.
pub(super) struct Block<'a> {
    pub(super) records: &'a [u8],
    pub(super) panel_size: usize,
    pub(super) input: &'a Input,
}

impl Block<'_> {
    /// Writes the sums `[panel, row, 16]`.
    pub(super) fn multiply(&self, output: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        if super::vnni::is_available() {
            super::vnni::multiply(self, output);
            return;
        }
        self.multiply_portably(output);
    }

    fn multiply_portably(&self, output: &mut [f32]) {
        let panels = self.records.chunks_exact(self.panel_size);
        for (panel, output) in panels.zip(output.chunks_mut(PANEL * self.input.rows())) {
            for (row, output) in output.chunks_exact_mut(PANEL).enumerate() {
                for (group, record) in panel.chunks_exact(RECORD).enumerate() {
                    self.add_group(row, group, record, output);
                }
            }
        }
    }

    fn add_group(&self, row: usize, group: usize, record: &[u8], output: &mut [f32]) {
        let (scales, quads) = record.split_at(PANEL * size_of::<f32>());
        let of_input = self.input.group(row, group);
        let mut sums = [of_input.correction; PANEL];
        let steps = self.input.quads(row, group);
        for (weights, steps) in quads.chunks_exact(4 * PANEL).zip(steps) {
            let steps = steps.to_le_bytes().map(u8::cast_signed);
            for (sum, weights) in sums.iter_mut().zip(weights.chunks_exact(4)) {
                let products = weights.iter().zip(steps);
                *sum += products
                    .map(|(weight, x)| i32::from(*weight) * i32::from(x))
                    .sum::<i32>();
            }
        }
        let scales = scales.as_chunks::<4>().0.iter();
        for ((output, sum), scale) in output.iter_mut().zip(sums).zip(scales) {
            let scale = f32::from_le_bytes(*scale) * of_input.scale;
            *output = (sum as f32).mul_add(scale, *output);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::quantized::Quantized;

    #[test]
    fn every_way_gives_the_same() {
        let weights: Vec<f32> = (0..256 * 32)
            .map(|i| ((i * 37) % 101) as f32 - 50.0)
            .collect();
        let x: Vec<f32> = (0..7 * 256)
            .map(|i| ((i * 17) % 29) as f32 - 14.0)
            .collect();
        let records = Quantized::pack(&weights, 256, 32);
        let input = Input::quantize(&x, 256);
        let block = Block {
            records: &records,
            panel_size: records.len() / 2,
            input: &input,
        };
        let (mut fast, mut portable) = (vec![0.0; 7 * 32], vec![0.0; 7 * 32]);
        block.multiply(&mut fast);
        block.multiply_portably(&mut portable);
        assert_eq!(fast, portable);
        assert!(fast.iter().any(|sum| *sum != 0.0));
    }
}
