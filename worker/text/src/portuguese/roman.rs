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
    "inc",
    "alínea",
    "item",
    "art",
    "artigo",
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
    "charles",
    "louis",
    "philip",
    "george",
    "james",
    "william",
    "edward",
    "juan",
    "umberto",
    "dario",
    "beatriz",
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
    let head = head(place);
    let lower = head.to_lowercase();
    let one = lower.strip_suffix('s').unwrap_or(&lower);
    let known = |list: &[&str]| list.contains(&lower.as_str()) || list.contains(&one);
    let spoken = if NOUN_NEXT.is_match(after) && value < 100 {
        number::ordinal(&value.to_string(), of_noun(after))
    } else if known(RULERS) && head.starts_with(char::is_uppercase) {
        by_rank(value, gender_of_name(&lower))
    } else if known(COUNTED_BY_RANK) {
        by_rank(value, Masculine)
    } else if known(COUNTED)
        || written.len() > 1 && value < 40 && head.starts_with(char::is_uppercase)
        || begins_item(place, written)
    {
        number::of(value, Masculine)
    } else {
        return None;
    };
    Some(Reading::new(written.len(), spoken))
}

/// `IV - os direitos`, `II) o prazo`: an item of a list or a law.
fn begins_item(place: &Place<'_>, written: &str) -> bool {
    let after = place.after(written.len());
    let small = written.trim_matches(['I', 'V', 'X']).is_empty();
    let dashed = [" - ", " – ", " — "]
        .iter()
        .any(|dash| after.starts_with(dash));
    let bracketed = written.len() > 1 && after.starts_with([')', '.']);
    place.before().trim().is_empty() && small && (dashed || bracketed)
}

fn by_rank(value: u128, gender: Gender) -> String {
    if value <= 10 {
        number::ordinal(&value.to_string(), gender)
    } else {
        number::of(value, gender)
    }
}

fn gender_of_name(name: &str) -> Gender {
    if name.ends_with('a') || ["isabel", "elizabeth", "beatriz"].contains(&name) {
        Feminine
    } else {
        Masculine
    }
}

/// The word that the numeral counts: `séculos` for the last one of `séculos XV, XVI e XVII`.
fn head<'a>(place: &Place<'a>) -> &'a str {
    let words = place.before().trim_end().rsplit([' ', '-', '–']);
    let words = words.map(|word| word.trim_matches(|c: char| !c.is_alphabetic()));
    let is_between = |word: &str| ["", "e", "a", "ao", "ou"].contains(&word);
    let (mut behind, mut after_numeral) = (None, false);
    for word in words {
        if value(word).is_some() {
            after_numeral = true;
        } else if !is_between(word) {
            return behind.filter(|_| !after_numeral).unwrap_or(word);
        }
        behind.get_or_insert(word);
    }
    behind.unwrap_or_default()
}
