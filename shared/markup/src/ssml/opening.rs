//! How a text in SSML begins.

/// Whether a text is SSML: it begins with `<speak`, or with `<x:speak` for a prefix, but for blanks, comments, instructions, an XML
/// declaration and a document type before it.
pub fn is_ssml(text: &str) -> bool {
    let mut rest = opening(text);
    while let Some(after) = passed_over(rest) {
        rest = after.trim_start();
    }
    let Some(name) = rest.strip_prefix('<') else {
        return false;
    };
    let end = name.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'));
    let name = end.and_then(|end| name.get(..end)).unwrap_or_default();
    name == "speak"
        || name
            .split_once(':')
            .is_some_and(|(prefix, local)| !prefix.is_empty() && local == "speak")
}

/// The text without blanks and a byte order mark before it.
pub(super) fn opening(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

/// What is behind something that may stand before the root.
fn passed_over(rest: &str) -> Option<&str> {
    if let Some(comment) = rest.strip_prefix("<!--") {
        return comment.split_once("-->").map(|(_, after)| after);
    }
    if let Some(instruction) = rest.strip_prefix("<?") {
        return instruction.split_once("?>").map(|(_, after)| after);
    }
    let kind = rest
        .get(..9)
        .filter(|kind| kind.eq_ignore_ascii_case("<!doctype"))?;
    let body = rest.get(kind.len()..)?;
    // An internal subset has marks of its own.
    let end = match (body.find('['), body.find('>')) {
        (Some(subset), Some(end)) if subset < end => subset + body.get(subset..)?.find("]>")? + 1,
        (_, end) => end?,
    };
    body.get(end + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssml_begins_with_speak() {
        for text in [
            "<speak>a</speak>",
            "\u{feff}\n\t <speak/>",
            "<speak version=\"1.1\">",
            "<speak\n>",
            "<?xml version=\"1.0\"?>\n<speak>a</speak>",
            "<!-- made by > hand -->\n<speak>a</speak>",
            "<!-- a --><!-- b --> <?xml-stylesheet href='x'?><speak>a</speak>",
            "<!DOCTYPE speak PUBLIC \"-//W3C//DTD SYNTHESIS 1.0//EN\" \"x.dtd\">\n<speak>a</speak>",
            "<!DOCTYPE speak [<!ENTITY a 'b'>]><speak>&a;</speak>",
            "<ssml:speak xmlns:ssml='http://www.w3.org/2001/10/synthesis'>",
        ] {
            assert!(is_ssml(text), "{text}");
        }
        for text in [
            "",
            "<speak",
            "<speaker>",
            "a <speak>",
            "< speak>",
            "<SPEAK>",
            "<p>a</p>",
            "<!-- <speak>",
            "<!DOCTYPE html><html>",
            "<:speak>",
            "<speak<",
        ] {
            assert!(!is_ssml(text), "{text}");
        }
    }
}
