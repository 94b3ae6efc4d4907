//! Vocal-tract length: a warp of the frequency axis, which is a matrix on the mel-cepstrum.

use crate::MEL_CEPSTRUM;

/// How far a warp may go before a voice stops sounding human.
pub const WARP_LIMIT: f32 = 0.15;

/// A matrix that moves formants down (above 0: a longer vocal tract) or up (below 0).
#[derive(Debug, Clone, PartialEq)]
pub struct Warp([[f32; MEL_CEPSTRUM]; MEL_CEPSTRUM]);

impl Warp {
    /// The first-order all-pass warp by `amount`, by the recursion of Oppenheim and Johnson (1972).
    pub fn new(amount: f32) -> Self {
        let amount = amount.clamp(-WARP_LIMIT, WARP_LIMIT);
        let mut matrix = [[0f32; MEL_CEPSTRUM]; MEL_CEPSTRUM];
        for column in 0..MEL_CEPSTRUM {
            let mut unit = [0f32; MEL_CEPSTRUM];
            unit[column] = 1.0;
            let warped = transform(&unit, amount);
            for (row, value) in matrix.iter_mut().zip(warped) {
                row[column] = value;
            }
        }
        Self(matrix)
    }

    pub fn apply(&self, cepstrum: &[f32; MEL_CEPSTRUM]) -> [f32; MEL_CEPSTRUM] {
        self.0
            .map(|row| row.iter().zip(cepstrum).map(|(a, b)| a * b).sum())
    }

    /// The diagonal of the covariance after the warp.
    pub fn variances(
        &self,
        covariance: &[[f32; MEL_CEPSTRUM]; MEL_CEPSTRUM],
    ) -> [f32; MEL_CEPSTRUM] {
        self.0.map(|row| {
            let weighted =
                covariance.map(|line| line.iter().zip(&row).map(|(a, b)| a * b).sum::<f32>());
            weighted.iter().zip(&row).map(|(a, b)| a * b).sum()
        })
    }
}

fn transform(cepstrum: &[f32; MEL_CEPSTRUM], amount: f32) -> [f32; MEL_CEPSTRUM] {
    let mut warped = [0f32; MEL_CEPSTRUM];
    for value in cepstrum.iter().rev() {
        let before = warped;
        warped[0] = value + amount * before[0];
        warped[1] = (1.0 - amount * amount) * before[0] + amount * before[1];
        for order in 2..MEL_CEPSTRUM {
            warped[order] = before[order - 1] + amount * (before[order] - warped[order - 1]);
        }
    }
    warped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_warp_changes_nothing_and_a_warp_is_undone_by_its_opposite() {
        let mut cepstrum = [0f32; MEL_CEPSTRUM];
        for (order, value) in cepstrum.iter_mut().enumerate() {
            *value = (order as f32 * 1.7).cos() / (1.0 + order as f32).powi(2);
        }
        let same = Warp::new(0.0).apply(&cepstrum);
        assert!(same.iter().zip(cepstrum).all(|(a, b)| (a - b).abs() < 1e-6));
        let there_and_back = Warp::new(-0.05).apply(&Warp::new(0.05).apply(&cepstrum));
        for (a, b) in there_and_back.iter().zip(cepstrum).take(8) {
            assert!((a - b).abs() < 0.01, "{a} {b}");
        }
    }

    #[test]
    fn variances_follow_from_the_covariance() {
        let mut covariance = [[0f32; MEL_CEPSTRUM]; MEL_CEPSTRUM];
        covariance[0][0] = 4.0;
        covariance[1][1] = 1.0;
        let variances = Warp::new(0.1).variances(&covariance);
        let mut one = [0f32; MEL_CEPSTRUM];
        one[0] = 2.0;
        let mut other = [0f32; MEL_CEPSTRUM];
        other[1] = 1.0;
        let (a, b) = (Warp::new(0.1).apply(&one), Warp::new(0.1).apply(&other));
        for order in 0..MEL_CEPSTRUM {
            assert!((variances[order] - a[order].powi(2) - b[order].powi(2)).abs() < 1e-5);
        }
    }
}
