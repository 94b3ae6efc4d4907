//! What is said of whole datasets.

use kiskadee_dataset::measures::Measures;
use kiskadee_dataset::prompts::prompts;
use kiskadee_dataset::report::{
    BuiltInPhones, Described, Duplicates, Purpose, Report, SegmentCounts, SegmentFacts, State,
    TextSource, report, set_findings, version,
};
use kiskadee_dataset::{Finding, Reason};

/// A good segment of four seconds, its text the sentence of this number.
fn segment(number: usize) -> SegmentFacts {
    let text = prompts("en", 400).unwrap()[number % 400];
    SegmentFacts {
        segment_id: format!("segment_{number}"),
        file_id: "file_1".to_owned(),
        state: State::Accepted,
        reasons: Vec::new(),
        seconds: 4.0,
        measures: Some(Measures {
            seconds: 4.0,
            sample_rate: 24_000,
            snr_db: 35.0,
            clipped_percent: 0.0,
            loudness_lufs: Some(-23.0),
            peak: 0.5,
            silence_percent: 15.0,
            bandwidth_hz: Some(11_000.0),
            sha256: format!("{number:064}"),
            ..Measures::default()
        }),
        text: Some(text.to_owned()),
        text_source: Some(TextSource::Prompts),
        speaker: None,
        language: None,
        alignment_score: Some(-20.0 + 0.1 * (number % 7) as f64),
    }
}

fn set(count: usize, change: impl Fn(usize, &mut SegmentFacts)) -> Vec<SegmentFacts> {
    let segments = (0..count).map(|number| {
        let mut segment = segment(number);
        change(number, &mut segment);
        segment
    });
    segments.collect()
}

fn of(segments: &[SegmentFacts]) -> Report {
    report(
        segments,
        &Described {
            language: "en",
            files: 1,
            phones: None,
        },
    )
}

/// The only sentence that stands in the way.
fn blocker(report: &Report) -> &str {
    assert!(!report.ready);
    assert_eq!(report.blockers.len(), 1, "{:?}", report.blockers);
    &report.blockers[0]
}

fn advises(report: &Report, words: &str) -> bool {
    report.advice.iter().any(|advice| advice.contains(words))
}

#[test]
fn a_good_set_is_ready_and_says_what_it_suffices_for() {
    let enough = |segments: usize| of(&set(segments, |_, _| ())).suffices_for.last().copied();
    assert_eq!(enough(14), None);
    assert_eq!(enough(15), Some(Purpose::Matching));
    assert_eq!(enough(45), Some(Purpose::TunedVoice));
    assert_eq!(enough(150), Some(Purpose::GoodTunedVoice));
    assert_eq!(enough(450), Some(Purpose::Xtts));
    let report = of(&set(60, |_, _| ()));
    assert!(report.ready && report.blockers.is_empty());
    let said = "4.0 min of speech with texts suffice for a first tuned voice; a good tuned voice takes 10.0 min.";
    assert_eq!(report.advice, [said]);
}

#[test]
fn figures_stand_under_the_names_of_the_answer() {
    let segments = set(40, |number, segment| match number {
        0..5 => {
            segment.state = State::Rejected;
            segment.reasons = vec![Reason::Noisy, Reason::Clipped];
        }
        5..8 => segment.state = State::Pending,
        8..18 => segment.text = None,
        18 => segment.reasons = vec![Reason::TextTooLong],
        _ => segment.language = Some("en-GB".to_owned()),
    });
    let written = serde_json::to_value(of(&segments)).unwrap();
    assert_eq!(
        written["segments"],
        serde_json::json!({"accepted": 32, "rejected": 5, "pending": 3})
    );
    assert_eq!(
        written["rejected"],
        serde_json::json!({"clipped": 5, "noisy": 5})
    );
    assert_eq!(written["marked"], serde_json::json!({"text_too_long": 1}));
    assert_eq!(written["languages"], serde_json::json!({"en": 1.0}));
    for (place, figure) in [
        ("/seconds/total", 160.0),
        ("/seconds/accepted", 128.0),
        ("/seconds/usable", 88.0),
        ("/seconds/median", 4.0),
        ("/snr_db/p10", 35.0),
        ("/loudness_lufs/median", -23.0),
        ("/bandwidth_hz", 11_000.0),
        ("/limits/snr_db/reject", 10.0),
    ] {
        assert_eq!(written.pointer(place), Some(&figure.into()), "{place}");
    }
    let transcripts = &written["transcripts"];
    assert_eq!(
        (&transcripts["prompts"], &transcripts["missing"]),
        (&25.into(), &10.into())
    );
    assert_eq!(written["phones"], serde_json::Value::Null);
    assert_eq!(written["suffices_for"], serde_json::json!(["matching"]));
    let read: Report = serde_json::from_value(written).unwrap();
    assert!(
        advises(&read, "10 accepted segments have no text"),
        "{:?}",
        read.advice
    );
    assert!(
        advises(&read, "3 segments are still to be looked at"),
        "{:?}",
        read.advice
    );
}

#[test]
fn an_empty_set_says_what_comes_next() {
    let described = |files| Described {
        language: "pt",
        files,
        phones: None,
    };
    assert!(blocker(&report(&[], &described(0))).contains("upload recordings"));
    assert!(blocker(&report(&[], &described(2))).contains("cut the dataset into segments"));
    let empty = report(&[], &described(0));
    assert_eq!(
        (empty.segments, empty.speakers),
        (SegmentCounts::default(), 0)
    );
    assert!(empty.advice.is_empty() && empty.snr_db.is_none());
}

#[test]
fn a_set_of_which_nothing_is_accepted_says_why() {
    let rejected = set(3, |number, segment| {
        segment.state = State::Rejected;
        segment.reasons = vec![if number == 0 {
            Reason::TooShort
        } else {
            Reason::Noisy
        }];
    });
    let report = of(&rejected);
    let said = blocker(&report);
    assert!(
        said.contains("noisy: 2, too_short: 1") && said.contains("quieter room"),
        "{said}"
    );
    let pending = set(3, |_, segment| segment.state = State::Pending);
    assert!(blocker(&of(&pending)).contains("3 segments are still to be looked at"));
    let untold = set(30, |_, segment| segment.text = Some(" ".to_owned()));
    assert!(blocker(&of(&untold)).contains("transcribe"));
}

#[test]
fn one_clip_is_matched_rather_than_trained() {
    let report = of(&set(1, |_, _| ()));
    assert!(!report.ready);
    assert!(
        report.blockers[0].contains("clone the voice"),
        "{:?}",
        report.blockers
    );
    assert!(
        report.blockers[0].contains("record 56 s more"),
        "{:?}",
        report.blockers
    );
    assert!(
        report.blockers[1].contains("Only 1 segment has a text"),
        "{:?}",
        report.blockers
    );
    let long = of(&set(6, |_, segment| segment.seconds = 11.0));
    assert!(blocker(&long).contains("Only 6 segments have a text"));
}

#[test]
fn one_word_again_and_again_is_no_dataset() {
    let report = of(&set(40, |number, segment| {
        segment.text = Some(["Hello!", "hello", " Hello. "][number % 3].to_owned());
    }));
    assert!(blocker(&report).contains("the same words in all segments"));
    assert_eq!(
        report.duplicates,
        Duplicates {
            samples: 0,
            texts: 39
        }
    );
    assert!(advises(&report, "39"));
}

#[test]
fn what_is_poor_is_told() {
    let report = of(&set(60, |number, segment| {
        let measures = segment.measures.as_mut().unwrap();
        measures.snr_db = 14.0;
        measures.clipped_percent = 0.5;
        measures.loudness_lufs = Some(if number % 2 == 0 { -15.0 } else { -30.0 });
        measures.bandwidth_hz = Some(3_900.0);
        segment.speaker = Some(if number % 2 == 0 { "ann" } else { "bob" }.to_owned());
        segment.language = Some(if number % 4 == 0 { "de" } else { "en" }.to_owned());
        segment.text_source = Some(TextSource::Pocketsphinx);
        segment.reasons = vec![Reason::Misaligned];
    }));
    assert!(report.ready);
    for words in [
        "noisy: speech stands 14 dB",
        "clipped (0.5 %",
        "differ in loudness by 8 LUFS",
        "up to 3.9 kHz",
        "2 speakers",
        "de: 25 %",
        "Drafts",
        "may not be what is said: 60",
    ] {
        assert!(advises(&report, words), "{words}: {:#?}", report.advice);
    }
}

#[test]
fn phones_that_nobody_says_are_named() {
    let phones = BuiltInPhones::default();
    let of = |segments: &[SegmentFacts]| {
        let about = Described {
            language: "en-US",
            files: 1,
            phones: Some(&phones),
        };
        report(segments, &about)
    };
    let all = of(&set(60, |_, _| ())).phones.unwrap();
    assert!(
        all.missing.is_empty() && all.covered >= 39 && all.diphones > 500,
        "{all:?}"
    );
    let few = of(&set(60, |_, segment| {
        segment.text = Some("See me.".to_owned());
    }));
    let found = few.phones.as_ref().unwrap();
    assert_eq!((found.covered, found.diphones), (3, 3), "{found:?}");
    assert!(
        advises(&few, "Phones that nobody says: aa, ae, ah"),
        "{:?}",
        few.advice
    );
    let unknown = Described {
        language: "xx",
        files: 1,
        phones: Some(&phones),
    };
    assert_eq!(report(&[], &unknown).phones, None);
}

#[test]
fn the_set_shows_which_segments_are_odd() {
    let segments = set(60, |number, segment| match number {
        10 => segment.text = Some("Much too much to be said. ".repeat(9)),
        20 => segment.language = Some("pt".to_owned()),
        30 => segment.measures.as_mut().unwrap().sha256 = format!("{:064}", 29),
        40 => segment.alignment_score = Some(-31.0),
        50 => {
            segment.state = State::Rejected;
            segment.measures.as_mut().unwrap().sha256 = format!("{:064}", 51);
        }
        _ => segment.text = Some(format!("{number:03} and some words that are said.")),
    });
    let found = set_findings(&segments, "en-US");
    assert_eq!(found[10], [Finding::mark(Reason::RateOdd)]);
    assert_eq!(found[20], [Finding::mark(Reason::LanguageOdd)]);
    assert_eq!(found[30], [Finding::reject(Reason::Duplicate)]);
    assert_eq!(found[40], [Finding::mark(Reason::Misaligned)]);
    let odd = found.iter().filter(|findings| !findings.is_empty()).count();
    assert_eq!(odd, 4, "{found:?}");
    assert!(set_findings(&segments[..9], "en").iter().all(Vec::is_empty));
}

#[test]
fn a_version_is_of_what_is_trained_with() {
    let segments = set(20, |_, _| ());
    let same = version(&segments);
    assert_eq!(same.len(), 64);
    let mut turned = segments.clone();
    turned.reverse();
    turned[3].alignment_score = None;
    turned.push(SegmentFacts {
        state: State::Pending,
        ..segment(99)
    });
    assert_eq!(version(&turned), same);
    let edited = set(20, |number, segment| {
        if number == 7 {
            segment.text = Some("Another text.".to_owned());
        }
    });
    assert_ne!(version(&edited), same);
    assert_ne!(version(&segments[1..]), same);
}

#[test]
fn facts_are_read_from_what_a_database_keeps() {
    let kept =
        serde_json::json!({"segment_id": "s", "file_id": "f", "state": "pending", "seconds": 2.5});
    let read: SegmentFacts = serde_json::from_value(kept).unwrap();
    assert_eq!((read.state, read.text), (State::Pending, None));
}
