//! The terms of a model: of its card, whose head names the licence, or of a licence's text beside it.

use kiskadee_checkpoint::folder::Licence;

/// What the caller says counts first, then the card, then the text.
pub(super) fn terms(
    given: Option<&str>,
    card: Option<&str>,
    text: Option<&str>,
) -> Result<Licence, String> {
    let named = given.map(str::to_owned).or_else(|| card.and_then(head));
    match (named, text) {
        (Some(name), _) => Ok(of_name(&name)),
        (None, Some(text)) => Ok(of_text(text)),
        (None, None) => Err(
            "tells nothing of its licence, neither in a README.md nor in a LICENSE: find out the terms and name them with \
             --licence ID (OpenAI's own models are under MIT)"
                .to_owned(),
        ),
    }
}

fn of_name(name: &str) -> Licence {
    let licence = Licence::named(name);
    licence.unwrap_or_else(|| Licence::new("LicenseRef-of-the-model", name.trim()))
}

/// Those of the free licences by which models are given away are known by their titles.
fn of_text(text: &str) -> Licence {
    let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let begin: String = plain.chars().take(200).collect();
    let titles = [
        ("MIT License", "MIT"),
        ("Permission is hereby granted, free of charge", "MIT"),
        ("Apache License Version 2.0", "Apache-2.0"),
    ];
    let known = titles.iter().find(|(title, _)| begin.contains(title));
    match known {
        Some((_, id)) => of_name(id),
        None => Licence::of_text(Some(text)),
    }
}

/// The licence in a card's head, which is YAML between two lines of `---`.
fn head(card: &str) -> Option<String> {
    let mut lines = card.lines().map(str::trim_end);
    if lines.next() != Some("---") {
        return None;
    }
    let head = lines.take_while(|line| *line != "---");
    let name = head
        .filter_map(|line| line.split_once(':'))
        .find(|(field, _)| *field == "license")
        .map(|(_, name)| name.trim().trim_matches(['"', '\'']).to_owned());
    name.filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = "---\nlanguage:\n- en\ntags:\n- audio\nlicense: apache-2.0\n---\n\n# Whisper\nlicense: none\n";

    #[test]
    fn a_card_names_its_licence_in_its_head() {
        assert_eq!(head(CARD).as_deref(), Some("apache-2.0"));
        assert_eq!(head("# Whisper\nlicense: mit\n"), None);
        let licence = terms(None, Some(CARD), None).unwrap();
        assert_eq!(licence.id, "Apache-2.0");
        assert!(!licence.needs_acceptance);
    }

    #[test]
    fn what_the_caller_says_counts_first_and_unknown_terms_are_to_be_accepted() {
        assert_eq!(terms(Some("MIT"), Some(CARD), None).unwrap().id, "MIT");
        assert!(terms(Some("my own"), None, None).unwrap().needs_acceptance);
        let silent = terms(None, Some("# Whisper"), None).unwrap_err();
        assert!(silent.contains("--licence"), "{silent}");
    }

    #[test]
    fn a_text_beside_the_model_is_known_by_its_title() {
        let text = "MIT License\n\nCopyright (c) 2022 OpenAI\n";
        let licence = terms(None, None, Some(text)).unwrap();
        assert_eq!(
            (licence.id.as_str(), licence.needs_acceptance),
            ("MIT", false)
        );
        let other = terms(None, None, Some("Terms of mine\nNobody may.")).unwrap();
        assert!(other.needs_acceptance);
    }
}
