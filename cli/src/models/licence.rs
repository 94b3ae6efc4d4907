//! Shows a model's licence, and asks whether it is accepted.

use std::io::{BufRead, IsTerminal as _};

use anyhow::{Context as _, Result, bail};
use kiskadee_checkpoint::folder::{Acceptance, Licence};
use nix::unistd::{User, getuid};
use time::OffsetDateTime;

/// What the licence of the published model comes to. No substitute for its text.
const COQUI_SUMMARY: &str = "\
XTTS-v2 comes under the Coqui Public Model License 1.0.0 (CPML), in short:
- only non-commercial use, of the model and of what it says: personal use, research, testing and evaluation, but nothing that is
  paid for or brings revenue;
- that holds for models that are trained from it, and for what they say;
- whoever passes the model on passes these terms on.
This is a summary and no legal advice. The text lies in the published model's repository:
https://huggingface.co/coqui/XTTS-v2/blob/main/LICENSE.txt";

/// How the option is recorded and named in errors.
const OPTION: &str = "--accept-licence";

/// Shows the licence and returns who accepts it, or nobody where nobody must. Nobody who only ran the command does.
pub(super) fn accept(
    licence: &Licence,
    text: Option<&str>,
    by_option: bool,
) -> Result<Option<Acceptance>> {
    eprintln!("{}\n", shown(licence, text));
    if by_option {
        return Ok(Some(acceptance(OPTION)));
    }
    if !licence.needs_acceptance {
        return Ok(None);
    }
    if !std::io::stdin().is_terminal() {
        bail!(
            "the {} must be accepted: read it, and run this again with {OPTION}",
            licence.title
        );
    }
    eprint!("Do you accept the {}? Type yes: ", licence.title);
    if !is_yes(&mut std::io::stdin().lock())? {
        bail!("not accepted; nothing was imported");
    }
    Ok(Some(acceptance("yes, typed on a terminal")))
}

fn shown(licence: &Licence, text: Option<&str>) -> String {
    let mut parts = Vec::new();
    if let Some(text) = text {
        parts.push(text.trim().to_owned());
    }
    if licence.id == Licence::coqui_public_model().id {
        parts.push(COQUI_SUMMARY.to_owned());
    } else {
        parts.push(format!(
            "licence: {} ({}); commercial use: {}",
            licence.title, licence.id, licence.commercial_use
        ));
    }
    parts.join("\n\n")
}

fn is_yes(input: &mut dyn BufRead) -> Result<bool> {
    let mut line = String::new();
    input
        .read_line(&mut line)
        .context("cannot read the answer")?;
    Ok(line.trim().eq_ignore_ascii_case("yes"))
}

fn acceptance(how: &str) -> Acceptance {
    Acceptance {
        by: user(),
        at: OffsetDateTime::now_utc(),
        how: how.to_owned(),
    }
}

/// The name of the user, also of the one who became root by sudo.
fn user() -> String {
    let uid = getuid();
    let name = User::from_uid(uid).ok().flatten().map(|user| user.name);
    let name = name.unwrap_or_else(|| format!("user {uid}"));
    match std::env::var("SUDO_USER") {
        Ok(caller) if uid.is_root() && caller != name => format!("{caller}, as {name}"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_word_accepts() {
        for (typed, accepted) in [
            ("yes\n", true),
            (" Yes \n", true),
            ("y\n", false),
            ("", false),
            ("yes, no\n", false),
        ] {
            assert_eq!(
                is_yes(&mut typed.as_bytes()).unwrap(),
                accepted,
                "{typed:?}"
            );
        }
    }

    #[test]
    fn the_text_of_the_source_is_shown_before_the_summary() {
        let licence = |text| shown(&Licence::of_text(text), text);
        assert_eq!(licence(None), COQUI_SUMMARY);
        let both = licence(Some("The Coqui Public Model License 1.0.0, in full\n"));
        assert!(
            both.starts_with("The Coqui") && both.ends_with(COQUI_SUMMARY),
            "{both}"
        );
        assert!(licence(Some("CC0-1.0\n")).starts_with("CC0-1.0\n\nlicence: CC0-1.0"));
    }
}
