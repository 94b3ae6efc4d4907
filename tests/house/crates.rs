//! The rooms of the house by folder: a new crate falls under the rule of its folder by itself.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use serde_json::Value;

/// A room, and where what it may stand on lies. The first that matches a crate's folder is its room; a name that ends in
/// `/` means every crate below. Development dependencies are free.
const ROOMS: [(&str, &[&str]); 18] = [
    ("shared", &[]),
    ("shared/", &["shared", "shared/"]),
    ("edge/kit", &["shared"]),
    ("edge/host", &["shared", "shared/secret"]),
    ("edge/host/", &[]),
    // The documents of all components are put together natively.
    ("edge/reference", &["edge/", "shared"]),
    ("edge/", &["edge/kit", "shared", "shared/"]),
    ("worker/queue", &["shared"]),
    ("worker/storage", &["shared", "shared/secret"]),
    ("worker/media", &["shared"]),
    ("worker/outbound", &["shared"]),
    (
        "worker/webhook",
        &["shared", "worker/queue", "worker/outbound"],
    ),
    (
        "worker/runner",
        &["shared", "worker/queue", "worker/storage"],
    ),
    // Families know the runner, what it stands on, and the libraries; never each other.
    (
        "worker/jobs/",
        &[
            "shared",
            "shared/",
            "worker/runner",
            "worker/queue",
            "worker/storage",
            "worker/media",
            "worker/outbound",
            "worker/webhook",
            LIBRARIES,
        ],
    ),
    // Libraries know no queue, no HTTP and no SQL.
    ("worker/", &["shared", "shared/", LIBRARIES]),
    ("worker", &["worker/", "worker/jobs/", "shared"]),
    ("xtask", &[]),
    ("", &["", "worker/jobs/"]),
];

/// The crates under `worker/` that are none of the rooms named above.
const LIBRARIES: &str = "libraries";

/// What knows the queue, HTTP or SQL, of which libraries must have none.
const OUTSIDE: [&str; 6] = [
    "sqlx",
    "axum",
    "reqwest",
    "object_store",
    "hyper",
    "tokio-postgres",
];

struct Crate {
    /// Where it lies, or, of a family that only tests run, where the product would have it.
    folder: String,
    /// It is a test's, and nothing that ships may stand on it.
    for_tests: bool,
    /// Names of what it depends on, but for development.
    dependencies: Vec<String>,
}

fn crates() -> BTreeMap<String, Crate> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let told = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--offline",
            "--no-deps",
            "--format-version",
            "1",
        ])
        .current_dir(root)
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let packages = told["packages"].as_array().unwrap().iter();
    packages.map(|package| described(root, package)).collect()
}

fn described(root: &Path, package: &Value) -> (String, Crate) {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    let folder = manifest.parent().unwrap().strip_prefix(root).unwrap();
    let dependencies = package["dependencies"].as_array().unwrap().iter();
    let shipped = dependencies.filter(|dependency| dependency["kind"] != "dev");
    let folder = folder.to_str().unwrap();
    let described = Crate {
        folder: place(folder),
        for_tests: folder.split('/').any(|part| part == "tests"),
        dependencies: shipped
            .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
            .collect(),
    };
    (package["name"].as_str().unwrap().to_owned(), described)
}

/// The parts of a family that only tests run lie together in `tests/NAME`; the rules for them are those of the product's.
fn place(folder: &str) -> String {
    let inside = folder.strip_prefix("tests/");
    match inside.and_then(|inside| inside.split_once('/')) {
        Some((family, "edge")) => format!("edge/{family}"),
        Some((family, "jobs")) => format!("worker/jobs/{family}"),
        _ => folder.to_owned(),
    }
}

fn is_in(folder: &str, room: &str) -> bool {
    match room {
        LIBRARIES => room_of(folder).0 == "worker/",
        "" => true,
        _ if room.ends_with('/') => folder.starts_with(room),
        _ => folder == room,
    }
}

fn room_of(folder: &str) -> (&'static str, &'static [&'static str]) {
    *ROOMS.iter().find(|(room, _)| is_in(folder, room)).unwrap()
}

#[test]
fn every_crate_stands_on_what_its_room_allows() {
    let crates = crates();
    assert!(crates.len() > 20, "cargo told of {} crates", crates.len());
    let mut offences = Vec::new();
    for one in crates.values() {
        let (room, allowed) = room_of(&one.folder);
        let inside = one.dependencies.iter().filter_map(|name| crates.get(name));
        for other in inside {
            if !allowed.iter().any(|room| is_in(&other.folder, room)) {
                offences.push(format!(
                    "{} (room `{room}`) stands on {}",
                    one.folder, other.folder
                ));
            }
        }
    }
    assert!(offences.is_empty(), "{offences:#?}");
}

#[test]
fn nothing_that_ships_stands_on_what_is_for_tests() {
    let crates = crates();
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spin.toml");
    let manifest = fs::read_to_string(manifest).unwrap();
    let (tests, shipped): (Vec<_>, Vec<_>) = crates.iter().partition(|(_, one)| one.for_tests);
    assert!(tests.len() > 2 && shipped.len() > 20, "{}", tests.len());
    for (name, _) in tests {
        let users = shipped
            .iter()
            .filter(|(_, one)| one.dependencies.contains(name));
        let users: Vec<_> = users.map(|(user, _)| user).collect();
        assert!(users.is_empty(), "{users:?} depend on {name}");
        let package = format!("--package {name}\"");
        assert!(!manifest.contains(&package), "spin.toml builds {name}");
    }
}

#[test]
fn a_family_of_the_tests_has_the_rooms_of_the_products() {
    assert_eq!(room_of(&place("tests/x/edge")).0, "edge/");
    assert_eq!(room_of(&place("tests/x/jobs")).0, "worker/jobs/");
    assert_eq!(room_of(&place("tests/load")).0, "");
}

#[test]
fn libraries_know_no_queue_no_http_and_no_sql() {
    let crates = crates();
    let libraries = crates.values().filter(|one| is_in(&one.folder, LIBRARIES));
    let mut offences = Vec::new();
    for library in libraries {
        let outside = library.dependencies.iter();
        for name in outside.filter(|name| OUTSIDE.contains(&name.as_str())) {
            offences.push(format!("{} depends on {name}", library.folder));
        }
    }
    assert!(offences.is_empty(), "{offences:#?}");
}
