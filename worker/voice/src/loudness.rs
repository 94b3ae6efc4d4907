//! Loudness: a constant gain for each voice to one loudness, and a limiter for what then is too loud.

/// Above this samples are bent towards ±1 (-1.9 dB).
const KNEE: f32 = 0.8;

/// Samples up to 0.8 as they are, louder ones smoothly below ±1; what is not a number becomes 0.
///
/// It knows no other samples, so a stream sounds the same however it is cut.
pub fn soft_limit(sample: f32) -> f32 {
    let size = sample.abs();
    if size <= KNEE {
        sample
    } else if size > KNEE {
        let over = (size - KNEE) / (1.0 - KNEE);
        (KNEE + (1.0 - KNEE) * over.tanh()).copysign(sample)
    } else {
        0.0
    }
}
