//! Variables of the application and of its components, with `{{ name }}` templates, as Spin resolves them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use kiskadee_secret::{Changes, SecretError, SecretSource};
use wasmtime::component::Accessor;

use crate::{
    bindings::variables,
    error::HostError,
    instances::{Platform, PlatformView},
    manifest::Variable,
};

/// The prefix under which Spin, too, takes a variable from the environment.
const ENVIRONMENT_PREFIX: &str = "SPIN_VARIABLE_";

/// Values by name.
pub(crate) type Values = BTreeMap<String, String>;

/// What the configuration says of variables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) values: &'a Values,
    pub(crate) files: &'a BTreeMap<String, PathBuf>,
}

/// Where the value of every variable comes from.
pub(crate) struct Sources(BTreeMap<String, SecretSource>);

impl Sources {
    /// The error names all that have none. `environment` looks for `NAME` and `NAME_FILE`.
    pub(crate) fn resolve(
        declared: &BTreeMap<String, Variable>,
        given: Given<'_>,
        environment: impl Fn(&str) -> Result<Option<SecretSource>, SecretError>,
    ) -> Result<Self, HostError> {
        let mut sources = BTreeMap::new();
        let mut missing = Vec::new();
        for (name, variable) in declared {
            let outside = environment_name(name);
            let source = environment(&outside)?
                .or_else(|| given.of(name, &outside))
                .or_else(|| {
                    let default = variable.default.clone().filter(|_| !variable.required);
                    default.map(|value| SecretSource::value(&outside, value))
                });
            match source {
                Some(source) => drop(sources.insert(name.clone(), source)),
                None => missing.push(name.clone()),
            }
        }
        if missing.is_empty() {
            Ok(Self(sources))
        } else {
            Err(HostError::MissingVariables(missing))
        }
    }

    /// All of them as they are now.
    pub(crate) fn read(&self) -> Result<Values, SecretError> {
        let sources = self.0.iter();
        sources
            .map(|(name, source)| Ok((name.clone(), source.read()?)))
            .collect()
    }

    /// Of those that are files.
    pub(crate) fn changes(&self) -> Changes {
        Changes::of(self.0.values().cloned())
    }

    pub(crate) fn warn(&self) {
        self.0.values().for_each(SecretSource::warn);
    }
}

impl Given<'_> {
    fn of(self, name: &str, outside: &str) -> Option<SecretSource> {
        let file = self.files.get(name);
        let file = file.map(|path| SecretSource::file(outside, path));
        file.or_else(|| {
            let value = self.values.get(name)?;
            Some(SecretSource::value(outside, value))
        })
    }
}

fn environment_name(name: &str) -> String {
    format!("{ENVIRONMENT_PREFIX}{}", name.to_ascii_uppercase())
}

/// The names in a template.
pub(crate) fn names(template: &str) -> BTreeSet<&str> {
    let parts = template.split("{{").skip(1);
    parts
        .filter_map(|part| Some(part.split_once("}}")?.0.trim()))
        .collect()
}

/// A template with every `{{ name }}` replaced. The error names what is wrong, never a value.
pub(crate) fn render(template: &str, values: &Values) -> Result<String, String> {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after
            .split_once("}}")
            .ok_or_else(|| format!("`{template}` has a `{{{{` without `}}}}`"))?;
        let value = values
            .get(name.trim())
            .ok_or_else(|| format!("`{template}` names no variable: `{}`", name.trim()))?;
        text.push_str(before);
        text.push_str(value);
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

/// All templates of a table.
pub(crate) fn render_all(
    templates: &BTreeMap<String, String>,
    values: &Values,
) -> Result<Values, String> {
    templates
        .iter()
        .map(|(name, template)| Ok((name.clone(), render(template, values)?)))
        .collect()
}

impl variables::Host for PlatformView<'_> {}

impl<T: Send> variables::HostWithStore<T> for Platform {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> Result<String, variables::Error> {
        let values = accessor.with(|mut access| access.get().variables.clone());
        if !is_name(&name) {
            return Err(variables::Error::InvalidName(format!(
                "`{name}` is not the name of a variable"
            )));
        }
        values
            .get(&name)
            .cloned()
            .ok_or_else(|| variables::Error::Undefined(format!("no variable `{name}`")))
    }
}

/// Lower-case letters, digits and single underscores, beginning with a letter.
fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        && !name.contains("__")
        && !name.ends_with('_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(text: &str) -> BTreeMap<String, Variable> {
        toml::from_str(text).unwrap()
    }

    fn values(pairs: &[(&str, &str)]) -> Values {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn the_environment_comes_first_then_what_was_given_then_the_default() {
        let declared =
            declared("a = {required = true}\nb = {default = \"1\"}\nc = {default = \"1\"}");
        let given = values(&[("a", "given"), ("b", "given")]);
        let files = BTreeMap::new();
        let given = Given {
            values: &given,
            files: &files,
        };
        let found = Sources::resolve(&declared, given, |name| {
            let is_set = name == "SPIN_VARIABLE_A";
            Ok(is_set.then(|| SecretSource::value(name, "env")))
        });
        let found = found.unwrap().read().unwrap();
        assert_eq!(found, values(&[("a", "env"), ("b", "given"), ("c", "1")]));
    }

    #[test]
    fn a_file_is_read_when_its_variable_is() {
        let declared = declared("a = {required = true}");
        let file = tempfile::NamedTempFile::new().unwrap();
        let files = BTreeMap::from([("a".to_owned(), file.path().to_owned())]);
        let given = Given {
            values: &Values::new(),
            files: &files,
        };
        let sources = Sources::resolve(&declared, given, |_| Ok(None)).unwrap();
        let error = sources.read().unwrap_err().to_string();
        assert!(error.contains("SPIN_VARIABLE_A_FILE"), "{error}");
        for value in ["one", "two"] {
            std::fs::write(file.path(), value).unwrap();
            assert_eq!(sources.read().unwrap(), values(&[("a", value)]));
        }
        assert!(!sources.changes().are_impossible());
    }

    #[test]
    fn all_missing_variables_are_named_at_once() {
        let declared =
            declared("a = {required = true}\nb = {required = true}\nc = {default = \"\"}");
        let given = Given {
            values: &Values::new(),
            files: &BTreeMap::new(),
        };
        let error = Sources::resolve(&declared, given, |_| Ok(None)).err();
        let error = error.unwrap().to_string();
        assert!(error.contains("a, b;"), "{error}");
    }

    #[test]
    fn templates_are_rendered() {
        let values = values(&[("host", "db"), ("port", "1")]);
        assert_eq!(
            render("postgres://{{ host }}:{{port}}/x", &values).unwrap(),
            "postgres://db:1/x"
        );
        assert_eq!(render("plain", &values).unwrap(), "plain");
        assert!(render("{{ other }}", &values).is_err());
        assert_eq!(
            names("postgres://{{ host }}:{{port}}/{{ host }}"),
            BTreeSet::from(["host", "port"])
        );
        assert!(render("{{ host", &values).is_err());
    }

    #[test]
    fn names_follow_the_rule_of_spin() {
        assert!(is_name("database_url") && is_name("a1"));
        assert!(
            !is_name("") && !is_name("A") && !is_name("a__b") && !is_name("1a") && !is_name("a_")
        );
    }
}
