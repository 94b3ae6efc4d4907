//! espeak-ng's voices: reads its table, and finds the voice for a language tag.

use std::collections::BTreeMap;

use crate::{CommercialUse, Licence, SpeechError, Voice, VoiceKind};

/// Plain English means the American voice, as in most of today's servers; espeak-ng itself would take the British one.
const PREFERRED: &[(&str, &str)] = &[("en", "en-us")];
/// Voices that need the separate MBROLA program and its data.
const MBROLA: &str = "mb/";

/// One voice of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EspeakVoice {
    pub(super) id: String,
    /// espeak-ng's name for the language, which is also what selects the voice.
    pub(super) language: String,
    name: String,
}

/// All voices, by language tag in lower case.
#[derive(Debug)]
pub(super) struct VoiceList {
    voices: Vec<EspeakVoice>,
    /// Tag to index: the voices' own languages, and further tags that espeak-ng says they serve.
    by_tag: BTreeMap<String, usize>,
}

impl VoiceList {
    /// Reads the output of `espeak-ng --voices`.
    pub(super) fn parse(table: &str) -> Result<Self, SpeechError> {
        let mut voices: Vec<EspeakVoice> = Vec::new();
        let mut others: Vec<(u32, String, usize)> = Vec::new();
        for row in table.lines().skip(1).filter_map(Row::parse) {
            if row.file.starts_with(MBROLA)
                || voices.iter().any(|voice| voice.language == row.language)
            {
                continue;
            }
            others.extend(
                row.others
                    .into_iter()
                    .map(|(tag, rank)| (rank, tag, voices.len())),
            );
            voices.push(EspeakVoice {
                id: format!("espeak-{}", row.language.to_lowercase()),
                language: row.language,
                name: row.name,
            });
        }
        if voices.is_empty() {
            return Err(SpeechError::Unavailable(
                "espeak-ng lists no voices; install espeak-ng-data".to_owned(),
            ));
        }
        let by_tag = index(&voices, others);
        Ok(Self { voices, by_tag })
    }

    pub(super) fn by_id(&self, id: &str) -> Result<&EspeakVoice, SpeechError> {
        let found = self.voices.iter().find(|voice| voice.id == id);
        found.ok_or_else(|| SpeechError::Reject(format!("engine `espeak` has no voice `{id}`")))
    }

    /// The voice for a tag; a tag that is not known loses its last part until it is.
    pub(super) fn for_language(&self, tag: &str) -> Result<&EspeakVoice, SpeechError> {
        let lower = tag.to_lowercase().replace('_', "-");
        let mut wanted = lower.as_str();
        loop {
            if let Some(voice) = self
                .by_tag
                .get(wanted)
                .and_then(|&index| self.voices.get(index))
            {
                return Ok(voice);
            }
            let Some((shorter, _)) = wanted.rsplit_once('-') else {
                return Err(SpeechError::Reject(format!(
                    "engine `espeak` does not speak `{tag}`"
                )));
            };
            wanted = shorter;
        }
    }

    pub(super) fn languages(&self) -> Vec<String> {
        self.by_tag.keys().cloned().collect()
    }

    /// The voices as the engine announces them, each with every tag that leads to it.
    pub(super) fn announce(&self, engine: &str) -> Vec<Voice> {
        let tags = |index: usize| {
            self.by_tag
                .iter()
                .filter(move |(_, at)| **at == index)
                .map(|(tag, _)| tag.clone())
        };
        let voices = self.voices.iter().enumerate();
        voices
            .map(|(index, voice)| Voice {
                id: voice.id.clone(),
                engine: engine.to_owned(),
                name: voice.name.clone(),
                kind: VoiceKind::Builtin,
                languages: tags(index).collect(),
                // The program's licence; what it says is nobody's.
                licence: Licence::new("GPL-3.0-or-later", CommercialUse::Yes),
            })
            .collect()
    }
}

/// A voice's own language wins over what others say they also serve; of these the lowest rank wins.
fn index(voices: &[EspeakVoice], mut others: Vec<(u32, String, usize)>) -> BTreeMap<String, usize> {
    let mut by_tag: BTreeMap<String, usize> = voices
        .iter()
        .enumerate()
        .map(|(index, voice)| (voice.language.to_lowercase(), index))
        .collect();
    for (tag, preferred) in PREFERRED {
        if let Some(&index) = by_tag.get(*preferred) {
            by_tag.entry((*tag).to_owned()).or_insert(index);
        }
    }
    others.sort();
    for (_, tag, index) in others {
        by_tag.entry(tag).or_insert(index);
    }
    by_tag
}

/// A line such as ` 5  cmn  --/M  Chinese_(Mandarin)  sit/cmn  (zh-cmn 5)(zh 5)`.
struct Row {
    language: String,
    name: String,
    file: String,
    others: Vec<(String, u32)>,
}

impl Row {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split_whitespace();
        let (_priority, language, _age_gender) = (fields.next()?, fields.next()?, fields.next()?);
        let (name, file) = (fields.next()?, fields.next()?);
        let others = fields.collect::<Vec<_>>().join(" ");
        let is_tag = |tag: &str| {
            tag.starts_with(|c: char| c.is_ascii_alphabetic())
                && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        is_tag(language).then(|| Self {
            language: language.to_owned(),
            name: name.trim_end_matches('_').replace('_', " "),
            file: file.to_owned(),
            others: others.split(['(', ')']).filter_map(other).collect(),
        })
    }
}

/// `zh-cmn 5`: a further tag with its rank.
fn other(text: &str) -> Option<(String, u32)> {
    let (tag, rank) = text.trim().split_once(' ')?;
    Some((tag.to_lowercase(), rank.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  chr-US-Qaaa-x-west --/M      Cherokee_          iro/chr              
 5  cmn             --/M      Chinese_(Mandarin,_latin_as_English) sit/cmn              (zh-cmn 5)(zh 5)
 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 2  en-us           --/M      English_(America)  gmw/en-US            (en 3)
 5  pt              --/M      Portuguese_(Portugal) roa/pt               (pt-pt 5)
 5  pt-br           --/M      Portuguese_(Brazil) roa/pt-BR            (pt 6)
 7  nl-mb           --/M      dutch-mbrola-2     mb/mb-nl2            
 5  -v              --/M      Trick              x/y
 5  yue             --/M      Chinese_(Cantonese) sit/yue              (zh-yue 5)(zh 8)
 5  yue             --/M      Chinese_(Cantonese,_latin_as_Jyutping) sit/yue-Latn-jyutping (zh-yue 5)(zh 8)
";

    fn voice(tag: &str) -> Option<String> {
        VoiceList::parse(TABLE)
            .unwrap()
            .for_language(tag)
            .ok()
            .map(|voice| voice.id.clone())
    }

    #[test]
    fn tags_find_their_voices() {
        for (tag, id) in [
            ("en", "espeak-en-us"),
            ("en-US", "espeak-en-us"),
            ("en_GB", "espeak-en-gb"),
            ("en-AU", "espeak-en-us"),
            ("pt", "espeak-pt"),
            ("pt-BR", "espeak-pt-br"),
            ("pt-PT", "espeak-pt"),
            ("zh-Hans-CN", "espeak-cmn"),
            ("zh-yue", "espeak-yue"),
            ("chr", ""),
            ("xx", ""),
            ("", ""),
        ] {
            assert_eq!(voice(tag).unwrap_or_default(), id, "{tag}");
        }
    }

    #[test]
    fn only_voices_that_can_be_named_safely_are_listed() {
        let list = VoiceList::parse(TABLE).unwrap();
        let ids: Vec<_> = list.voices.iter().map(|voice| voice.id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "espeak-chr-us-qaaa-x-west",
                "espeak-cmn",
                "espeak-en-gb",
                "espeak-en-us",
                "espeak-pt",
                "espeak-pt-br",
                "espeak-yue"
            ]
        );
        assert!(list.by_id("espeak-en-us").is_ok());
        assert!(list.by_id("en-us").is_err());
        assert!(VoiceList::parse("nothing").is_err());
    }

    #[test]
    fn announced_voices_carry_every_tag_that_leads_to_them() {
        let voices = VoiceList::parse(TABLE).unwrap().announce("espeak");
        let mandarin = voices
            .iter()
            .find(|voice| voice.id == "espeak-cmn")
            .unwrap();
        assert_eq!(mandarin.languages, ["cmn", "zh", "zh-cmn"]);
        assert_eq!(mandarin.name, "Chinese (Mandarin, latin as English)");
    }
}
