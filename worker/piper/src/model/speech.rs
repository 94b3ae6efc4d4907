//! One sentence that is spoken.

use candle_core::{Device, Tensor};

use super::{
    FrameNoise, MOST_FRAMES, MOST_IDS, Piper, Speaker,
    decoder::DecoderStream,
    flow::{FlowStream, Halves},
};
use crate::{
    config::Scales,
    error::{PiperError, Result},
    trace::Trace,
};

/// Frames that go through flow and decoder together: what belongs to them stays in a core's cache.
const FRAMES_AT_ONCE: usize = 32;
/// Of the network's speed, beyond which speech falls apart.
const PACES: std::ops::RangeInclusive<f32> = 0.1..=10.0;

/// What is to be spoken.
#[derive(Clone, Copy)]
pub struct Utterance<'a> {
    /// As [`crate::text::Encoding`] has them; at most [`MOST_IDS`].
    pub ids: &'a [u32],
    pub speaker: &'a Speaker,
    /// 1.0 for the voice's own pace, 2.0 for twice as fast.
    pub speed: f32,
    /// A pace for each id on top of the speed; none for an even one.
    pub paces: &'a [f32],
    /// Instead of the voice's own.
    pub scales: Option<Scales>,
    /// The same seed gives the same samples.
    pub seed: u64,
}

impl<'a> Utterance<'a> {
    /// At the voice's own pace.
    pub fn new(ids: &'a [u32], speaker: &'a Speaker, seed: u64) -> Self {
        Self {
            ids,
            speaker,
            speed: 1.0,
            paces: &[],
            scales: None,
            seed,
        }
    }

    pub(super) fn check(&self, symbols: usize) -> Result<()> {
        let count = self.ids.len();
        let refuse = |reason: String| Err(PiperError::Input(reason));
        if count == 0 {
            return refuse("there is nothing to speak".to_owned());
        }
        if count > MOST_IDS {
            return refuse(format!(
                "a sentence has {count} ids where at most {MOST_IDS} can be spoken: divide it"
            ));
        }
        if let Some(id) = self.ids.iter().find(|id| **id as usize >= symbols) {
            return refuse(format!("there is no id {id}: the voice has {symbols}"));
        }
        if !self.paces.is_empty() && self.paces.len() != count {
            let paces = self.paces.len();
            return refuse(format!("there are {paces} paces for {count} ids"));
        }
        let mut paces = self.paces.iter().chain([&self.speed]);
        match paces.find(|pace| !PACES.contains(*pace)) {
            Some(pace) => refuse(format!("a pace of {pace} is not within 0.1 to 10")),
            None => Ok(()),
        }
    }
}

/// How many frames each id lasts.
pub(crate) fn frames(
    logarithms: &[f32],
    utterance: &Utterance<'_>,
    length_scale: f32,
) -> Result<Vec<u32>> {
    let even = std::iter::repeat(&1.0);
    let paces = utterance.paces.iter().chain(even);
    let mut total = 0;
    let frames = logarithms.iter().zip(paces).map(|(logarithm, pace)| {
        let length = logarithm.exp() * length_scale / (utterance.speed * pace);
        let count = length.ceil();
        // Written so that what is not a number fails.
        if !(count <= MOST_FRAMES as f32) {
            return Err(too_long());
        }
        total += count as usize;
        Ok(count as u32)
    });
    let mut frames = frames.collect::<Result<Vec<u32>>>()?;
    if total > MOST_FRAMES {
        return Err(too_long());
    }
    if let Some(last) = frames.last_mut().filter(|_| total == 0) {
        *last = 1;
    }
    Ok(frames)
}

fn too_long() -> PiperError {
    let reason = format!("the sentence would last more than {MOST_FRAMES} frames: divide it");
    PiperError::Input(reason)
}

/// What the frames are drawn from.
pub(super) struct Latents {
    /// `[id][latent]`
    pub(super) means: Vec<Vec<f32>>,
    pub(super) deviations: Vec<Vec<f32>>,
    /// Of each id.
    pub(super) frames: Vec<u32>,
    pub(super) noise: FrameNoise,
    pub(super) device: Device,
}

impl Latents {
    /// Draws the frames from `first` on, each of the id that lasts there.
    fn draw(&mut self, ids: &[u32]) -> Result<Halves> {
        let mut halves = [Vec::new(), Vec::new()];
        for id in ids {
            let (means, deviations) = (&self.means[*id as usize], &self.deviations[*id as usize]);
            let middle = means.len() / 2;
            for (place, (mean, deviation)) in means.iter().zip(deviations).enumerate() {
                let value = mean + self.noise.next() * deviation;
                halves[usize::from(place >= middle)].push(value);
            }
        }
        let count = ids.len();
        let half = |values: Vec<f32>| {
            let width = values.len() / count.max(1);
            Tensor::from_vec(values, (count, width), &self.device)
        };
        let [first, second] = halves;
        Ok([half(first)?, half(second)?])
    }
}

/// A sentence on its way to samples: an iterator over pieces of them, f32 within -1 to 1 at the voice's rate. The samples do not depend
/// on how many are taken at a time.
pub struct Speech {
    latents: Latents,
    /// Of each frame.
    ids: Vec<u32>,
    done: usize,
    flow: FlowStream,
    decoder: DecoderStream,
}

impl Speech {
    pub(super) fn new(voice: &Piper, speaker: &Speaker, latents: Latents) -> Self {
        let ids = (0..).zip(&latents.frames);
        let ids = ids.flat_map(|(id, count)| std::iter::repeat_n(id, *count as usize));
        Self {
            ids: ids.collect(),
            done: 0,
            flow: FlowStream::new(&voice.flow, &speaker.flow),
            decoder: DecoderStream::new(&voice.decoder, speaker.decoder.clone()),
            latents,
        }
    }

    /// How many frames each id lasts; a frame has [`crate::config::Sizes::hop`] samples.
    pub fn frames(&self) -> &[u32] {
        &self.latents.frames
    }

    /// All samples that are left.
    pub fn samples(self) -> Result<Vec<f32>> {
        let mut samples = Vec::new();
        for piece in self {
            samples.extend(piece?);
        }
        Ok(samples)
    }

    /// Works on the next `count` frames; the samples that are ready then may be none.
    pub(crate) fn advance(&mut self, count: usize, trace: &mut Trace<'_>) -> Result<Vec<f32>> {
        let end = self.ids.len().min(self.done + count);
        let frames = self.latents.draw(&self.ids[self.done..end])?;
        self.done = end;
        let last = self.is_done();
        let Some(halves) = self.flow.push(frames, last, trace)? else {
            return Ok(Vec::new());
        };
        let frames = Tensor::cat(&halves, 1)?;
        trace.show(|| "dec.in".to_owned(), || Ok(frames.clone()))?;
        self.decoder.push(&frames, last, trace)
    }

    pub(crate) fn is_done(&self) -> bool {
        self.done == self.ids.len()
    }
}

impl Iterator for Speech {
    type Item = Result<Vec<f32>>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_done() {
            match self.advance(FRAMES_AT_ONCE, &mut Trace::none()) {
                Ok(samples) if samples.is_empty() => {}
                piece => return Some(piece),
            }
        }
        None
    }
}
