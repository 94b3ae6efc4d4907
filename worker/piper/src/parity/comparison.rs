//! One stage beside what the reference made of it.

use std::collections::HashMap;

use candle_core::{DType, Tensor};

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
    /// Frames of ids that differ; none may.
    Frames { different: usize, count: usize },
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

    /// Compares with the golden tensor of that name, whatever axes of length 1 it has; passes over what the folder does not hold.
    pub(super) fn tensor(&mut self, stage: &str, found: &Tensor, threshold: f64) -> Result<()> {
        let Some(expected) = self.golden.get(stage) else {
            return Ok(());
        };
        let difference = relative(found, expected, threshold)?;
        let passed = match &difference {
            // Written so that an error that is not a number fails.
            Difference::Relative { error, threshold } => error <= threshold,
            Difference::Frames { .. } | Difference::Shape { .. } => false,
        };
        self.tell(stage, difference, passed);
        Ok(())
    }

    pub(super) fn frames(&mut self, stage: &str, found: &[u32], expected: &[u32]) {
        let pairs = found.iter().zip(expected);
        let differing = pairs.filter(|(found, expected)| found != expected).count();
        let different = differing + found.len().abs_diff(expected.len());
        let count = expected.len();
        self.tell(
            stage,
            Difference::Frames { different, count },
            different == 0,
        );
    }

    fn tell(&mut self, stage: &str, difference: Difference, passed: bool) {
        (self.show)(&Comparison {
            stage: stage.to_owned(),
            difference,
            passed,
        });
    }
}

fn relative(found: &Tensor, expected: &Tensor, threshold: f64) -> Result<Difference> {
    let long = |tensor: &Tensor| -> Vec<usize> {
        let axes = tensor.dims().iter().copied();
        axes.filter(|length| *length != 1).collect()
    };
    if long(found) != long(expected) {
        return Ok(Difference::Shape {
            found: found.dims().to_vec(),
            expected: expected.dims().to_vec(),
        });
    }
    let values = |tensor: &Tensor| -> Result<Vec<f64>> {
        Ok(tensor.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?)
    };
    let (found, expected) = (values(found)?, values(expected)?);
    let largest = expected
        .iter()
        .fold(0.0_f64, |most, value| most.max(value.abs()));
    let errors = found.iter().zip(&expected).map(|(found, expected)| {
        let error = (found - expected).abs();
        if error.is_nan() { f64::INFINITY } else { error }
    });
    Ok(Difference::Relative {
        error: errors.fold(0.0, f64::max) / largest.max(f64::MIN_POSITIVE),
        threshold,
    })
}
