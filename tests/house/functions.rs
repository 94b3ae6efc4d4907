//! The SQL functions of a family name its own schema and those that all have in common, and of another family's only what that one
//! offers in its `offered.sql`; what runs jobs of every family names none.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// What every family may call.
const COMMON: [&str; 7] = [
    "account",
    "api",
    "kiskadee",
    "queue",
    "storage",
    "telemetry",
    "webhook",
];

/// What works for every family alike.
const FOR_ALL: [&str; 3] = [
    "worker/queue/src",
    "worker/queue/queries",
    "worker/runner/src",
];

/// Files with their text, by family: those of the product in `shared/functions/FAMILY`, and those of families that only tests run
/// in `tests/FAMILY/functions`.
fn folders() -> BTreeMap<String, Vec<(String, String)>> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = BTreeMap::new();
    for (parent, inside) in [
        (tests.join("../shared/functions"), ""),
        (tests.into(), "functions"),
    ] {
        for family in fs::read_dir(parent).unwrap() {
            let family = family.unwrap();
            let folder = family.path().join(inside);
            if folder.is_dir() {
                folders.insert(family.file_name().into_string().unwrap(), files_in(&folder));
            }
        }
    }
    folders
}

fn files_in(folder: &Path) -> Vec<(String, String)> {
    let files = fs::read_dir(folder).unwrap().map(|file| {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        (path.display().to_string(), text)
    });
    files.collect()
}

fn families(folders: &BTreeMap<String, Vec<(String, String)>>) -> BTreeSet<&String> {
    folders
        .keys()
        .filter(|folder| !COMMON.contains(&folder.as_str()))
        .collect()
}

/// The functions that families offer to others.
fn offered(folders: &BTreeMap<String, Vec<(String, String)>>) -> BTreeSet<String> {
    let files = folders.values().flatten();
    files
        .filter(|(path, _)| path.ends_with("/offered.sql"))
        .flat_map(|(_, text)| made_in(text))
        .collect()
}

/// The code without calls of these functions.
fn without_calls(code: &str, functions: &BTreeSet<String>) -> String {
    functions.iter().fold(code.to_owned(), |code, function| {
        code.replace(&format!("{function}("), "(")
    })
}

/// The code of a line, without its comment.
fn code(line: &str) -> &str {
    line.split_once("--").map_or(line, |(code, _)| code)
}

/// The same of a line of Rust.
fn rust_code(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}

/// Every file below, with its text.
fn texts(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                return texts(&path);
            }
            let text = fs::read_to_string(&path).unwrap();
            vec![(path.display().to_string(), text)]
        })
        .collect()
}

/// Whether `schema.` stands there as a name of its own.
fn names(code: &str, schema: &str) -> bool {
    let schema = format!("{schema}.");
    code.match_indices(&schema).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || "_.'/".contains(letter))
    })
}

#[test]
fn no_family_names_another_ones_schema() {
    let folders = folders();
    let families = families(&folders);
    let offered = offered(&folders);
    assert!(families.contains(&"speech".to_owned()), "{families:?}");
    let mut offences = Vec::new();
    for (folder, files) in &folders {
        for (path, text) in files {
            for (number, line) in text.lines().enumerate() {
                let strangers = families.iter().filter(|family| **family != folder);
                let own = without_calls(code(line), &offered);
                for family in strangers.filter(|family| names(&own, family)) {
                    offences.push(format!("{path}:{}: `{family}`: {line}", number + 1));
                }
            }
        }
    }
    assert!(offences.is_empty(), "{offences:#?}");
}

#[test]
fn what_works_for_every_family_names_the_schema_of_none() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = folders();
    let families = families(&folders);
    let mut offences = Vec::new();
    for (path, text) in FOR_ALL.iter().flat_map(|folder| texts(&root.join(folder))) {
        for (number, line) in text.lines().enumerate() {
            let code = code(rust_code(line));
            if families.iter().any(|family| names(code, family)) {
                offences.push(format!("{path}:{}: {line}", number + 1));
            }
        }
    }
    assert!(offences.is_empty(), "{offences:#?}");
}

/// The functions that a text makes.
fn made_in(text: &str) -> BTreeSet<String> {
    let making = ["create function ", "create or replace function "];
    let lines = text.lines().filter_map(|line| {
        let rest = making.iter().find_map(|words| line.strip_prefix(words))?;
        rest.split('(').next()
    });
    lines.map(|name| name.trim().to_owned()).collect()
}

/// The functions of a release take the place of a migration's of the same name, and what the migration computes by its own, such as a
/// column, then means something else.
#[test]
fn no_function_takes_the_place_of_a_migrations() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let made = |folder: &str| -> BTreeSet<String> {
        let texts = texts(&shared.join(folder));
        texts.iter().flat_map(|(_, text)| made_in(text)).collect()
    };
    let (of_migrations, of_release) = (made("migrations"), made("functions"));
    assert!(of_migrations.contains("speech.folded"), "{of_migrations:?}");
    assert!(of_release.contains("api.me"), "{of_release:?}");
    let both: Vec<&String> = of_migrations.intersection(&of_release).collect();
    assert!(both.is_empty(), "{both:?}");
}

#[test]
fn a_schema_is_found_where_it_is_one() {
    assert!(names("perform speech.keep_voices(c)", "speech"));
    assert!(!names("v.speech.x", "speech"));
    assert!(!names("'/api/v1/speech.wav'", "speech"));
    assert_eq!(code("select 1 -- speech.x"), "select 1 ");
    assert!(names(rust_code(r#"query("select speech.x()")"#), "speech"));
    assert_eq!(rust_code("call(); // speech.x"), "call(); ");
    let offered = BTreeSet::from(["speech.keep_voice".to_owned()]);
    let called = without_calls("perform speech.keep_voice(v)", &offered);
    assert!(!names(&called, "speech"), "{called}");
    let called = without_calls("perform speech.keep_voices(v)", &offered);
    assert!(names(&called, "speech"), "{called}");
}
