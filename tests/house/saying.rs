//! What programs say of themselves: in words that do not change, and without anything that must not be shown.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Names of fields that hold what nobody may read, as they end.
const SECRET: [&str; 5] = ["password", "secret", "token", "database_url", "api_key"];
/// Types in which they can be printed.
const SHOWN: [&str; 3] = ["String", "Option<String>", "Vec<String>"];
/// Where the words are a caller's constants: a component's log line.
const PASSES_ON: [&str; 1] = ["edge/host/src/guest_log.rs"];

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    for folder in ["shared", "edge", "worker", "cli"] {
        collect(&root.join(folder), &mut found);
    }
    let named = found.into_iter().map(|path| {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        (name, fs::read_to_string(&path).unwrap())
    });
    named.collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if !["target", "tests", "examples", "node_modules"]
                .iter()
                .any(|skipped| name == *skipped)
            {
                collect(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The fields that can be printed of structures that can be.
fn printable_secrets(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut derives_debug, mut is_inside) = (false, false);
    for line in source.lines() {
        let line = line.trim();
        if line.starts_with("#[derive(") {
            derives_debug = line.contains("Debug");
        } else if line.contains("struct ") && line.ends_with('{') {
            is_inside = derives_debug;
        } else if line == "}" {
            (derives_debug, is_inside) = (false, false);
        } else if is_inside && let Some((name, kind)) = line.trim_end_matches(',').split_once(": ")
        {
            let name = name.rsplit(' ').next().unwrap_or(name);
            if SECRET.iter().any(|secret| name.ends_with(secret)) && SHOWN.contains(&kind) {
                found.push(name.to_owned());
            }
        }
    }
    found
}

/// Messages of `tracing` that are put together, by their lines.
fn changing_messages(source: &str) -> Vec<String> {
    let macros = ["error!(", "warn!(", "info!(", "debug!("];
    let lines = source.lines().map(str::trim);
    let said = lines
        .filter(|line| line.contains("tracing::") && macros.iter().any(|name| line.contains(name)));
    // The last text of the call is its message.
    let changes = |line: &&str| {
        let mut texts = line.rsplit('"').skip(1).step_by(2);
        line.ends_with(");") && texts.next().is_some_and(has_a_variable)
    };
    said.filter(changes).map(str::to_owned).collect()
}

/// `{word}` in a text; `{NAME}` is a constant.
fn has_a_variable(message: &str) -> bool {
    let mut parts = message.split('{').skip(1);
    parts.any(|part| !part.starts_with(|first: char| first.is_ascii_uppercase()))
}

#[test]
fn secrets_are_of_a_type_that_cannot_be_printed() {
    let printable: Vec<_> = sources()
        .into_iter()
        .flat_map(|(file, source)| {
            printable_secrets(&source)
                .into_iter()
                .map(move |field| format!("{file}: {field}"))
        })
        .collect();
    assert!(
        printable.is_empty(),
        "use kiskadee_shared::secret::Secret, or no derived Debug: {printable:#?}"
    );
}

#[test]
fn messages_are_words_that_do_not_change() {
    let changing: Vec<_> = sources()
        .into_iter()
        .filter(|(file, _)| !PASSES_ON.contains(&file.as_str()))
        .flat_map(|(file, source)| {
            changing_messages(&source)
                .into_iter()
                .map(move |line| format!("{file}: {line}"))
        })
        .collect();
    assert!(
        changing.is_empty(),
        "what changes is a field: {changing:#?}"
    );
}

#[test]
fn both_are_found_where_they_are() {
    let source = "#[derive(Debug, Clone)]\nstruct A {\n    pub(crate) database_url: String,\n    pool: String,\n}\n\
        #[derive(Clone)]\nstruct B {\n    token: String,\n}\n";
    assert_eq!(printable_secrets(source), ["database_url"]);
    let source = "tracing::warn!(pid, \"{line}\");\ntracing::warn!(%error, \"a chore failed\");\n";
    assert_eq!(
        changing_messages(source),
        ["tracing::warn!(pid, \"{line}\");"]
    );
}
