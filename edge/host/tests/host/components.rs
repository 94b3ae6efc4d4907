//! The application's components run under Spin as they run here: they import nothing that Spin 4.1 lacks.

use std::path::Path;

use crate::support::build_components;
use kiskadee_edge_host::{DeclaredComponent, components};
use wasmtime::{Engine, component::Component};

/// The components of `spin.toml`, each with its package.
fn declared() -> Vec<(String, DeclaredComponent)> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spin.toml");
    let all = components(&manifest).unwrap().into_iter();
    all.map(|component| (component.package.clone().unwrap(), component))
        .collect()
}

/// What Spin 4.1 provides, of what a component might use: WASI 0.3.0, the parts of WASI 0.2 that Rust's standard library
/// is built on, and Spin's own interfaces for which this host has an equal.
const PROVIDED: [(&str, &str); 34] = [
    ("spin:postgres/postgres", "4.2.0"),
    ("spin:variables/variables", "3.0.0"),
    ("wasi:http/client", "0.3.0"),
    ("wasi:http/types", "0.3.0"),
    ("wasi:cli/environment", "0.3.0"),
    ("wasi:cli/exit", "0.3.0"),
    ("wasi:cli/stderr", "0.3.0"),
    ("wasi:cli/stdin", "0.3.0"),
    ("wasi:cli/stdout", "0.3.0"),
    ("wasi:cli/types", "0.3.0"),
    ("wasi:clocks/monotonic-clock", "0.3.0"),
    ("wasi:clocks/system-clock", "0.3.0"),
    ("wasi:clocks/types", "0.3.0"),
    ("wasi:random/random", "0.3.0"),
    ("wasi:random/insecure-seed", "0.3.0"),
    ("wasi:cli/environment", "0.2.x"),
    ("wasi:cli/exit", "0.2.x"),
    ("wasi:cli/stderr", "0.2.x"),
    ("wasi:cli/stdin", "0.2.x"),
    ("wasi:cli/stdout", "0.2.x"),
    ("wasi:cli/terminal-input", "0.2.x"),
    ("wasi:cli/terminal-output", "0.2.x"),
    ("wasi:cli/terminal-stderr", "0.2.x"),
    ("wasi:cli/terminal-stdin", "0.2.x"),
    ("wasi:cli/terminal-stdout", "0.2.x"),
    ("wasi:clocks/monotonic-clock", "0.2.x"),
    ("wasi:clocks/wall-clock", "0.2.x"),
    ("wasi:filesystem/preopens", "0.2.x"),
    ("wasi:filesystem/types", "0.2.x"),
    ("wasi:io/error", "0.2.x"),
    ("wasi:io/poll", "0.2.x"),
    ("wasi:io/streams", "0.2.x"),
    ("wasi:random/insecure-seed", "0.2.x"),
    ("wasi:random/random", "0.2.x"),
];

/// WASI 0.2 releases up to this one are known to Spin 4.1; a newer one may have functions that it lacks.
const NEWEST_WASI_02: u32 = 6;

fn is_provided(import: &str) -> bool {
    let Some((name, version)) = import.split_once('@') else {
        return false;
    };
    let known = |wanted: &str| PROVIDED.contains(&(name, wanted));
    match version
        .strip_prefix("0.2.")
        .and_then(|patch| patch.parse::<u32>().ok())
    {
        Some(patch) => patch <= NEWEST_WASI_02 && known("0.2.x"),
        None => known(version),
    }
}

fn foreign_imports(engine: &Engine, file: &Path) -> Vec<String> {
    let component = Component::from_file(engine, file).unwrap();
    let types = component.component_type();
    let names = types.imports(engine).map(|(name, _)| name.to_owned());
    names.filter(|name| !is_provided(name)).collect()
}

#[test]
fn components_import_only_what_spin_provides() {
    let declared = declared();
    let packages: Vec<_> = declared.iter().map(|(package, _)| &**package).collect();
    let dir = build_components(&packages);
    let mut config = wasmtime::Config::new();
    config.wasm_component_model_async(true);
    let engine = Engine::new(&config).unwrap();
    for (package, declared) in &declared {
        let file = dir.join(&declared.file);
        let foreign = foreign_imports(&engine, &file);
        assert!(
            foreign.is_empty(),
            "{package} imports what Spin 4.1 lacks: {foreign:?}"
        );
        let component = Component::from_file(&engine, file).unwrap();
        let exported = component
            .component_type()
            .exports(&engine)
            .any(|(name, _)| name == "wasi:http/handler@0.3.0");
        assert!(exported, "{package} does not answer HTTP");
    }
}

#[test]
fn the_file_of_a_component_is_that_of_its_package() {
    for (package, component) in declared() {
        assert_eq!(
            component.file,
            format!("{}.wasm", package.replace('-', "_"))
        );
    }
}
