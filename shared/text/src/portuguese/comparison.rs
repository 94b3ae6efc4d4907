//! Signs that compare, of one character or several, and arrows.

use super::context::follows;
use crate::reading::{Place, Reading, patterns};

/// The longer ones first.
const SIGNS: &[(&str, &str)] = &[
    ("===", "é igual a"),
    ("!==", "é diferente de"),
    ("=/=", "é diferente de"),
    ("==", "é igual a"),
    ("!=", "é diferente de"),
    ("<>", "é diferente de"),
    (">=", "maior ou igual a"),
    ("<=", "menor ou igual a"),
    ("=<", "menor ou igual a"),
    ("~=", "aproximadamente"),
    ("≅", "aproximadamente"),
    ("≃", "aproximadamente"),
    ("≡", "é idêntico a"),
    ("≪", "muito menor que"),
    ("≫", "muito maior que"),
];
const ARROWS: &[&str] = &[
    "<=>", "<->", "-->", "==>", "->", "=>", "→", "⇒", "⟶", "↔", "➔", "➜",
];

patterns! {
    OPERAND = r"\x20?(?:[-+±(]?\x20?(?:[0-9\p{L}]|R\$|US\$|[$€£√(']))";
    MENU_BEFORE = r"(?i).*\b(?:cli(?:que|car|cando)|menu|vá|acess[ea]r?|abr[ai]r?|selecion[ea]r?|configurações|ajustes|toque|caminho|navegue|escolh[ae]r?)\b[^.]*$";
    MONEY = r"[<>]\x20?(?:R\$|US\$|[$€£])\x20?[0-9]";
    LESS_OR_MORE = r"[<>](\x20?)[-+]?[0-9(]";
    LETTER_NEXT = r"[<>](\x20?)\p{L}(?:[^\p{L}>']|$)";
    LETTER_BEFORE = r".*(?:^|[^\p{L}'<>])\p{L}(\x20?)$";
    OPERAND_BEFORE = r".*(?:[0-9]|(?:^|[^\p{L}'<>])\p{L})\x20?$";
    LINE = r"={2,}|={1,}>|-{3,}";
}

/// `x >= 3`, `a != b`, `< 5%`, `10 -> 20`.
pub(super) fn comparison(place: &Place<'_>) -> Option<Reading> {
    // Most places have no such sign.
    if !place.next()?.is_ascii_punctuation() && !"≅≃≡≪≫→⇒⟶↔➔➜".contains(place.next()?)
    {
        return None;
    }
    arrow(place)
        .or_else(|| several(place))
        .or_else(|| less_or_more(place))
        .or_else(|| line(place))
}

fn several(place: &Place<'_>) -> Option<Reading> {
    let (sign, spoken) = SIGNS
        .iter()
        .find(|(sign, _)| place.rest().starts_with(sign))?;
    let operand = OPERAND.is_match(place.after(sign.len()));
    operand.then(|| Reading::new(sign.len(), *spoken))
}

/// An arrow is `para`; between the steps of a menu it only parts them.
fn arrow(place: &Place<'_>) -> Option<Reading> {
    let arrow = ARROWS
        .iter()
        .find(|arrow| place.rest().starts_with(**arrow))?;
    let operands = place.before().contains(char::is_alphanumeric)
        && OPERAND.is_match(place.after(arrow.len()));
    let implied = arrow.starts_with(['=', '⇒']) && follows(place.before(), &LETTER_BEFORE);
    let spoken = match *arrow {
        _ if !operands || follows(place.before(), &MENU_BEFORE) => "",
        "<=>" if implied => "equivale a",
        _ if implied => "implica",
        "<->" | "<=>" | "↔" => "e",
        _ => "para",
    };
    Some(Reading::new(arrow.len(), spoken))
}

/// `<` and `>` beside numbers, sums of money and single letters; elsewhere they part the steps of a path or are marks.
fn less_or_more(place: &Place<'_>) -> Option<Reading> {
    let spoken = if place.next()? == '<' {
        "menor que"
    } else {
        "maior que"
    };
    let opens = place
        .previous()
        .is_none_or(|c| matches!(c, ' ' | '(' | '[' | '"'));
    let behind = place
        .before()
        .trim_end()
        .ends_with(|c: char| c.is_alphanumeric() || matches!(c, ')' | '%' | '²' | '³'));
    let letter = || {
        let found = place.captures(&LETTER_NEXT)?;
        let spaced = place.previous() == Some(' ');
        (spaced != found[1].is_empty()).then_some(())?;
        follows(place.before(), &OPERAND_BEFORE).then_some(())
    };
    let number = || {
        let found = place.captures(&LESS_OR_MORE)?;
        let bare_letter = follows(place.before(), &LETTER_BEFORE);
        let digit = place.previous().is_some_and(|c| c.is_ascii_digit());
        let compares = place.next() == Some('<') || !found[1].is_empty();
        (compares || opens || digit || bare_letter).then_some(())
    };
    let money = || {
        place.captures(&MONEY)?;
        (opens || behind).then_some(())
    };
    number().or_else(money).or_else(letter)?;
    Some(Reading::new(1, spoken))
}

/// A row of signs that draws a line.
fn line(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&LINE)?;
    Some(Reading::new(found[0].len(), ""))
}
