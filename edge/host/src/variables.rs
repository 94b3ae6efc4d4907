//! Variables of the application and of its components, with `{{ name }}` templates, as Spin resolves them.

use std::collections::BTreeMap;

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

/// The value of every variable; the error names all that have none.
pub(crate) fn resolve(
    declared: &BTreeMap<String, Variable>,
    given: &Values,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Values, HostError> {
    let mut values = Values::new();
    let mut missing = Vec::new();
    for (name, variable) in declared {
        let value = environment(&format!(
            "{ENVIRONMENT_PREFIX}{}",
            name.to_ascii_uppercase()
        ))
        .or_else(|| given.get(name).cloned())
        .or_else(|| variable.default.clone().filter(|_| !variable.required));
        match value {
            Some(value) => drop(values.insert(name.clone(), value)),
            None => missing.push(name.clone()),
        }
    }
    if missing.is_empty() {
        Ok(values)
    } else {
        Err(HostError::MissingVariables(missing))
    }
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
        let component = accessor.with(|mut access| access.get().component.clone());
        if !is_name(&name) {
            return Err(variables::Error::InvalidName(format!(
                "`{name}` is not the name of a variable"
            )));
        }
        component
            .variable(&name)
            .map(ToOwned::to_owned)
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
        let found = resolve(&declared, &given, |name| {
            (name == "SPIN_VARIABLE_A").then(|| "env".to_owned())
        })
        .unwrap();
        assert_eq!(found, values(&[("a", "env"), ("b", "given"), ("c", "1")]));
    }

    #[test]
    fn all_missing_variables_are_named_at_once() {
        let declared =
            declared("a = {required = true}\nb = {required = true}\nc = {default = \"\"}");
        let error = resolve(&declared, &Values::new(), |_| None).unwrap_err();
        assert!(error.to_string().contains("a, b;"), "{error}");
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
