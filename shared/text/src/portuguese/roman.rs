//! Roman numerals: centuries, chapters, rulers, events.

use super::{
    context::follows,
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
    "fig",
    "tab",
    "eq",
    "equação",
    "gráfico",
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
    SMALL_NUMERAL = r"([ivxlc]+)";
    SMALL_BEFORE = r"(?i).*\b(?:séculos?|sécs?\.|incisos?|inc\.|itens|item|capítulos?|caps?\.|alíneas?)\x20(?:[ivxlc]+(?:,\x20|\x20(?:e|a|ou)\x20|[-–/]))*$";
    LAW_BEFORE = r"(?i).*(?:\bart(?:igo)?s?\.?|§)\x20[0-9.]+º?(?:-[A-Z])?,\x20(?:§\x20?[0-9]+º?,\x20)?$";
    CENTURY_BEFORE = r"(?i).*\b(?:séculos?|sécs?\.)\x20$";
    NEXT_NUMERAL = r"[-–/]([IVXLC]+)";
    // A numeral of one letter before a heading, and not an initial before a name.
    ARTICLE_NEXT = r"\.\x20(?:[AO]s?|Um|Uma|D[aeo]s?|Em|Por|Para|Como|Sobre|Quanto|N[ao]s?)\x20\p{L}";
    HEADING_NEXT = r"\.\x20((?i:introdução|métodos?|metodologia|materia(?:l|is)|resultados?|discuss(?:ão|ões)|conclus(?:ão|ões)|objetivos?|referências|referencial|anexos?|apêndices?|apresentação|
        desenvolvimento|considerações|contexto|histórico|justificativas?|análises?|revisão|resumo|antecedentes|definições|disposições|fundamentos?|fatos|pedidos?|direito|preliminar(?:es)?|mérito|
        hipóteses?|problemas?|cronograma|orçamento|recursos|agradecimentos|sumário|prefácio|princípios|conceitos?|teorias?|aspectos|dados|amostras?|procedimentos?|participantes|instrumentos?|limitações|recomendações|
        relatório|voto|prólogo|epílogo|alegro|allegro|adagio|andante|presto|largo)|\p{Lu}\p{Ll}+(?:ações|uções|ições|logia|ância|ências|ismo|idade|idades))(?:[^\p{L}]|$)";
    NOUN_NEXT = r"\x20(?:(?:Guerra|Guerras|Copa|Congresso|Encontro|Simpósio|Semana|Bienal|Conferência|Jornada|Feira|Fórum|Festival|Seminário|Império|Reich|República)\b)";
}

pub(super) fn numeral(place: &Place<'_>) -> Option<Reading> {
    let Some(found) = place.captures(&NUMERAL) else {
        return small(place);
    };
    let written = found.get(0)?.as_str();
    let after = place.after(written.len());
    let apart =
        place.before().is_empty() || place.before().ends_with([' ', '(', '-', '–', '/', '"']);
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
    } else if known(COUNTED) && !["C", "D", "L", "M"].contains(&written)
        || written.len() > 1 && is_of_name(written, value) && head.starts_with(char::is_uppercase)
        || begins_item(place, written)
        || follows(place.before(), &LAW_BEFORE)
        || written.len() > 3 && written.trim_matches(['I', 'V', 'X', 'L']).is_empty()
    {
        number::of(value, Masculine)
    } else {
        return None;
    };
    // `séculos XIX-XX`
    let range = NEXT_NUMERAL.captures(after).filter(|next| {
        !after.starts_with('/') && crate::roman::value(&next[1]).is_some_and(|next| next > value)
    });
    match range.filter(|next| ends(after.get(next[0].len()..).unwrap_or_default())) {
        Some(_) => {
            let dash = after.chars().next().map_or(0, char::len_utf8);
            Some(Reading::new(written.len() + dash, spoken + " a"))
        }
        None => Some(Reading::new(written.len(), spoken)),
    }
}

/// The numeral of a name like `Rocky IV`; long ones are hardly anything else.
fn is_of_name(written: &str, value: u128) -> bool {
    value < 40 || value < 90 && written.len() > 3
}

/// `inciso iv`, `(iii)`, and `ii)` at the head of an item.
fn small(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&SMALL_NUMERAL)?;
    let written = &found[0];
    let value = value(&written.to_uppercase()).filter(|value| *value < 90)?;
    let after = place.after(written.len());
    let before = place.before();
    if before.ends_with(char::is_alphanumeric) || !ends(after) || after.starts_with('\'') {
        return None;
    }
    let named = follows(before, &SMALL_BEFORE);
    let listed = written.trim_matches(['i', 'v', 'x']).is_empty()
        && (after.starts_with(')') || after.starts_with(". ") && !["vi", "xi"].contains(&written))
        && written != "x"
        && (before == "("
            || before.ends_with(" (")
            || before.trim().is_empty() && written.len() > 1);
    let rank = follows(before, &CENTURY_BEFORE) && value <= 10;
    match (named, listed) {
        (true, _) if rank => Some(Reading::new(written.len(), by_rank(value, Masculine))),
        (false, false) => None,
        _ => Some(Reading::new(written.len(), number::of(value, Masculine))),
    }
}

/// `IV - os direitos`, `II) o prazo`: an item of a list or a law.
fn begins_item(place: &Place<'_>, written: &str) -> bool {
    let after = place.after(written.len());
    let small = written.trim_matches(['I', 'V', 'X']).is_empty();
    let dashed = [" - ", " – ", " — "]
        .iter()
        .any(|dash| after.starts_with(dash));
    let bracketed = written.len() > 1 && after.starts_with([')', '.'])
        || written.len() > 1 && after.starts_with(": ")
        || after.starts_with(')') && written != "X";
    let before = place.before().trim();
    let opened = before == "(" && after.starts_with(')') && written != "X";
    (before.is_empty() || opened) && small && (dashed || bracketed)
}

/// The one letter of `I. Introdução` or `V. Dos fatos`, where initials are read otherwise.
pub(super) fn heading(place: &Place<'_>) -> Option<Reading> {
    let letter = place.next().filter(|c| "IVX".contains(*c))?;
    let after = place.after(1);
    let headed = ARTICLE_NEXT.is_match(after) || HEADING_NEXT.is_match(after);
    let value = value(letter.encode_utf8(&mut [0; 4]))?;
    (place.before().trim().is_empty() && headed)
        .then(|| Reading::new(1, number::of(value, Masculine)))
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
