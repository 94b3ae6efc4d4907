//! Writes the API documents that the component carries: `cargo run -p kiskadee-ops --example openapi`.

use std::{error::Error, fs, path::Path};

use kiskadee_ops::reference;
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let document = reference::document([
        kiskadee_accounts::openapi(),
        kiskadee_speech_api::openapi(),
        kiskadee_ops::openapi(),
    ])?;
    write("postman.json", &reference::collection(&document))?;
    write("openapi.json", &document)
}

fn write(name: &str, value: &Value) -> Result<(), Box<dyn Error>> {
    let text = serde_json::to_string_pretty(value)? + "\n";
    Ok(fs::write(
        Path::new(env!("CARGO_MANIFEST_DIR")).join(name),
        text,
    )?)
}
