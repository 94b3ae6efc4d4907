//! An error and its causes in one line.

use std::{error::Error, iter::successors};

/// An error and all its causes, each told once: many errors of libraries, those of databases among them, tell of their cause
/// in their own words already and name it as their source as well.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    for cause in successors(error.source(), |&cause| cause.source()) {
        let cause = cause.to_string();
        if !is_told(&text, &cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

fn is_told(text: &str, cause: &str) -> bool {
    text.strip_suffix(cause)
        .is_some_and(|before| before.is_empty() || before.ends_with(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Layer {
        #[error("no route")]
        Root,
        #[error("cannot connect: {0}")]
        Repeating(#[source] Box<Layer>),
        #[error("cannot claim")]
        Plain(#[source] Box<Layer>),
    }

    fn repeating(cause: Layer) -> Layer {
        Layer::Repeating(Box::new(cause))
    }

    fn plain(cause: Layer) -> Layer {
        Layer::Plain(Box::new(cause))
    }

    #[test]
    fn every_cause_is_named() {
        assert_eq!(chain(&plain(Layer::Root)), "cannot claim: no route");
    }

    #[test]
    fn a_cause_that_was_told_is_not_told_again() {
        let told = "cannot claim: cannot connect: no route";
        assert_eq!(chain(&plain(repeating(Layer::Root))), told);
        let twice = repeating(repeating(Layer::Root));
        assert_eq!(chain(&twice), "cannot connect: cannot connect: no route");
    }

    #[test]
    fn words_that_only_end_alike_are_two_causes() {
        assert!(!is_told("there is no route", "route"));
        assert!(is_told("no route", "no route"));
    }
}
