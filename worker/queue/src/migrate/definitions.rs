//! The functions as this program has them: the files of `shared/functions`, what is defined in them, and their digest.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::source::MIGRATOR;

pub(super) struct File {
    /// `family/noun.sql`
    pub(super) path: &'static str,
    pub(super) text: &'static str,
}

/// By path, which is the order in which they are applied.
pub(super) static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/function_files.rs"));

const DEFINITION: &str = "create or replace function ";
/// Every body stands between two of these.
const QUOTE: &str = "$$";

/// What the database keeps to know the set again. The migrations are part of it: one may drop a function that stands unchanged in
/// its file, so after each the set is applied anew.
pub(super) fn digest() -> String {
    let mut hash = Sha256::new();
    for migration in MIGRATOR.iter() {
        hash.update(migration.version.to_be_bytes());
    }
    for part in FILES.iter().flat_map(|file| [file.path, file.text]) {
        // With the length in front, so that no text can pass into the next.
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    format!("{:x}", hash.finalize())
}

/// The bodies of the functions of each name (`schema.name`): several where it is overloaded.
pub(super) type Bodies<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

pub(super) fn bodies() -> Bodies<'static> {
    let mut bodies = Bodies::new();
    for (name, body) in FILES.iter().flat_map(|file| bodies_in(file.text)) {
        bodies.entry(name).or_default().insert(body);
    }
    bodies
}

/// The schemas that functions are defined in.
pub(super) fn schemas() -> Vec<&'static str> {
    let names = FILES.iter().flat_map(|file| bodies_in(file.text));
    let schemas = names.filter_map(|(name, _)| name.split_once('.'));
    let schemas: BTreeSet<_> = schemas.map(|(schema, _)| schema).collect();
    schemas.into_iter().collect()
}

fn bodies_in(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(DEFINITION).skip(1).filter_map(|definition| {
        let (name, rest) = definition.split_once('(')?;
        let (_, rest) = rest.split_once(QUOTE)?;
        let (body, _) = rest.split_once(QUOTE)?;
        Some((name, body))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_found_once_and_with_its_body() {
        let mut seen = BTreeSet::new();
        for File { path, text } in FILES {
            let found: Vec<_> = bodies_in(text).collect();
            let definitions = text
                .lines()
                .filter(|line| line.starts_with("create ") && line.contains(" function "))
                .count();
            assert_eq!(
                found.len(),
                definitions,
                "{path}: definitions have the form `{DEFINITION}schema.name(… {QUOTE}…{QUOTE}`"
            );
            for (name, _) in found {
                assert!(seen.insert(name), "{path}: {name} is defined twice");
            }
        }
        assert!(seen.len() > 150);
    }

    #[test]
    fn nothing_but_what_may_be_applied_again_stands_in_the_files() {
        for File { path, text } in FILES {
            let starts = text.lines().filter(|line| {
                line.starts_with("create ")
                    || line.starts_with("drop ")
                    || line.starts_with("alter ")
                    || line.starts_with("insert ")
            });
            for line in starts {
                let of_a_kind = path.ends_with("/kinds.sql")
                    && [
                        "insert into queue.kind ",
                        "insert into queue.group_kind ",
                        "insert into queue.lane ",
                        "insert into storage.prefix ",
                        "insert into storage.intake ",
                        "insert into account.holding ",
                    ]
                    .iter()
                    .any(|start| line.starts_with(start));
                assert!(
                    of_a_kind || line.starts_with("create or replace "),
                    "{path}: `{line}` belongs into a migration"
                );
            }
            assert!(
                !text.contains("begin atomic"),
                "{path}: the order of files would matter"
            );
        }
    }

    #[test]
    fn files_stand_in_one_order_everywhere() {
        assert!(FILES.is_sorted_by_key(|file| file.path));
        assert_eq!(digest(), digest());
        assert_eq!(digest().len(), 64);
    }
}
