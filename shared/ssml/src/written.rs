//! What is written in a part of a text, without its markup.

use quick_xml::{
    Reader,
    escape::resolve_predefined_entity,
    events::{BytesRef, Event},
};

/// The text in a part of a document that was read: elements are left out, references resolved, and each run of white space is
/// one blank. The part must not cut through a tag.
pub fn written(part: &str) -> String {
    let mut reader = Reader::from_str(part);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    let mut text = String::new();
    loop {
        match reader.read_event() {
            Ok(Event::Text(piece)) => text.push_str(&String::from_utf8_lossy(&piece)),
            Ok(Event::CData(piece)) => text.push_str(&String::from_utf8_lossy(&piece)),
            Ok(Event::GeneralRef(reference)) => text.push_str(&character(&reference)),
            Ok(Event::Start(tag) | Event::Empty(tag)) if parts(tag.name().as_ref()) => {
                text.push(' ');
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => (),
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Words before and after these elements are two.
fn parts(element: &[u8]) -> bool {
    matches!(element, b"p" | b"s" | b"break")
}

fn character(reference: &BytesRef<'_>) -> String {
    let numbered = reference.resolve_char_ref().ok().flatten();
    let named = || {
        let name = String::from_utf8_lossy(reference);
        resolve_predefined_entity(&name).map(str::to_owned)
    };
    numbered
        .map(String::from)
        .or_else(named)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_left_out() {
        for (part, expected) in [
            (
                "<speak>\n Caf&#233; &amp; <emphasis>tea</emphasis>, ",
                "Café & tea,",
            ),
            (
                "un<emphasis>believ</emphasis>able</p><p>or<break/>not</speak>",
                "unbelievable or not",
            ),
            ("<![CDATA[<b>]]> 2 &lt; 3", "<b> 2 < 3"),
            ("", ""),
        ] {
            assert_eq!(written(part), expected);
        }
    }
}
