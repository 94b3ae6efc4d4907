//! What stands in the way of a run, in sentences that say what to do.

use std::collections::HashSet;

use super::answer::Report;
use super::segments::SegmentFacts;
use crate::Reason;

/// Speech with texts that is trained with at least, in seconds.
pub const LEAST_SECONDS: f64 = 60.0;
/// A run keeps five sentences to measure itself with, and needs as many to learn from.
pub const LEAST_SEGMENTS: usize = 10;
/// Different texts at least: from one word again and again no voice is learned.
pub const LEAST_TEXTS: usize = 5;

pub(super) fn blockers(report: &Report, segments: &[SegmentFacts]) -> Vec<String> {
    match nothing_to_train(report, segments) {
        Some(blocker) => vec![blocker],
        None => too_little(report, segments),
    }
}

/// The first thing that is missing; what would come after it need not be told.
fn nothing_to_train(report: &Report, segments: &[SegmentFacts]) -> Option<String> {
    let counts = report.segments;
    if report.files == 0 && segments.is_empty() {
        return Some(
            "The dataset is empty: upload recordings, or record the sentences that are offered to be read.".to_owned(),
        );
    }
    if segments.is_empty() {
        let files = many(report.files, "recording");
        return Some(format!(
            "{files} not been cut into segments yet, or nobody speaks in what was recorded: cut the dataset into segments.",
        ));
    }
    if counts.accepted > 0 {
        let has_text = segments.iter().any(SegmentFacts::is_usable);
        return (!has_text).then(|| {
            format!(
                "No accepted segment has a text ({} without): transcribe the dataset, or import texts.",
                counts.accepted
            )
        });
    }
    if counts.pending > 0 {
        return Some(format!(
            "No segment is accepted yet; {} still to be looked at: accept those that are good.",
            are(counts.pending)
        ));
    }
    Some(format!(
        "All segments are rejected ({}): accept those that are good all the same, or record again{}.",
        reasons_in_words(report, counts.rejected),
        remedy(report)
    ))
}

fn reasons_in_words(report: &Report, rejected: usize) -> String {
    let mut reasons: Vec<_> = report.rejected.iter().collect();
    reasons.sort_by_key(|(reason, count)| (std::cmp::Reverse(**count), **reason));
    let reasons: Vec<String> = reasons
        .iter()
        .map(|(reason, count)| format!("{reason}: {count}"))
        .collect();
    if reasons.is_empty() {
        return rejected.to_string();
    }
    reasons.join(", ")
}

/// What to do about the most frequent reason.
fn remedy(report: &Report) -> &'static str {
    let most = report.rejected.iter().max_by_key(|(_, count)| **count);
    match most.map(|(reason, _)| reason) {
        Some(Reason::Noisy) => " in a quieter room, nearer to the microphone",
        Some(Reason::Clipped) => " at a lower level",
        Some(Reason::Silent) => " with the right microphone, and louder",
        Some(Reason::TooShort) => " in whole sentences",
        _ => "",
    }
}

fn too_little(report: &Report, segments: &[SegmentFacts]) -> Vec<String> {
    let usable: Vec<&SegmentFacts> = segments
        .iter()
        .filter(|segment| segment.is_usable())
        .collect();
    let mut blockers = Vec::new();
    let seconds = report.seconds.usable;
    if seconds < LEAST_SECONDS {
        blockers.push(format!(
            "There are {seconds:.0} s of speech with texts, and under {LEAST_SECONDS:.0} s a voice is matched rather than trained: \
             clone the voice from these recordings, or record {:.0} s more.",
            (LEAST_SECONDS - seconds).ceil()
        ));
    }
    if usable.len() < LEAST_SEGMENTS {
        blockers.push(format!(
            "Only {} a text, and a run takes {LEAST_SEGMENTS} at least, for it keeps some to measure itself with: record more sentences.",
            many(usable.len(), "segment")
        ));
    }
    let texts: HashSet<String> = usable
        .iter()
        .filter_map(|segment| segment.words())
        .collect();
    if texts.len() < LEAST_TEXTS {
        let different = if texts.len() == 1 {
            "the same words in all segments".to_owned()
        } else {
            format!("only {} different texts", texts.len())
        };
        blockers.push(format!(
            "There are {different}, and no voice is learned from that: record other sentences, such as those that are offered to be read."
        ));
    }
    blockers
}

/// "1 segment has", "2 segments have".
pub(super) fn many(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun} has"),
        _ => format!("{count} {noun}s have"),
    }
}

pub(super) fn are(count: usize) -> String {
    match count {
        1 => "1 segment is".to_owned(),
        _ => format!("{count} segments are"),
    }
}
