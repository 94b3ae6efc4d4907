//! When each word is heard, as JSON for programs, and as WebVTT and `SubRip` (SRT) for players.

use std::ops::Range;

use kiskadee_markup::Document;
use kiskadee_speech::WordTiming;
use serde::Serialize;

/// What a line of subtitles holds at most, so that it can be read in time.
const CUE_CHARS: usize = 84;
const CUE_SECONDS: f64 = 7.0;

/// The words of a text with their times in seconds from the beginning of the audio.
#[derive(Debug, Serialize)]
pub(crate) struct Timestamps<'a> {
    words: Vec<TimedWord>,
    #[serde(skip)]
    document: &'a Document,
}

#[derive(Debug, Serialize)]
struct TimedWord {
    word: String,
    start: f64,
    end: f64,
    #[serde(skip)]
    source: Range<usize>,
}

/// A line of subtitles.
struct Cue {
    start: f64,
    end: f64,
    shown: String,
}

impl<'a> Timestamps<'a> {
    /// Words that are spoken for one stretch of the text (`21` is two) are one. `stretch` is how many times as fast the
    /// audio is played as the engine made it. None when the engine told no times.
    pub(crate) fn of(document: &'a Document, timings: &[WordTiming], stretch: f32) -> Option<Self> {
        let mut words: Vec<TimedWord> = Vec::new();
        for WordTiming { source, start, end } in timings {
            let (start, end) = (start / f64::from(stretch), end / f64::from(stretch));
            match words.last_mut() {
                Some(last) if source.start < last.source.end => last.end = end,
                _ => words.push(TimedWord {
                    word: document.written(source),
                    start: to_millis(start),
                    end,
                    source: source.clone(),
                }),
            }
        }
        for word in &mut words {
            word.end = to_millis(word.end);
        }
        (!words.is_empty()).then_some(Self { words, document })
    }

    /// As a WebVTT file.
    pub(crate) fn to_webvtt(&self) -> String {
        let cues = self.cues().into_iter().map(|cue| {
            let (start, end) = (clock(cue.start, '.'), clock(cue.end, '.'));
            let shown = cue.shown.replace('&', "&amp;");
            let shown = shown.replace('<', "&lt;").replace('>', "&gt;");
            format!("\n{start} --> {end}\n{shown}\n")
        });
        std::iter::once("WEBVTT\n".to_owned()).chain(cues).collect()
    }

    /// As a `SubRip` file, which has no entities: an arrow in the text would be taken for times.
    pub(crate) fn to_subrip(&self) -> String {
        let cues = self.cues().into_iter().enumerate().map(|(index, cue)| {
            let (start, end) = (clock(cue.start, ','), clock(cue.end, ','));
            let shown = cue.shown.replace("-->", "→");
            format!("{}\n{start} --> {end}\n{shown}\n\n", index + 1)
        });
        cues.collect()
    }

    /// What is shown at once. A cue ends with a sentence, or before it becomes too long to be read.
    fn cues(&self) -> Vec<Cue> {
        let mut cues = Vec::new();
        let mut first = 0;
        for next in 1..=self.words.len() {
            if self.is_cue(&(first..next)) {
                cues.extend(self.cue(&(first..next)));
                first = next;
            }
        }
        cues
    }

    /// Whether the words make a cue with which the next word does not belong.
    fn is_cue(&self, words: &Range<usize>) -> bool {
        let Some(next) = self.words.get(words.end) else {
            return true;
        };
        let Some(first) = self.words.get(words.start) else {
            return false;
        };
        let shown = self.shown(words);
        let ends_sentence = shown.ends_with(['.', '!', '?', '…', ':', ';']);
        let longer = next.source.end.saturating_sub(first.source.start);
        ends_sentence || longer > CUE_CHARS || next.end - first.start > CUE_SECONDS
    }

    fn cue(&self, words: &Range<usize>) -> Option<Cue> {
        let (first, last) = (self.words.get(words.start)?, self.words.get(words.end - 1)?);
        let shown = self.shown(words);
        Some(Cue {
            start: first.start,
            end: last.end,
            shown: shown.split_whitespace().collect::<Vec<_>>().join(" "),
        })
    }

    /// The text from the first word to the one after the last, with what stands between them.
    fn shown(&self, words: &Range<usize>) -> String {
        let place = |index: usize| self.words.get(index).map(|word| word.source.start);
        let start = if words.start == 0 {
            0
        } else {
            place(words.start).unwrap_or(0)
        };
        let end = place(words.end).unwrap_or(usize::MAX);
        self.document.written(&(start..end))
    }
}

fn to_millis(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// A time with what parts its seconds from their thousandths.
fn clock(seconds: f64, point: char) -> String {
    let millis = (seconds * 1000.0).round() as u64;
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    format!(
        "{hours:02}:{minutes:02}:{:02}{point}{:03}",
        millis / 1000 % 60,
        millis % 1000
    )
}

#[cfg(test)]
mod tests {
    use kiskadee_markup::{TextFormat, read};

    use super::*;

    fn document(text: &str) -> Document {
        read(text, TextFormat::Auto, "en").unwrap()
    }

    fn timing(source: Range<usize>, start: f64, end: f64) -> WordTiming {
        WordTiming { source, start, end }
    }

    #[test]
    fn words_of_one_stretch_are_one_and_speed_counts() {
        let timings = [
            timing(0..2, 0.2, 0.5),
            timing(0..2, 0.5, 1.0),
            timing(3..7, 1.0, 2.0),
        ];
        let cats = document("21 cats");
        let found = Timestamps::of(&cats, &timings, 2.0).unwrap();
        let json = serde_json::to_string(&found).unwrap();
        assert_eq!(
            json,
            r#"{"words":[{"word":"21","start":0.1,"end":0.5},{"word":"cats","start":0.5,"end":1.0}]}"#
        );
        assert!(Timestamps::of(&cats, &[], 1.0).is_none());
    }

    #[test]
    fn cues_end_with_sentences() {
        let text = "Hi <3. So long!";
        let timings = [
            timing(0..2, 0.0, 0.4),
            timing(4..5, 0.4, 0.9),
            timing(7..9, 1.2, 1.5),
            timing(10..14, 1.5, 2.0),
        ];
        let document = document(text);
        let found = Timestamps::of(&document, &timings, 1.0).unwrap();
        assert_eq!(
            found.to_subrip(),
            "1\n00:00:00,000 --> 00:00:00,900\nHi <3.\n\n2\n00:00:01,200 --> 00:00:02,000\nSo long!\n\n"
        );
        assert_eq!(
            found.to_webvtt(),
            "WEBVTT\n\n00:00:00.000 --> 00:00:00.900\nHi &lt;3.\n\n00:00:01.200 --> 00:00:02.000\nSo long!\n"
        );
    }

    #[test]
    fn an_arrow_in_a_text_is_none_of_subrip() {
        let text = "a --> b";
        let timings = [timing(0..1, 0.0, 0.4), timing(6..7, 0.4, 3661.5)];
        let arrow = document(text);
        let file = Timestamps::of(&arrow, &timings, 1.0).unwrap().to_subrip();
        assert_eq!(
            file,
            "1\n00:00:00,000 --> 00:00:00,400\na →\n\n2\n00:00:00,400 --> 01:01:01,500\nb\n\n"
        );
    }

    #[test]
    fn markup_is_not_shown() {
        let text = "<speak>Caf&#233; <break/>au <emphasis>lait</emphasis>.</speak>";
        let at = |part: &str| {
            let start = text.find(part).unwrap();
            start..start + part.len()
        };
        let timings = [
            timing(at("Caf&#233;"), 0.0, 0.4),
            timing(at("au"), 0.5, 0.6),
            timing(at("lait"), 0.6, 0.9),
        ];
        let document = document(text);
        let found = Timestamps::of(&document, &timings, 1.0).unwrap();
        assert!(
            serde_json::to_string(&found)
                .unwrap()
                .contains(r#""word":"Café""#)
        );
        assert!(found.to_webvtt().ends_with("00:00:00.900\nCafé au lait.\n"));
    }

    #[test]
    fn long_cues_are_cut() {
        let text = "word ".repeat(60);
        let timings: Vec<_> = (0..60)
            .map(|n| timing(n * 5..n * 5 + 4, n as f64, n as f64 + 0.9))
            .collect();
        let document = document(&text);
        let file = Timestamps::of(&document, &timings, 1.0)
            .unwrap()
            .to_webvtt();
        assert_eq!(file.matches("-->").count(), 60 / 7 + 1);
    }
}
