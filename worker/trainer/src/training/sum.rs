//! What the parts of a step come to.

use candle_core::backprop::GradStore;

use super::loss::Losses;
use super::parameters::Parameters;
use super::progress::Progress;
use crate::TrainError;

/// Means over the parts, each as heavy as its share of the frames; of one part alone what it has, to the bit.
#[derive(Default)]
pub(super) struct Sum {
    pub(super) losses: Progress,
    /// Of each parameter, in the parameters' order.
    pub(super) gradients: Vec<Vec<f32>>,
}

impl Sum {
    pub(super) fn add(
        &mut self,
        share: f32,
        losses: &Losses,
        parameters: &Parameters,
        gradients: &GradStore,
    ) -> Result<(), TrainError> {
        let sums = &mut self.losses;
        for (sum, loss) in [
            (&mut sums.total, &losses.total),
            (&mut sums.spectrum, &losses.spectrum),
            (&mut sums.slope, &losses.slope),
            (&mut sums.melody, &losses.melody),
            (&mut sums.voicing, &losses.voicing),
            (&mut sums.duration, &losses.duration),
        ] {
            *sum += share * loss.to_scalar::<f32>()?;
        }
        for (index, (name, var)) in parameters.iter().enumerate() {
            let gradient = gradients.get(var);
            let missing = || candle_core::Error::Msg(format!("{name} has no gradient"));
            let gradient = gradient.ok_or_else(missing)?.flatten_all()?;
            let values = gradient.to_vec1::<f32>()?;
            match self.gradients.get_mut(index) {
                Some(sum) => sum
                    .iter_mut()
                    .zip(values)
                    .for_each(|(sum, value)| *sum += share * value),
                None => self
                    .gradients
                    .push(values.into_iter().map(|value| share * value).collect()),
            }
        }
        Ok(())
    }
}
