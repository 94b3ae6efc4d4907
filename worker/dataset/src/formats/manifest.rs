//! `manifest.jsonl`: a JSON object a line, `{"audio", "text", "speaker"?, "language"?}`.

use serde::Deserialize;

use super::lines::Line;
use super::raw::{RawRow, RawRows, given};

#[derive(Deserialize)]
struct Object {
    #[serde(alias = "audio_file", alias = "audio_filepath", alias = "file_name")]
    audio: String,
    text: String,
    #[serde(alias = "speaker_name")]
    speaker: Option<String>,
    #[serde(alias = "lang")]
    language: Option<String>,
}

pub(super) fn read(lines: Vec<Line<'_>>) -> RawRows {
    let mut found = RawRows::default();
    for Line { number, text } in lines {
        let row = text.map_err(str::to_owned).and_then(|text| row(&text));
        found.add(number, row);
    }
    found
}

fn row(line: &str) -> Result<RawRow, String> {
    let object: Object =
        serde_json::from_str(line).map_err(|error| format!("is not as expected: {error}"))?;
    let optional = |value: Option<String>| value.as_deref().and_then(given);
    Ok(RawRow {
        line: 0,
        audio: object.audio,
        text: object.text.split_whitespace().collect::<Vec<_>>().join(" "),
        speaker: optional(object.speaker),
        language: optional(object.language),
    })
}
