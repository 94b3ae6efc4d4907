//! The names of files that the folders of more than one engine have.

pub const MANIFEST: &str = "model.json";
pub const CONFIG: &str = "config.json";
pub const MODEL: &str = "model.safetensors";
pub const LICENCE: &str = "LICENSE.txt";
