//! Triangular filters on a mel scale: the logarithmic one (HTK: O'Shaughnessy, 1987) in f32 as `torchaudio` makes them, or Slaney's.

/// What the filters of a bank are scaled by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaling {
    /// All have the same height.
    Height,
    /// All have the same area (Slaney's).
    Area,
}

/// Filters as their first bin and the weights from there on: most weights of a whole matrix would be 0.
pub struct Filterbank {
    filters: Vec<Filter>,
}

struct Filter {
    start: usize,
    weights: Vec<f32>,
}

impl Filterbank {
    /// `bands` filters from 0 to `highest` Hz, for a spectrum of `bins` at `sample_rate` Hz.
    pub fn new(
        bins: usize,
        sample_rate: u32,
        bands: usize,
        highest: f32,
        scaling: Scaling,
    ) -> Self {
        let frequencies = evenly(0.0, (sample_rate / 2) as f32, bins);
        let corners: Vec<f32> = evenly(0.0, to_mel(f64::from(highest)) as f32, bands + 2)
            .into_iter()
            .map(to_hz)
            .collect();
        let filters = corners
            .windows(3)
            .map(|corner| Filter::new(&frequencies, [corner[0], corner[1], corner[2]], scaling))
            .collect();
        Self { filters }
    }

    /// `bands` filters of one area from 0 to half the rate, on Slaney's mel scale (Auditory Toolbox, 1998: even up to 1 kHz, logarithmic
    /// above), reckoned in f64 as `librosa` does.
    pub fn slaney(bins: usize, sample_rate: u32, bands: usize) -> Self {
        let highest = f64::from(sample_rate) / 2.0;
        let step = highest / (bins - 1) as f64;
        let frequencies: Vec<f64> = (0..bins).map(|bin| step * bin as f64).collect();
        let mel = slaney::to_mel(highest) / (bands + 1) as f64;
        let corner = |band: usize| slaney::to_hz(mel * band as f64);
        let filters = (0..bands)
            .map(|band| [corner(band), corner(band + 1), corner(band + 2)])
            .map(|corners| Filter::slaney(&frequencies, corners))
            .collect();
        Self { filters }
    }

    /// `bands` filters of one area between two frequencies in Hz, on the logarithmic mel scale, reckoned in f64 as `librosa` does with `htk`.
    pub fn htk(bins: usize, sample_rate: u32, bands: usize, (lowest, highest): (f64, f64)) -> Self {
        let step = f64::from(sample_rate) / 2.0 / (bins - 1) as f64;
        let frequencies: Vec<f64> = (0..bins).map(|bin| step * bin as f64).collect();
        let (first, last) = (to_mel(lowest), to_mel(highest));
        let corner = |band: usize| {
            let mel = first + (last - first) * band as f64 / (bands + 1) as f64;
            700.0 * (10.0_f64.powf(mel / 2595.0) - 1.0)
        };
        let filters = (0..bands)
            .map(|band| [corner(band), corner(band + 1), corner(band + 2)])
            .map(|corners| Filter::slaney(&frequencies, corners))
            .collect();
        Self { filters }
    }

    pub fn bands(&self) -> usize {
        self.filters.len()
    }

    /// The power in each band of a spectrum.
    pub fn apply<'a>(&'a self, power: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
        self.filters.iter().map(|filter| {
            let bins = power[filter.start..].iter().zip(&filter.weights);
            bins.map(|(power, weight)| power * weight).sum()
        })
    }
}

impl Filter {
    fn new(frequencies: &[f32], [low, middle, high]: [f32; 3], scaling: Scaling) -> Self {
        let height = match scaling {
            Scaling::Height => 1.0,
            Scaling::Area => 2.0 / (high - low),
        };
        let weight = |frequency: f32| {
            let (rising, falling) = (frequency - low, high - frequency);
            (rising / (middle - low)).min(falling / (high - middle)) * height
        };
        let start = frequencies.partition_point(|frequency| *frequency <= low);
        let weights = frequencies[start..]
            .iter()
            .map(|frequency| weight(*frequency))
            .take_while(|weight| *weight > 0.0)
            .collect();
        Self { start, weights }
    }

    fn slaney(frequencies: &[f64], [low, middle, high]: [f64; 3]) -> Self {
        let start = frequencies.partition_point(|frequency| *frequency <= low);
        let weight = |frequency: f64| {
            let (rising, falling) = (frequency - low, high - frequency);
            let height = (rising / (middle - low)).min(falling / (high - middle));
            (height * 2.0 / (high - low)) as f32
        };
        let weights = frequencies[start..].iter().map(|hz| weight(*hz));
        let weights = weights.take_while(|weight| *weight > 0.0).collect();
        Self { start, weights }
    }
}

/// Slaney's mel scale.
mod slaney {
    /// Hz for a mel below the corner.
    const EVEN: f64 = 200.0 / 3.0;
    /// Hz where the scale becomes logarithmic.
    const CORNER: f64 = 1_000.0;

    /// The natural logarithm of the ratio of frequencies a mel apart, above the corner.
    fn step() -> f64 {
        6.4_f64.ln() / 27.0
    }

    pub(super) fn to_mel(hz: f64) -> f64 {
        if hz < CORNER {
            hz / EVEN
        } else {
            CORNER / EVEN + (hz / CORNER).ln() / step()
        }
    }

    pub(super) fn to_hz(mel: f64) -> f64 {
        if mel < CORNER / EVEN {
            mel * EVEN
        } else {
            CORNER * ((mel - CORNER / EVEN) * step()).exp()
        }
    }
}

fn to_mel(hz: f64) -> f64 {
    2595.0 * (1.0 + hz / 700.0).log10()
}

fn to_hz(mel: f32) -> f32 {
    700.0 * (10f32.powf(mel / 2595.0) - 1.0)
}

/// `count` values from `start` to `end`, which are reckoned from the nearer end: so both are met exactly.
fn evenly(start: f32, end: f32, count: usize) -> Vec<f32> {
    let step = (end - start) / (count - 1) as f32;
    (0..count)
        .map(|i| {
            if i < count / 2 {
                start + step * i as f32
            } else {
                end - step * (count - 1 - i) as f32
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_filters_of_one_height_add_up_to_it() {
        let bank = Filterbank::new(513, 22_050, 20, 8_000.0, Scaling::Height);
        for bin in 20..300 {
            let mut power = vec![0.0; 513];
            power[bin] = 1.0;
            let sum: f32 = bank.apply(&power).sum();
            assert!((sum - 1.0).abs() < 1e-4, "bin {bin}: {sum}");
        }
    }

    #[test]
    fn filters_of_one_area_answer_noise_alike() {
        let bank = Filterbank::new(4097, 22_050, 20, 8_000.0, Scaling::Area);
        let hz_per_bin = 11_025.0 / 4_096.0;
        for (band, area) in bank.apply(&vec![hz_per_bin; 4097]).enumerate() {
            assert!((area - 1.0).abs() < 0.01, "band {band}: {area}");
        }
    }

    #[test]
    fn slaneys_filters_answer_noise_alike() {
        let bank = Filterbank::slaney(8193, 16_000, 80);
        let hz_per_bin = 8_000.0 / 8_192.0;
        assert_eq!(bank.bands(), 80);
        for (band, area) in bank.apply(&vec![hz_per_bin; 8193]).enumerate() {
            assert!((area - 1.0).abs() < 0.01, "band {band}: {area}");
        }
    }

    #[test]
    fn slaneys_scale_is_even_and_then_logarithmic() {
        assert!((slaney::to_mel(400.0) - 6.0).abs() < 1e-12);
        assert!((slaney::to_mel(6_400.0) - 42.0).abs() < 1e-12);
        for hz in [0.0, 440.0, 1_000.0, 7_777.0] {
            assert!((slaney::to_hz(slaney::to_mel(hz)) - hz).abs() < 1e-9);
        }
    }

    #[test]
    fn a_band_without_a_bin_is_silent() {
        let bank = Filterbank::new(5, 16_000, 64, 8_000.0, Scaling::Height);
        assert_eq!(bank.bands(), 64);
        assert_eq!(bank.apply(&[1.0; 5]).next(), Some(0.0));
    }
}
