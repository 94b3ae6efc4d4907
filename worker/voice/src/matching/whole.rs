//! Both passes over a recording that is in memory.

use std::ops::ControlFlow;

use super::{Listener, Matcher, MatchingError, Options, Report};
use crate::SAMPLE_RATE;
use crate::speaker::Moments;

/// Samples between two looks at whether to go on (10 s).
const STEP: usize = 10 * SAMPLE_RATE as usize;

/// How far a conversion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Samples of the recording that were converted.
    pub done: usize,
    /// Of the recording.
    pub all: usize,
}

/// `samples` (16 kHz, within ±1) in the voice of `target`: as many samples, and what is to be said of them. `progress` is asked between blocks of
/// 10 s; [`ControlFlow::Break`] gives [`MatchingError::Cancelled`].
pub fn match_recording(
    samples: &[f32],
    target: &Moments,
    options: &Options,
    mut progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<(Vec<f32>, Report), MatchingError> {
    options.check()?;
    let all = samples.len();
    let mut go_on = |done| match progress(Progress { done, all }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(MatchingError::Cancelled),
    };
    let mut listener = Listener::new();
    for block in samples.chunks(STEP) {
        go_on(0)?;
        listener.push(block)?;
    }
    let mut matcher = Matcher::new(listener.finish()?, target, options)?;
    let mut converted = Vec::with_capacity(all);
    for block in samples.chunks(STEP) {
        go_on(converted.len())?;
        converted.extend(matcher.push(block)?);
    }
    let (last, report) = matcher.finish();
    converted.extend(last);
    Ok((converted, report))
}
