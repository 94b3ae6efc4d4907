//! What callers must show, which may change while the gateway runs.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, header};
use subtle::ConstantTimeEq;

/// So long a token is accepted that was replaced: an instance of an edge shows the token that it began with, and one that serves a
/// download lives an hour.
const GRACE: Duration = Duration::from_mins(65);

/// The tokens that are accepted. Cheap to clone: clones are one.
#[derive(Clone)]
pub struct Tokens(Arc<RwLock<Vec<Token>>>);

struct Token {
    text: String,
    /// Of one that was replaced.
    until: Option<Instant>,
}

impl Tokens {
    /// One in each line. Without any nobody is let in.
    pub fn new(lines: &str) -> Self {
        Self(Arc::new(RwLock::new(tokens(lines).collect())))
    }

    /// Accepts these from now on, and for a while those of before.
    pub fn replace(&self, lines: &str) {
        self.replace_with_grace(lines, GRACE);
    }

    fn replace_with_grace(&self, lines: &str, grace: Duration) {
        let now = Instant::now();
        let mut accepted: Vec<_> = tokens(lines).collect();
        let mut present = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for old in present.drain(..) {
            let is_new = accepted.iter().any(|token| token.text == old.text);
            let until = old.until.unwrap_or(now + grace);
            if !is_new && until > now {
                accepted.push(Token {
                    until: Some(until),
                    ..old
                });
            }
        }
        *present = accepted;
    }

    pub(super) fn allow(&self, headers: &HeaderMap) -> bool {
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        let Some(given) = given else {
            return false;
        };
        let now = Instant::now();
        let present = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let valid = present
            .iter()
            .filter(|token| token.until.is_none_or(|until| until > now));
        // All are looked at, so that the time tells nothing of which it was.
        valid.fold(false, |is_known, token| {
            is_known | bool::from(given.ct_eq(token.text.as_bytes()))
        })
    }
}

/// An empty token would let everyone in who says so.
fn tokens(lines: &str) -> impl Iterator<Item = Token> {
    let lines = lines.lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).map(|line| Token {
        text: line.to_owned(),
        until: None,
    })
}

impl From<&str> for Tokens {
    fn from(lines: &str) -> Self {
        Self::new(lines)
    }
}

impl From<String> for Tokens {
    fn from(lines: String) -> Self {
        Self::new(&lines)
    }
}

impl fmt::Debug for Tokens {
    /// Without what they are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(tokens: &Tokens, token: &str) -> bool {
        let value = format!("Bearer {token}").parse().unwrap();
        tokens.allow(&HeaderMap::from_iter([(header::AUTHORIZATION, value)]))
    }

    #[test]
    fn every_line_is_a_token_and_no_other_text_is() {
        let tokens = Tokens::new("one\n two \n\n");
        assert!(allows(&tokens, "one") && allows(&tokens, "two"));
        for wrong in ["", "on", "one\ttwo", "three"] {
            assert!(!allows(&tokens, wrong), "{wrong}");
        }
        assert!(!tokens.allow(&HeaderMap::new()));
        assert!(!allows(&Tokens::new(" \n"), ""));
    }

    #[test]
    fn a_replaced_token_is_accepted_for_a_while() {
        let tokens = Tokens::new("one");
        tokens.replace("two");
        tokens.replace("two");
        assert!(allows(&tokens, "one") && allows(&tokens, "two"));
        tokens.replace_with_grace("three", Duration::ZERO);
        assert!(!allows(&tokens, "two") && allows(&tokens, "three"));
        assert!(allows(&tokens, "one"), "its own time is not over");
        tokens.replace("one");
        let present = tokens.0.read().unwrap();
        assert!(
            present
                .iter()
                .any(|token| token.text == "one" && token.until.is_none())
        );
    }
}
