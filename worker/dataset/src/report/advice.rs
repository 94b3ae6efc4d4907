//! What would make a dataset better, in sentences.

use super::answer::{Purpose, Report};
use super::blockers::{are, many};
use super::segments::{SegmentFacts, primary};
use crate::Reason;
use crate::measures::{CLIPPED_PERCENT_MARK, SNR_DB_MARK};

/// The embedded voice reaches up to 8 kHz; what ends below this sounds as over a telephone.
const NARROW_HZ: f64 = 5_000.0;
/// Standard deviations of loudness between segments, in LUFS.
const UNEVEN_LUFS: f64 = 5.0;
/// Part of the segments or of the time that is worth a word.
const WORTH_A_WORD: f64 = 0.05;
/// So many names are told.
const MOST_NAMES: usize = 8;

pub(super) fn advice(report: &Report, segments: &[SegmentFacts]) -> Vec<String> {
    let said = [
        enough_for(report),
        without_text(report, segments),
        pending(report),
        drafts(report),
        same_samples(report),
        same_texts(report),
        noise(report),
        clipping(report),
        loudness(report),
        narrow(report),
        speakers(report),
        languages(report),
        misaligned(report),
        missing_phones(report),
    ];
    said.into_iter().flatten().collect()
}

fn enough_for(report: &Report) -> Option<String> {
    if report.segments.accepted == 0 {
        return None;
    }
    let minutes = |seconds: f64| format!("{:.1} min", seconds / 60.0);
    let has = minutes(report.seconds.usable);
    let next = Purpose::ALL
        .into_iter()
        .find(|purpose| !report.suffices_for.contains(purpose));
    let next =
        next.map(|purpose| format!("; {} takes {}", purpose.words(), minutes(purpose.seconds())));
    Some(match report.suffices_for.last() {
        Some(purpose) => format!(
            "{has} of speech with texts suffice for {}{}.",
            purpose.words(),
            next.unwrap_or_default()
        ),
        None => format!("{has} of speech with texts{}.", next.unwrap_or_default()),
    })
}

fn without_text(report: &Report, segments: &[SegmentFacts]) -> Option<String> {
    let is_left_out = |segment: &&SegmentFacts| segment.is_accepted() && !segment.is_usable();
    let count = segments.iter().filter(is_left_out).count();
    let seconds = report.seconds.accepted - report.seconds.usable;
    let verb = if count == 1 { "is" } else { "are" };
    let is_told = count > 0 && report.seconds.usable > 0.0;
    is_told.then(|| {
        format!(
            "{} no text and {verb} left out of a run ({seconds:.0} s): transcribe what is missing.",
            many(count, "accepted segment")
        )
    })
}

fn pending(report: &Report) -> Option<String> {
    let count = report.segments.pending;
    let is_told = count > 0 && report.segments.accepted > 0;
    is_told.then(|| format!("{} still to be looked at: accept or reject.", are(count)))
}

fn drafts(report: &Report) -> Option<String> {
    let count = report.transcripts.pocketsphinx;
    (count > 0).then(|| {
        format!("Drafts of transcripts to be confirmed or corrected, for they have many mistakes: {count}.")
    })
}

fn same_samples(report: &Report) -> Option<String> {
    let count = report.duplicates.samples;
    (count > 0)
        .then(|| format!("Segments with the same samples as another one, to be rejected: {count}."))
}

fn same_texts(report: &Report) -> Option<String> {
    let count = report.duplicates.texts;
    let kept = report.segments.accepted + report.segments.pending;
    (count as f64 > WORTH_A_WORD * kept as f64).then(|| {
        format!("Segments that say the same words as another one: {count}. Different sentences teach more.")
    })
}

fn noise(report: &Report) -> Option<String> {
    let median = report.snr_db?.median;
    (median < SNR_DB_MARK).then(|| {
        format!(
            "The recordings are noisy: speech stands {median:.0} dB above its pauses, and {SNR_DB_MARK:.0} dB are good. A quieter room or a nearer microphone helps."
        )
    })
}

fn clipping(report: &Report) -> Option<String> {
    let percent = report.clipped_percent?;
    (percent > CLIPPED_PERCENT_MARK).then(|| {
        format!(
            "The recordings are clipped ({percent:.1} % of the samples): record at a lower level."
        )
    })
}

fn loudness(report: &Report) -> Option<String> {
    let spread = report.loudness_lufs?.spread;
    (spread > UNEVEN_LUFS).then(|| {
        format!("The segments differ in loudness by {spread:.0} LUFS: keep the same distance to the microphone.")
    })
}

fn narrow(report: &Report) -> Option<String> {
    let khz = report.bandwidth_hz? / 1_000.0;
    (khz < NARROW_HZ / 1_000.0).then(|| {
        format!("The recordings reach up to {khz:.1} kHz only, as over a telephone, and so will the voice: use better originals where there are some.")
    })
}

fn speakers(report: &Report) -> Option<String> {
    (report.speakers > 1).then(|| {
        format!(
            "There are {} speakers: a voice is trained from one, so make a dataset for each.",
            report.speakers
        )
    })
}

fn languages(report: &Report) -> Option<String> {
    let own = primary(&report.language);
    let others = report
        .languages
        .iter()
        .filter(|(tag, part)| **tag != own && **part > WORTH_A_WORD);
    let others: Vec<String> = others
        .map(|(tag, part)| format!("{tag}: {:.0} %", 100.0 * part))
        .collect();
    (!others.is_empty()).then(|| {
        format!("Not all is in the language of the dataset, {own} ({}): reject the rest, or name the right language.", others.join(", "))
    })
}

fn misaligned(report: &Report) -> Option<String> {
    let count = report
        .marked
        .get(&Reason::Misaligned)
        .copied()
        .unwrap_or_default();
    (count > 0).then(|| format!("Segments whose texts may not be what is said: {count}. Listen to them and correct the texts."))
}

fn missing_phones(report: &Report) -> Option<String> {
    let missing = &report.phones.as_ref()?.missing;
    let is_told = !missing.is_empty() && report.seconds.usable > 0.0;
    is_told.then(|| {
        let named: Vec<&str> = missing.iter().take(MOST_NAMES).map(String::as_str).collect();
        let more = if missing.len() > MOST_NAMES { " and others" } else { "" };
        format!(
            "Phones that nobody says: {}{more}. The sentences that are offered to be read have all of them.",
            named.join(", ")
        )
    })
}
