//! Writes the API documents that `edge/pages` carries: `cargo xtask openapi`.

use std::{error::Error, fs, path::Path};

use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let document = kiskadee_reference::document()?;
    write("postman.json", &kiskadee_reference::collection(&document))?;
    write("openapi.json", &document)
}

fn write(name: &str, value: &Value) -> Result<(), Box<dyn Error>> {
    let text = serde_json::to_string_pretty(value)? + "\n";
    Ok(fs::write(
        Path::new(env!("CARGO_MANIFEST_DIR")).join(name),
        text,
    )?)
}
