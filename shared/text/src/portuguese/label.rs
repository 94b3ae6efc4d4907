//! Numbers with a letter behind nouns that number things: `Fig. 2a`, `item 4c`, `seção 4.2b`.

use super::{context::follows, gender::Gender::Masculine, joined, number};
use crate::reading::{Place, Reading, patterns};

patterns! {
    PART = r"([0-9]{1,4}(?:\.[0-9]{1,3})*)-?([a-zA-Z])(?:\x20?([-–])\x20?([a-zA-Z]))?(?:[^\p{L}\p{N}ªº'/@]|$)";
    COUNTED_NOUN = r"[0-9]+a\x20(?:edição|parte|vez|etapa|fase|série|via|turma|rodada|temporada|semana|feira|região|vara|instância|categoria|aula|prova|divisão|geração|posição|colocação)\b";
    UNIT = r"[0-9]{2,}[mghlkstvw]\b";
    // The noun, with more of its parts between: `Figs. 1a, 2a e 2b`.
    NOUN_BEFORE = r"(?i).*\b(?:figuras?|figs?|tabelas?|tabs?|quadros?|itens|item|questão|questões|exercícios?|gráficos?|equação|equações|eqs?|seção|seções|seç|anexos?|apêndices?|
        apartamentos?|aptos?|aps?|salas?|casas?|blocos?|bl|lotes?|turmas?|números?|nº|nºs|n|páginas?|págs?|p|pp|notas?|exemplos?|painel|painéis|alíneas?|mapas?|fotos?|pranchas?|capítulos?|caps?|parágrafos?|portão|box|poltronas?|assentos?|fileiras?)
        \.?\x20(?:[0-9]{1,4}(?:\.[0-9]{1,3})*-?[a-zA-Z]?(?:\x20?[-–,]\x20?|,?\x20(?:e|a|ou)\x20)){0,4}$";
}

pub(super) fn part(place: &Place<'_>) -> Option<Reading> {
    if joined(place) || !place.next()?.is_ascii_digit() {
        return None;
    }
    let found = place.captures(&PART)?;
    let letter = |group: usize| {
        found
            .get(group)
            .map(|letter| letter.as_str().to_uppercase())
    };
    let first = letter(2)?;
    // `2o` is an ordinal, and units stand behind amounts.
    let is_other = COUNTED_NOUN.is_match(place.rest()) || UNIT.is_match(place.rest());
    let is_letter = first != "O" && !is_other && follows(place.before(), &NOUN_BEFORE);
    let places = found[1]
        .split('.')
        .map(|part| number::cardinal(part, Masculine));
    let count = places.collect::<Vec<_>>().join(" ponto ");
    let (length, spoken) = match (found.get(4), letter(4)) {
        (Some(end), Some(last)) if first < last => (end.end(), format!("{count} {first} a {last}")),
        _ => (found.get(2)?.end(), format!("{count} {first}")),
    };
    is_letter.then(|| Reading::new(length, spoken))
}
