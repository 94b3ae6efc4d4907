//! Figures that are no amounts: telephone numbers, documents, addresses of machines, versions.

use super::{ends, gender::Gender::Masculine, joined, number};
use crate::reading::{Place, Reading, patterns};

patterns! {
    INTERNATIONAL = r"\+[0-9]{1,3}(?:[\x20.-]?\(?[0-9]{1,5}\)?){2,6}";
    BRAZILIAN = r"[1-9][0-9]\x209?[0-9]{4}-[0-9]{4}|\(0?[0-9]{2}\)\x20?9?\x20?[0-9]{4}[-\x20.][0-9]{4}|0[389]00[\x20-][0-9]{3}[\x20-][0-9]{4}|9?[0-9]{4}-[0-9]{4}";
    DOCUMENT = r"[0-9]{4}(?:\x20[0-9]{4}){3}|[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}-[0-9xX]|[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}|[0-9]{2}\.[0-9]{3}\.[0-9]{3}/[0-9]{4}-[0-9]{2}|[0-9]{5}-[0-9]{3}|[0-9]+(?:-[0-9]+){2,}";
    NAMED = r"[0-9][0-9.-]*[0-9]";
    IP = r"([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})";
    VERSION = r"(v|V)?([0-9]+(?:\.[0-9]+)+)";
}

/// `(11) 91234-5678`, `+55 11 91234-5678`, `0800 123 4567`.
pub(super) fn phone(place: &Place<'_>) -> Option<Reading> {
    let found = place
        .captures(&INTERNATIONAL)
        .or_else(|| place.captures(&BRAZILIAN))?;
    let written = found.get(0)?.as_str();
    let enough = written.chars().filter(char::is_ascii_digit).count() >= 8;
    let after = place.after(written.len());
    let is_span = years(written);
    (enough && !is_span && !joined(place) && ends(after) && !after.starts_with('-')).then(|| {
        let plus = if written.starts_with('+') {
            "mais "
        } else {
            ""
        };
        Reading::new(written.len(), format!("{plus}{}", groups(written, true)))
    })
}

/// `1990-2000` is a span of years.
fn years(written: &str) -> bool {
    let is_year =
        |digits: &str| digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"));
    written
        .split_once('-')
        .is_some_and(|(first, last)| is_year(first) && is_year(last))
}

/// Behind these a number is a name: `CPF 12345678909`, `agência 1234-5`.
const NAMES: &[&str] = &[
    "cpf",
    "cnpj",
    "cep",
    "rg",
    "pis",
    "nis",
    "cnh",
    "renavam",
    "agência",
    "ag",
    "conta",
    "c/c",
    "senha",
    "pin",
    "código",
    "protocolo",
    "matrícula",
    "telefone",
    "tel",
    "celular",
    "cel",
    "fone",
    "whatsapp",
    "ramal",
];

fn named(place: &Place<'_>) -> Option<Reading> {
    let before = place
        .before()
        .trim_end_matches([' ', ':', '.', 'º', '°', '#']);
    let before = [" n", " N", " número"]
        .iter()
        .find_map(|number| before.strip_suffix(number))
        .unwrap_or(before);
    let name = before.rsplit([' ', '(']).next()?.to_lowercase();
    let found = place.captures(&NAMED)?;
    let written = &found[0];
    let figures = written.chars().filter(char::is_ascii_digit).count();
    let certain = written.contains('-') || name != "conta";
    (NAMES.contains(&name.as_str()) && figures > 3 && certain && ends(place.after(written.len())))
        .then(|| Reading::new(written.len(), groups(written, is_phone(&name))))
}

fn is_phone(name: &str) -> bool {
    [
        "telefone", "tel", "celular", "cel", "fone", "whatsapp", "ramal",
    ]
    .contains(&name)
}

/// `123.456.789-09`, `01310-100`, `978-85-359-0277-5`, `192.168.0.1`.
pub(super) fn code(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    if let Some(found) = named(place) {
        return Some(found);
    }
    if let Some(found) = place.captures(&DOCUMENT) {
        let date = found[0].len() == 10
            && found[0]
                .split('-')
                .next()
                .is_some_and(|year| year.len() == 4);
        let after = place.after(found[0].len());
        return (!date && ends(after) && !after.starts_with('-'))
            .then(|| Reading::new(found[0].len(), groups(&found[0], false)));
    }
    let found = place.captures(&IP)?;
    let octets: Option<Vec<String>> = (1..=4)
        .map(|group| {
            found[group]
                .parse()
                .ok()
                .filter(|&octet: &u128| octet < 256 && octet.to_string() == found[group])
                .map(|octet| number::of(octet, Masculine))
        })
        .collect();
    let after = place.after(found[0].len());
    let goes_on = after.strip_prefix('.').is_some_and(|rest| !ends(rest));
    (ends(after) && !goes_on).then_some(())?;
    Some(Reading::new(found[0].len(), octets?.join(" ponto ")))
}

/// Digit by digit in groups; a six is `meia` on the telephone.
pub(super) fn groups(written: &str, phone: bool) -> String {
    let groups = written
        .split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty());
    let spoken: Vec<String> = groups
        .map(|group| match group {
            "0800" if phone => "zero oitocentos".to_owned(),
            "0300" if phone => "zero trezentos".to_owned(),
            "0900" if phone => "zero novecentos".to_owned(),
            group if phone => number::each(group).replace("seis", "meia"),
            group => number::each(group),
        })
        .collect();
    spoken.join(", ")
}

/// `2.0.1`, `v2.0`.
pub(super) fn version(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&VERSION)?;
    let thousands = found[2].split('.').skip(1).all(|group| group.len() == 3);
    let is_number = found.get(1).is_none() && (found[2].matches('.').count() < 2 || thousands);
    if is_number || joined(place) || !ends(place.after(found[0].len())) {
        return None;
    }
    let parts: Vec<_> = found[2]
        .split('.')
        .map(|part| number::cardinal(part, Masculine))
        .collect();
    let named = ["versão", "version"].contains(&place.previous_word().to_lowercase().as_str());
    let prefix = if found.get(1).is_some() && !named {
        "versão "
    } else {
        ""
    };
    Some(Reading::new(
        found[0].len(),
        format!("{prefix}{}", parts.join(" ponto ")),
    ))
}
