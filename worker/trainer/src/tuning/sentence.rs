//! The sentences of a clip: joined while they are aligned, and apart when they are trained with, as the voice speaks them.

use kiskadee_pronunciation::{Phone, PhoneToken, Pronouncer, Stress};
use kiskadee_text::{Boundary, Language, Sentence, normalize};
use kiskadee_voice::VocoderFrames;
use kiskadee_voice::acoustic::SentenceKind;

use crate::alignment::Alignment;
use crate::corpus::Recording;
use crate::pitch::take_strays;

/// Silence that is kept at either end, in frames of 5 ms.
const SILENCE: u32 = 30;

/// What a clip says.
pub(super) struct Script {
    /// Words are counted through the whole clip; between two sentences stands one silence.
    pub(super) tokens: Vec<PhoneToken>,
    /// Of each sentence: its kind, and how many words there are up to its end.
    sentences: Vec<(SentenceKind, u32)>,
}

/// How a sentence ends.
pub(super) fn kind(sentence: &Sentence) -> SentenceKind {
    match sentence.words.last().map(|word| word.boundary) {
        Some(Boundary::Question) => SentenceKind::Question,
        Some(Boundary::Exclamation) => SentenceKind::Exclamation,
        _ => SentenceKind::Statement,
    }
}

impl Script {
    /// Errors: a text that cannot be spoken.
    pub(super) fn of(
        text: &str,
        language: Language,
        pronouncer: &Pronouncer,
    ) -> Result<Self, String> {
        let mut script = Self {
            tokens: Vec::new(),
            sentences: Vec::new(),
        };
        let mut words = 0;
        for sentence in normalize(text, language) {
            let said = pronouncer.pronounce(&sentence);
            let said = said.map_err(|error| error.to_string())?;
            if said.iter().all(|token| token.phone.is_silence()) {
                continue;
            }
            let joined = script.tokens.last().is_some_and(|t| t.phone.is_silence());
            let first = said.first().is_some_and(|t| t.phone.is_silence());
            let said = said.into_iter().skip(usize::from(joined && first));
            script.tokens.extend(said.map(|token| PhoneToken {
                word: token.word.map(|word| word + words),
                seconds: None,
                ..token
            }));
            words += u32::try_from(sentence.words.len()).unwrap_or(u32::MAX);
            script.sentences.push((kind(&sentence), words));
        }
        if script.tokens.is_empty() {
            return Err("the text has no words".to_owned());
        }
        Ok(script)
    }

    pub(super) fn kind(&self) -> SentenceKind {
        self.sentences
            .last()
            .map_or_else(SentenceKind::default, |last| last.0)
    }

    /// A recording of each sentence.
    pub(super) fn recordings(
        &self,
        alignment: &Alignment,
        frames: &VocoderFrames,
    ) -> Vec<Recording> {
        let mut first_word = 0;
        let sentences = self.sentences.iter().filter_map(|(kind, words)| {
            let mine = first_word..*words;
            first_word = *words;
            let is_mine = |token: &PhoneToken| token.word.is_some_and(|word| mine.contains(&word));
            let from = alignment.tokens.iter().position(is_mine)?;
            let to = alignment.tokens.iter().rposition(is_mine)? + 1;
            Some(cut(alignment, frames, from..to, *kind))
        });
        sentences.collect()
    }
}

/// The phones `tokens` with the silence at either end, of which the neighbour gets half.
fn cut(
    alignment: &Alignment,
    frames: &VocoderFrames,
    tokens: std::ops::Range<usize>,
    kind: SentenceKind,
) -> Recording {
    let durations = &alignment.durations;
    let silence = |index: Option<usize>| {
        let token = index.and_then(|index| alignment.tokens.get(index));
        let is_silence = token.is_some_and(|token| token.phone.is_silence());
        let frames = index.and_then(|index| durations.get(index)).copied();
        let is_end = index == Some(0) || index == Some(durations.len() - 1);
        let share = if is_end { 1 } else { 2 };
        if is_silence {
            (frames.unwrap_or(0) / share).min(SILENCE)
        } else {
            0
        }
    };
    let (lead, trail) = (
        silence(tokens.start.checked_sub(1)),
        silence(Some(tokens.end)),
    );
    let before: u32 = durations[..tokens.start].iter().sum();
    let spoken: u32 = durations[tokens.clone()].iter().sum();
    let range = (before - lead) as usize..(before + spoken + trail) as usize;
    let mut said = vec![SILENT];
    said.extend_from_slice(&alignment.tokens[tokens.clone()]);
    said.push(SILENT);
    let mut lengths = vec![lead];
    lengths.extend_from_slice(&durations[tokens]);
    lengths.push(trail);
    let mut frames = VocoderFrames {
        f0: frames.f0[range.clone()].to_vec(),
        mel_cepstrum: frames.mel_cepstrum[range.clone()].to_vec(),
        strengths: frames.strengths[range].to_vec(),
    };
    take_strays(&mut frames.f0, &said, &lengths);
    Recording {
        tokens: said,
        durations: lengths,
        kind,
        frames,
    }
}

const SILENT: PhoneToken = PhoneToken {
    phone: Phone::SILENCE,
    stress: Stress::None,
    word: None,
    seconds: None,
};
