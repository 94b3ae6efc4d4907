//! What holds for every text whatsoever.

use kiskadee_text::{Language, Sentence, normalize, plain, split};
use proptest::prelude::*;

/// Characters that rules look at, so that random texts reach them.
const TELLING: &str = "aIVXMDrStTpm0123459 ....,,::;/-–—'\"!?()[]$£€¥R%°#@&+=*^~_<>×½¾²³éßЖ你٣😀\u{301}\u{200d}\u{fe0f}\n\t\0ºª™…";

fn texts() -> impl Strategy<Value = String> {
    let telling = prop::sample::select(TELLING.chars().collect::<Vec<_>>());
    let pieces = prop::sample::select(vec![
        "Dr. ",
        "St. ",
        "Henry VIII ",
        "12/25/2024 ",
        "3:30 p.m. ",
        "$1.2 million ",
        "5 km ",
        "+1 555 ",
        "https://a.b/c?d=1 ",
        "a@b.co ",
        "FBI's ",
        "1/2 ",
        "U.S. ",
        "iPhone15 ",
        "10-20% ",
        "No. 5 ",
        "x² ",
        "5'10\" ",
        "'90s ",
        "Mon, Jan 5 ",
        "R$ 1.234,56 ",
        "14h30 ",
        "25/12/2024 ",
        "2ª-feira ",
        "1º de maio ",
        "2 casas ",
        "(11) 91234-5678 ",
        "século XIX ",
        "Sr. ",
        "Campinas/SP ",
        "10x15 cm ",
        "ações d'água ",
        "p. ex. ",
        "½ ",
        "1 ½ xícara ",
        "R$ 5,1234 mi ",
        "CPF 123.456 ",
        "25/dez/24 ",
        "16:9 ",
        "10⁻³ CO₂ ",
        "27\" ",
        "II - ",
        "1 ou 2, 3 vezes ",
        "10% a.a. ",
        "os CDs ",
        "n.º 05 ",
        "Wi-Fi e-mail ",
        "30ºC de 20º a 30ºC ",
        "x >= 3 -> y ",
        "2 x 3 x 4 cm ",
        "1h30min20s ",
        "Figs. 2a e 2b-d ",
        "código é 123456 ",
        "R$ 5,00-R$ 10 mil/kg ",
        "seg. a sex. XIX-XX 10 000 3/5 a 5/6 ",
        "1/2 kg ",
        "7-3=4 ",
        "Ж.Я. И. Бунин ",
    ]);
    let soup = prop::collection::vec(telling, 0..80).prop_map(String::from_iter);
    let prose = prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat());
    prop_oneof![
        any::<String>(),
        soup.clone(),
        prose.clone(),
        (prose, soup).prop_map(|(a, b)| a + &b)
    ]
}

fn check(text: &str, sentences: &[Sentence], letter: fn(char) -> bool) {
    let mut from = 0;
    let mut letters = 0;
    for word in sentences.iter().flat_map(|sentence| &sentence.words) {
        let source = word.source.clone();
        assert!(
            text.get(source.clone())
                .is_some_and(|part| !part.is_empty()),
            "{source:?} of {text:?}"
        );
        assert!(source.start >= from, "{source:?} goes back in {text:?}");
        from = source.start;
        assert!(
            !word.text.is_empty() && word.text.chars().all(letter),
            "{word:?}"
        );
        letters += word.text.len();
    }
    assert!(
        letters <= 64 + 40 * text.len(),
        "{letters} letters for {} bytes",
        text.len()
    );
    assert!(sentences.iter().all(|sentence| !sentence.words.is_empty()));
}

fn is_portuguese(letter: char) -> bool {
    letter.is_ascii_lowercase() || "áâãàéêíóôõúüç".contains(letter)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn english_is_letters_with_sources_in_order(text in texts()) {
        let sentences = normalize(&text, Language::English);
        check(&text, &sentences, |c| c.is_ascii_lowercase() || c == '\'');
        prop_assert!(plain(&sentences).len() <= 2_000 + 100 * text.len());
    }

    #[test]
    fn portuguese_is_letters_with_sources_in_order(text in texts()) {
        let sentences = normalize(&text, Language::Portuguese);
        check(&text, &sentences, is_portuguese);
        prop_assert!(plain(&sentences).len() <= 2_000 + 100 * text.len());
    }

    #[test]
    fn pieces_are_within_the_limit(text in texts(), max in 1_usize..40) {
        for segment in split(&text, max) {
            prop_assert!(segment.text.chars().count() <= max && !segment.text.trim().is_empty());
        }
    }
}

/// Neither digits nor signs are left where nothing can be said.
#[test]
fn bad_input_is_read_as_nothing_or_as_words() {
    for empty in [
        "",
        " ",
        "\n\n\t",
        "...",
        "?!?!",
        "—–-",
        "\"'()[]{}",
        "😀😀👩‍👩‍👧",
        "\0\u{1}\u{7f}",
        "\u{200b}\u{feff}",
        "\u{301}\u{301}",
    ] {
        for language in [Language::English, Language::Portuguese] {
            assert_eq!(normalize(empty, language), [], "{empty:?}");
        }
    }
    for text in [
        "x".repeat(5_000),
        "9".repeat(5_000),
        "ção".repeat(1_700),
        "1,".repeat(2_500),
        "R$".repeat(2_500),
        "a1Б2你3".repeat(500),
        "olá мир 世界 ١٢٣ สวัสดี १२३".to_owned(),
        "olá\0mun\u{8}do\u{1b}[31m".to_owned(),
    ] {
        let sentences = normalize(&text, Language::Portuguese);
        check(&text, &sentences, is_portuguese);
        assert!(!sentences.is_empty());
    }
}

#[test]
fn long_texts_of_one_kind_are_read() {
    for unit in [
        "a",
        "1",
        "é",
        "\u{301}",
        "- ",
        "A.",
        "1,",
        "$",
        "'",
        "😀",
        "one two, ",
        "Dr. ",
    ] {
        let text = unit.repeat(10_000 / unit.len());
        check(&text, &normalize(&text, Language::English), |c| {
            c.is_ascii_lowercase() || c == '\''
        });
        check(
            &text,
            &normalize(&text, Language::Portuguese),
            is_portuguese,
        );
    }
}
