//! What a dataset is worth: figures of all its segments, whether a run may start, and what to do where it may not.

mod advice;
mod answer;
mod blockers;
mod findings;
mod phones;
mod segments;
mod statistics;

use std::collections::{BTreeMap, BTreeSet, HashSet};

pub use answer::{
    Duplicates, MarkAndReject, MedianAndSpread, PhonesCovered, Purpose, Report, ReportLimits,
    Seconds, SegmentCounts, SignalToNoise, Transcripts,
};
pub use blockers::{LEAST_SECONDS, LEAST_SEGMENTS, LEAST_TEXTS};
pub use findings::{PACE_DEVIATIONS, SCORE_DISTANCES, set_findings};
pub use phones::{BuiltInPhones, Phones};
pub use segments::{SegmentFacts, State, TextSource, version};

use self::segments::primary;
use self::statistics::Sorted;
use crate::Reason;
use crate::measures::Measures;

/// What is known of a dataset beside its segments.
#[derive(Clone, Copy)]
pub struct Described<'a> {
    /// A language tag.
    pub language: &'a str,
    pub files: usize,
    /// Who knows the phones of texts; without, none are told.
    pub phones: Option<&'a dyn Phones>,
}

/// The report on all segments of a dataset.
pub fn report(segments: &[SegmentFacts], about: &Described<'_>) -> Report {
    let accepted = || segments.iter().filter(|segment| segment.is_accepted());
    let measured = || accepted().filter_map(|segment| segment.measures.as_ref());
    let seconds = seconds(segments);
    let mut report = Report {
        language: about.language.to_owned(),
        files: about.files,
        segments: counts(segments),
        rejected: reasons(segments, true),
        marked: reasons(segments, false),
        speakers: speakers(segments),
        languages: languages(segments, about.language),
        snr_db: snr_db(measured()),
        loudness_lufs: spread(measured().filter_map(|measures| measures.loudness_lufs)),
        clipped_percent: clipped_percent(measured()),
        bandwidth_hz: Sorted::of(measured().filter_map(|measures| measures.bandwidth_hz)).median(),
        characters_per_second: spread(accepted().filter_map(findings::pace)),
        phones: about
            .phones
            .and_then(|known| phones(segments, known, about.language)),
        duplicates: duplicates(segments),
        transcripts: transcripts(segments),
        suffices_for: suffices_for(&seconds),
        seconds,
        limits: ReportLimits::default(),
        ready: false,
        blockers: Vec::new(),
        advice: Vec::new(),
    };
    report.blockers = blockers::blockers(&report, segments);
    report.advice = advice::advice(&report, segments);
    report.ready = report.blockers.is_empty();
    report
}

fn counts(segments: &[SegmentFacts]) -> SegmentCounts {
    let count = |state| {
        segments
            .iter()
            .filter(|segment| segment.state == state)
            .count()
    };
    SegmentCounts {
        accepted: count(State::Accepted),
        rejected: count(State::Rejected),
        pending: count(State::Pending),
    }
}

fn seconds(segments: &[SegmentFacts]) -> Seconds {
    let sum = |wanted: fn(&SegmentFacts) -> bool| -> f64 {
        let wanted = segments.iter().filter(|segment| wanted(segment));
        wanted
            .map(|segment| segment.seconds)
            .fold(0.0, |sum, seconds| sum + seconds)
    };
    let accepted = segments.iter().filter(|segment| segment.is_accepted());
    let lengths = Sorted::of(accepted.map(|segment| segment.seconds));
    Seconds {
        total: sum(|_| true),
        accepted: sum(SegmentFacts::is_accepted),
        usable: sum(SegmentFacts::is_usable),
        median: lengths.median(),
        p5: lengths.percentile(5),
        p95: lengths.percentile(95),
    }
}

fn reasons(segments: &[SegmentFacts], of_rejected: bool) -> BTreeMap<Reason, usize> {
    let mut counts = BTreeMap::new();
    let wanted = |segment: &&SegmentFacts| (segment.state == State::Rejected) == of_rejected;
    for segment in segments.iter().filter(wanted) {
        for reason in segment.reasons.iter().collect::<BTreeSet<_>>() {
            *counts.entry(*reason).or_default() += 1;
        }
    }
    counts
}

fn speakers(segments: &[SegmentFacts]) -> usize {
    let accepted = segments.iter().filter(|segment| segment.is_accepted());
    let names: HashSet<&str> = accepted
        .clone()
        .filter_map(|s| s.speaker.as_deref())
        .collect();
    names.len().max(accepted.count().min(1))
}

fn languages(segments: &[SegmentFacts], of_dataset: &str) -> BTreeMap<String, f64> {
    let mut seconds: BTreeMap<String, f64> = BTreeMap::new();
    for segment in segments.iter().filter(|segment| segment.is_accepted()) {
        let tag = primary(segment.language.as_deref().unwrap_or(of_dataset));
        *seconds.entry(tag).or_default() += segment.seconds;
    }
    let all: f64 = seconds.values().sum();
    for part in seconds.values_mut() {
        *part /= all.max(f64::MIN_POSITIVE);
    }
    seconds
}

fn snr_db<'a>(measured: impl Iterator<Item = &'a Measures>) -> Option<SignalToNoise> {
    let values = Sorted::of(measured.map(|measures| measures.snr_db));
    Some(SignalToNoise {
        median: values.median()?,
        p10: values.percentile(10)?,
    })
}

fn spread(values: impl Iterator<Item = f64>) -> Option<MedianAndSpread> {
    let values = Sorted::of(values);
    Some(MedianAndSpread {
        median: values.median()?,
        spread: values.spread()?,
    })
}

fn clipped_percent<'a>(measured: impl Iterator<Item = &'a Measures>) -> Option<f64> {
    let (mut clipped, mut seconds) = (0.0, 0.0);
    for measures in measured {
        clipped += measures.clipped_percent * measures.seconds;
        seconds += measures.seconds;
    }
    (seconds > 0.0).then(|| clipped / seconds)
}

fn phones(segments: &[SegmentFacts], known: &dyn Phones, language: &str) -> Option<PhonesCovered> {
    let inventory = known.inventory(language);
    if inventory.is_empty() {
        return None;
    }
    let (mut covered, mut diphones) = (HashSet::new(), HashSet::new());
    for segment in segments.iter().filter(|segment| segment.is_usable()) {
        let phones = segment.text().and_then(|text| known.phones(text, language));
        let phones = phones.unwrap_or_default();
        diphones.extend(
            phones
                .array_windows()
                .map(|[one, next]| (one.clone(), next.clone())),
        );
        covered.extend(phones);
    }
    let (covered, missing): (Vec<String>, Vec<String>) = inventory
        .into_iter()
        .partition(|phone| covered.contains(phone));
    Some(PhonesCovered {
        covered: covered.len(),
        missing,
        diphones: diphones.len(),
    })
}

fn duplicates(segments: &[SegmentFacts]) -> Duplicates {
    let kept = segments
        .iter()
        .filter(|segment| segment.state != State::Rejected);
    let repeated = |values: Vec<String>| {
        let all = values.len();
        all - values.into_iter().collect::<HashSet<_>>().len()
    };
    let measured = kept.clone().filter_map(|segment| segment.measures.as_ref());
    Duplicates {
        samples: repeated(measured.map(|measures| measures.sha256.clone()).collect()),
        texts: repeated(kept.filter_map(SegmentFacts::words).collect()),
    }
}

fn transcripts(segments: &[SegmentFacts]) -> Transcripts {
    let mut counts = Transcripts::default();
    for segment in segments
        .iter()
        .filter(|segment| segment.state != State::Rejected)
    {
        let count = match (segment.text(), segment.text_source) {
            (None, _) => &mut counts.missing,
            (_, None | Some(TextSource::Given)) => &mut counts.given,
            (_, Some(TextSource::Prompts)) => &mut counts.prompts,
            (_, Some(TextSource::Whisper)) => &mut counts.whisper,
            (_, Some(TextSource::Remote)) => &mut counts.remote,
            (_, Some(TextSource::Pocketsphinx)) => &mut counts.pocketsphinx,
            (_, Some(TextSource::Edited)) => &mut counts.edited,
        };
        *count += 1;
    }
    counts
}

fn suffices_for(seconds: &Seconds) -> Vec<Purpose> {
    let has_enough = |purpose: &Purpose| match purpose {
        Purpose::Matching => seconds.accepted >= purpose.seconds(),
        _ => seconds.usable >= purpose.seconds(),
    };
    Purpose::ALL.into_iter().filter(has_enough).collect()
}
