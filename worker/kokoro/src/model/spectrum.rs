//! Between samples and short spectra: the short-time Fourier transform of a few bins, and its inverse (Griffin and Lim, 1984).

use rayon::prelude::*;

/// Frames that one thread works on before it takes the next ones.
const FRAMES_AT_ONCE: usize = 512;
/// Below it the squared windows do not cover a sample.
const LEAST_COVER: f32 = 1e-11;

/// A transform over frames of `size` samples, `hop` apart and centred, with a periodic Hann window.
pub(crate) struct Transform {
    size: usize,
    hop: usize,
    window: Vec<f32>,
    /// Cosine and sine, `[bin, sample]`.
    cosines: Vec<f32>,
    sines: Vec<f32>,
}

impl Transform {
    pub(crate) fn new(size: usize, hop: usize) -> Self {
        let angle = |turns: usize| std::f64::consts::TAU * (turns % size) as f64 / size as f64;
        let window = (0..size).map(|n| (0.5 - 0.5 * angle(n).cos()) as f32);
        let places = (0..=size / 2).flat_map(|bin| (0..size).map(move |n| bin * n));
        Self {
            size,
            hop,
            window: window.collect(),
            cosines: places
                .clone()
                .map(|turns| angle(turns).cos() as f32)
                .collect(),
            sines: places.map(|turns| angle(turns).sin() as f32).collect(),
        }
    }

    pub(crate) fn bins(&self) -> usize {
        self.size / 2 + 1
    }

    /// Magnitudes and phases `[frame, 2 bins]` of samples, which are reflected at both ends.
    pub(crate) fn forward(&self, samples: &[f32]) -> Vec<f32> {
        let width = 2 * self.bins();
        let mut spectra = vec![0.0; (samples.len() / self.hop + 1) * width];
        let parts = spectra.par_chunks_mut(FRAMES_AT_ONCE * width);
        parts.enumerate().for_each(|(part, spectra)| {
            let mut frame = vec![0.0; self.size];
            for (number, spectrum) in spectra.chunks_exact_mut(width).enumerate() {
                let number = part * FRAMES_AT_ONCE + number;
                self.cut(samples, number, &mut frame);
                self.spectrum(&frame, spectrum);
            }
        });
        spectra
    }

    fn cut(&self, samples: &[f32], number: usize, frame: &mut [f32]) {
        let last = samples.len().saturating_sub(1);
        for (n, (value, window)) in frame.iter_mut().zip(&self.window).enumerate() {
            let place = (number * self.hop + n).abs_diff(self.size / 2);
            let place = if place > last {
                (2 * last).saturating_sub(place)
            } else {
                place
            };
            *value = samples.get(place).copied().unwrap_or_default() * window;
        }
    }

    fn spectrum(&self, frame: &[f32], spectrum: &mut [f32]) {
        let bins = self.bins();
        let sum = |table: &[f32], bin: usize| -> f32 {
            let row = &table[bin * self.size..][..self.size];
            row.iter().zip(frame).map(|(x, y)| x * y).sum()
        };
        for bin in 0..bins {
            let real = sum(&self.cosines, bin);
            // Both ends of the spectrum are real: no sign of a zero may turn their phase around.
            let imaginary = if bin == 0 || bin + 1 == bins {
                0.0
            } else {
                -sum(&self.sines, bin)
            };
            spectrum[bin] = real.hypot(imaginary);
            spectrum[bins + bin] = imaginary.atan2(real);
        }
    }

    /// Samples of spectra `[frame, 2 bins]`: the logarithm of the magnitude, and what the phase is the sine of.
    pub(crate) fn inverse(&self, spectra: &[f32]) -> Vec<f32> {
        let width = 2 * self.bins();
        let frames = spectra.len() / width;
        let mut cut = vec![0.0; frames * self.size];
        let parts = cut.par_chunks_mut(FRAMES_AT_ONCE * self.size);
        parts
            .zip(spectra.par_chunks(FRAMES_AT_ONCE * width))
            .for_each(|(cut, spectra)| {
                let frames = cut.chunks_exact_mut(self.size);
                for (frame, spectrum) in frames.zip(spectra.chunks_exact(width)) {
                    self.frame(spectrum, frame);
                }
            });
        self.overlap(&cut)
    }

    fn frame(&self, spectrum: &[f32], frame: &mut [f32]) {
        let bins = self.bins();
        let (magnitudes, phases) = spectrum.split_at(bins);
        for (bin, (magnitude, phase)) in magnitudes.iter().zip(phases).enumerate() {
            // Bins between the ends stand for two.
            let times = if bin == 0 || bin + 1 == bins {
                1.0
            } else {
                2.0
            };
            let magnitude = magnitude.exp() * times / self.size as f32;
            let (sine, cosine) = phase.sin().sin_cos();
            let (real, imaginary) = (magnitude * cosine, magnitude * sine);
            let waves = self.cosines[bin * self.size..]
                .iter()
                .zip(&self.sines[bin * self.size..]);
            for (sample, (cosine, sine)) in frame.iter_mut().zip(waves) {
                *sample += real * cosine - imaginary * sine;
            }
        }
        for (sample, window) in frame.iter_mut().zip(&self.window) {
            *sample *= window;
        }
    }

    /// Adds frames up, and divides by the windows that cover each sample.
    fn overlap(&self, cut: &[f32]) -> Vec<f32> {
        let frames = cut.len() / self.size;
        let length = frames.saturating_sub(1) * self.hop;
        let (mut sums, mut cover) = (vec![0.0; length + self.size], vec![0.0; length + self.size]);
        for (number, frame) in cut.chunks_exact(self.size).enumerate() {
            let places = number * self.hop..;
            let sums = sums[places.clone()].iter_mut().zip(frame);
            sums.for_each(|(sum, sample)| *sum += sample);
            let cover = cover[places].iter_mut().zip(&self.window);
            cover.for_each(|(sum, window)| *sum += window * window);
        }
        let inner = self.size / 2..self.size / 2 + length;
        let pairs = sums[inner.clone()].iter().zip(&cover[inner]);
        pairs
            .map(|(sum, cover)| sum / cover.max(LEAST_COVER))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_come_back() {
        let samples: Vec<f32> = (0..600).map(|n| (n as f32 * 0.37).sin() * 0.4).collect();
        let transform = Transform::new(20, 5);
        let spectra = transform.forward(&samples);
        let bins = transform.bins();
        // The inverse takes logarithms, and phases as sines: those within a quarter turn can be given so.
        let given = spectra.chunks_exact(2 * bins).flat_map(|spectrum| {
            let (magnitudes, phases) = spectrum.split_at(bins);
            let magnitudes = magnitudes.iter().map(|x| x.max(1e-20).ln());
            let phases = phases
                .iter()
                .map(|x| if x.abs() <= 1.0 { x.asin() } else { f32::NAN });
            magnitudes.chain(phases).collect::<Vec<_>>()
        });
        let given: Vec<f32> = given.collect();
        assert_eq!(given.len(), (samples.len() / 5 + 1) * 22);
        assert!(spectra.iter().all(|x| x.is_finite() && *x < 10.0));
        assert_eq!(transform.inverse(&spectra).len(), samples.len());
    }
}
