//! Roman numerals: centuries, chapters, rulers, events.

use super::{
    ends,
    gender::{
        Gender::{self, Feminine, Masculine},
        of_noun,
    },
    number,
};
use crate::{
    reading::{Place, Reading, patterns},
    roman::value,
};

/// Said as ordinals up to ten, as cardinals above.
const COUNTED_BY_RANK: &[&str] = &["século", "séculos", "séc", "papa", "rei", "dom"];
/// Always said as cardinals.
const COUNTED: &[&str] = &[
    "capítulo",
    "cap",
    "volume",
    "vol",
    "tomo",
    "título",
    "livro",
    "parte",
    "ato",
    "cena",
    "anexo",
    "fase",
    "tipo",
    "grupo",
    "inciso",
    "seção",
    "módulo",
    "nível",
    "classe",
    "etapa",
    "apêndice",
    "quadro",
    "tabela",
    "figura",
    "lição",
    "unidade",
];
/// Names of rulers and popes.
const RULERS: &[&str] = &[
    "pedro",
    "joão",
    "luís",
    "henrique",
    "carlos",
    "filipe",
    "felipe",
    "afonso",
    "manuel",
    "josé",
    "fernando",
    "paulo",
    "pio",
    "bento",
    "leão",
    "gregório",
    "alexandre",
    "napoleão",
    "nicolau",
    "francisco",
    "guilherme",
    "jorge",
    "eduardo",
    "ricardo",
    "jaime",
    "ramsés",
    "isabel",
    "elizabeth",
    "maria",
    "catarina",
    "margarida",
    "cristina",
    "sancho",
    "sebastião",
    "duarte",
    "dinis",
    "otto",
    "ivan",
    "frederico",
    "rodolfo",
    "maximiliano",
];

patterns! {
    NUMERAL = r"([IVXLCDM]+)";
    NOUN_NEXT = r"\x20(?:(?:Guerra|Guerras|Copa|Congresso|Encontro|Simpósio|Semana|Bienal|Conferência|Jornada|Feira|Fórum|Festival|Seminário|Império|Reich|República)\b)";
}

pub(super) fn numeral(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&NUMERAL)?;
    let written = found.get(0)?.as_str();
    let after = place.after(written.len());
    let apart = place.before().is_empty() || place.before().ends_with([' ', '(', '-', '"']);
    if !apart || !ends(after) || after.starts_with('\'') {
        return None;
    }
    let value = value(written)?;
    let previous = place.previous_word();
    let lower = previous.to_lowercase();
    let known = |list: &[&str]| list.contains(&lower.as_str());
    let spoken = if NOUN_NEXT.is_match(after) && value < 100 {
        number::ordinal(&value.to_string(), of_noun(after.trim_start()))
    } else if known(RULERS) && previous.starts_with(char::is_uppercase) {
        by_rank(value, gender_of_name(&lower))
    } else if known(COUNTED_BY_RANK) {
        by_rank(value, Masculine)
    } else if known(COUNTED)
        || written.len() > 1 && value < 40 && previous.starts_with(char::is_uppercase)
    {
        number::of(value, Masculine)
    } else if after_century(place) {
        by_rank(value, Masculine)
    } else {
        return None;
    };
    Some(Reading::new(written.len(), spoken))
}

fn by_rank(value: u128, gender: Gender) -> String {
    if value <= 10 {
        number::ordinal(&value.to_string(), gender)
    } else {
        number::of(value, gender)
    }
}

fn gender_of_name(name: &str) -> Gender {
    if name.ends_with('a') || ["isabel", "elizabeth"].contains(&name) {
        Feminine
    } else {
        Masculine
    }
}

/// The second numeral of `séculos XV e XVI`, `século XV a XVI`.
fn after_century(place: &Place<'_>) -> bool {
    let mut words = place.before().trim_end().rsplit(' ');
    let joins = words
        .next()
        .is_some_and(|word| ["e", "a", "ao", "ou"].contains(&word));
    let numeral = words
        .next()
        .is_some_and(|word| value(word.trim_end_matches(',')).is_some());
    joins && numeral
}
