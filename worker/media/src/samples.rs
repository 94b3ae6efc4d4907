//! From the engines' floating point samples to 16-bit ones.

/// The same scale as decoders use, so that 16-bit audio passes through unchanged.
const SCALE: f32 = 32_768.0;

/// Rounded to the nearest step, guarded against overshoot (+1.0 itself is one step beyond) and not-a-number.
pub(super) fn to_s16le(samples: &[f32]) -> Vec<u8> {
    // A cast from f32 saturates, and takes not-a-number for zero.
    samples
        .iter()
        .flat_map(|sample| ((sample * SCALE).round() as i16).to_le_bytes())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(sample: f32) -> i16 {
        i16::from_le_bytes(to_s16le(&[sample]).try_into().unwrap())
    }

    #[test]
    fn samples_are_rounded_and_guarded() {
        let step = 1.0 / 32_768.0;
        for (sample, expected) in [
            (0.0, 0),
            (0.4 * step, 0),
            (0.6 * step, 1),
            (-0.6 * step, -1),
            (1.0, i16::MAX),
            (7.5, i16::MAX),
            (-1.0, i16::MIN),
            (-7.5, i16::MIN),
            (f32::NAN, 0),
            (f32::INFINITY, i16::MAX),
        ] {
            assert_eq!(convert(sample), expected, "{sample}");
        }
    }

    #[test]
    fn every_16_bit_sample_passes_through() {
        for sample in i16::MIN..=i16::MAX {
            assert_eq!(convert(f32::from(sample) / 32_768.0), sample);
        }
    }
}
