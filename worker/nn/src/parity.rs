//! The stages of a model beside what its reference implementation made of them.

use std::{collections::HashMap, fmt};

use candle_core::{DType, Device, Result, Tensor};

/// How a stage compares. Displayed as a line of a table of stage, largest error and threshold.
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
    /// Whole numbers that differ; none may.
    Exact { different: usize, count: usize },
    /// The shapes differ.
    Shape {
        found: Vec<usize>,
        expected: Vec<usize>,
    },
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stage, passed, .. } = self;
        let verdict = if *passed { "pass" } else { "FAIL" };
        match &self.difference {
            Difference::Relative { error, threshold } => {
                write!(f, "{stage:<46} {error:>13.1e} {threshold:>10.0e} {verdict}")
            }
            Difference::Exact { different, count } => {
                let different = format!("{different} of {count}");
                write!(f, "{stage:<46} {different:>13} {:>10} {verdict}", "equal")
            }
            Difference::Shape { found, expected } => {
                write!(f, "{stage:<46} {found:?} instead of {expected:?} {verdict}")
            }
        }
    }
}

/// Compares stages with golden tensors, and shows each result.
pub struct Comparisons<'a> {
    golden: &'a HashMap<String, Tensor>,
    show: &'a mut dyn FnMut(&Comparison),
}

impl<'a> Comparisons<'a> {
    pub fn new(golden: &'a HashMap<String, Tensor>, show: &'a mut dyn FnMut(&Comparison)) -> Self {
        Self { golden, show }
    }

    /// Compares with the golden tensor of that name; passes over what the golden files do not hold.
    pub fn tensor(&mut self, stage: &str, found: &Tensor, threshold: f64) -> Result<()> {
        let Some(expected) = self.golden.get(stage) else {
            return Ok(());
        };
        let difference = relative(found, expected, threshold)?;
        self.tell(stage, difference);
        Ok(())
    }

    /// As [`Comparisons::tensor`], of values in the order in which the golden tensor has them.
    pub fn values(&mut self, stage: &str, found: &[f32], threshold: f64) -> Result<()> {
        let Some(expected) = self.golden.get(stage) else {
            return Ok(());
        };
        let found = Tensor::from_slice(found, found.len(), &Device::Cpu)?;
        let difference = relative(&found, &expected.flatten_all()?, threshold)?;
        self.tell(stage, difference);
        Ok(())
    }

    /// Compares whole numbers, none of which may differ.
    pub fn exact(&mut self, stage: &str, found: &[u32], expected: &[u32]) {
        let pairs = found.iter().zip(expected);
        let differing = pairs.filter(|(found, expected)| found != expected).count();
        let difference = Difference::Exact {
            different: differing + found.len().abs_diff(expected.len()),
            count: expected.len(),
        };
        self.tell(stage, difference);
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

fn relative(found: &Tensor, expected: &Tensor, threshold: f64) -> Result<Difference> {
    if found.dims() != expected.dims() {
        return Ok(Difference::Shape {
            found: found.dims().to_vec(),
            expected: expected.dims().to_vec(),
        });
    }
    let values = |tensor: &Tensor| -> Result<Vec<f64>> {
        let tensor = tensor.to_device(&Device::Cpu)?.to_dtype(DType::F64)?;
        tensor.flatten_all()?.to_vec1()
    };
    let (found, expected) = (values(found)?, values(expected)?);
    let largest = expected.iter().filter(|value| value.is_finite());
    let largest = largest.fold(0.0_f64, |most, value| most.max(value.abs()));
    let errors = found.iter().zip(&expected).map(|(x, y)| error(*x, *y));
    Ok(Difference::Relative {
        error: errors.fold(0.0, f64::max) / largest.max(f64::MIN_POSITIVE),
        threshold,
    })
}

/// Infinite where either is not finite, but for the same infinity, which masks are made of.
fn error(found: f64, expected: f64) -> f64 {
    let same_infinity = found.is_infinite() && found.total_cmp(&expected).is_eq();
    match (found.is_finite() && expected.is_finite(), same_infinity) {
        (true, _) => (found - expected).abs(),
        (false, true) => 0.0,
        (false, false) => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(expected: &[f32], found: &[f32]) -> Comparison {
        let expected = Tensor::new(expected, &Device::Cpu).unwrap();
        let golden = HashMap::from([("stage".to_owned(), expected)]);
        let mut shown = Vec::new();
        let mut show = |comparison: &Comparison| shown.push(comparison.clone());
        let mut comparisons = Comparisons::new(&golden, &mut show);
        comparisons.values("stage", found, 1e-3).unwrap();
        comparisons.values("another", found, 1e-3).unwrap();
        assert_eq!(shown.len(), 1);
        shown.remove(0)
    }

    #[test]
    fn errors_are_relative_to_the_largest_value() {
        assert!(compared(&[10.0, 0.0], &[10.0, 0.009]).passed);
        assert!(!compared(&[10.0, 0.0], &[10.0, 0.011]).passed);
        assert!(!compared(&[1.0], &[1.0, 1.0]).passed);
    }

    #[test]
    fn what_is_no_number_never_passes() {
        assert!(!compared(&[1.0, 2.0], &[1.0, f32::NAN]).passed);
        assert!(!compared(&[1.0, f32::NAN], &[1.0, f32::NAN]).passed);
        let lowest = f32::NEG_INFINITY;
        assert!(compared(&[1.0, lowest], &[1.0, lowest]).passed);
        assert!(!compared(&[1.0, lowest], &[1.0, f32::INFINITY]).passed);
    }
}
