//! Figures of many figures.

/// Numbers in their order, none of which is no number.
pub(super) struct Sorted(Vec<f64>);

impl Sorted {
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// Of the values nearest to it, none of none.
    pub(super) fn percentile(&self, percent: usize) -> Option<f64> {
        let last = self.0.len().checked_sub(1)?;
        self.0.get((last * percent + 50) / 100).copied()
    }

    pub(super) fn median(&self) -> Option<f64> {
        self.percentile(50)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn mean(&self) -> Option<f64> {
        (!self.0.is_empty()).then(|| self.0.iter().sum::<f64>() / self.0.len() as f64)
    }

    /// The standard deviation.
    pub(super) fn spread(&self) -> Option<f64> {
        let mean = self.mean()?;
        let squares = self.0.iter().map(|value| (value - mean).powi(2));
        Some((squares.sum::<f64>() / self.0.len() as f64).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_finite_numbers() {
        let values = Sorted::of([4.0, f64::NAN, 1.0, 2.0, 3.0, f64::INFINITY, 5.0].into_iter());
        assert_eq!((values.len(), values.median()), (5, Some(3.0)));
        assert_eq!(
            (values.percentile(0), values.percentile(100)),
            (Some(1.0), Some(5.0))
        );
        assert_eq!(values.mean(), Some(3.0));
        assert!(
            values
                .spread()
                .is_some_and(|spread| (spread - 2.0_f64.sqrt()).abs() < 1e-9)
        );
        assert_eq!(Sorted::of([].into_iter()).median(), None);
    }
}
