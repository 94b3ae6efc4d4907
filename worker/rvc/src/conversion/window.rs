//! Which stretches of a recording are analysed together, and how what comes of them is put together.

use std::ops::Range;

use candle_core::Tensor;

use crate::error::Result;
use crate::mirror::mirrored;
use crate::synthesizer::Encoded;

/// Samples of a frame of 10 ms.
pub(super) const FRAME: usize = 160;
/// Frames that are looked at on both sides of a window and not kept.
const CONTEXT: usize = 100;
/// Frames at the end of a window among which the quietest is sought.
const SEARCH: usize = 300;
/// Frames on both sides of a cut in which two windows are blended.
const BLEND: usize = 2;
/// Frames before the beginning and behind the end of the recording that flow (24) and decoder (11) look at. What is there is mirrored.
pub(super) const EDGE: usize = 36;

/// A window, in frames of the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plan {
    first: usize,
    /// Even, for features last for two frames.
    end: usize,
    is_last: bool,
}

impl Plan {
    /// Frames that are looked at.
    pub(super) fn frames(&self) -> usize {
        self.end - self.first + 2 * CONTEXT
    }

    /// Those of them that belong to the window.
    pub(super) fn inside(&self) -> Range<usize> {
        CONTEXT..CONTEXT + self.end - self.first
    }
}

/// What was made of a window, frame by frame.
pub(super) struct Window {
    pub(super) encoded: Encoded,
    pub(super) pitch: Vec<f32>,
}

/// The recording as far as it is still needed.
pub(super) struct Windows {
    /// Frames of a window at most.
    length: usize,
    samples: Vec<f32>,
    /// The number of the first of these samples.
    begin: usize,
    /// The first frame of the next window.
    next: usize,
    /// All samples have come.
    ended: bool,
    done: bool,
    /// What the window before made of the frames around the cut.
    tail: Option<Window>,
}

impl Windows {
    pub(super) fn new(length: usize) -> Self {
        Self {
            length: length / 2 * 2,
            samples: Vec::new(),
            begin: 0,
            next: 0,
            ended: false,
            done: false,
            tail: None,
        }
    }

    pub(super) fn append(&mut self, samples: &[f32]) {
        self.samples.extend_from_slice(samples);
    }

    fn end(&self) -> usize {
        self.begin + self.samples.len()
    }

    /// The last window was planned.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// The next window, where all that it looks at has come and more will.
    pub(super) fn next(&mut self) -> Option<Plan> {
        let end = self.next + self.length;
        // One frame more for the last features.
        if self.end() < (end + CONTEXT + 1) * FRAME + 1 {
            return None;
        }
        let plan = Plan {
            first: self.next,
            end: self.quietest(end),
            is_last: false,
        };
        self.next = plan.end;
        Some(plan)
    }

    /// The windows that are left at the end.
    pub(super) fn rest(&mut self) -> Vec<Plan> {
        let mut plans = Vec::new();
        while let Some(plan) = self.next() {
            plans.push(plan);
        }
        self.ended = true;
        self.done = true;
        plans.push(Plan {
            first: self.next,
            end: self
                .end()
                .div_ceil(FRAME)
                .next_multiple_of(2)
                .max(self.next + 2),
            is_last: true,
        });
        plans
    }

    /// An even frame before `end` around which it is quietest.
    fn quietest(&self, end: usize) -> usize {
        let loudness = |frame: usize| -> f32 {
            let first = (frame - 1) * FRAME - self.begin;
            let around = self.samples.get(first..first + 2 * FRAME);
            around.unwrap_or_default().iter().map(|x| x.abs()).sum()
        };
        let search = SEARCH.min(self.length / 4) / 2 * 2;
        let frames = (end - search..=end).step_by(2);
        let quietest = frames.min_by(|a, b| loudness(*a).total_cmp(&loudness(*b)));
        quietest.unwrap_or(end)
    }

    /// All that a window looks at, and a frame more; beyond both ends the recording is mirrored.
    pub(super) fn samples(&self, plan: &Plan) -> Vec<f32> {
        let first = (plan.first * FRAME).cast_signed() - (CONTEXT * FRAME).cast_signed();
        let count = (plan.frames() + 1) * FRAME;
        let total = if self.ended {
            self.end()
        } else {
            usize::MAX / 4
        };
        let sample = |place: isize| {
            let place = mirrored(place, total);
            let kept = place
                .checked_sub(self.begin)
                .and_then(|place| self.samples.get(place));
            kept.copied().unwrap_or_default()
        };
        (first..first + count.cast_signed()).map(sample).collect()
    }

    /// What of a window goes on, in order; with the last part of the last one marked. Keeps what the next one is blended with.
    pub(super) fn parts(&mut self, plan: &Plan, window: &Window) -> Result<Vec<(Window, bool)>> {
        let mut parts = Vec::new();
        // Where the window's own frames begin in it.
        let begin = if let Some(tail) = self.tail.take() {
            let own = window.part(CONTEXT - BLEND, 2 * BLEND)?;
            parts.push((tail.blended(&own)?, false));
            CONTEXT + BLEND
        } else {
            CONTEXT - EDGE
        };
        let end = CONTEXT + plan.end - plan.first;
        let end = if plan.is_last {
            end + EDGE
        } else {
            end - BLEND
        };
        if !plan.is_last {
            self.tail = Some(window.part(end, 2 * BLEND)?);
        }
        parts.push((window.part(begin, end - begin)?, plan.is_last));
        Ok(parts)
    }

    /// Drops what the next window will not look at.
    pub(super) fn forget(&mut self, plan: &Plan) {
        let needed = plan.end.saturating_sub(CONTEXT) * FRAME;
        // A mirrored end looks back further, but no further than it is long.
        let count = needed.saturating_sub(self.begin).min(self.samples.len());
        if !self.done {
            self.samples.drain(..count);
            self.begin += count;
        }
    }
}

impl Window {
    fn part(&self, first: usize, count: usize) -> Result<Self> {
        let part = |rows: &Tensor| rows.narrow(0, first, count)?.contiguous();
        Ok(Self {
            encoded: Encoded {
                means: part(&self.encoded.means)?,
                log_deviations: part(&self.encoded.log_deviations)?,
            },
            pitch: self.pitch[first..first + count].to_vec(),
        })
    }

    /// From what this window made of the frames around a cut to what the next one made of them. The pitch changes at the cut.
    fn blended(self, next: &Self) -> Result<Self> {
        let count = 2 * BLEND;
        let share = |frame: usize| (frame as f32 + 0.5) / count as f32;
        let device = next.encoded.means.device();
        let shares: Vec<f32> = (0..count).map(share).collect();
        let shares = Tensor::from_vec(shares, (count, 1), device)?;
        let blend = |from: &Tensor, to: &Tensor| from + (to - from)?.broadcast_mul(&shares)?;
        let mut pitch = self.pitch;
        pitch[BLEND..].copy_from_slice(&next.pitch[BLEND..]);
        Ok(Self {
            encoded: Encoded {
                means: blend(&self.encoded.means, &next.encoded.means)?,
                log_deviations: blend(&self.encoded.log_deviations, &next.encoded.log_deviations)?,
            },
            pitch,
        })
    }
}
