//! The phrases of a window, by the times that were said with them.

use crate::mel::SAMPLE_RATE;
use crate::tokens::Tokens;

/// Frames of a spectrogram for a step of time.
const FRAMES_PER_STEP: usize = 2;
/// Frames of a spectrogram a second.
const FRAMES_PER_SECOND: f64 = SAMPLE_RATE as f64 / 160.0;

/// A phrase.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Phrase {
    /// Seconds from the window's beginning.
    pub(crate) start: f64,
    pub(crate) end: f64,
    pub(crate) tokens: Vec<u32>,
}

/// Phrases of a window of `frames`, and by how many frames the next window begins later: where the last phrase is not finished, behind
/// the last one that is.
pub(crate) fn cut(said: &[u32], frames: usize, tokens: &Tokens) -> (Vec<Phrase>, usize) {
    let is_time = |place: usize| said.get(place).is_some_and(|id| tokens.is_time(*id));
    let mut ends: Vec<usize> = (1..said.len())
        .filter(|place| is_time(place - 1) && is_time(*place))
        .collect();
    if ends.is_empty() {
        return (vec![whole(said, frames, tokens)], frames);
    }
    let has_single_end = is_time(said.len() - 1) && !is_time(said.len() - 2);
    if has_single_end {
        ends.push(said.len());
    }
    let starts = [0].into_iter().chain(ends.iter().copied());
    let phrases = starts.zip(&ends).map(|(start, end)| {
        let part = &said[start..*end];
        let seconds = |id: Option<&u32>| id.and_then(|id| tokens.seconds(*id)).unwrap_or(0.0);
        Phrase {
            start: seconds(part.first()),
            end: seconds(part.last()),
            tokens: part.to_vec(),
        }
    });
    let phrases = phrases.collect();
    let last = ends.last().and_then(|end| said.get(end - 1));
    let steps = last.and_then(|id| id.checked_sub(tokens.timestamp_begin));
    let advance = match steps {
        Some(steps) if !has_single_end && steps > 0 => steps as usize * FRAMES_PER_STEP,
        _ => frames,
    };
    (phrases, advance)
}

/// All of a window, to the last time that was said.
fn whole(said: &[u32], frames: usize, tokens: &Tokens) -> Phrase {
    let last = said.iter().rev().find_map(|id| tokens.seconds(*id));
    let end = last.filter(|seconds| *seconds > 0.0);
    Phrase {
        start: 0.0,
        end: end.unwrap_or(frames as f64 / FRAMES_PER_SECOND),
        tokens: said.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        Tokens::laid_out(10, 2)
    }

    /// Starts and ends in hundredths, and the advance.
    fn bounds(said: &[u32]) -> (Vec<(i64, i64)>, usize) {
        let begin = tokens().timestamp_begin;
        let said: Vec<u32> = said
            .iter()
            .map(|id| if *id >= 100 { id - 100 + begin } else { *id })
            .collect();
        let (phrases, advance) = cut(&said, 3_000, &tokens());
        let hundredths = |seconds: f64| (seconds * 100.0).round() as i64;
        let bounds = phrases
            .iter()
            .map(|p| (hundredths(p.start), hundredths(p.end)));
        (bounds.collect(), advance)
    }

    #[test]
    fn a_window_without_pairs_is_one_phrase() {
        assert_eq!(bounds(&[1, 2]), (vec![(0, 3_000)], 3_000));
        assert_eq!(bounds(&[100, 1, 2, 150]), (vec![(0, 100)], 3_000));
        assert_eq!(bounds(&[]), (vec![(0, 3_000)], 3_000));
    }

    #[test]
    fn what_is_not_finished_is_heard_again() {
        let said = [100, 1, 150, 160, 2, 210, 210, 3];
        assert_eq!(bounds(&said), (vec![(0, 100), (120, 220)], 220));
    }

    #[test]
    fn a_single_time_at_the_end_finishes_the_window() {
        let said = [100, 1, 150, 160, 2, 210];
        assert_eq!(bounds(&said), (vec![(0, 100), (120, 220)], 3_000));
    }

    #[test]
    fn a_window_that_would_not_get_on_is_left() {
        assert_eq!(bounds(&[100, 1, 100, 100, 2]).1, 3_000);
    }
}
