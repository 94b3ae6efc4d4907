//! A weight of a graph as its numbers are made: dequantised, turned around, its gates in another order.

use kiskadee_checkpoint::onnx::Tensor;

/// A tensor of a graph and what has to be done to it, when its numbers are asked for.
#[derive(Clone)]
pub(super) struct Quantized<'a> {
    tensor: &'a Tensor<'a>,
    /// One for all, or one for each direction.
    zeros: Vec<f32>,
    /// One for all, one for each output, or those of each direction.
    scales: Option<Vec<f32>>,
    part: Part,
}

#[derive(Clone, Copy)]
enum Part {
    Whole,
    /// A matrix `[in, out]` becomes `[out, in]`.
    Transposed,
    /// One direction of an LSTM; whether it is stored `[in, gates]`.
    Direction(usize, bool),
    /// Those of a direction's biases that are added to the input, or to the state.
    Bias(usize, usize),
}

/// Directions of an LSTM.
const DIRECTIONS: usize = 2;
/// Where ONNX has the gates that torch has in the order input, forget, cell, output.
const GATES: [usize; 4] = [0, 2, 3, 1];

impl<'a> Quantized<'a> {
    pub(super) fn plain(tensor: &'a Tensor<'a>) -> Self {
        Self {
            tensor,
            zeros: vec![0.0],
            scales: None,
            part: Part::Whole,
        }
    }

    pub(super) fn transposed(mut self) -> Self {
        if self.tensor.dims.len() == 2 {
            self.part = Part::Transposed;
        }
        self
    }

    /// (w - zero) scale, with one scale for all or one for each place on the last axis.
    pub(super) fn scaled(
        mut self,
        zero: Option<&Tensor<'_>>,
        scale: &Tensor<'_>,
    ) -> Result<Self, String> {
        self.set(zero, scale)?;
        let last = self.tensor.dims.last().copied().unwrap_or(1);
        let scales = self.scales.as_ref().map_or(1, Vec::len);
        for count in [scales, self.zeros.len()] {
            if count != 1 && count != last {
                return Err(self.odd(&format!("has {count} scales or zeros for {last} outputs")));
            }
        }
        Ok(self)
    }

    /// As `scaled`, for `[direction, in, gates]`: zeros and scales stand by direction.
    pub(super) fn by_direction(
        mut self,
        zero: Option<&Tensor<'_>>,
        scale: &Tensor<'_>,
    ) -> Result<Self, String> {
        self.set(zero, scale)?;
        let gates = self.tensor.dims.last().copied().unwrap_or(1);
        let scales = self.scales.as_ref().map_or(0, Vec::len);
        if scales != DIRECTIONS && scales != DIRECTIONS * gates {
            return Err(self.odd(&format!("has {scales} scales for two directions")));
        }
        if self.zeros.len() != 1 && self.zeros.len() != scales {
            let zeros = self.zeros.len();
            return Err(self.odd(&format!("has {zeros} zeros and {scales} scales")));
        }
        Ok(self)
    }

    fn set(&mut self, zero: Option<&Tensor<'_>>, scale: &Tensor<'_>) -> Result<(), String> {
        let numbers = |tensor: &Tensor<'_>| {
            let numbers = tensor.to_f32().filter(|numbers| !numbers.is_empty());
            numbers.ok_or_else(|| format!("tensor `{}` holds no numbers", tensor.name))
        };
        self.scales = Some(numbers(scale)?);
        if let Some(zero) = zero {
            self.zeros = numbers(zero)?;
        }
        Ok(())
    }

    pub(super) fn direction(mut self, direction: usize, turned: bool) -> Result<Self, String> {
        let gates = if turned { 2 } else { 1 };
        let even = |dims: &[usize]| {
            dims.len() == 3 && dims[0] == DIRECTIONS && dims[gates].is_multiple_of(GATES.len())
        };
        if !even(&self.tensor.dims) {
            return Err(self.odd("is not the weight of a bidirectional LSTM"));
        }
        self.part = Part::Direction(direction, turned);
        Ok(self)
    }

    pub(super) fn half(mut self, direction: usize, half: usize) -> Result<Self, String> {
        match self.tensor.dims[..] {
            [DIRECTIONS, width] if width.is_multiple_of(2 * GATES.len()) => {}
            _ => return Err(self.odd("is not the bias of a bidirectional LSTM")),
        }
        self.part = Part::Bias(direction, half);
        Ok(self)
    }

    fn odd(&self, reason: &str) -> String {
        format!(
            "tensor `{}` of the shape {:?} {reason}",
            self.tensor.name, self.tensor.dims
        )
    }

    pub(super) fn shape(&self) -> Vec<usize> {
        let dims = &self.tensor.dims;
        match (self.part, &dims[..]) {
            (Part::Transposed, [rows, columns]) => vec![*columns, *rows],
            (Part::Direction(_, true), [_, input, gates]) => vec![*gates, *input],
            (Part::Direction(_, false), [_, gates, input]) => vec![*gates, *input],
            (Part::Bias(..), [_, width]) => vec![width / 2],
            _ => dims.clone(),
        }
    }

    /// The numbers, in order.
    pub(super) fn values(&self) -> Result<Vec<f32>, String> {
        let mut values = self
            .tensor
            .to_f32()
            .ok_or_else(|| self.odd("has numbers of a type that is not read"))?;
        let dims = &self.tensor.dims;
        let size = values.len();
        self.dequantize(&mut values);
        Ok(match (self.part, &dims[..]) {
            (Part::Transposed, [rows, columns]) => transposed(&values, *rows, *columns),
            (Part::Direction(direction, turned), [_, first, second]) => {
                let values = &values[direction * size / DIRECTIONS..][..size / DIRECTIONS];
                if turned {
                    reordered(&transposed(values, *first, *second))
                } else {
                    reordered(values)
                }
            }
            (Part::Bias(direction, half), [_, width]) => {
                reordered(&values[direction * width + half * width / 2..][..width / 2])
            }
            _ => values,
        })
    }

    fn dequantize(&self, values: &mut [f32]) {
        let Some(scales) = &self.scales else { return };
        let last = self.tensor.dims.last().copied().unwrap_or(1).max(1);
        let each = match self.part {
            Part::Direction(..) => (values.len() / DIRECTIONS).max(1),
            _ => values.len().max(1),
        };
        let parts = values.chunks_mut(each).enumerate();
        let of = |numbers: &[f32], part: usize, column: usize| match numbers.len() {
            1 => numbers[0],
            length if length == last => numbers[column],
            DIRECTIONS => numbers[part],
            _ => numbers[part * last + column],
        };
        for (part, values) in parts {
            for (place, value) in values.iter_mut().enumerate() {
                let column = place % last;
                *value = (*value - of(&self.zeros, part, column)) * of(scales, part, column);
            }
        }
    }
}

fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let column = |column: usize| values.iter().skip(column).step_by(columns.max(1)).copied();
    let mut turned = Vec::with_capacity(rows * columns);
    (0..columns).for_each(|number| turned.extend(column(number)));
    turned
}

/// Gates from ONNX's order to torch's.
fn reordered(values: &[f32]) -> Vec<f32> {
    let size = values.len() / GATES.len();
    let gates = GATES.iter().map(|gate| &values[gate * size..][..size]);
    gates.flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates_come_in_the_order_of_torch() {
        assert_eq!(reordered(&[1.0, 4.0, 2.0, 3.0]), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(
            transposed(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3),
            [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]
        );
    }
}
