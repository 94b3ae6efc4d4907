//! What `spin.toml` says of its components to those who build, configure and test them, so that nobody keeps a second list.

use std::path::Path;

use crate::{
    error::HostError,
    manifest::{ComponentManifest, Manifest},
};

/// The variable of a component that holds its address of the database.
const DATABASE_URL: &str = "database_url";

/// A component as the manifest declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredComponent {
    /// Its name in the manifest.
    pub name: String,
    /// The name of its file.
    pub file: String,
    /// The Cargo package that its build command builds.
    pub package: Option<String>,
    /// The variable of the application that gives it its address of the database, where it has one.
    pub database_variable: Option<String>,
}

/// The components of a manifest, by name.
pub fn components(manifest: &Path) -> Result<Vec<DeclaredComponent>, HostError> {
    let declared = Manifest::read(manifest)?.component;
    Ok(declared.into_iter().map(DeclaredComponent::of).collect())
}

impl DeclaredComponent {
    fn of((name, component): (String, ComponentManifest)) -> Self {
        let file = component.source.file_name();
        Self {
            name,
            file: file.unwrap_or_default().to_string_lossy().into_owned(),
            package: package(&component),
            database_variable: component
                .variables
                .get(DATABASE_URL)
                .and_then(|template| variable(template)),
        }
    }
}

fn package(component: &ComponentManifest) -> Option<String> {
    let command = component.build.as_ref()?.get("command")?.as_str()?;
    let mut words = command.split_whitespace();
    words.find(|word| *word == "--package" || *word == "-p")?;
    words.next().map(str::to_owned)
}

/// The variable of a template that is nothing but one: `{{ name }}`.
fn variable(template: &str) -> Option<String> {
    let name = template.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    Some(name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        spin_manifest_version = 2
        [application]
        name = "x"
        [[trigger.http]]
        route = "/..."
        component = "one"
        [component.one]
        source = "target/the_one.wasm"
        [component.one.variables]
        database_url = "{{ one_database_url }}"
        [component.one.build]
        command = "cargo build --target wasm32-wasip2 --package the-one"
        [component.two]
        source = "two.wasm"
    "#;

    #[test]
    fn a_component_tells_its_file_package_and_variable() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("spin.toml");
        std::fs::write(&manifest, TEXT).unwrap();
        let found = components(&manifest).unwrap();
        let one = DeclaredComponent {
            name: "one".to_owned(),
            file: "the_one.wasm".to_owned(),
            package: Some("the-one".to_owned()),
            database_variable: Some("one_database_url".to_owned()),
        };
        assert_eq!(found[0], one);
        assert_eq!(
            (&found[1].package, &found[1].database_variable),
            (&None, &None)
        );
    }

    #[test]
    fn a_template_with_more_than_a_variable_names_none() {
        assert_eq!(variable("postgres://{{ host }}/x"), None);
        assert_eq!(variable("{{a_url}}").as_deref(), Some("a_url"));
    }
}
