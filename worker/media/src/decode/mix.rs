//! Brings the channels of a recording together, so that a voice is neither lost nor made louder than it was.

/// Channels that are heard; further ones of a recording are passed over.
pub(super) const MOST_CHANNELS: usize = 8;
/// Power below which a channel is silent beside the loudest one (-20 dB).
pub(super) const SILENT: f64 = 0.01;
/// Power of a mix below which its channels have cancelled each other out (-10 dB of the loudest one).
pub(super) const CANCELLED: f64 = 0.1;
/// A recording in floating point may go beyond full scale without being clipped. What goes less far beyond comes from coding and resampling.
const OVERSHOOT: f32 = 1.5;

/// Samples of all channels, one after the other in time.
#[derive(Debug)]
pub(super) struct Channels {
    number: usize,
    samples: Vec<f32>,
    powers: Vec<f64>,
}

impl Channels {
    pub(super) fn new(number: usize) -> Self {
        Self {
            number,
            samples: Vec::new(),
            powers: vec![0.0; number],
        }
    }

    /// Takes one sample of each channel, of which further ones may follow. Not-a-number is silence.
    pub(super) fn push(&mut self, frame: impl Iterator<Item = f32>) {
        for (sample, power) in frame.zip(&mut self.powers) {
            let sample = if sample.is_finite() { sample } else { 0.0 };
            *power += f64::from(sample).powi(2);
            self.samples.push(sample);
        }
    }

    /// One channel, -1.0..=1.0: the mean of those that are heard, or the loudest where they cancel each other out.
    pub(super) fn mixed(self) -> Vec<f32> {
        let (loudest, most) = self
            .powers
            .iter()
            .copied()
            .enumerate()
            .max_by(|(_, a), (_, b)| a.total_cmp(b))
            .unwrap_or_default();
        let heard: Vec<usize> = (0..self.number)
            .filter(|channel| self.powers[*channel] >= most * SILENT)
            .collect();
        let frames = || self.samples.chunks_exact(self.number.max(1));
        let mean = |frame: &[f32]| {
            let sum: f64 = heard.iter().map(|channel| f64::from(frame[*channel])).sum();
            (sum / heard.len().max(1) as f64) as f32
        };
        let mut mix: Vec<f32> = frames().map(mean).collect();
        let power: f64 = mix.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        if power < most * CANCELLED {
            mix = frames().map(|frame| frame[loudest]).collect();
        }
        within_scale(mix)
    }
}

fn within_scale(mut samples: Vec<f32>) -> Vec<f32> {
    let peak = samples
        .iter()
        .fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let gain = if peak > OVERSHOOT { peak.recip() } else { 1.0 };
    for sample in &mut samples {
        *sample = (*sample * gain).clamp(-1.0, 1.0);
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed(frames: &[&[f32]]) -> Vec<f32> {
        let mut channels = Channels::new(frames[0].len());
        for frame in frames {
            channels.push(frame.iter().copied());
        }
        channels.mixed()
    }

    #[test]
    fn equal_channels_stay_as_loud_as_they_were() {
        let frame = |value| [value; 6];
        assert_eq!(mixed(&[&frame(0.9), &frame(-0.8)]), [0.9, -0.8]);
    }

    #[test]
    fn a_voice_in_one_channel_keeps_its_loudness() {
        assert_eq!(mixed(&[&[0.0, 0.01, 0.8], &[0.0, 0.01, -0.8]]), [0.8, -0.8]);
    }

    #[test]
    fn channels_that_cancel_each_other_leave_one() {
        let mix = mixed(&[&[0.5, -0.5], &[-0.4, 0.4]]);
        let mix: Vec<f32> = mix.into_iter().map(f32::abs).collect();
        assert_eq!(mix, [0.5, 0.4]);
    }

    #[test]
    fn what_is_beyond_full_scale_is_brought_back() {
        assert_eq!(mixed(&[&[2.0], &[-1.0], &[f32::NAN]]), [1.0, -0.5, 0.0]);
        assert_eq!(mixed(&[&[1.2], &[-0.5]]), [1.0, -0.5]);
        assert_eq!(mixed(&[&[f32::INFINITY], &[0.5]]), [0.0, 0.5]);
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(Channels::new(2).mixed(), [0.0; 0]);
    }
}
