//! What is too long is cut where a listener would breathe.

use std::ops::Range;

use super::Limits;
use crate::vad::{CHUNK, Region};

/// Below, a chunk is a pause within speech.
const PAUSE_BELOW: f32 = 0.35;
/// Energy is compared over this many samples: 20 ms.
const ENERGY_WINDOW: usize = 320;

/// What a cut is chosen by.
pub(super) struct Recording<'a> {
    pub(super) samples: &'a [f32],
    pub(super) probabilities: &'a [f32],
}

impl Recording<'_> {
    /// The region in pieces that are short enough, in their order. A pause at which it is cut is left out.
    pub(super) fn cut(&self, region: Region, limits: &Limits) -> Vec<Region> {
        let (mut pieces, mut left) = (Vec::new(), vec![region]);
        while let Some(region) = left.pop() {
            if region.len() <= limits.longest {
                pieces.push(region);
                continue;
            }
            let pause = self
                .longest_pause(&region, limits)
                .unwrap_or_else(|| self.quietest(&region, limits));
            left.push(pause.end..region.end);
            left.push(region.start..pause.start);
        }
        pieces
    }

    /// Far enough from both ends that either side can stand alone.
    fn longest_pause(&self, region: &Region, limits: &Limits) -> Option<Region> {
        let inner = region.start + limits.shortest..region.end - limits.shortest;
        let chunks = inner.start.div_ceil(CHUNK)..inner.end / CHUNK;
        let is_pause = |chunk: usize| {
            let probability = self.probabilities.get(chunk);
            probability.is_some_and(|&probability| probability < PAUSE_BELOW)
        };
        let (mut longest, mut begun): (Range<usize>, _) = (0..0, None);
        for chunk in chunks {
            if !is_pause(chunk) {
                begun = None;
                continue;
            }
            let pause = *begun.get_or_insert(chunk)..chunk + 1;
            if pause.len() > longest.len() {
                longest = pause;
            }
        }
        (!longest.is_empty()).then(|| longest.start * CHUNK..longest.end * CHUNK)
    }

    /// The place of least energy where the first side is long but not too long.
    fn quietest(&self, region: &Region, limits: &Limits) -> Region {
        let from = region.start + limits.longest / 2;
        let to = (region.start + limits.longest).min(region.end - limits.shortest);
        let places = (from..to.max(from + 1)).step_by(ENERGY_WINDOW / 2);
        let energy = |place: &usize| {
            let window = self.samples.iter().skip(*place).take(ENERGY_WINDOW);
            window.map(|sample| f64::from(sample * sample)).sum::<f64>()
        };
        let place = places.min_by(|a, b| energy(a).total_cmp(&energy(b)));
        let middle = place.unwrap_or(from) + ENERGY_WINDOW / 2;
        let middle = middle.min(region.start + limits.longest);
        middle..middle
    }
}
