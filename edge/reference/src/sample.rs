//! A value that fits a schema, preferring the examples that it names.

use serde_json::{Map, Value, json};

use super::resolved;

/// Schemas that contain themselves end here.
const MAX_DEPTH: usize = 8;

/// A value for a schema of the document.
pub(super) fn sample(document: &Value, schema: &Value) -> Value {
    of_schema(document, schema, 0)
}

fn of_schema(document: &Value, schema: &Value, depth: usize) -> Value {
    let schema = resolved(document, schema);
    if let Some(given) = given(schema) {
        return given.clone();
    }
    if depth >= MAX_DEPTH {
        return Value::Null;
    }
    let alternatives = ["oneOf", "anyOf", "allOf"]
        .iter()
        .find_map(|keyword| schema.get(*keyword)?.as_array());
    if let Some(alternative) = alternatives.and_then(|list| list.iter().find(|item| !is_null(item)))
    {
        return of_schema(document, alternative, depth + 1);
    }
    match kind(schema) {
        Some("object") => of_object(document, schema, depth),
        Some("array") => schema.get("items").map_or_else(
            || json!([]),
            |items| json!([of_schema(document, items, depth + 1)]),
        ),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(0)),
        Some("boolean") => json!(false),
        Some("string") => json!("string"),
        _ => Value::Null,
    }
}

/// What the schema itself offers as a value.
fn given(schema: &Value) -> Option<&Value> {
    let first = |keyword: &str| schema.get(keyword)?.as_array()?.first();
    let of_its_own = ["example", "const", "default"]
        .iter()
        .find_map(|keyword| schema.get(*keyword));
    of_its_own
        .or_else(|| first("examples"))
        .or_else(|| first("enum"))
}

/// The required members, and those that have a value to show.
fn of_object(document: &Value, schema: &Value, depth: usize) -> Value {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|found| found == name));
    let properties = schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let shown = properties
        .filter(|(name, property)| is_required(name) || property.get("example").is_some());
    Value::Object(
        shown
            .map(|(name, property)| (name.clone(), of_schema(document, property, depth + 1)))
            .collect::<Map<_, _>>(),
    )
}

fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null"),
        _ => None,
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").is_some_and(|kind| kind == "null")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(schema: &Value) -> Value {
        sample(
            &json!({"components": {"schemas": {"Name": {"type": "string", "example": "Ann"}}}}),
            schema,
        )
    }

    #[test]
    fn examples_come_before_types() {
        assert_eq!(
            of(&json!({"type": "string", "examples": ["a", "b"]})),
            json!("a")
        );
        assert_eq!(
            of(&json!({"type": "string", "enum": ["wav", "mp3"]})),
            json!("wav")
        );
        assert_eq!(
            of(&json!({"$ref": "#/components/schemas/Name"})),
            json!("Ann")
        );
    }

    #[test]
    fn an_object_shows_what_is_required_or_has_an_example() {
        let schema = json!({"type": "object", "required": ["text"], "properties": {
            "text": {"type": "string"}, "speed": {"type": ["number", "null"]}, "voice_id": {"type": "string", "example": "default"}}});
        assert_eq!(
            of(&schema),
            json!({"text": "string", "voice_id": "default"})
        );
    }

    #[test]
    fn null_is_not_an_alternative_worth_showing() {
        let schema = json!({"oneOf": [{"type": "null"}, {"type": "array", "items": {"type": "integer", "minimum": 1}}]});
        assert_eq!(of(&schema), json!([1]));
    }
}
