//! Writes the GPT's large matrices in 8 bits, so that a model need not be quantized at every start.

use std::{borrow::Cow, path::Path};

use kiskadee_nn::kernels::quantized::Quantized;
use safetensors::{Dtype, View, serialize_to_file};

use super::weights::MATRICES;
use kiskadee_checkpoint::Weights;

use crate::{
    config::Config,
    error::{Result, XttsError},
};

/// Writes a file of all matrices under the names that they have in the checkpoint. Holds one of them in memory.
pub(crate) fn quantize_gpt(weights: &Weights, config: &Config, path: &Path) -> Result<()> {
    let channels = config.model_args.gpt_n_model_channels;
    let mut matrices = Vec::new();
    for layer in 0..config.model_args.gpt_layers {
        for (part, input, output) in MATRICES {
            let name = format!("gpt.gpt.h.{layer}.{part}.weight");
            let (input, output) = (input * channels, output * channels);
            weights.check(&name, &[input, output])?;
            let matrix = Matrix {
                weights: weights.clone(),
                name: name.clone(),
                input,
                output,
                shape: [Quantized::size(input, output)],
            };
            matrices.push((name, matrix));
        }
    }
    serialize_to_file(matrices, None, path).map_err(|error| XttsError::file(path, error))
}

struct Matrix {
    weights: Weights,
    name: String,
    input: usize,
    output: usize,
    shape: [usize; 1],
}

impl View for Matrix {
    fn dtype(&self) -> Dtype {
        Dtype::U8
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let weight = self.weights.get(&self.name, (self.input, self.output));
        let values = weight.and_then(|weight| Ok(weight.flatten_all()?.to_vec1::<f32>()?));
        // Name and shape were checked; were it missing all the same, the file would have the wrong size and be refused.
        let packed = values.map(|values| Quantized::pack(&values, self.input, self.output));
        Cow::Owned(packed.unwrap_or_default())
    }

    fn data_len(&self) -> usize {
        self.shape[0]
    }
}
