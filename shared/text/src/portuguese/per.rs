//! What is counted by: `R$ 5/kg`, `3 vezes/dia`, `US$/barril`.

use super::{arithmetic::after_number, context::follows, ends, money, unit};
use crate::reading::{Place, Reading, patterns};

const COUNTED_BY: &[(&str, &str)] = &[
    ("mês", "mês"),
    ("ano", "ano"),
    ("dia", "dia"),
    ("h", "hora"),
    ("hora", "hora"),
    ("semana", "semana"),
    ("sem", "semana"),
    ("pessoa", "pessoa"),
    ("pess", "pessoa"),
    ("kg", "quilo"),
    ("m²", "metro quadrado"),
    ("m2", "metro quadrado"),
    ("noite", "noite"),
    ("unidade", "unidade"),
    ("un", "unidade"),
    ("und", "unidade"),
    ("unid", "unidade"),
    ("litro", "litro"),
    ("min", "minuto"),
    ("dz", "dúzia"),
    ("cx", "caixa"),
    ("pct", "pacote"),
];

patterns! {
    PER = r"/\x20?(\p{L}+[²³23]?)";
    QUANTITY = r"/\x20?[0-9]";
    WORD = r"/\x20?\p{Ll}{3}";
    MONEY_BEFORE = r".*(?:(?:R\$|US\$|U\$|[$€£¥])\x20?[0-9][0-9.,]*(?:\x20?(?:mil|mi|bi|tri|k|milhão|milhões|bilhão|bilhões))?|[0-9]\x20?(?:€|reais|dólares|euros|centavos))\x20?$";
    SIGN_ALONE = r"(R\$|US\$|U\$|€|£)(?:/\x20?(\p{L}+[²³23]?))?";
}

pub(super) fn per(place: &Place<'_>) -> Option<Reading> {
    if place.next()? != '/' {
        return sign_alone(place);
    }
    let is_money = follows(place.before(), &MONEY_BEFORE);
    let named = place.captures(&PER).and_then(|found| {
        let name = name(&found[1], is_money)?;
        let counted = is_money || after_number(place) || counts_noun(place);
        counted.then(|| Reading::new(found[0].len(), format!("por {name}")))
    });
    let quantity = || QUANTITY.is_match(place.rest()) || WORD.is_match(place.rest());
    named.or_else(|| (is_money && quantity()).then(|| Reading::new(1, "por")))
}

/// `3 vezes/dia`.
fn counts_noun(place: &Place<'_>) -> bool {
    let counted = place.before().rsplit(' ').nth(1);
    counted.is_some_and(|word| word.ends_with(|c: char| c.is_ascii_digit()))
}

fn name(short: &str, is_money: bool) -> Option<&'static str> {
    let lower = short.to_lowercase();
    let listed = COUNTED_BY.iter().find(|(known, _)| *known == lower);
    let unit = || unit::unit(short).filter(|_| is_money);
    listed
        .map(|(_, name)| *name)
        .or_else(|| unit().map(|(_, one, ..)| *one))
}

/// `preços em R$`, `US$/barril`: the sign without an amount.
fn sign_alone(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&SIGN_ALONE)?;
    let sign = &found[1];
    let after = place.after(sign.len());
    let amount = after
        .trim_start()
        .starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let begins = !place.previous().is_some_and(char::is_alphanumeric);
    if amount || !begins || !ends(after) {
        return None;
    }
    let many = money::plural(sign)?;
    let Some(unit) = found.get(2) else {
        return (sign.len() > 1).then(|| Reading::new(sign.len(), many));
    };
    match name(unit.as_str(), true) {
        Some(name) => Some(Reading::new(found[0].len(), format!("{many} por {name}"))),
        None => Some(Reading::new(sign.len() + 1, format!("{many} por"))),
    }
}
