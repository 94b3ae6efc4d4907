use std::collections::BTreeMap;

use super::{PhonemeType, Symbols};

fn symbols(kind: PhonemeType) -> Symbols {
    let mut ids = BTreeMap::new();
    for (id, symbol) in "_^$ .,abcdeɪ\u{327}(".chars().enumerate() {
        ids.insert(symbol.to_string(), vec![id as u32]);
    }
    ids.insert("aɪ".to_owned(), vec![40]);
    Symbols {
        kind,
        ids,
        replacements: BTreeMap::new(),
        clusters: Vec::new(),
    }
}

#[test]
fn ids_stand_between_paddings() {
    let encoding = symbols(PhonemeType::Espeak).encode("ab, c.");
    assert_eq!(encoding.ids, [1, 0, 6, 0, 7, 0, 5, 0, 3, 0, 8, 0, 4, 0, 2]);
    assert!(encoding.unknown.is_empty());
}

#[test]
fn symbols_are_decomposed_and_unknown_ones_are_told_once() {
    let encoding = symbols(PhonemeType::Espeak).encode("çxx$_y");
    assert_eq!(encoding.ids, [1, 0, 8, 0, 13, 0, 2]);
    assert_eq!(encoding.unknown, ["x", "$", "_", "y"]);
}

#[test]
fn language_flags_are_dropped_and_other_brackets_are_not() {
    let symbols = symbols(PhonemeType::Espeak);
    assert_eq!(
        symbols.encode("(en)a(pt-br) b").ids,
        symbols.encode("a b").ids
    );
    assert_eq!(
        symbols.encode("(a b").ids,
        [1, 0, 14, 0, 6, 0, 3, 0, 7, 0, 2]
    );
    assert_eq!(symbols.encode("a(").ids, [1, 0, 6, 0, 14, 0, 2]);
    assert!(symbols.encode("(en)").words.is_empty());
    let text = super::Symbols {
        kind: PhonemeType::Text,
        ..symbols
    };
    assert_eq!(text.encode("(a)").ids, [1, 0, 14, 0, 6, 0, 2]);
}

#[test]
fn clusters_and_replacements_come_before_ids() {
    let plain = symbols(PhonemeType::Espeak);
    assert_eq!(
        plain.encode("aɪ").ids,
        [1, 0, 6, 0, 11, 0, 2].map(|id| if id == 11 { 11 } else { id })
    );
    let clustered = Symbols {
        clusters: vec!["aɪ".to_owned()],
        ..plain.clone()
    };
    assert_eq!(clustered.encode("aɪa").ids, [1, 0, 40, 0, 6, 0, 2]);
    let replaced = Symbols {
        replacements: BTreeMap::from([("c".to_owned(), vec!["a".to_owned(), "b".to_owned()])]),
        ..plain
    };
    assert_eq!(replaced.encode("c").ids, [1, 0, 6, 0, 7, 0, 2]);
}

#[test]
fn an_empty_sentence_is_a_beginning_and_an_end() {
    let encoding = symbols(PhonemeType::Espeak).encode("");
    assert_eq!(encoding.ids, [1, 0, 2]);
    assert!(encoding.times(&[1, 1, 1], 4).is_empty());
}

#[test]
fn words_begin_and_end_in_the_middle_of_what_stands_between_them() {
    let encoding = symbols(PhonemeType::Espeak).encode("a bc, d.");
    // ^ _ a _ ␣ _ b _ c _ , _ ␣ _ d _ . _ $
    let frames = [2, 2, 5, 2, 4, 2, 3, 1, 3, 2, 9, 1, 1, 4, 6, 2, 7, 1, 1];
    assert_eq!(encoding.ids.len(), frames.len());
    let times = encoding.times(&frames, 10);
    // a: from the middle of its padding to the middle of the eight frames up to b; bc: to the middle of its last padding.
    assert_eq!(times, [30..130, 130..250, 390..490]);
}

#[test]
fn a_word_without_sounds_has_no_length() {
    let encoding = symbols(PhonemeType::Espeak).encode("x a");
    assert_eq!(encoding.words.len(), 2);
    let times = encoding.times(&[1; 7], 10);
    assert_eq!(times[0].len(), 0);
    assert_eq!(times[1], 35..55);
}

#[test]
fn paces_reach_over_the_blank_behind_a_word() {
    let encoding = symbols(PhonemeType::Espeak).encode("a b");
    // ^ _ a _ ␣ _ b _ $
    let paces = encoding.paces(&[2.0, 0.5]);
    assert_eq!(paces, [2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 0.5, 0.5, 0.5]);
    assert_eq!(encoding.paces(&[]), [1.0; 9]);
}
