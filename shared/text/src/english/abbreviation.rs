//! Shortened words.

use super::acronym;
use crate::reading::{Place, Reading, patterns};

/// What must follow for the abbreviation to be one.
#[derive(Clone, Copy, PartialEq)]
enum Next {
    Any,
    Capital,
    Digit,
    Small,
}
use Next::{Any, Capital, Digit, Small};

/// Written without its stop, spoken, whether the stop is needed, and what must follow. A capital first letter is
/// needed where the entry has one.
const ABBREVIATIONS: &[(&str, &str, bool, Next)] = &[
    ("Mr", "mister", false, Capital),
    ("Mrs", "missus", false, Capital),
    ("Ms", "miz", false, Capital),
    ("Messrs", "messers", false, Capital),
    ("Mme", "madame", false, Capital),
    ("Mlle", "mademoiselle", false, Capital),
    ("Prof", "professor", false, Capital),
    ("Rev", "reverend", true, Capital),
    ("Hon", "honorable", true, Capital),
    ("Gen", "general", true, Capital),
    ("Col", "colonel", true, Capital),
    ("Capt", "captain", true, Capital),
    ("Lt", "lieutenant", true, Capital),
    ("Sgt", "sergeant", true, Capital),
    ("Cpl", "corporal", true, Capital),
    ("Maj", "major", true, Capital),
    ("Adm", "admiral", true, Capital),
    ("Cmdr", "commander", true, Capital),
    ("Gov", "governor", true, Capital),
    ("Sen", "senator", true, Capital),
    ("Rep", "representative", true, Capital),
    ("Pres", "president", true, Capital),
    ("Fr", "father", true, Capital),
    ("Mt", "mount", false, Capital),
    ("Ft", "fort", true, Capital),
    ("Jr", "junior", false, Any),
    ("Sr", "senior", false, Any),
    ("Esq", "esquire", true, Any),
    ("Inc", "incorporated", false, Any),
    ("Ltd", "limited", false, Any),
    ("Co", "company", true, Any),
    ("Corp", "corporation", true, Any),
    ("Bros", "brothers", true, Any),
    ("dept", "department", false, Any),
    ("Assn", "association", true, Any),
    ("Univ", "university", true, Any),
    ("Ave", "avenue", false, Any),
    ("Blvd", "boulevard", false, Any),
    ("Rd", "road", false, Any),
    ("Ln", "lane", true, Any),
    ("Hwy", "highway", false, Any),
    ("Pkwy", "parkway", false, Any),
    ("ref", "reference", true, Digit),
    ("Rt", "route", true, Digit),
    ("Rte", "route", false, Digit),
    ("Apt", "apartment", true, Any),
    ("Bldg", "building", false, Any),
    ("Sq", "square", true, Any),
    ("Ct", "court", true, Any),
    ("no", "number", true, Digit),
    ("nos", "numbers", true, Digit),
    ("vol", "volume", true, Any),
    ("vols", "volumes", true, Any),
    ("p", "page", true, Digit),
    ("pp", "pages", true, Digit),
    ("fig", "figure", true, Digit),
    ("figs", "figures", true, Digit),
    ("ch", "chapter", true, Digit),
    ("sec", "section", true, Digit),
    ("art", "article", true, Digit),
    ("eq", "equation", true, Digit),
    ("est", "established", true, Digit),
    ("ext", "extension", false, Digit),
    ("tel", "telephone", true, Any),
    ("approx", "approximately", false, Any),
    ("etc", "et cetera", false, Any),
    ("vs", "versus", false, Any),
    ("v", "versus", true, Capital),
    ("cf", "compare", true, Any),
    ("viz", "namely", true, Any),
    ("ca", "circa", true, Digit),
    ("c", "circa", true, Digit),
    ("avg", "average", false, Any),
    ("min", "minimum", true, Small),
    ("max", "maximum", true, Small),
    ("misc", "miscellaneous", false, Any),
    ("incl", "including", false, Any),
    ("govt", "government", false, Any),
    ("mgr", "manager", false, Any),
    ("asst", "assistant", false, Any),
    ("attn", "attention", false, Any),
    ("qty", "quantity", false, Any),
    ("b", "born", true, Digit),
    ("d", "died", true, Digit),
    ("yrs", "years", false, Any),
    ("hrs", "hours", false, Any),
    ("mins", "minutes", false, Any),
    ("lbs", "pounds", false, Any),
];
const STATES: &[(&str, &str)] = &[
    ("AL", "alabama"),
    ("AK", "alaska"),
    ("AZ", "arizona"),
    ("AR", "arkansas"),
    ("CA", "california"),
    ("CO", "colorado"),
    ("CT", "connecticut"),
    ("DE", "delaware"),
    ("DC", "D C"),
    ("FL", "florida"),
    ("GA", "georgia"),
    ("HI", "hawaii"),
    ("ID", "idaho"),
    ("IL", "illinois"),
    ("IN", "indiana"),
    ("IA", "iowa"),
    ("KS", "kansas"),
    ("KY", "kentucky"),
    ("LA", "louisiana"),
    ("ME", "maine"),
    ("MD", "maryland"),
    ("MA", "massachusetts"),
    ("MI", "michigan"),
    ("MN", "minnesota"),
    ("MS", "mississippi"),
    ("MO", "missouri"),
    ("MT", "montana"),
    ("NE", "nebraska"),
    ("NV", "nevada"),
    ("NH", "new hampshire"),
    ("NJ", "new jersey"),
    ("NM", "new mexico"),
    ("NY", "new york"),
    ("NC", "north carolina"),
    ("ND", "north dakota"),
    ("OH", "ohio"),
    ("OK", "oklahoma"),
    ("OR", "oregon"),
    ("PA", "pennsylvania"),
    ("RI", "rhode island"),
    ("SC", "south carolina"),
    ("SD", "south dakota"),
    ("TN", "tennessee"),
    ("TX", "texas"),
    ("UT", "utah"),
    ("VT", "vermont"),
    ("VA", "virginia"),
    ("WA", "washington"),
    ("WV", "west virginia"),
    ("WI", "wisconsin"),
    ("WY", "wyoming"),
];
/// States that stand behind a city without a comma and are no other word.
const CLEAR_STATES: &[&str] = &[
    "TX", "NY", "FL", "AZ", "NJ", "NV", "KY", "UT", "WY", "NM", "NH", "WV", "WI", "KS", "MN", "NC",
    "GA", "TN", "CA", "WA",
];
/// Names that saints follow: `Mount St. Helens`.
const BEFORE_SAINTS: &[&str] = &[
    "mount", "lake", "fort", "port", "cape", "new", "east", "visit",
];

patterns! {
    LETTERS = r"([A-Za-z]+)(\.?)";
    INITIALS = r"((?:[A-Za-z]\.){2,}[A-Za-z]?)('?s)?";
    ONE_INITIAL = r"([A-Z])\.\x20?[A-Z]";
    DOCTORATE = r"Ph\.\x20?D\b\.?";
    SAINT = r"St(\.?)(\x20[A-Z])?";
    DOCTOR = r"Dr(\.?)(\x20[A-Z])?";
    STATE = r"([A-Z]{2}|[A-Z][a-z]|[a-z]{2})\b(?:,?\x20([0-9]{5})(?:-([0-9]{4}))?\b)?";
    CAPITAL_NEXT = r"\x20?(?:[A-Z]|(?:and|&|or)\x20[A-Z])";
    SMALL_NEXT = r"\x20[a-z0-9]";
    DIGIT_NEXT = r"\x20?\#?(?:[0-9]|[IVXL]+\b)";
}

pub(super) fn abbreviation(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&LETTERS)?;
    let (letters, stop) = (&found[1], &found[2]);
    let after = place.after(found[0].len());
    let model = after.starts_with('-') && letters.chars().all(char::is_uppercase);
    if joined(place)
        || model
        || after.starts_with(['\'', '@', '_'])
        || after.starts_with(char::is_alphanumeric) && stop.is_empty()
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
    let needs_capital = entry.starts_with(char::is_uppercase);
    entry.eq_ignore_ascii_case(letters)
        && (!needs_capital || letters.starts_with(char::is_uppercase))
}

fn goes_on(next: Next, after: &str) -> bool {
    match next {
        Any => true,
        Capital => CAPITAL_NEXT.is_match(after),
        Digit => DIGIT_NEXT.is_match(after),
        Small => SMALL_NEXT.is_match(after),
    }
}

/// `e.g.`, `U.S.`, `Ph.D.`, and the initial of a name.
pub(super) fn initials(place: &Place<'_>) -> Option<Reading> {
    if joined(place) {
        return None;
    }
    if let Some(found) = place.captures(&DOCTORATE) {
        return Some(Reading::new(found[0].len(), "P H D"));
    }
    if let Some(found) = place.captures(&INITIALS) {
        let rest = place.after(found[0].len());
        if rest.starts_with(char::is_alphanumeric) {
            return None;
        }
        let letters = found[1].replace('.', "");
        let plural = if found.get(2).is_some() { "'s" } else { "" };
        let spoken = match letters.to_lowercase().as_str() {
            "eg" => "for example".to_owned(),
            "ie" => "that is".to_owned(),
            other => acronym::letters(other) + plural,
        };
        return Some(Reading::new(found[0].len(), spoken));
    }
    let found = place.captures(&ONE_INITIAL)?;
    Some(Reading::new(2, &found[1]))
}

fn follows_capital(place: &Place<'_>) -> bool {
    place.before().ends_with(' ') && place.previous_word().starts_with(char::is_uppercase)
}

/// `St. Louis`, `Main St.`, `5th St.`
pub(super) fn saint_or_street(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&SAINT)?;
    let length = 2 + found[1].len();
    let named = found.get(2).is_some();
    if joined(place)
        || place.after(length).starts_with(char::is_alphanumeric)
        || !named && found[1].is_empty() && !follows_capital(place)
    {
        return None;
    }
    let previous = place.previous_word().to_lowercase();
    let numbered = ["st", "nd", "rd", "th"].contains(&previous.as_str());
    let street = numbered
        || follows_capital(place)
            && !BEFORE_SAINTS.contains(&previous.as_str())
            && !opens_sentence(place);
    Some(Reading::new(
        length,
        if street || !named { "street" } else { "saint" },
    ))
}

/// The word before is the first one, and so has its capital for that reason.
fn opens_sentence(place: &Place<'_>) -> bool {
    !place.before().trim().contains(' ')
}

/// `Dr. Smith`, `42 Elm Dr.`
pub(super) fn doctor_or_drive(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&DOCTOR)?;
    let length = 2 + found[1].len();
    if joined(place) || place.after(length).starts_with(char::is_alphanumeric) {
        return None;
    }
    let street = found.get(2).is_none() && follows_capital(place);
    Some(Reading::new(
        length,
        if street { "drive" } else { "doctor" },
    ))
}

/// `Austin, TX`, `Austin TX 78701`, `TX 78701-1234`.
pub(super) fn state(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&STATE)?;
    let code = found[1].to_uppercase();
    let (_, name) = STATES.iter().find(|(state, _)| *state == code)?;
    let zip = found.get(2);
    let capital = place.previous_word().starts_with(char::is_uppercase);
    let comma = place.before().ends_with(", ");
    let after = place.after(found[0].len());
    let doubtful = ["IN", "OR", "ME", "OK", "HI"].contains(&code.as_str());
    let goes_on = after.trim_start().starts_with(char::is_lowercase);
    let ends = !after.starts_with(|c: char| c.is_alphanumeric() || "-'/".contains(c));
    let known = match zip {
        Some(_) if code == "ID" => comma,
        Some(_) if found[1] == code => comma || !doubtful || capital && !is_loud(place),
        Some(_) => comma,
        None if found[1] != code => false,
        None if comma => capital && !(goes_on && doubtful),
        None => {
            capital
                && place.before().ends_with(' ')
                && CLEAR_STATES.contains(&code.as_str())
                && !is_loud(place)
        }
    };
    if !known || !ends || joined(place) {
        return None;
    }
    let digits = [zip, found.get(3)]
        .into_iter()
        .flatten()
        .map(|digits| super::number::each(digits.as_str()));
    let spoken: Vec<_> = std::iter::once((*name).to_owned()).chain(digits).collect();
    Some(Reading::new(found[0].len(), spoken.join(", ")))
}

/// The word before is all in capitals, as may be the whole text.
fn is_loud(place: &Place<'_>) -> bool {
    place.previous_word().chars().all(char::is_uppercase)
}
