//! The symbols of a voice and their ids.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a voice was trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhonemeType {
    /// IPA as espeak-ng writes it.
    Espeak,
    /// The text itself.
    Text,
}

/// The symbols that a voice knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbols {
    pub kind: PhonemeType,
    /// Ids of a symbol, in a decomposed form (NFD): one code point, or a cluster.
    pub ids: BTreeMap<String, Vec<u32>>,
    /// Symbols that are replaced by others before they get ids.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub replacements: BTreeMap<String, Vec<String>>,
    /// Code points that have an id together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<String>,
}

/// Symbols that stand for no sound: padding, beginning and end.
pub(super) const PAD: &str = "_";
pub(super) const BEGIN: &str = "^";
pub(super) const END: &str = "$";

impl Symbols {
    /// The ids of a symbol, unless it is unknown or one that only we may write.
    pub(super) fn spoken(&self, symbol: &str) -> Option<&[u32]> {
        let ours = [PAD, BEGIN, END].contains(&symbol);
        self.ids.get(symbol).filter(|_| !ours).map(Vec::as_slice)
    }

    /// The one id of padding, beginning or end.
    pub(super) fn control(&self, symbol: &str) -> Option<u32> {
        self.ids.get(symbol)?.first().copied()
    }

    /// The longest cluster or else the code point that `text` begins with, in bytes.
    pub(super) fn first(&self, text: &str) -> usize {
        let clusters = self.clusters.iter();
        let clusters = clusters.filter(|cluster| {
            !cluster.is_empty()
                && text.starts_with(cluster.as_str())
                && self.ids.contains_key(*cluster)
        });
        let longest = clusters.map(String::len).max();
        longest.unwrap_or_else(|| text.chars().next().map_or(0, char::len_utf8))
    }

    /// That the symbols which begin, end and pad are there, and every id has a row.
    pub(crate) fn check(&self, rows: usize) -> Result<(), String> {
        for symbol in [PAD, BEGIN, END] {
            if self.ids.get(symbol).is_none_or(|ids| ids.len() != 1) {
                return Err(format!("`symbols`: has no `{symbol}` of one id"));
            }
        }
        for (symbol, ids) in &self.ids {
            if let Some(id) = ids.iter().find(|id| **id as usize >= rows) {
                return Err(format!(
                    "`symbols`: `{symbol}` has the id {id} where there are {rows} rows"
                ));
            }
        }
        Ok(())
    }
}
