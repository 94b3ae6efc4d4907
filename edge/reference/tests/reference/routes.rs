//! The document and `spin.toml` agree: every component is in both, and every documented path is routed to whoever declares it.

use std::collections::BTreeSet;

use toml::Table;

const MANIFEST: &str = include_str!("../../../../spin.toml");

/// Route and component of each trigger.
fn routes(manifest: &Table) -> Vec<(&str, &str)> {
    let triggers = manifest["trigger"]["http"].as_array().unwrap();
    triggers
        .iter()
        .map(|trigger| {
            (
                trigger["route"].as_str().unwrap(),
                trigger["component"].as_str().unwrap(),
            )
        })
        .collect()
}

/// An exact route wins, else the longest wildcard.
fn component_of<'a>(routes: &[(&'a str, &'a str)], path: &str) -> &'a str {
    let specificity = |route: &str| match route.strip_suffix("/...") {
        None => (route == path).then_some((true, route.len())),
        Some(base) => path
            .strip_prefix(base)
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
            .map(|_| (false, base.len())),
    };
    let matching = routes
        .iter()
        .filter_map(|(route, component)| Some((specificity(route)?, *component)));
    matching.max().unwrap().1
}

#[test]
fn every_component_of_the_manifest_is_in_the_document() {
    let manifest: Table = MANIFEST.parse().unwrap();
    let declared: BTreeSet<&str> = manifest["component"]
        .as_table()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let parts = kiskadee_reference::parts();
    let documented: BTreeSet<&str> = parts.iter().map(|(name, _)| *name).collect();
    assert_eq!(declared, documented);
}

#[test]
fn every_documented_path_is_routed_to_its_component() {
    let manifest: Table = MANIFEST.parse().unwrap();
    let routes = routes(&manifest);
    for (component, part) in kiskadee_reference::parts() {
        for path in part.paths.paths.keys() {
            assert_eq!(component_of(&routes, path), component, "{path}");
        }
    }
}
