//! Paths of files.

use super::internet;
use crate::{
    address,
    reading::{Place, Reading, patterns},
};

patterns! {
    ABSOLUTE = r"(?:~|\.{1,2})?(?:/[A-Za-z0-9._-]+)+/?";
    URL = r"file://[^\x20<>]+";
    WINDOWS = r"[A-Za-z]:(?:\\[A-Za-z0-9._()-]+)+\\?";
    RELATIVE = r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9._-]+)*/[A-Za-z0-9_-]+(?:\.[a-z0-9]+)*\.(?:txt|md|rs|py|js|ts|tsx|jsx|html?|css|json|xml
        |ya?ml|toml|csv|tsv|sh|c|h|cpp|hpp|java|go|rb|php|pdf|docx?|xlsx?|pptx?|jpe?g|png|gif|svg|mp3|mp4|wav|zip|tar|gz|exe|log
        |ini|cfg|conf|sql|db|lock)\b";
}

/// `file:///photos/image.jpg`, `C:\Users\me`, `src/main.rs`.
pub(super) fn file(place: &Place<'_>) -> Option<Reading> {
    if place
        .previous()
        .is_some_and(|c| c.is_alphanumeric() || "/\\.-_@".contains(c))
    {
        return None;
    }
    let found = place
        .captures(&URL)
        .or_else(|| place.captures(&WINDOWS))
        .or_else(|| place.captures(&RELATIVE))?;
    said(&found[0])
}

/// `/etc/hosts`, `~/notes.txt`, `./run.sh`.
pub(super) fn absolute(place: &Place<'_>) -> Option<Reading> {
    let opens = place.previous().is_none_or(|c| " ([\"'`=:".contains(c));
    let found = place.captures(&ABSOLUTE).filter(|_| opens)?;
    let path = found[0].trim_end_matches(['.', '-']);
    let inner = path.trim_start_matches(['~', '.']);
    let mut names = inner.split('/').filter(|name| !name.is_empty());
    let (first, more) = (names.next()?, names.next().is_some());
    let joining = ["or", "and"].contains(&first);
    let alone = !more && first.len() < 2;
    let letters = first.starts_with(|c: char| c.is_ascii_alphabetic() || "._".contains(c));
    let goes_on = place
        .after(path.len())
        .starts_with(|c: char| c.is_alphanumeric() || c == '>');
    (letters && !joining && !alone && !goes_on).then(|| said(path))?
}

fn said(path: &str) -> Option<Reading> {
    let path = path.trim_end_matches(['.', ',', ';', ':', '!', '?', '"', '\'', ')']);
    let spoken = internet::spoken(&address::parts(path));
    (!spoken.is_empty()).then(|| Reading::new(path.len(), spoken))
}
