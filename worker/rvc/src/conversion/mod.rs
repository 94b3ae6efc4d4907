//! A conversion: a recording comes in pieces of any size, and so does the converted one, in constant memory.
//!
//! Features, pitch and encoder look at windows of some 30 s and a second around them, which are cut where the recording is quietest. What the
//! encoder makes of them is blended there. From there on there are no windows: flow and decoder are one stream over the whole recording.

mod engine;
mod report;
mod settings;
mod volume;
mod window;

use std::sync::Arc;

pub use self::engine::Engine;
pub(crate) use self::engine::sung;
pub use self::report::Report;
use self::report::Tally;
pub use self::settings::Settings;
use self::volume::VolumeStream;
use self::window::{EDGE, FRAME, Plan, Window, Windows};
use crate::error::{Result, RvcError};
use crate::highpass::HighPass;
use crate::noise::Noise;
use crate::synthesizer::{Frames, SpeechStream};
use crate::trace::Trace;

/// Samples of a recording at 16 kHz.
const SAMPLE_RATE: usize = 16_000;
const LEAST_SAMPLES: usize = SAMPLE_RATE / 10;
/// Below which nothing is heard: -80 dB.
const SILENCE: f32 = 1e-4;

/// A recording that is being converted. The same recording, settings and seed give the same samples, however it is cut.
pub struct Conversion {
    engine: Arc<Engine>,
    settings: Settings,
    filter: HighPass,
    windows: Windows,
    speech: SpeechStream,
    volume: VolumeStream,
    tally: Tally,
    /// Samples that have come.
    received: usize,
    loudest: f32,
    /// Samples of the output that belong to what lies before the beginning, and are still to be dropped.
    dropping: usize,
    given: usize,
}

impl Conversion {
    pub(crate) fn begin(engine: &Arc<Engine>, settings: &Settings) -> Result<Self> {
        settings.check()?;
        let voice = engine.voice();
        let noise = Noise::Seeded(settings.seed);
        let hop = voice.config().hop();
        let rate = f64::from(settings.loudness_rate);
        Ok(Self {
            speech: SpeechStream::new(voice, settings.speaker, noise)?,
            filter: HighPass::default(),
            windows: Windows::new(settings.window_seconds as usize * SAMPLE_RATE / FRAME),
            volume: VolumeStream::new(rate, voice.config().sample_rate as usize),
            tally: Tally::default(),
            received: 0,
            loudest: 0.0,
            dropping: EDGE * hop,
            given: 0,
            settings: settings.clone(),
            engine: Arc::clone(engine),
        })
    }

    /// Goes on with the next samples, mono at 16 kHz from -1 to 1. Gives the samples that are ready, at the voice's rate.
    pub fn push(&mut self, samples: &[f32]) -> Result<Vec<f32>> {
        if samples.iter().any(|sample| !sample.is_finite()) {
            return Err(RvcError::AudioNotFinite);
        }
        self.received += samples.len();
        let seconds = self.settings.most_seconds;
        if self.received as u64 > seconds * SAMPLE_RATE as u64 {
            return Err(RvcError::AudioTooLong { seconds });
        }
        let mut output = Vec::new();
        // Not more at a time than a window needs, that no more than that waits.
        for part in samples.chunks(SAMPLE_RATE) {
            let wide: Vec<f64> = part.iter().map(|sample| f64::from(*sample)).collect();
            let filtered = self.filter.push(&wide);
            self.take(&filtered);
            while let Some(plan) = self.windows.next() {
                output.extend(self.convert(&plan)?);
            }
        }
        Ok(output)
    }

    /// The rest, and what there is to say of the whole.
    pub fn finish(mut self) -> Result<(Vec<f32>, Report)> {
        if self.received < LEAST_SAMPLES {
            return Err(RvcError::AudioTooShort {
                samples: self.received,
                least: LEAST_SAMPLES,
            });
        }
        let filtered = self.filter.finish();
        self.take(&filtered);
        if self.loudest < SILENCE {
            return Err(RvcError::AudioSilent);
        }
        let mut output = Vec::new();
        for plan in self.windows.rest() {
            output.extend(self.convert(&plan)?);
        }
        let rest = self.volume.finish();
        output.extend(self.bounded(rest));
        let report = self.tally.report(self.given);
        Ok((output, report))
    }

    fn take(&mut self, filtered: &[f64]) {
        let narrow: Vec<f32> = filtered.iter().map(|sample| *sample as f32).collect();
        self.loudest = narrow
            .iter()
            .fold(self.loudest, |most, x| most.max(x.abs()));
        self.volume.hear(&narrow);
        self.windows.append(&narrow);
    }

    fn convert(&mut self, plan: &Plan) -> Result<Vec<f32>> {
        let samples = self.windows.samples(plan);
        let analysed = self
            .engine
            .analyse(&samples, plan.frames(), &self.settings)?;
        self.tally.count(&analysed.tracked[plan.inside()]);
        let window = Window {
            encoded: analysed.encoded,
            pitch: analysed.pitch,
        };
        let engine = Arc::clone(&self.engine);
        let mut output = Vec::new();
        for (part, is_last) in self.windows.parts(plan, &window)? {
            let frames = Frames {
                encoded: &part.encoded,
                pitch: &part.pitch,
            };
            let samples = self
                .speech
                .push(engine.voice(), &frames, is_last, &mut Trace::none())?;
            let dropped = self.dropping.min(samples.len());
            self.dropping -= dropped;
            let levelled = self.volume.push(&samples[dropped..]);
            output.extend(self.bounded(levelled));
        }
        self.windows.forget(plan);
        Ok(output)
    }

    /// No more than belong to the samples that have come.
    fn bounded(&mut self, mut samples: Vec<f32>) -> Vec<f32> {
        if self.windows.is_done() {
            let hop = self.engine.voice().config().hop();
            let all = (self.received * hop + FRAME / 2) / FRAME;
            samples.truncate(all.saturating_sub(self.given));
        }
        self.given += samples.len();
        samples
    }
}
