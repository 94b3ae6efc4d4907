//! Licences by the names that people give them.

use super::licence::{CommercialUse, Licence};

/// By how cards write them, in lowercase, without blanks and hyphens: id, title, and whether a business may use what is under it.
const KNOWN: [(&str, &str, &str, CommercialUse); 22] = [
    (
        "cc0",
        "CC0-1.0",
        "Creative Commons Zero 1.0",
        CommercialUse::Yes,
    ),
    (
        "cc01.0",
        "CC0-1.0",
        "Creative Commons Zero 1.0",
        CommercialUse::Yes,
    ),
    (
        "publicdomain",
        "LicenseRef-public-domain",
        "public domain",
        CommercialUse::Yes,
    ),
    ("mit", "MIT", "MIT License", CommercialUse::Yes),
    (
        "apache2.0",
        "Apache-2.0",
        "Apache License 2.0",
        CommercialUse::Yes,
    ),
    (
        "bsd3clause",
        "BSD-3-Clause",
        "BSD 3-Clause License",
        CommercialUse::Yes,
    ),
    (
        "ccby",
        "CC-BY-4.0",
        "Creative Commons Attribution",
        CommercialUse::Yes,
    ),
    (
        "ccby4.0",
        "CC-BY-4.0",
        "Creative Commons Attribution 4.0",
        CommercialUse::Yes,
    ),
    (
        "ccby3.0",
        "CC-BY-3.0",
        "Creative Commons Attribution 3.0",
        CommercialUse::Yes,
    ),
    (
        "ccbysa",
        "CC-BY-SA-4.0",
        "Creative Commons Attribution Share Alike",
        CommercialUse::Yes,
    ),
    (
        "ccbysa4.0",
        "CC-BY-SA-4.0",
        "Creative Commons Attribution Share Alike 4.0",
        CommercialUse::Yes,
    ),
    (
        "ccbysa3.0",
        "CC-BY-SA-3.0",
        "Creative Commons Attribution Share Alike 3.0",
        CommercialUse::Yes,
    ),
    (
        "ccbync",
        "CC-BY-NC-4.0",
        "Creative Commons Attribution Non Commercial",
        CommercialUse::No,
    ),
    (
        "ccbync4.0",
        "CC-BY-NC-4.0",
        "Creative Commons Attribution Non Commercial 4.0",
        CommercialUse::No,
    ),
    (
        "ccbyncsa",
        "CC-BY-NC-SA-4.0",
        "Creative Commons Attribution Non Commercial Share Alike",
        CommercialUse::No,
    ),
    (
        "ccbyncsa4.0",
        "CC-BY-NC-SA-4.0",
        "Creative Commons Attribution Non Commercial Share Alike 4.0",
        CommercialUse::No,
    ),
    (
        "ccbyncsa3.0",
        "CC-BY-NC-SA-3.0",
        "Creative Commons Attribution Non Commercial Share Alike 3.0",
        CommercialUse::No,
    ),
    (
        "ccbyncnd",
        "CC-BY-NC-ND-4.0",
        "Creative Commons Attribution Non Commercial No Derivatives",
        CommercialUse::No,
    ),
    (
        "ccbyncnd4.0",
        "CC-BY-NC-ND-4.0",
        "Creative Commons Attribution Non Commercial No Derivatives 4.0",
        CommercialUse::No,
    ),
    (
        "ccbynd",
        "CC-BY-ND-4.0",
        "Creative Commons Attribution No Derivatives",
        CommercialUse::Unknown,
    ),
    (
        "ccbynd4.0",
        "CC-BY-ND-4.0",
        "Creative Commons Attribution No Derivatives 4.0",
        CommercialUse::Unknown,
    ),
    (
        "noncommercial",
        "LicenseRef-non-commercial",
        "for non-commercial use",
        CommercialUse::No,
    ),
];

impl Licence {
    /// The licence of a name such as `cc-by 4.0` or of its address; none where the name is not known.
    pub fn named(written: &str) -> Option<Self> {
        let plain: String = written
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || *c == '.')
            .collect();
        let plain = plain.trim_start_matches("licenseref");
        let address = written.contains("creativecommons.org");
        let found = KNOWN.iter().find(|(name, id, _, _)| {
            plain == *name || written.eq_ignore_ascii_case(id) || address && in_address(written, id)
        });
        found.map(|(_, id, title, commercial_use)| Self {
            commercial_use: *commercial_use,
            needs_acceptance: *commercial_use != CommercialUse::Yes,
            ..Self::new(*id, *title)
        })
    }
}

/// Whether an address such as `https://creativecommons.org/licenses/by-nc/4.0/` is that of a licence.
fn in_address(written: &str, id: &str) -> bool {
    let Some((name, version)) = id.strip_prefix("CC-").and_then(|id| id.rsplit_once('-')) else {
        return id == "CC0-1.0" && written.contains("/publicdomain/zero/");
    };
    written.contains(&format!("/licenses/{}/{version}", name.to_lowercase()))
}
