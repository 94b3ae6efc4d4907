//! Voices: a style for every length of an utterance, and mixtures of them.

use std::path::Path;

use candle_core::Device;
use kiskadee_checkpoint::Weights;

use crate::error::{KokoroError, Result};

/// Rows of a voice: one for each number of ids.
pub const STYLE_ROWS: usize = 510;
/// Values of a row of the published voices.
pub const STYLE_WIDTH: usize = 256;
/// Beyond it no style of a working voice comes near.
const GREATEST_VALUE: f32 = 100.0;

/// A voice, or a mixture of some.
#[derive(Debug, Clone, PartialEq)]
pub struct Style {
    /// `[510, 256]`
    values: Vec<f32>,
}

impl Style {
    /// Of `[510, 256]` values; `name` is what an error says.
    pub fn new(name: &str, values: Vec<f32>) -> Result<Self> {
        if values.len() != STYLE_ROWS * STYLE_WIDTH {
            let reason = format!(
                "a voice has {} values where {STYLE_ROWS} x {STYLE_WIDTH} are needed",
                values.len()
            );
            return Err(KokoroError::tensor(name, reason));
        }
        // Written so that what is not a number is refused too.
        if let Some(value) = values.iter().find(|x| !(x.abs() <= GREATEST_VALUE)) {
            let reason = format!("holds the value {value}, which is not of a voice");
            return Err(KokoroError::tensor(name, reason));
        }
        Ok(Self { values })
    }

    /// The row for an utterance of so many ids, the zeros at both ends not counted.
    pub fn row(&self, ids: usize) -> &[f32] {
        let row = ids.clamp(1, STYLE_ROWS) - 1;
        &self.values[row * STYLE_WIDTH..][..STYLE_WIDTH]
    }

    /// All rows, `[510, 256]`.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The mean of voices by their weights, row by row. Weights are above 0 and need not sum up to 1.
    pub fn mixture(parts: &[(&Style, f64)]) -> Result<Self> {
        let sum: f64 = parts.iter().map(|(_, weight)| weight).sum();
        let positive = |weight: f64| weight.is_finite() && weight > 0.0;
        if parts.is_empty()
            || !parts.iter().all(|(_, weight)| positive(*weight))
            || !sum.is_finite()
        {
            let reason = "a mixture needs voices, each with a weight above 0";
            return Err(KokoroError::Input(reason.into()));
        }
        let mut values = vec![0.0_f64; STYLE_ROWS * STYLE_WIDTH];
        for (style, weight) in parts {
            let pairs = values.iter_mut().zip(&style.values);
            pairs.for_each(|(value, part)| *value += f64::from(*part) * weight / sum);
        }
        Ok(Self {
            values: values.into_iter().map(|value| value as f32).collect(),
        })
    }
}

/// The voices of a model: `voices.safetensors`, a tensor `[510, 256]` for each.
pub struct Styles {
    weights: Weights,
}

impl Styles {
    /// Maps the file; voices are read when they are asked for.
    pub fn open(path: &Path) -> Result<Self> {
        let weights = Weights::open(path, &Device::Cpu)?;
        for name in weights.names() {
            weights.check(&name, &[STYLE_ROWS, STYLE_WIDTH])?;
        }
        Ok(Self { weights })
    }

    pub fn names(&self) -> Vec<String> {
        let mut names = self.weights.names();
        names.sort_unstable();
        names
    }

    pub fn get(&self, name: &str) -> Result<Style> {
        if !self.weights.contains(name) {
            let reason = format!("the model has no voice `{name}`");
            return Err(KokoroError::Input(reason));
        }
        let tensor = self.weights.get(name, (STYLE_ROWS, STYLE_WIDTH))?;
        Style::new(name, tensor.flatten_all()?.to_vec1()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(value: f32) -> Style {
        let rows = (0..STYLE_ROWS).flat_map(|row| [row as f32 / 10.0 + value; STYLE_WIDTH]);
        Style::new("voice", rows.collect()).unwrap()
    }

    #[test]
    fn the_row_is_one_less_than_the_ids() {
        assert_eq!(voice(0.0).row(1)[0], 0.0);
        assert_eq!(voice(0.0).row(17)[255], 1.6);
        assert_eq!(voice(0.0).row(4000)[0], 50.9);
    }

    #[test]
    fn mixtures_are_weighted_means() {
        let (low, high) = (voice(1.0), voice(3.0));
        let mixture = Style::mixture(&[(&low, 3.0), (&high, 1.0)]).unwrap();
        assert_eq!(mixture.row(1)[7], 1.5);
        for weights in [[0.0, 1.0], [-1.0, 3.0], [f64::NAN, 1.0]] {
            assert!(Style::mixture(&[(&low, weights[0]), (&high, weights[1])]).is_err());
        }
        assert!(Style::mixture(&[]).is_err());
    }

    #[test]
    fn values_of_no_voice_are_refused() {
        assert!(Style::new("short", vec![0.0; 256]).is_err());
        for value in [f32::NAN, f32::INFINITY, 101.0] {
            let mut values = vec![0.0; STYLE_ROWS * STYLE_WIDTH];
            values[300] = value;
            assert!(Style::new("odd", values).is_err());
        }
    }
}
