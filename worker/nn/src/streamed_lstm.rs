//! A long short-term memory in one direction, whose input comes piece by piece.

use std::sync::Arc;

use candle_core::{DType, Result, Tensor, bail};

use crate::kernels::{
    panels::Panels,
    recurrent::{self, Memory},
};
use crate::lstm::sigmoid;
use crate::{Linear, LstmWeights, slice::f32_slice};

/// The layer; cheap to clone.
#[derive(Clone)]
pub struct StreamedLstm {
    /// To the gates, `[in, 4 * units]`.
    input: Linear,
    recurrent: Recurrent,
    units: usize,
}

#[derive(Clone)]
enum Recurrent {
    /// `[units, 4 * units]`
    Composed(Tensor),
    Packed(Arc<Panels>),
}

/// What a stream has left in the layer so far.
#[derive(Debug, Clone)]
pub struct LstmMemory(Memory);

impl StreamedLstm {
    /// Of f32 weights; computes in `dtype` where the device is a GPU.
    pub fn new(weights: &LstmWeights<'_>, dtype: DType) -> Result<Self> {
        let (width, units) = weights.recurrent.dims2()?;
        if width != 4 * units || weights.bias.dims() != [width] {
            bail!("an LSTM of {units} units needs recurrent weights [4 units, units]");
        }
        let columns = weights.recurrent.t()?.contiguous()?;
        let recurrent = if columns.device().is_cpu() {
            let values = columns.flatten_all()?.to_vec1::<f32>()?;
            Recurrent::Packed(Arc::new(Panels::pack(&values, 1, units, width, 1)))
        } else {
            Recurrent::Composed(columns.to_dtype(dtype)?)
        };
        Ok(Self {
            input: Linear::new(&weights.input.t()?, weights.bias, dtype)?,
            recurrent,
            units,
        })
    }

    /// That of a stream of which nothing has been read.
    pub fn memory(&self) -> LstmMemory {
        LstmMemory(Memory::empty(self.units))
    }

    /// `[time, in]` to `[time, units]`.
    pub fn forward(&self, input: &Tensor, memory: &mut LstmMemory) -> Result<Tensor> {
        let gates = self.input.forward(input)?;
        match &self.recurrent {
            Recurrent::Packed(panels) => {
                let (storage, layout) = gates.storage_and_layout();
                let candle_core::Storage::Cpu(storage) = &*storage else {
                    bail!("the gates have left the CPU");
                };
                let gates = f32_slice(storage, layout)?;
                let width = 4 * self.units;
                let states = recurrent::run(gates, width, 0, panels, false, &mut memory.0);
                Tensor::from_vec(states, (gates.len() / width, self.units), input.device())
            }
            Recurrent::Composed(weights) => self.composed(&gates, weights, memory),
        }
    }

    fn composed(
        &self,
        gates: &Tensor,
        weights: &Tensor,
        memory: &mut LstmMemory,
    ) -> Result<Tensor> {
        let row = |values: &[f32]| {
            Tensor::from_slice(values, (1, self.units), gates.device())?.to_dtype(gates.dtype())
        };
        let (mut state, mut cell) = (row(&memory.0.state)?, row(&memory.0.cell)?);
        let mut states = Vec::with_capacity(gates.dim(0)?);
        for time in 0..gates.dim(0)? {
            let sums = (gates.narrow(0, time, 1)? + state.matmul(weights)?)?;
            let gate = |number| sums.narrow(1, number * self.units, self.units);
            let added = (sigmoid(&gate(0)?)? * gate(2)?.tanh()?)?;
            cell = ((sigmoid(&gate(1)?)? * cell)? + added)?;
            state = (sigmoid(&gate(3)?)? * cell.tanh()?)?;
            states.push(state.clone());
        }
        let values = |row: &Tensor| row.to_dtype(DType::F32)?.flatten_all()?.to_vec1();
        memory.0 = Memory {
            state: values(&state)?,
            cell: values(&cell)?,
        };
        Tensor::cat(&states, 0)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::difference::assert_near;

    #[test]
    fn pieces_give_what_the_whole_gives_in_both_forms() {
        let random = |shape: &[usize]| Tensor::rand(-0.5_f32, 0.5, shape, &Device::Cpu).unwrap();
        let (input, units) = (5, 7);
        let weights = LstmWeights {
            input: &random(&[4 * units, input]),
            recurrent: &random(&[4 * units, units]),
            bias: &random(&[4 * units]),
        };
        let layer = StreamedLstm::new(&weights, DType::F32).unwrap();
        let composed = StreamedLstm {
            recurrent: Recurrent::Composed(weights.recurrent.t().unwrap().contiguous().unwrap()),
            ..layer.clone()
        };
        let x = random(&[9, input]);
        let whole = layer.forward(&x, &mut layer.memory()).unwrap();
        for layer in [layer, composed] {
            let mut memory = layer.memory();
            let mut piece = |from, length| {
                let piece = x.narrow(0, from, length).unwrap();
                layer.forward(&piece, &mut memory).unwrap()
            };
            let pieces = [piece(0, 4), piece(4, 1), piece(5, 4)];
            assert_near(&Tensor::cat(&pieces, 0).unwrap(), &whole, 1e-5);
        }
    }
}
