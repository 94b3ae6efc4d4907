//! Shortened words.

use super::{acronym, word::fold_words};
use crate::reading::{Place, Reading, patterns};

/// What must follow for the abbreviation to be one.
#[derive(Clone, Copy, PartialEq)]
enum Next {
    Any,
    Capital,
    Digit,
}
use Next::{Any, Capital, Digit};

/// Written without its stop, spoken, whether the stop is needed, and what must follow. A capital first letter is
/// needed where the entry has one.
const ABBREVIATIONS: &[(&str, &str, bool, Next)] = &[
    ("Sr", "senhor", false, Any),
    ("Sra", "senhora", false, Any),
    ("Srs", "senhores", false, Any),
    ("Sras", "senhoras", false, Any),
    ("Srta", "senhorita", false, Any),
    ("Dr", "doutor", false, Any),
    ("Dra", "doutora", false, Any),
    ("Drs", "doutores", false, Any),
    ("Prof", "professor", true, Any),
    ("Profa", "professora", true, Any),
    ("Profª", "professora", false, Any),
    ("Srª", "senhora", false, Any),
    ("Drª", "doutora", false, Any),
    ("Engª", "engenheira", false, Any),
    ("Engº", "engenheiro", false, Any),
    ("Ilma", "ilustríssima", false, Any),
    ("Gal", "general", true, Capital),
    ("Mal", "marechal", true, Capital),
    ("Maj", "major", true, Capital),
    ("Alm", "almirante", true, Capital),
    ("Brig", "brigadeiro", true, Capital),
    ("Des", "desembargador", true, Capital),
    ("Ver", "vereador", true, Capital),
    ("Min", "ministro", true, Capital),
    ("Exmo", "excelentíssimo", false, Any),
    ("Exma", "excelentíssima", false, Any),
    ("Ilmo", "ilustríssimo", false, Any),
    ("V.Exa", "vossa excelência", true, Any),
    ("D", "dom", true, Capital),
    ("Pe", "padre", true, Capital),
    ("Fr", "frei", true, Capital),
    ("Sto", "santo", true, Capital),
    ("Sta", "santa", true, Capital),
    ("Cel", "coronel", true, Capital),
    ("Gen", "general", true, Capital),
    ("Cap", "capitão", true, Capital),
    ("Ten", "tenente", true, Capital),
    ("Sgt", "sargento", true, Capital),
    ("Gov", "governador", true, Capital),
    ("Dep", "deputado", true, Capital),
    ("Sen", "senador", true, Capital),
    ("Eng", "engenheiro", true, Capital),
    ("Jr", "júnior", false, Any),
    ("Av", "avenida", false, Any),
    ("R", "rua", true, Capital),
    ("Al", "alameda", true, Capital),
    ("Pça", "praça", false, Any),
    ("Tv", "travessa", true, Capital),
    ("Lgo", "largo", true, Capital),
    ("Pq", "parque", true, Capital),
    ("Ed", "edifício", true, Capital),
    ("Cond", "condomínio", true, Capital),
    ("Cj", "conjunto", true, Any),
    ("Rod", "rodovia", true, Any),
    ("Est", "estrada", true, Capital),
    ("Jd", "jardim", true, Any),
    ("Vl", "vila", true, Capital),
    ("ap", "apartamento", true, Any),
    ("apto", "apartamento", false, Any),
    ("bl", "bloco", true, Any),
    ("lt", "lote", true, Digit),
    ("qd", "quadra", true, Any),
    ("Ltda", "limitada", false, Any),
    ("Cia", "companhia", false, Any),
    ("S.A", "S A", true, Any),
    ("nºs", "números", false, Any),
    ("nº", "número", false, Any),
    ("n°", "número", false, Any),
    ("n", "número", true, Digit),
    ("nr", "número", true, Digit),
    ("núm", "número", true, Digit),
    ("pág", "página", true, Any),
    ("págs", "páginas", true, Any),
    ("p", "página", true, Digit),
    ("pp", "páginas", true, Digit),
    ("cap", "capítulo", true, Any),
    ("caps", "capítulos", true, Any),
    ("fl", "folha", true, Digit),
    ("fls", "folhas", true, Any),
    ("pg", "página", true, Digit),
    ("pgs", "páginas", true, Digit),
    ("cód", "código", true, Any),
    ("end", "endereço", true, Any),
    ("cf", "conforme", true, Any),
    ("trad", "tradução", true, Any),
    ("coord", "coordenação", true, Any),
    ("nasc", "nascimento", true, Any),
    ("unid", "unidade", true, Any),
    ("art", "artigo", true, Any),
    ("arts", "artigos", true, Any),
    ("inc", "inciso", true, Any),
    ("vol", "volume", true, Any),
    ("ed", "edição", true, Any),
    ("fig", "figura", true, Any),
    ("séc", "século", true, Any),
    ("sécs", "séculos", true, Any),
    ("tel", "telefone", true, Any),
    ("cel", "celular", true, Any),
    ("ramal", "ramal", false, Any),
    ("etc", "et cetera", false, Any),
    ("ex", "exemplo", true, Any),
    ("obs", "observação", true, Any),
    ("aprox", "aproximadamente", true, Any),
    ("máx", "máximo", true, Any),
    ("mín", "mínimo", true, Any),
    ("méd", "média", true, Any),
    ("qtd", "quantidade", false, Any),
    ("depto", "departamento", false, Any),
    ("dept", "departamento", true, Any),
    ("univ", "universidade", true, Any),
    ("gov", "governo", true, Any),
    ("min", "minuto", true, Any),
    ("seg", "segundo", true, Any),
    ("hab", "habitantes", true, Any),
    ("vs", "versus", false, Any),
    ("ref", "referência", true, Any),
    ("resp", "responsável", true, Any),
    ("c/c", "conta corrente", false, Any),
    ("c/", "com", false, Any),
    ("p/", "para", false, Any),
    ("s/", "sem", false, Any),
    ("vc", "você", false, Any),
    ("vcs", "vocês", false, Any),
    ("tb", "também", false, Any),
    ("tbm", "também", false, Any),
    ("hj", "hoje", false, Any),
    ("pq", "porque", false, Any),
    ("blz", "beleza", false, Any),
    ("msg", "mensagem", false, Any),
    ("msgs", "mensagens", false, Any),
    ("obg", "obrigado", false, Any),
    ("bjs", "beijos", false, Any),
    ("mto", "muito", false, Any),
    ("mta", "muita", false, Any),
    ("vdd", "verdade", false, Any),
    ("ngm", "ninguém", false, Any),
    ("cmg", "comigo", false, Any),
    ("qdo", "quando", false, Any),
    ("kg", "quilos", false, Any),
    ("km", "quilômetro", false, Digit),
    ("km", "quilômetros", false, Any),
];
const WITH_STOPS: &[(&str, &str)] = &[
    ("p. ex.", "por exemplo"),
    ("p.ex.", "por exemplo"),
    ("a.C.", "antes de cristo"),
    ("a. C.", "antes de cristo"),
    ("d.C.", "depois de cristo"),
    ("d. C.", "depois de cristo"),
    ("i.e.", "isto é"),
    ("S.A.", "S A"),
    ("S/A", "S A"),
    ("p.p.", "pontos percentuais"),
    ("V. Sa.", "vossa senhoria"),
    ("V.Sa.", "vossa senhoria"),
    ("Eng.ª", "engenheira"),
    ("Eng.º", "engenheiro"),
    ("et al.", "e outros"),
    ("V. Exa.", "vossa excelência"),
    ("V.Exa.", "vossa excelência"),
    ("Profª.", "professora"),
    ("Prof.ª", "professora"),
    ("Dr.ª", "doutora"),
    ("Sr.ª", "senhora"),
    ("N. Sra.", "nossa senhora"),
    ("c/c", "conta corrente"),
    ("n.º", "número"),
    ("N.º", "número"),
    ("e/ou", "e ou"),
    ("ele/ela", "ele ou ela"),
    ("km/h", "quilômetros por hora"),
];
/// Only behind a percentage.
const RATES: &[(&str, &str)] = &[("a.a.", "ao ano"), ("a.m.", "ao mês"), ("a.d.", "ao dia")];
const STATES: &[(&str, &str)] = &[
    ("AC", "acre"),
    ("AL", "alagoas"),
    ("AP", "amapá"),
    ("AM", "amazonas"),
    ("BA", "bahia"),
    ("CE", "ceará"),
    ("DF", "distrito federal"),
    ("ES", "espírito santo"),
    ("GO", "goiás"),
    ("MA", "maranhão"),
    ("MT", "mato grosso"),
    ("MS", "mato grosso do sul"),
    ("MG", "minas gerais"),
    ("PA", "pará"),
    ("PB", "paraíba"),
    ("PR", "paraná"),
    ("PE", "pernambuco"),
    ("PI", "piauí"),
    ("RJ", "rio de janeiro"),
    ("RN", "rio grande do norte"),
    ("RS", "rio grande do sul"),
    ("RO", "rondônia"),
    ("RR", "roraima"),
    ("SC", "santa catarina"),
    ("SP", "são paulo"),
    ("SE", "sergipe"),
    ("TO", "tocantins"),
];

patterns! {
    LETTERS = r"((?:[cps]/)|[\p{L}]+(?:ºs|º|°)?)(\.?)";
    INITIALS = r"((?:\p{Lu}\.){2,}\p{Lu}?)";
    ONE_INITIAL = r"(\p{Lu})\.\x20?\p{Lu}";
    STATE = r"([A-Z]{2})\b";
    CAPITAL_NEXT = r"\x20?(?:\p{Lu}|d[aeo]s?\x20)";
    NUMERAL_NEXT = r"\x20[IVXLC]+(?:\P{L}|$)";
    DIGIT_NEXT = r"\x20?[0-9]";
}

pub(super) fn abbreviation(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    let is_rate = place.before().trim_end().ends_with('%');
    let rates = RATES.iter().filter(|_| is_rate);
    let whole = rates.chain(WITH_STOPS).find(|(written, _)| {
        place.rest().starts_with(written)
            && !place
                .after(written.len())
                .starts_with(char::is_alphanumeric)
    });
    if let Some((written, spoken)) = whole {
        return Some(Reading::new(written.len(), *spoken));
    }
    let found = place.captures(&LETTERS)?;
    let (letters, stop) = (&found[1], &found[2]);
    let after = place.after(found[0].len());
    if after.starts_with(['\'', '@', '_'])
        || after.starts_with(char::is_alphanumeric) && stop.is_empty() && !letters.ends_with('/')
    {
        return None;
    }
    let (_, spoken, ..) = ABBREVIATIONS.iter().find(|entry| {
        is_written(entry.0, letters) && (!entry.2 || !stop.is_empty()) && goes_on(entry.3, after)
    })?;
    Some(Reading::new(found[0].len(), *spoken))
}

fn joined(place: &Place<'_>) -> bool {
    place
        .previous()
        .is_some_and(|c| c.is_alphanumeric() || c == '\'')
}

fn is_written(entry: &str, letters: &str) -> bool {
    let capital = letters.starts_with(char::is_uppercase);
    let shouted = letters.chars().count() > 2 && !letters.contains(char::is_lowercase);
    entry.to_lowercase() == letters.to_lowercase()
        && (capital || !entry.starts_with(char::is_uppercase))
        && !shouted
}

fn goes_on(next: Next, after: &str) -> bool {
    match next {
        Any => true,
        Capital => CAPITAL_NEXT.is_match(after) && !NUMERAL_NEXT.is_match(after),
        Digit => DIGIT_NEXT.is_match(after),
    }
}

/// `J. K. Rowling`, `E.U.A.`.
pub(super) fn initials(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    if let Some(found) = place.captures(&INITIALS) {
        let letters = found[1].replace('.', "");
        let spoken = acronym::known(&letters)
            .map_or_else(|| fold_words(&acronym::letters(&letters)), str::to_owned);
        return (!place
            .after(found[0].len())
            .starts_with(char::is_alphanumeric))
        .then(|| Reading::new(found[0].len(), spoken));
    }
    let found = place.captures(&ONE_INITIAL)?;
    Some(Reading::new(found[1].len() + 1, fold_words(&found[1])))
}

/// `Campinas, SP`, `Campinas/SP`, `Campinas - SP`, `Campinas (SP)`.
pub(super) fn state(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&STATE)?;
    let (_, name) = STATES.iter().find(|(code, _)| *code == &found[1])?;
    let before = place.before();
    let city = ["- ", "– ", ", ", "/", "-", "(", "–"]
        .iter()
        .find_map(|mark| before.strip_suffix(mark))?;
    let city = city.trim_end().rsplit(' ').next().unwrap_or_default();
    let is_city = city.starts_with(char::is_uppercase) && city.contains(char::is_lowercase);
    is_city.then(|| Reading::new(2, *name))
}
