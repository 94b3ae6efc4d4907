//! Gives segments their words, and judges each with them, by itself and among all.

use kiskadee_dataset::{
    measures::{Bounds, reasons},
    report::{BuiltInPhones, Described, PhonesCovered, SegmentFacts, State, report, set_findings},
};
use kiskadee_runner::{Attempt, JobError, Made};
use serde::Serialize;
use uuid::Uuid;

use super::{
    args::{Judged, Judgement, Spoken, WordsArgs},
    computed,
};

#[derive(Debug, Serialize)]
struct Summary {
    transcribed: usize,
    failed: usize,
    changed: usize,
}

#[derive(Debug, Serialize)]
struct WordsResult {
    summary: Summary,
    segments: Vec<Judged>,
    /// Of the accepted segments; none in a language whose sounds are not known here.
    phones: Option<PhonesCovered>,
}

pub(super) async fn transcribe(attempt: &Attempt, args: WordsArgs) -> Result<Made, JobError> {
    attempt.progress.enter("judging");
    let job = attempt.job;
    let result = computed(move || Ok(judge(args, job))).await?;
    Made::new(&result, None)
}

/// `job`: whose summary it is.
fn judge(args: WordsArgs, job: Uuid) -> WordsResult {
    let WordsArgs { language, segments } = args;
    let heard_anew = segments.iter().filter(|spoken| is_heard_anew(spoken, job));
    let heard_anew = heard_anew.count();
    let mut facts: Vec<SegmentFacts> = segments.iter().map(facts).collect();
    let among_all = set_findings(&facts, &language);
    let judged: Vec<Judged> = segments
        .into_iter()
        .zip(among_all)
        .zip(&mut facts)
        .map(|((spoken, found), facts)| {
            let alone = alone(&spoken);
            let judgement = Judgement::of(alone.into_iter().chain(found));
            facts.state = state(&spoken, &judgement);
            spoken.judged(judgement)
        })
        .collect();
    let phones = BuiltInPhones::default();
    let about = Described {
        language: &language,
        files: 0,
        phones: Some(&phones),
    };
    WordsResult {
        summary: Summary::of(&judged, heard_anew),
        segments: judged,
        phones: report(&facts, &about).phones,
    }
}

/// Its words were heard by this job, which kept them at once.
fn is_heard_anew(spoken: &Spoken, job: Uuid) -> bool {
    let heard = spoken.heard.as_ref();
    let by_this = heard.is_some_and(|heard| heard.changed && heard.job == Some(job));
    by_this && spoken.text == spoken.was
}

impl Summary {
    /// `heard_anew`: those whose words have changed already.
    fn of(segments: &[Judged], heard_anew: usize) -> Self {
        let with_words = segments.iter().filter(|segment| segment.text.is_some());
        let transcribed = with_words.count();
        let changed = segments
            .iter()
            .filter(|segment| segment.text != segment.was);
        Self {
            transcribed,
            failed: segments.len() - transcribed,
            changed: changed.count() + heard_anew,
        }
    }
}

/// What is wrong with a segment by itself. How long it may be was settled when it was cut.
fn alone(spoken: &Spoken) -> Vec<kiskadee_dataset::Finding> {
    let cut = spoken.reasons.iter().copied();
    let cut = cut.filter(|reason| {
        use kiskadee_dataset::Reason::{TooLong, TooShort};
        matches!(reason, TooShort | TooLong)
    });
    let any_length = Bounds {
        min_seconds: 0.0,
        max_seconds: f64::INFINITY,
    };
    let found = reasons(&spoken.measures, spoken.text.as_deref(), &any_length);
    cut.map(kiskadee_dataset::Finding::reject)
        .chain(found)
        .collect()
}

/// As the database will have it: what a person decided stays.
fn state(spoken: &Spoken, judgement: &Judgement) -> State {
    let is_rejected = if spoken.decided {
        spoken.state == State::Rejected
    } else {
        !judgement.faults.is_empty()
    };
    match (is_rejected, &spoken.text) {
        (true, _) => State::Rejected,
        (false, None) => State::Pending,
        (false, Some(_)) => State::Accepted,
    }
}

fn facts(spoken: &Spoken) -> SegmentFacts {
    let judgement = Judgement::of(alone(spoken));
    SegmentFacts {
        segment_id: spoken.segment_id.simple().to_string(),
        file_id: spoken.file_id.simple().to_string(),
        state: state(spoken, &judgement),
        reasons: judgement.reasons,
        seconds: spoken.seconds,
        measures: Some(spoken.measures.clone()),
        text: spoken.text.clone(),
        text_source: None,
        speaker: spoken.speaker.clone(),
        language: odd_language(spoken),
        alignment_score: spoken.alignment_score,
    }
}

/// Where the words are those of a recogniser that heard another language than the dataset's; a person who wrote words knew better.
fn odd_language(spoken: &Spoken) -> Option<String> {
    let is_heard = spoken.text_source.as_deref() == Some("whisper");
    let heard = spoken
        .heard
        .as_ref()
        .filter(|heard| is_heard && heard.odd)?;
    Some(heard.language.clone())
}

impl Spoken {
    fn judged(self, judgement: Judgement) -> Judged {
        Judged {
            segment_id: self.segment_id,
            was: self.was,
            text: self.text,
            text_source: self.text_source,
            judgement,
        }
    }
}

#[cfg(test)]
mod tests {
    use kiskadee_dataset::{Reason, measures::measure};

    use super::{super::heard::Heard, *};

    /// A tone that comes and goes, as speech does.
    fn spoken(pitch: f32, text: Option<&str>) -> Spoken {
        let samples: Vec<f32> = (0..48_000_u16)
            .map(|place| {
                let time = f32::from(place) / 16_000.0;
                let loud = if (time * 2.0).fract() < 0.6 {
                    0.3
                } else {
                    0.0005
                };
                (time * pitch * std::f32::consts::TAU).sin() * loud
            })
            .collect();
        Spoken {
            segment_id: Uuid::now_v7(),
            file_id: Uuid::now_v7(),
            seconds: 3.0,
            measures: measure(&samples, 16_000).unwrap(),
            speaker: None,
            alignment_score: None,
            state: State::Pending,
            decided: false,
            reasons: Vec::new(),
            heard: None,
            was: None,
            text: text.map(str::to_owned),
            text_source: None,
        }
    }

    fn judge(segments: Vec<Spoken>) -> WordsResult {
        let args = WordsArgs {
            language: "en".to_owned(),
            segments,
        };
        super::judge(args, Uuid::nil())
    }

    #[test]
    fn what_was_heard_in_another_language_is_marked_and_counted() {
        let mut heard = spoken(200.0, Some("Zwei von einer Art."));
        heard.was.clone_from(&heard.text);
        heard.text_source = Some("whisper".to_owned());
        heard.heard = Some(Heard {
            language: "de".to_owned(),
            odd: true,
            changed: true,
            job: Some(Uuid::nil()),
            ..Heard::default()
        });
        let mut written = heard.clone();
        written.text_source = Some("edited".to_owned());
        written.heard = written.heard.map(|heard| Heard {
            job: Some(Uuid::max()),
            ..heard
        });
        let result = judge(vec![heard, written]);
        assert_eq!(result.summary.changed, 1);
        let [heard, written] = &result.segments[..] else {
            panic!("two came in")
        };
        assert!(heard.judgement.reasons.contains(&Reason::LanguageOdd));
        assert!(
            !heard.judgement.faults.contains(&Reason::LanguageOdd),
            "marked, not dropped"
        );
        assert!(!written.judgement.reasons.contains(&Reason::LanguageOdd));
    }

    #[test]
    fn words_are_counted_and_the_same_sound_is_found() {
        let text = "Two of a kind are here now.";
        let segments = vec![
            spoken(200.0, Some(text)),
            spoken(200.0, Some(text)),
            spoken(300.0, None),
        ];
        let result = judge(segments);
        let Summary {
            transcribed,
            failed,
            changed,
        } = result.summary;
        assert_eq!((transcribed, failed, changed), (2, 1, 2));
        let twin = &result.segments[1].judgement;
        assert!(twin.reasons.contains(&Reason::Duplicate), "{twin:?}");
        assert!(result.phones.is_some_and(|phones| phones.covered > 5));
    }

    #[test]
    fn what_was_cut_too_short_stays_so_and_decisions_count() {
        let mut short = spoken(200.0, Some("So short."));
        short.reasons = vec![Reason::TooShort];
        let judgement = Judgement::of(alone(&short));
        assert_eq!(judgement.faults, [Reason::TooShort]);
        assert_eq!(state(&short, &judgement), State::Rejected);
        (short.decided, short.state) = (true, State::Accepted);
        assert_eq!(state(&short, &judgement), State::Accepted);
    }
}
