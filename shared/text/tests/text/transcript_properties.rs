//! What holds for the transcript of every text whatsoever.

use kiskadee_text::{Dictionary, TextFormat, TranscriptLanguage, passages, transcript};
use proptest::prelude::*;

/// Characters that cleaning looks at, so that random texts reach them.
const TELLING: &str = "aIMr0123459 ....,,::;/-–—'\"!?()[]$£€¥₽%°#@&+=×½¾²³₂éßЖ你〇٣५😀\u{301}\u{200d}\n\tºª™…¿।؟。、İıΣŉ";

fn texts() -> impl Strategy<Value = String> {
    let telling = prop::sample::select(TELLING.chars().collect::<Vec<_>>());
    let pieces = prop::sample::select(vec![
        "Dr. ",
        "1. Mai ",
        "1.234,56 € ",
        "$1,234.56 ",
        "$ -5 ",
        "US$2,5 millones ",
        "-7 ",
        "12,5 % ",
        "1er ",
        "2º ",
        "14:30 ",
        "3:00 ",
        "007 ",
        "1 000 000 ",
        "100,000 ",
        "99999999999999999999 ",
        "z. B. ",
        "m. x ",
        "5-го ",
        "21,02 руб. ",
        "٣٥٫٥ ",
        "५० ",
        "50 번째 ",
        "第3 ",
        "你好。 ",
        "今日は、3時です。 ",
        "안녕 5 ",
        "I. İ ",
    ]);
    let soup = prop::collection::vec(telling, 0..60).prop_map(String::from_iter);
    let prose = prop::collection::vec(pieces, 0..10).prop_map(|pieces| pieces.concat());
    prop_oneof![
        any::<String>(),
        soup.clone(),
        prose.clone(),
        (prose, soup).prop_map(|(a, b)| a + &b)
    ]
}

/// Chinese transcripts end their syllables in the figure of a tone.
fn is_unsaid(c: char, language: TranscriptLanguage) -> bool {
    let is_tone = language.tag() == "zh-cn" && ('1'..='5').contains(&c);
    c.is_uppercase() || c.is_numeric() && !is_tone || "$£€¥₽%°#@&+=×\"()[]{}<>_*/\\|~^".contains(c)
}

fn check(text: &str, language: TranscriptLanguage, most_chars: usize) {
    let whole = transcript(text, language).unwrap_or_default();
    assert!(
        !whole.contains(|c| is_unsaid(c, language)),
        "{language:?}: {text:?} gives {whole:?}"
    );
    assert!(whole.len() <= 2_000 + 200 * text.len());
    assert!(!whole.contains("  ") && whole.trim() == whole, "{whole:?}");
    if text.trim_start().starts_with('<') {
        return;
    }
    let passages = passages(
        text,
        TextFormat::Auto,
        language,
        &Dictionary::default(),
        most_chars,
    )
    .unwrap_or_default();
    let mut spoken = 0.0;
    for passage in passages {
        let chars = passage.transcript.chars().count();
        assert!(chars <= most_chars, "{chars} of {most_chars}: {passage:?}");
        assert!(passage.transcript.contains(char::is_alphabetic));
        assert!(passage.spoken >= spoken && passage.spoken <= 1.0);
        spoken = passage.spoken;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn transcripts_are_words_and_marks(text in texts(), most_chars in 1_usize..60) {
        for &language in TranscriptLanguage::ALL {
            check(&text, language, most_chars);
        }
    }
}

#[test]
fn long_texts_of_one_kind_end() {
    for unit in [
        "a", "1", "1 000 ", "1,", "1.", "$", "-", "'", "(", "¿", "½", "²", "Dr. ", "你", "3日",
        "\u{301}", "😀",
    ] {
        let text = unit.repeat(5_000 / unit.len());
        for &language in TranscriptLanguage::ALL {
            check(&text, language, 200);
        }
    }
}

#[test]
fn what_cannot_be_said_has_no_passage() {
    for text in [
        "", " \n\t", "...", "?!", "—–-", "\"'()", "😀", "\u{301}", "。。", "¿¡",
    ] {
        for &language in TranscriptLanguage::ALL {
            let found = passages(
                text,
                TextFormat::Auto,
                language,
                &Dictionary::default(),
                100,
            );
            assert_eq!(found, Ok(Vec::new()), "{text:?} {language:?}");
        }
    }
}
