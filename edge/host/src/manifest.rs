//! `spin.toml`, manifest version 2: the part that this host understands. What it does not understand is an error, for an
//! application must not run here with less than it asks for.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::error::HostError;

/// An application.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    spin_manifest_version: u32,
    /// Name, version and authors; of no meaning here.
    #[serde(rename = "application")]
    _application: toml::Table,
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, Variable>,
    pub(crate) trigger: Triggers,
    pub(crate) component: BTreeMap<String, ComponentManifest>,
}

/// A variable of the application.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variable {
    pub(crate) default: Option<String>,
    #[serde(default)]
    pub(crate) required: bool,
    /// Hides the value; here no value is ever shown.
    #[serde(default, rename = "secret")]
    _secret: bool,
    #[serde(default, rename = "description")]
    _description: Option<String>,
}

/// What starts components: here only HTTP.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Triggers {
    pub(crate) http: Vec<HttpTrigger>,
}

/// A route and who answers it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HttpTrigger {
    pub(crate) route: String,
    pub(crate) component: String,
    #[serde(default, rename = "id")]
    _id: Option<String>,
}

/// A component.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComponentManifest {
    pub(crate) source: PathBuf,
    #[serde(default)]
    pub(crate) allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    #[serde(default, rename = "description")]
    _description: Option<String>,
    /// For `spin build` and `spin watch`.
    #[serde(default)]
    pub(crate) build: Option<toml::Table>,
}

impl Manifest {
    pub(crate) fn read(path: &Path) -> Result<Self, HostError> {
        let failed = |reason: String| HostError::Manifest {
            path: path.to_owned(),
            reason,
        };
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let manifest: Self = toml::from_str(&text).map_err(|error| failed(error.to_string()))?;
        manifest.validate().map_err(failed)?;
        Ok(manifest)
    }

    fn validate(&self) -> Result<(), String> {
        if self.spin_manifest_version != 2 {
            return Err("only `spin_manifest_version = 2` is known here".to_owned());
        }
        for trigger in &self.trigger.http {
            if !self.component.contains_key(&trigger.component) {
                return Err(format!(
                    "route `{}` names no component: `{}`",
                    trigger.route, trigger.component
                ));
            }
        }
        Ok(())
    }

    /// The file of each component that has a route.
    pub(crate) fn sources(
        &self,
        manifest: &Path,
        component_dir: Option<&Path>,
    ) -> BTreeMap<String, PathBuf> {
        let root = manifest.parent().unwrap_or(Path::new("."));
        self.component
            .iter()
            .filter(|(name, _)| {
                self.trigger
                    .http
                    .iter()
                    .any(|trigger| trigger.component == **name)
            })
            .map(|(name, component)| {
                let path = match (component_dir, component.source.file_name()) {
                    (Some(dir), Some(file)) => dir.join(file),
                    _ => root.join(&component.source),
                };
                (name.clone(), path)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        spin_manifest_version = 2
        [application]
        name = "x"
        [variables]
        a = { required = true, secret = true }
        [[trigger.http]]
        route = "/..."
        component = "one"
        [component.one]
        source = "target/one.wasm"
        [component.one.build]
        command = "cargo build"
    "#;

    #[test]
    fn sources_lie_beside_the_manifest_or_where_they_are_said_to_be() {
        let manifest: Manifest = toml::from_str(TEXT).unwrap();
        let path = Path::new("/app/spin.toml");
        assert_eq!(
            manifest.sources(path, None)["one"],
            Path::new("/app/target/one.wasm")
        );
        assert_eq!(
            manifest.sources(path, Some(Path::new("/lib")))["one"],
            Path::new("/lib/one.wasm")
        );
    }

    #[test]
    fn what_this_host_lacks_is_an_error() {
        let more = format!("{TEXT}\n[component.one.trigger]\nx = 1");
        assert!(toml::from_str::<Manifest>(&more).is_err());
    }

    #[test]
    fn a_route_needs_its_component() {
        let text = TEXT.replace("component = \"one\"", "component = \"two\"");
        let manifest: Manifest = toml::from_str(&text).unwrap();
        assert!(manifest.validate().unwrap_err().contains("`two`"));
    }
}
