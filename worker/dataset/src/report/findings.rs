//! What is odd about a segment beside the others of its set.

use std::collections::HashSet;

use super::segments::{SegmentFacts, State, primary};
use super::statistics::Sorted;
use crate::measures::{characters_per_second, near_copies};
use crate::{Finding, Reason};

/// Deviations from the mean pace of a set that are odd.
pub const PACE_DEVIATIONS: f64 = 2.5;
/// With fewer segments nothing is usual.
const LEAST_SEGMENTS: usize = 10;
/// The spread of paces at least, in characters a second.
const LEAST_SPREAD: f64 = 0.5;
/// A score so many usual distances below the median belongs to another text.
pub const SCORE_DISTANCES: f64 = 6.0;
/// The usual distance at least, so that a set of scores that are all alike has no outliers.
const LEAST_DISTANCE: f64 = 0.25;

/// What is wrong with segments in the set that they are in, a list for each: their pace, their language against the dataset's, samples that are there already, sound that is nearly the same,
/// and how well their texts fit. What an owner rejected is compared with nothing.
pub fn set_findings(segments: &[SegmentFacts], language: &str) -> Vec<Vec<Finding>> {
    let kept = segments
        .iter()
        .filter(|segment| segment.state != State::Rejected);
    let usual = Usual {
        language: primary(language),
        pace: UsualPace::of(kept.clone()),
        least_score: least_score(kept),
    };
    let mut seen = HashSet::new();
    let mut findings = Vec::with_capacity(segments.len());
    let prints = segments.iter().map(|segment| {
        let measures = segment.measures.as_ref()?;
        let is_kept = segment.state != State::Rejected;
        measures.fingerprint.as_ref().filter(|_| is_kept)
    });
    let copies = near_copies(&prints.collect::<Vec<_>>());
    for (segment, is_copy) in segments.iter().zip(copies) {
        findings.push(match segment.state {
            State::Rejected => Vec::new(),
            State::Accepted | State::Pending => {
                let is_seen = !hash(segment).is_none_or(|hash| seen.insert(hash));
                usual.findings(segment, is_seen, is_copy)
            }
        });
    }
    findings
}

/// What a segment of the set is like.
struct Usual {
    language: String,
    /// These are known of sets that are large enough.
    pace: Option<UsualPace>,
    least_score: Option<f64>,
}

impl Usual {
    fn findings(&self, segment: &SegmentFacts, is_seen: bool, is_copy: bool) -> Vec<Finding> {
        let is_odd_pace = self
            .pace
            .as_ref()
            .is_some_and(|usual| usual.is_odd(segment));
        let language = segment.language.as_deref().map(primary);
        let is_other_language = language.is_some_and(|language| language != self.language);
        let score = segment.alignment_score.zip(self.least_score);
        let is_odd_score = score.is_some_and(|(score, least)| score < least);
        let found = [
            is_odd_pace.then_some(Finding::mark(Reason::RateOdd)),
            is_other_language.then_some(Finding::mark(Reason::LanguageOdd)),
            is_seen.then_some(Finding::reject(Reason::Duplicate)),
            (is_copy && !is_seen).then_some(Finding::mark(Reason::Duplicate)),
            is_odd_score.then_some(Finding::mark(Reason::Misaligned)),
        ];
        found.into_iter().flatten().collect()
    }
}

struct UsualPace {
    mean: f64,
    spread: f64,
}

impl UsualPace {
    fn of<'a>(segments: impl Iterator<Item = &'a SegmentFacts>) -> Option<Self> {
        let paces = Sorted::of(segments.filter_map(pace));
        let (mean, spread) = (paces.mean()?, paces.spread()?);
        (paces.len() >= LEAST_SEGMENTS).then_some(Self { mean, spread })
    }

    fn is_odd(&self, segment: &SegmentFacts) -> bool {
        let distance = pace(segment).map(|pace| (pace - self.mean).abs());
        distance.is_some_and(|distance| distance > PACE_DEVIATIONS * self.spread.max(LEAST_SPREAD))
    }
}

/// Characters a second.
pub(super) fn pace(segment: &SegmentFacts) -> Option<f64> {
    characters_per_second(segment.text()?, segment.seconds)
}

fn hash(segment: &SegmentFacts) -> Option<&str> {
    let measures = segment.measures.as_ref();
    measures.map(|measures| measures.sha256.as_str())
}

fn least_score<'a>(segments: impl Iterator<Item = &'a SegmentFacts>) -> Option<f64> {
    let scores: Vec<f64> = segments
        .filter_map(|segment| segment.alignment_score)
        .collect();
    let sorted = Sorted::of(scores.iter().copied());
    let middle = sorted.median()?;
    let distance = Sorted::of(scores.iter().map(|score| (score - middle).abs())).median()?;
    let least = middle - SCORE_DISTANCES * distance.max(LEAST_DISTANCE);
    (sorted.len() >= LEAST_SEGMENTS).then_some(least)
}
