//! One event as a line: JSON for machines, text for people.

use std::fmt::Write as _;

use serde::ser::{SerializeMap as _, Serializer as _};
use serde_json::Value;
use time::OffsetDateTime;
use tracing::Metadata;

use super::fields::Fields;
use super::options::Format;

/// What every line begins with, where it applies; all else comes after.
const FIRST: [&str; 5] = ["request_id", "trace_id", "job_id", "batch_id", "owner_hash"];
/// What only a collector of traces is told.
const FOR_TRACES: &str = "otel.";

#[derive(Debug, Clone, Copy)]
pub(super) struct Render {
    pub(super) format: Format,
    pub(super) service: &'static str,
}

impl Render {
    /// With a line feed at its end, and none before.
    pub(super) fn line(self, metadata: &Metadata<'_>, fields: &Fields) -> Vec<u8> {
        let now = OffsetDateTime::now_utc();
        let mut line = match self.format {
            Format::Json => self.json(metadata, fields, now),
            Format::Text => text(metadata, fields, now).into_bytes(),
        };
        line.push(b'\n');
        line
    }

    fn json(self, metadata: &Metadata<'_>, fields: &Fields, now: OffsetDateTime) -> Vec<u8> {
        let mut line = Vec::with_capacity(512);
        let mut json = serde_json::Serializer::new(&mut line);
        // Into memory, of texts and numbers: it cannot fail.
        let written = json.serialize_map(None).and_then(|mut map| {
            map.serialize_entry("ts", &timestamp(now))?;
            map.serialize_entry("level", metadata.level().as_str())?;
            map.serialize_entry("target", metadata.target())?;
            map.serialize_entry("msg", &fields.message)?;
            for (name, value) in in_order(fields) {
                map.serialize_entry(own(name), value)?;
            }
            map.serialize_entry("service", self.service)?;
            map.serialize_entry("version", env!("CARGO_PKG_VERSION"))?;
            map.end()
        });
        debug_assert!(written.is_ok());
        line
    }
}

/// What a field is called that would take the place of one that every line has.
fn own(name: &str) -> &str {
    match name {
        "ts" | "level" | "target" | "msg" | "service" | "version" => "of",
        name => name,
    }
}

fn in_order(fields: &Fields) -> impl Iterator<Item = (&'static str, &Value)> {
    let first = FIRST
        .iter()
        .filter_map(|name| fields.get(name).map(|value| (*name, value)));
    let rest = fields
        .iter()
        .filter(|(name, _)| !FIRST.contains(name) && !name.starts_with(FOR_TRACES));
    first.chain(rest)
}

fn text(metadata: &Metadata<'_>, fields: &Fields, now: OffsetDateTime) -> String {
    let mut line = format!(
        "{} {:>5} {}: {}",
        timestamp(now),
        metadata.level(),
        metadata.target(),
        fields.message
    );
    for (name, value) in in_order(fields) {
        // A text without spaces needs no quotes; line feeds are escaped in either case.
        let _ = match value.as_str() {
            Some(word) if !word.is_empty() && word.chars().all(|c| c.is_ascii_graphic()) => {
                write!(line, " {name}={word}")
            }
            _ => write!(line, " {name}={value}"),
        };
    }
    line.replace('\n', "\\n")
}

/// RFC 3339 with microseconds, in UTC: as long always, so lines sort as they are.
fn timestamp(at: OffsetDateTime) -> String {
    let (date, time) = (at.date(), at.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.microsecond()
    )
}
