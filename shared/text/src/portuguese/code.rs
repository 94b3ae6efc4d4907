//! Figures that name something and are said one by one: codes, passwords, orders, the last figures of a card.

use super::{context::follows, digits::groups, ends, joined, number};
use crate::reading::{Place, Reading, each_character, patterns};

patterns! {
    FIGURES = r"[0-9]+(?:[\x20.-][0-9]+)*";
    MIXED = r"[A-Z0-9]+(?:-[A-Z0-9]+)*";
    YEAR = r"(?:19|20)[0-9]{2}$";
    // What has a code for its name, what kind of code it is, and what stands between.
    NAME_BEFORE = r"(?i).*(?:^|[^\p{L}])(?:códigos?|cód|senha|pin|token|otp|cvv|protocolo|matrícula|chamado|ticket|ocorrência|rastreio|rastreamento|localizador|voucher|cupom|inscrição|cpf|cnpj|cep|rg|pis|nis|cnh|renavam|agência|ag|c/c|id|imei|chassi|placa)
        \.?(?:\x20(?:de|do|da|dos|das|para)\x20(?:verificação|segurança|acesso|barras|rastreio|rastreamento|autenticação|confirmação|ativação|cliente|reserva|desbloqueio|convite|validação|sms|login|
        pedido|atendimento|cadastro|resgate|recuperação|identificação|área|produto|cartão|saque|entrega|retirada|uso\x20único|usuário|banco|série|número|o\x20seu\x20login)|\x20(?:postal|promocional|pix|único|novo|nova|atual|temporári[oa]|bancári[oa])){0,2}
        (?:\x20(?:é|será|foi|era|eh|são|igual\x20a))?(?::|\x20de\x20número|\x20número|\x20nº|\x20n\.º?|\x20n°|,?\x20o\x20número|\x20com\x20final|\x20final)?:?\x20?[\#\x22']?$";
    // Behind these only a sign or a long number makes a name.
    ORDER_BEFORE = r"(?i).*\b(?:(?:pedido|encomenda|nota\x20fiscal|nf|nf-e|contrato|boleto|apólice|processo|solicitação)(?:\x20(?:de\x20número|número|nº|n\.º?|n°|é|foi))?:?\x20?\#?|
        (?:reserva|compra|fatura|remessa|os)(?:\x20(?:de\x20número|número|nº|n\.º?|n°|é)|:)\x20?\#?)$";
    SHORT_BEFORE = r"(?i).*\b(?:cvv|cvc|pin|otp)(?:\x20é)?:?\x20?$";
    ENDING_BEFORE = r"(?i).*(?:\b(?:terminad[oa]s?|encerrad[oa]s?|finalizad[oa]s?)\x20(?:em|com)|\b(?:cartão|cartões|conta|celular|telefone|número|final\x20do\x20cartão|visa|master|mastercard|elo|crédito|débito)(?:\x20\p{L}+){0,3}\x20(?:com\x20)?final|(?:^|\bcom)\x20?final)(?:\x20(?:é|em|nº))?:?\x20?$";
    ACCOUNT_BEFORE = r"(?i).*\bconta(?:\x20(?:corrente|poupança|bancária|salário|digital|nº|número|é|de\x20número))*:?\x20?$";
    OWN_CODE_NEXT = r"\x20(?:é|são)\x20(?:[oa]\x20)?(?:seu|sua|teu|tua|nosso|nossa|o|a)\x20(?:novo\x20|nova\x20)?(?:código|senha|token|pin|protocolo)\b";
}

pub(super) fn code(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    figures(place).or_else(|| mixed(place))
}

fn figures(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&FIGURES)?;
    let before = place.before();
    let named = follows(before, &NAME_BEFORE);
    let written = match found[0].split_once(' ') {
        Some((first, _)) if !(named && is_in_groups(&found[0])) => first,
        _ => &found[0],
    };
    let after = place.after(written.len());
    let goes_on = after
        .strip_prefix(['/', ',', '.'])
        .is_some_and(|rest| !ends(rest));
    let is_code = is_code(written, before, named) || is_own_code(written, after);
    (is_code && ends(after) && !goes_on).then(|| Reading::new(written.len(), groups(written)))
}

fn is_code(written: &str, before: &str, named: bool) -> bool {
    let count = written.chars().filter(char::is_ascii_digit).count();
    let plain = written.len() == count;
    let is_year = YEAR.is_match(written);
    let ending = || follows(before, &ENDING_BEFORE) && !(is_year && before.trim().len() < 7);
    match count {
        0..3 => false,
        3 => follows(before, &SHORT_BEFORE),
        _ if named => !(is_year && is_subject(before)),
        _ if ending() => true,
        _ if written.contains('-') => follows(before, &ACCOUNT_BEFORE),
        _ => count > 4 && plain && follows(before, &ORDER_BEFORE),
    }
}

/// `123456 é o seu código`.
fn is_own_code(written: &str, after: &str) -> bool {
    written.len() > 3
        && written.chars().all(|c| c.is_ascii_digit())
        && OWN_CODE_NEXT.is_match(after)
}

/// `482 913`, but not `482 vezes`: groups of as many figures.
fn is_in_groups(written: &str) -> bool {
    let mut lengths = written.split(' ').map(str::len);
    let first = lengths.next();
    first.is_some_and(|first| (2..=4).contains(&first))
        && lengths.all(|length| Some(length) == first)
}

/// `código de 2002` has a year where nothing says that a code follows.
fn is_subject(before: &str) -> bool {
    let word = before.trim_end().rsplit(' ').next().unwrap_or_default();
    !before.trim_end().ends_with([':', '#']) && ["de", "do", "da", "código"].contains(&word)
}

/// `código A1B2C3`: letters and figures.
fn mixed(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&MIXED)?;
    let written = &found[0];
    let has = |kind: fn(&char) -> bool| written.chars().any(|c| kind(&c));
    let is_mixed = has(char::is_ascii_digit) && has(char::is_ascii_uppercase) && written.len() > 3;
    let named = || follows(place.before(), &NAME_BEFORE) || follows(place.before(), &ORDER_BEFORE);
    (is_mixed && ends(place.after(written.len())) && named()).then(|| {
        let spoken = each_character(written, number::each, |_| "");
        Reading::new(written.len(), spoken)
    })
}
