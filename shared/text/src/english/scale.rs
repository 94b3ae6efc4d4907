//! Thousands, millions and billions written short: `1.5m people`, `10bn`, `2k`.

use super::{ends, number};
use crate::reading::{Place, Reading, patterns};

/// Counted in millions, where `5m` before other words is a length.
const COUNTED: &[&str] = &[
    "people",
    "users",
    "views",
    "viewers",
    "followers",
    "subscribers",
    "copies",
    "jobs",
    "homes",
    "households",
    "tonnes",
    "tons",
    "barrels",
    "visitors",
    "customers",
    "readers",
    "listeners",
    "downloads",
    "installs",
    "players",
    "members",
    "workers",
    "voters",
    "children",
    "students",
    "patients",
    "americans",
    "residents",
    "citizens",
    "refugees",
    "deaths",
    "cases",
    "doses",
    "words",
    "parameters",
    "tokens",
    "records",
    "rows",
    "messages",
    "emails",
    "units",
    "cars",
    "vehicles",
    "passengers",
    "tickets",
    "plays",
    "streams",
    "likes",
    "clicks",
    "hits",
    "visits",
    "sales",
    "years",
    "acres",
    "hectares",
    "shares",
    "votes",
    "signatures",
    "species",
    "animals",
    "trees",
    "birds",
    "men",
    "women",
    "adults",
    "families",
    "businesses",
    "companies",
    "accounts",
    "devices",
    "phones",
    "photos",
    "videos",
    "songs",
    "books",
    "euros",
    "dollars",
    "pounds",
    "inhabitants",
    "employees",
    "transactions",
    "requests",
    "items",
    "orders",
    "books",
    "fans",
    "migrants",
    "consumers",
    "drivers",
    "pupils",
    "readers",
    "taxpayers",
    "pages",
    "documents",
    "files",
    "rupees",
];
/// Behind these, what is counted has been said already.
const AMOUNTS: &[&str] = &[
    "population",
    "budget",
    "revenue",
    "audience",
    "profit",
    "worth",
    "pop",
];
/// What a `5k` is run in.
const RACES: &[&str] = &[
    "run",
    "race",
    "walk",
    "video",
    "tv",
    "monitor",
    "display",
    "screen",
    "resolution",
    "camera",
];

patterns! {
    SCALED = r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+(?:\.[0-9]+)?)\x20?(bn|tn|mn|trn)\b";
    SHORT = r"([0-9]+(?:\.[0-9]+)?)(k|K|m|M|b|B|T)\b";
    NOUN = r"\x20([a-z]+)\b";
    NEW = r"\x20(?:new|more|active|other|young|old|monthly|daily|paying|registered|extra|additional|british|[A-Z][a-z]+)\b";
}

/// `10bn`, `1.5B`, `2k`, and `100k people`, where `10K run` is a name.
pub(super) fn scaled(place: &Place<'_>) -> Option<Reading> {
    if super::joined(place) {
        return None;
    }
    let spoken = |amount: &str, scale: &str| format!("{} {scale}", number::amount(amount));
    if let Some(found) = place.captures(&SCALED) {
        let scale = match &found[2] {
            "bn" => "billion",
            "mn" => "million",
            _ => "trillion",
        };
        return Some(Reading::new(found[0].len(), spoken(&found[1], scale)));
    }
    let found = place.captures(&SHORT)?;
    let after = place.after(found[0].len());
    let noun = NOUN
        .captures(after)
        .map(|found| found[1].to_owned())
        .unwrap_or_default();
    let many = noun == "people" || noun.ends_with('s') && !noun.ends_with("ss") && noun.len() > 3;
    let decimal = found[1].contains('.');
    let article = ["a", "an", "the", "ran", "run", "running"]
        .contains(&place.previous_word().to_lowercase().as_str());
    let scale = match &found[2] {
        "k" if decimal || many || !article && !RACES.contains(&noun.as_str()) => "thousand",
        "K" if decimal || many => "thousand",
        "M" if decimal || many => "million",
        "B" | "b" if decimal || many => "billion",
        "T" if decimal || many => "trillion",
        _ => return None,
    };
    ends(after).then(|| Reading::new(found[0].len(), spoken(&found[1], scale)))
}

/// `1.5m people`, a population `of 3m`.
pub(super) fn people(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&SHORT).filter(|found| &found[2] == "m")?;
    let after = place.after(found[0].len());
    let adjective = NEW.find(after).map_or(0, |found| found.end());
    let noun = NOUN.captures(after.get(adjective..)?);
    let counted = noun.is_some_and(|noun| COUNTED.contains(&&noun[1]));
    let mut before = place.before().trim_end_matches([' ', '.', ':']).rsplit(' ');
    let mut amount = || {
        before
            .next()
            .is_some_and(|word| AMOUNTS.contains(&word.to_lowercase().as_str()))
    };
    let of = place.previous_word() == "of";
    let known = amount() || of && amount();
    (!super::joined(place) && (counted || known)).then(|| {
        Reading::new(
            found[0].len(),
            format!("{} million", number::amount(&found[1])),
        )
    })
}
