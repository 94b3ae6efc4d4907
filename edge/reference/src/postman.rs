//! A Postman collection (format 2.1) of the API document: one folder for each tag, authenticated by an API key.

use serde_json::{Map, Value, json};

use super::{operations, resolved, sample::sample};

const FORMAT: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
const BASE_URL: &str = "{{base_url}}";
const DEFAULT_BASE_URL: &str = "http://127.0.0.1:3000";

/// The collection of a document.
pub fn collection(document: &Value) -> Value {
    let tags = document
        .get("tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let folders: Vec<Value> = tags.filter_map(|tag| folder(document, tag)).collect();
    json!({
        "info": {"name": document["info"]["title"], "description": document["info"]["description"], "schema": FORMAT},
        "auth": {"type": "apikey", "apikey": [
            {"key": "key", "value": "X-API-Key", "type": "string"},
            {"key": "value", "value": "{{api_key}}", "type": "string"},
            {"key": "in", "value": "header", "type": "string"},
        ]},
        "variable": [{"key": "base_url", "value": DEFAULT_BASE_URL}, {"key": "api_key", "value": ""}],
        "item": folders,
    })
}

/// The requests of a tag, or nothing where it has none.
fn folder(document: &Value, tag: &Value) -> Option<Value> {
    let of_tag = operations(document).filter(|(_, _, operation)| {
        operation
            .get("tags")
            .is_some_and(|tags| tags[0] == tag["name"])
    });
    let items: Vec<Value> = of_tag
        .map(|(path, method, operation)| item(document, path, method, operation))
        .collect();
    (!items.is_empty())
        .then(|| json!({"name": tag["name"], "description": tag["description"], "item": items}))
}

fn item(document: &Value, path: &str, method: &str, operation: &Map<String, Value>) -> Value {
    let text = |name: &str| operation.get(name).and_then(Value::as_str);
    let parameters: Vec<&Value> = operation
        .get("parameters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|item| resolved(document, item))
        .collect();
    let mut request = json!({
        "method": method.to_uppercase(),
        "description": text("description").unwrap_or_default(),
        "header": headers(document, &parameters),
        "url": url(document, path, &parameters),
    });
    if operation
        .get("security")
        .and_then(Value::as_array)
        .is_none_or(Vec::is_empty)
    {
        request["auth"] = json!({"type": "noauth"});
    }
    if let Some(body) = operation
        .get("requestBody")
        .and_then(|body| body_of(document, resolved(document, body)))
    {
        request["body"] = body;
    }
    json!({"name": text("summary").unwrap_or(path), "request": request})
}

fn url(document: &Value, path: &str, parameters: &[&Value]) -> Value {
    let segments: Vec<String> = path
        .trim_start_matches('/')
        .split('/')
        .map(segment)
        .collect();
    json!({
        "raw": format!("{BASE_URL}/{}", segments.join("/")),
        "host": [BASE_URL],
        "path": segments,
        "query": located(document, parameters, "query", true),
        "variable": located(document, parameters, "path", false),
    })
}

/// `{id}` is `:id` in Postman.
fn segment(text: &str) -> String {
    match text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
    {
        Some(name) => format!(":{name}"),
        None => text.to_owned(),
    }
}

fn headers(document: &Value, parameters: &[&Value]) -> Vec<Value> {
    located(document, parameters, "header", true)
}

/// The parameters of one place. Optional ones are there to be switched on.
fn located(document: &Value, parameters: &[&Value], place: &str, may_be_off: bool) -> Vec<Value> {
    let here = parameters
        .iter()
        .filter(|parameter| parameter["in"] == place);
    here.map(|parameter| {
        let value = match parameter.get("example") {
            Some(example) => example.clone(),
            None => sample(document, &parameter["schema"]),
        };
        let mut entry = json!({"key": parameter["name"], "value": as_text(&value), "description": parameter.get("description")});
        if may_be_off && parameter.get("required") != Some(&Value::Bool(true)) {
            entry["disabled"] = Value::Bool(true);
        }
        entry
    })
    .collect()
}

fn body_of(document: &Value, body: &Value) -> Option<Value> {
    let content = body.get("content")?.as_object()?;
    let (media_type, media) = content
        .get_key_value("application/json")
        .or_else(|| content.iter().next())?;
    let schema = &media["schema"];
    let value = example(media)
        .cloned()
        .unwrap_or_else(|| sample(document, schema));
    match media_type.as_str() {
        "multipart/form-data" => {
            Some(json!({"mode": "formdata", "formdata": fields(document, schema, &value)}))
        }
        "application/x-www-form-urlencoded" => {
            Some(json!({"mode": "urlencoded", "urlencoded": fields(document, schema, &value)}))
        }
        _ => Some(json!({
            "mode": "raw", "raw": serde_json::to_string_pretty(&value).unwrap_or_default(), "options": {"raw": {"language": "json"}},
        })),
    }
}

fn example(media: &Value) -> Option<&Value> {
    let named = || {
        media
            .get("examples")?
            .as_object()?
            .values()
            .next()?
            .get("value")
    };
    media.get("example").or_else(named)
}

/// The fields of a form. Binary ones are files for the user to choose; optional ones are there to be switched on.
fn fields(document: &Value, schema: &Value, value: &Value) -> Vec<Value> {
    let schema = resolved(document, schema);
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|found| found == name));
    let properties = schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    properties
        .map(|(name, property)| {
            if is_file(resolved(document, property.get("items").unwrap_or(property))) {
                return json!({"key": name, "type": "file", "src": [], "disabled": !is_required(name)});
            }
            let value = value.get(name).cloned().unwrap_or_else(|| sample(document, property));
            json!({"key": name, "type": "text", "value": as_text(&value), "disabled": !is_required(name)})
        })
        .collect()
}

fn is_file(property: &Value) -> bool {
    property.get("contentMediaType").is_some()
        || property
            .get("format")
            .is_some_and(|format| format == "binary")
}

fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        json!({
            "info": {"title": "T", "description": "D"},
            "tags": [{"name": "jobs", "description": "Jobs."}, {"name": "empty", "description": ""}],
            "paths": {
                "/jobs/{id}": {"post": {
                    "tags": ["jobs"], "summary": "Do it", "security": [{"api_key": []}],
                    "parameters": [
                        {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}, "example": "job_1"},
                        {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 20}},
                        {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}],
                    "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/New"}}}}}},
                "/csv": {"post": {
                    "tags": ["jobs"],
                    "requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object", "required": ["file"], "properties": {
                        "file": {"type": "string", "format": "binary"}, "name": {"type": "string", "example": "n"}}}}}}}},
            },
            "components": {"schemas": {"New": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "example": "Hi"}}}}},
        })
    }

    #[test]
    fn a_request_has_its_variables_and_an_example_body() {
        let collection = collection(&document());
        let folders = collection["item"].as_array().unwrap();
        assert_eq!(folders.len(), 1);
        let request = folders[0]["item"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["name"] == "Do it")
            .unwrap()["request"]
            .clone();
        assert_eq!(request["url"]["raw"], "{{base_url}}/jobs/:id");
        assert_eq!(
            request["url"]["variable"][0],
            json!({"key": "id", "value": "job_1", "description": null})
        );
        assert_eq!(request["url"]["query"][0]["value"], "20");
        assert_eq!(request["header"][0]["disabled"], true);
        assert_eq!(request["body"]["raw"], "{\n  \"text\": \"Hi\"\n}");
        assert!(request.get("auth").is_none());
    }

    #[test]
    fn a_form_asks_for_its_file_and_an_open_route_for_no_key() {
        let collection = collection(&document());
        let items = collection["item"][0]["item"].as_array().unwrap();
        let request = &items.iter().find(|item| item["name"] == "/csv").unwrap()["request"];
        assert_eq!(request["auth"]["type"], "noauth");
        let expected = json!([
            {"key": "file", "type": "file", "src": [], "disabled": false},
            {"key": "name", "type": "text", "value": "n", "disabled": true},
        ]);
        assert_eq!(request["body"]["formdata"], expected);
    }
}
