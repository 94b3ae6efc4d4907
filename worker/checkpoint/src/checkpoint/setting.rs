//! What lies beside the tensors of a pickle: numbers, texts and lists of them.

use std::collections::BTreeMap;

use super::pickle::{Arena, Id, Value};

/// A value beside the tensors.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    Int(i64),
    Float(f64),
    Flag(bool),
    Text(String),
    /// A list or a tuple.
    List(Vec<Setting>),
    /// What is no value: dictionaries, tensors, objects, `None`, and what lies too deep.
    Other,
}

/// Values that are read in all, and lists in lists: a configuration comes nowhere near, and a list may hold itself.
const MOST_VALUES: usize = 10_000;
const DEEPEST: usize = 4;

/// The values of a dictionary by their keys.
pub(super) fn read(arena: &Arena, root: Id) -> BTreeMap<String, Setting> {
    let mut left = MOST_VALUES;
    let pairs = arena.dict(root).unwrap_or_default().iter();
    let read = pairs.filter_map(|(key, value)| {
        let key = arena.text(*key)?.to_owned();
        Some((key, setting(arena, *value, DEEPEST, &mut left)))
    });
    read.collect()
}

fn setting(arena: &Arena, id: Id, depth: usize, left: &mut usize) -> Setting {
    *left = left.saturating_sub(1);
    match arena.get(id) {
        Value::Int(number) => Setting::Int(*number),
        Value::Float(number) => Setting::Float(*number),
        Value::Flag(flag) => Setting::Flag(*flag),
        Value::Text(text) => Setting::Text(text.clone()),
        Value::List(items) | Value::Tuple(items) if depth > 0 && *left > 0 => {
            let items = items.iter().take(*left);
            let items: Vec<Id> = items.copied().collect();
            let read = items
                .into_iter()
                .map(|item| setting(arena, item, depth - 1, left));
            Setting::List(read.collect())
        }
        _ => Setting::Other,
    }
}

impl Setting {
    pub fn int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Flag(flag) => Some(i64::from(*flag)),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn list(&self) -> Option<&[Setting]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::pickle;
    use super::*;

    #[test]
    fn values_are_read_and_a_list_in_itself_ends() {
        // {"n": 7, "x": 0.5, "yes": True, "l": [1, "a"]}
        let bytes = b"\x80\x02}(X\x01\0\0\0nK\x07X\x01\0\0\0xG?\xe0\0\0\0\0\0\0X\x03\0\0\0yes\x88X\x01\0\0\0l](K\x01X\x01\0\0\0aeu.";
        let (arena, root) = pickle::read(bytes).unwrap();
        let found = read(&arena, root);
        assert_eq!(found["n"].int(), Some(7));
        assert_eq!(found["x"], Setting::Float(0.5));
        assert_eq!(found["yes"].int(), Some(1));
        let list = [Setting::Int(1), Setting::Text("a".to_owned())];
        assert_eq!(found["l"].list(), Some(&list[..]));
        // d = {}; d["l"] = l = []; l.append(l) twice
        let (arena, root) = pickle::read(b"}X\x01\0\0\0l]q\x00(h\x00h\x00es.").unwrap();
        assert!(matches!(read(&arena, root)["l"], Setting::List(_)));
    }
}
