//! The parameters while they are trained.

use candle_core::{DType, Device, Tensor, Var};
use kiskadee_voice::acoustic::{Config, ModelError, Network, ParameterSource, WeightsFile};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::TrainError;

/// Named parameters in the order in which the network asked for them.
pub struct Parameters {
    device: Device,
    seed: u64,
    named: Vec<(String, Var)>,
}

impl Parameters {
    /// Fresh parameters, the same for the same seed, and the network that uses them.
    pub fn create(
        config: &Config,
        seed: u64,
        device: &Device,
    ) -> Result<(Self, Network), TrainError> {
        let mut parameters = Self {
            device: device.clone(),
            seed,
            named: Vec::new(),
        };
        let network = Network::new(config, &mut parameters)?;
        Ok((parameters, network))
    }

    /// The parameters of a file of weights, and the network that uses them.
    pub fn load(
        config: &Config,
        weights: WeightsFile<'_>,
        device: &Device,
    ) -> Result<(Self, Network), TrainError> {
        let mut loading = Loading {
            weights,
            parameters: Self {
                device: device.clone(),
                seed: 0,
                named: Vec::new(),
            },
        };
        let network = Network::new(config, &mut loading)?;
        Ok((loading.parameters, network))
    }

    fn add(&mut self, name: &str, values: &Tensor) -> Result<Tensor, ModelError> {
        let var = Var::from_tensor(values)?;
        self.named.push((name.to_owned(), var.clone()));
        Ok(var.as_tensor().clone())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Var)> {
        self.named.iter().map(|(name, var)| (name.as_str(), var))
    }

    /// The number of values in all.
    pub fn count(&self) -> usize {
        self.named.iter().map(|(_, var)| var.elem_count()).sum()
    }
}

impl ParameterSource for Parameters {
    fn parameter(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
        gain: f32,
    ) -> Result<Tensor, ModelError> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(self.named.len() as u64 + 1);
        let limit = gain * (3.0 / rows as f32).sqrt();
        let values: Vec<f32> = (0..rows * columns)
            .map(|_| random.random_range(-limit..limit))
            .collect();
        let values = Tensor::from_vec(values, (rows, columns), &self.device)?;
        self.add(name, &values.to_dtype(DType::F32)?)
    }
}

/// Parameters on their way out of a file.
struct Loading<'a> {
    weights: WeightsFile<'a>,
    parameters: Parameters,
}

impl ParameterSource for Loading<'_> {
    fn parameter(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
        gain: f32,
    ) -> Result<Tensor, ModelError> {
        let values = self.weights.parameter(name, rows, columns, gain)?;
        self.parameters.add(name, &values)
    }
}
