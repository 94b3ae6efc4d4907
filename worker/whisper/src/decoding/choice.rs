//! Choosing a token by its score.

use rand::Rng;

/// The token of the highest score, or one drawn by chance where it is hot, and its log probability at temperature 1.
pub(super) fn choose(scores: &[f32], temperature: f32, rng: &mut impl Rng) -> (u32, f64) {
    let id = if temperature > 0.0 {
        drawn(scores, temperature, rng)
    } else {
        best(scores)
    };
    let score = scores.get(id).copied().map_or(f64::NEG_INFINITY, f64::from);
    (id as u32, score - log_sum(scores))
}

/// The logarithm of the sum of all exponentials; minus infinity where there is none.
pub(super) fn log_sum(scores: &[f32]) -> f64 {
    let most = highest(scores);
    if most == f32::NEG_INFINITY {
        return f64::NEG_INFINITY;
    }
    let sum: f64 = scores
        .iter()
        .map(|score| f64::from(score - most).exp())
        .sum();
    f64::from(most) + sum.ln()
}

pub(super) fn highest(scores: &[f32]) -> f32 {
    scores.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

/// The first one of the highest.
fn best(scores: &[f32]) -> usize {
    let most = highest(scores);
    let mut places = scores.iter();
    places.position(|score| *score >= most).unwrap_or(0)
}

fn drawn(scores: &[f32], temperature: f32, rng: &mut impl Rng) -> usize {
    let most = highest(scores);
    let weight = |score: &f32| f64::from((score - most) / temperature).exp();
    let total: f64 = scores.iter().map(weight).sum();
    let mut left = rng.random::<f64>() * total;
    for (id, score) in scores.iter().enumerate() {
        left -= weight(score);
        if left < 0.0 {
            return id;
        }
    }
    best(scores)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn the_first_of_the_highest_is_chosen() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let scores = [0.0, 3.0, f32::NEG_INFINITY, 3.0];
        let (id, log) = choose(&scores, 0.0, &mut rng);
        assert_eq!(id, 1);
        let sum = 1.0 + 2.0 * 3.0_f64.exp();
        assert!((log - (3.0 - sum.ln())).abs() < 1e-6, "{log}");
    }

    #[test]
    fn chance_follows_the_scores() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let scores = [3.0_f32.ln(), f32::NEG_INFINITY, 0.0];
        let drawn = (0..4_000).map(|_| choose(&scores, 1.0, &mut rng).0);
        let mut counts = [0; 3];
        drawn.for_each(|id| counts[id as usize] += 1);
        assert_eq!(counts[1], 0);
        assert!((2_850..3_150).contains(&counts[0]), "{counts:?}");
        let cold = (0..500).filter(|_| choose(&scores, 0.05, &mut rng).0 == 2);
        assert_eq!(cold.count(), 0);
    }

    #[test]
    fn nothing_left_has_no_probability() {
        for scores in [&[f32::NEG_INFINITY; 3][..], &[]] {
            let sum = log_sum(scores);
            assert!(sum.is_infinite() && sum < 0.0, "{sum}");
        }
    }
}
