//! Durations drawn by a flow (Kim et al., "Conditional Variational Autoencoder with Adversarial Learning for End-to-End Text-to-Speech",
//! 2021), run backwards: from noise to the logarithms of durations.

use candle_core::Tensor;
use kiskadee_nn::Extras;

use super::{separable::SeparableConvolutions, spline};
use crate::{
    config::{DilatedKernel, StochasticFlow},
    error::Result,
    model::layers::{BiasedConvolution, Loader},
    trace::Trace,
};

pub(in crate::model) struct StochasticDurations {
    before: BiasedConvolution,
    convolutions: SeparableConvolutions,
    projection: BiasedConvolution,
    /// In the order in which they run.
    splines: Vec<SplineFlow>,
    /// Of the channel that becomes the logarithm of a duration: its shift, and the factor behind it.
    shift: f32,
    factor: f32,
    width: usize,
}

struct SplineFlow {
    name: String,
    before: BiasedConvolution,
    convolutions: SeparableConvolutions,
    projection: BiasedConvolution,
}

impl StochasticDurations {
    pub(super) fn load(
        loader: &Loader<'_>,
        input: usize,
        width: usize,
        layers: &[DilatedKernel],
        flows: &[StochasticFlow],
    ) -> Result<Self> {
        let affine = loader.at("flows.0");
        let first = |name| -> Result<f32> {
            let values: Vec<f32> = affine.tensor(name, &[2, 1])?.flatten_all()?.to_vec1()?;
            Ok(values.first().copied().unwrap_or_default())
        };
        let splines = flows
            .iter()
            .map(|flow| SplineFlow::load(loader, width, flow));
        Ok(Self {
            before: loader.pointwise("pre", (input, width))?,
            convolutions: SeparableConvolutions::load(
                &loader.at("convs"),
                "dp.convs".to_owned(),
                width,
                layers,
            )?,
            projection: loader.pointwise("proj", (width, width))?,
            splines: splines.collect::<Result<_>>()?,
            shift: first("m")?,
            factor: (-first("logs")?).exp(),
            width,
        })
    }

    /// Logarithms of durations in frames for noise `[2, id]`; `conditioning` `[channel]` is the speaker's part.
    pub(super) fn forward(
        &self,
        hidden: &Tensor,
        conditioning: Option<&Tensor>,
        noise: [Vec<f32>; 2],
        trace: &mut Trace<'_>,
    ) -> Result<Vec<f32>> {
        let mut rows = self.before.apply(hidden, Extras::default())?;
        trace.show(|| "dp.pre".to_owned(), || Ok(rows.clone()))?;
        if let Some(conditioning) = conditioning {
            rows = rows.broadcast_add(conditioning)?;
        }
        let rows = self.convolutions.forward(&rows, trace)?;
        let known = self.projection.apply(&rows, Extras::default())?;
        trace.show(|| "dp.proj".to_owned(), || Ok(known.clone()))?;
        let scale = 1.0 / (self.width as f32).sqrt();
        let [mut first, mut second] = noise;
        for flow in &self.splines {
            // The channels change places in front of each.
            std::mem::swap(&mut first, &mut second);
            let parameters = flow.parameters(&first, &known, trace)?;
            for (value, parameters) in second.iter_mut().zip(&parameters) {
                *value = spline::inverse(*value, parameters, scale);
            }
        }
        std::mem::swap(&mut first, &mut second);
        let logarithms = first.iter().map(|z| (z - self.shift) * self.factor);
        Ok(logarithms.collect())
    }
}

impl SplineFlow {
    fn load(loader: &Loader<'_>, width: usize, flow: &StochasticFlow) -> Result<Self> {
        let name = format!("flows.{}", flow.number);
        let loader = loader.at(&name);
        let name = format!("dp.{name}");
        let convolutions = format!("{name}.convs");
        Ok(Self {
            before: loader.pointwise("pre", (1, width))?,
            convolutions: SeparableConvolutions::load(
                &loader.at("convs"),
                convolutions,
                width,
                &flow.layers,
            )?,
            projection: loader.pointwise("proj", (width, 3 * flow.bins - 1))?,
            name,
        })
    }

    /// The parameters of each id's spline.
    fn parameters(
        &self,
        values: &[f32],
        known: &Tensor,
        trace: &mut Trace<'_>,
    ) -> Result<Vec<Vec<f32>>> {
        let values = Tensor::from_slice(values, (values.len(), 1), known.device())?;
        let rows = self.before.apply(&values, Extras::default())?;
        trace.show(|| format!("{}.pre", self.name), || Ok(rows.clone()))?;
        let rows = self.convolutions.forward(&(rows + known)?, trace)?;
        let parameters = self.projection.apply(&rows, Extras::default())?;
        trace.show(|| format!("{}.proj", self.name), || Ok(parameters.clone()))?;
        Ok(parameters.to_vec2()?)
    }
}
