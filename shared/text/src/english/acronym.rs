//! Words in capitals: said as a word, or letter by letter.

/// Up to three letters are said by name unless they are here.
const SHORT_WORDS: &[&str] = &[
    "aids", "pin", "sim", "ram", "rom", "gif", "lan", "wan", "cad", "ace", "no", "yes", "the",
    "and", "not", "you", "all", "can", "get", "now", "out", "new", "big", "is", "in", "to", "of",
    "be", "we", "he", "my", "so", "do", "go", "up", "if", "at", "on", "an", "as", "by", "are",
    "was", "has", "his", "her", "for", "but", "off", "one", "two", "why", "how", "our", "own",
    "any", "run", "buy", "she", "had", "did", "may", "see", "say", "way", "day", "man", "old",
    "too", "its", "let", "put", "end", "top", "hot", "sad", "mad", "bad", "red", "yet", "ago",
    "ask", "try", "use", "zip", "bar", "oh", "hi", "mom", "dad", "god", "war", "win", "vs", "san",
    "los", "del", "nor", "ten", "six", "set", "act", "add", "am", "or",
];
/// Four letters and more are said as a word where that is possible, unless they are here.
const LONG_LETTERS: &[&str] = &[
    "ucla", "aclu", "asap", "oecd", "iban", "isbn", "issn", "ieee", "espn", "aarp", "unhcr",
    "ussr", "usda", "usaf", "usmc", "eeoc", "nypd", "lapd", "ymca", "ywca", "usps", "adhd", "http",
    "https", "html", "uefi", "oled", "rgba", "iaea", "icbm", "ioc", "mba", "uae", "usa", "fbi",
    "cia", "bbc", "cnn", "nbc", "abc", "cbs", "hbo", "nba", "nfl", "nhl", "mlb", "ceo", "cfo",
    "cto", "dna", "rna", "hiv", "usb", "cpu", "gpu", "url", "pdf", "dvd", "tv", "pc", "uk", "eu",
    "un", "nyc", "aka", "diy", "faq", "api", "sql", "gps", "atm", "ibm", "amd", "irs", "nsa",
    "epa", "fda", "cdc", "imf", "mit", "ufo", "vip", "rsvp", "eta", "iq", "id", "ai", "pr", "hr",
    "ok", "lgbtq", "lgbt", "ad", "bc", "gdp", "ios", "iot", "isp", "led", "lcd", "mri", "ncaa",
    "naacp", "nhs", "oem", "utc", "est", "pst", "gmt", "ra",
];
/// Capitals with a reading of their own.
const SPECIAL: &[(&str, &str)] = &[
    ("JPEG", "J peg"),
    ("MPEG", "M peg"),
    ("NAACP", "N double A C P"),
    ("NCAA", "N C double A"),
    ("AAA", "triple A"),
    ("IEEE", "I triple E"),
    ("HVAC", "H vac"),
    ("MSDOS", "M S dos"),
    ("WWW", "W W W"),
    ("SQL", "S Q L"),
    ("AM", "A M"),
    ("PM", "P M"),
    ("CDROM", "C D rom"),
    ("YAML", "yamel"),
    ("IT", "I T"),
    ("US", "U S"),
    ("WHO", "W H O"),
    ("OR", "or"),
    ("CE", "C E"),
];
const VOWELS: &[char] = &['a', 'e', 'i', 'o', 'u', 'y'];

/// How a word of two or more capitals is said. In a sentence all in capitals only what is known stays apart.
pub(super) fn spoken(capitals: &str, shouted: bool) -> String {
    let lower = capitals.to_lowercase();
    let special = SPECIAL.iter().find(|(name, _)| *name == capitals);
    if let Some((_, reading)) = special.filter(|_| !shouted || capitals.len() > 3) {
        return (*reading).to_owned();
    }
    let as_word = if LONG_LETTERS.contains(&lower.as_str()) || !lower.contains(VOWELS) {
        false
    } else {
        shouted
            || SHORT_WORDS.contains(&lower.as_str())
            || lower.len() > 3 && is_pronounceable(&lower)
    };
    if as_word || lower.len() > 12 {
        lower
    } else {
        letters(&lower)
    }
}

/// Each letter by its name.
pub(super) fn letters(word: &str) -> String {
    let letters: Vec<_> = word.to_uppercase().chars().map(String::from).collect();
    letters.join(" ")
}

/// No run of consonants or vowels that English words do not have.
fn is_pronounceable(word: &str) -> bool {
    let is_vowel = |c: char| VOWELS.contains(&c);
    let runs: Vec<&str> = word.split(is_vowel).collect();
    let edge = |run: Option<&&str>| run.is_some_and(|run| run.len() > 2);
    let few_consonants =
        runs.iter().all(|run| run.len() <= 4) && !edge(runs.first()) && !edge(runs.last());
    let few_vowels = word.split(|c| !is_vowel(c)).all(|run| run.len() <= 2);
    few_consonants && few_vowels && begins_well(word)
}

/// The first two letters can begin an English word.
fn begins_well(word: &str) -> bool {
    const ONSETS: &[&str] = &[
        "bl", "br", "ch", "cl", "cr", "dr", "dw", "fl", "fr", "gl", "gr", "kn", "kr", "ph", "pl",
        "pr", "qu", "rh", "sc", "sh", "sk", "sl", "sm", "sn", "sp", "squ", "st", "sw", "th", "tr",
        "tw", "wh", "wr", "gh", "kl", "ps", "sch", "thr", "shr",
    ];
    let first = word
        .split(|c| VOWELS.contains(&c))
        .next()
        .unwrap_or_default();
    first.len() < 2 || ONSETS.contains(&first)
}
