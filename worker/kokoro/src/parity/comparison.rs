//! One stage beside what the reference made of it.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};

use crate::error::Result;

/// How a stage compares.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    pub stage: String,
    pub difference: Difference,
    pub passed: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Difference {
    /// The largest error relative to the largest value, and what is allowed.
    Relative { error: f64, threshold: f64 },
    /// Values that may not differ at all.
    Exact { different: usize, count: usize },
    /// The shapes differ.
    Shape {
        found: Vec<usize>,
        expected: Vec<usize>,
    },
}

/// Compares stages, and shows each result.
pub(super) struct Comparisons<'a> {
    golden: &'a HashMap<String, Tensor>,
    show: &'a mut dyn FnMut(&Comparison),
}

impl<'a> Comparisons<'a> {
    pub(super) fn new(
        golden: &'a HashMap<String, Tensor>,
        show: &'a mut dyn FnMut(&Comparison),
    ) -> Self {
        Self { golden, show }
    }

    /// Compares with the golden tensor of that name, whose batch of one is left out; passes over what the folder does not hold.
    pub(super) fn tensor(&mut self, name: &str, found: &Tensor, threshold: f64) -> Result<()> {
        let Some(expected) = self.golden.get(name) else {
            return Ok(());
        };
        let expected = match expected.dims() {
            [1, _, _] => expected.squeeze(0)?,
            _ => expected.clone(),
        };
        if found.dims() != expected.dims() {
            let (found, expected) = (found.dims().to_vec(), expected.dims().to_vec());
            self.tell(name, Difference::Shape { found, expected });
            return Ok(());
        }
        self.values(name, &floats(found)?, threshold)
    }

    /// As [`Comparisons::tensor`], of values in the order in which the golden tensor has them.
    pub(super) fn values(&mut self, name: &str, found: &[f32], threshold: f64) -> Result<()> {
        let Some(expected) = self.golden.get(name) else {
            return Ok(());
        };
        let difference = relative(found, &floats(expected)?, threshold);
        self.tell(name, difference);
        Ok(())
    }

    pub(super) fn exact(&mut self, name: &str, found: &[u32], expected: &[u32]) {
        let pairs = found.iter().zip(expected);
        let differing = pairs.filter(|(found, expected)| found != expected).count();
        let difference = Difference::Exact {
            different: differing + found.len().abs_diff(expected.len()),
            count: expected.len(),
        };
        self.tell(name, difference);
    }

    fn tell(&mut self, stage: &str, difference: Difference) {
        let passed = match &difference {
            // Written so that an error that is not a number fails.
            Difference::Relative { error, threshold } => error <= threshold,
            Difference::Exact { different, .. } => *different == 0,
            Difference::Shape { .. } => false,
        };
        (self.show)(&Comparison {
            stage: stage.to_owned(),
            difference,
            passed,
        });
    }
}

pub(super) fn floats(tensor: &Tensor) -> Result<Vec<f32>> {
    let tensor = tensor.to_device(&Device::Cpu)?.to_dtype(DType::F32)?;
    Ok(tensor.flatten_all()?.to_vec1()?)
}

fn relative(found: &[f32], expected: &[f32], threshold: f64) -> Difference {
    if found.len() != expected.len() {
        return Difference::Shape {
            found: vec![found.len()],
            expected: vec![expected.len()],
        };
    }
    let largest = expected.iter().filter(|value| value.is_finite());
    let largest = largest.fold(0.0_f64, |most, value| most.max(f64::from(value.abs())));
    let error = |(found, expected): (&f32, &f32)| {
        if found.is_finite() && expected.is_finite() {
            f64::from((found - expected).abs())
        } else {
            f64::INFINITY
        }
    };
    let error = found.iter().zip(expected).map(error).fold(0.0, f64::max);
    Difference::Relative {
        error: error / largest.max(f64::MIN_POSITIVE),
        threshold,
    }
}
