//! What was looked at, how it is, and what to do.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::json;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Ok,
    /// It works, and not as well as it could.
    Warning,
    Problem,
    /// It could not be looked at, for something before it is wrong.
    Skipped,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) state: State,
    pub(super) found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) advice: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn ok(&mut self, check: &'static str, found: &str) {
        self.push(check, State::Ok, found, None);
    }

    pub(super) fn skipped(&mut self, check: &'static str, why: &str) {
        self.push(check, State::Skipped, why, None);
    }

    pub(super) fn warning(&mut self, check: &'static str, found: &str, advice: &str) {
        self.push(check, State::Warning, found, Some(advice));
    }

    pub(super) fn problem(&mut self, check: &'static str, found: &str, advice: &str) {
        self.push(check, State::Problem, found, Some(advice));
    }

    fn push(&mut self, check: &'static str, state: State, found: &str, advice: Option<&str>) {
        self.0.push(Finding {
            check,
            state,
            found: found.to_owned(),
            advice: advice.map(str::to_owned),
        });
    }

    pub(super) fn has_problem(&self) -> bool {
        self.0.iter().any(|finding| finding.state == State::Problem)
    }

    #[cfg(test)]
    pub(super) fn of(&self, check: &str) -> Vec<&Finding> {
        let findings = self.0.iter();
        findings.filter(|finding| finding.check == check).collect()
    }

    pub(super) fn json(&self) -> String {
        let document = json!({"healthy": !self.has_problem(), "version": env!("CARGO_PKG_VERSION"), "checks": self.0});
        format!("{document:#}")
    }

    /// What is wrong is last, where a terminal shows it.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (state, mark) in [
            (State::Ok, "ok     "),
            (State::Skipped, "skipped"),
            (State::Warning, "WARNING"),
            (State::Problem, "PROBLEM"),
        ] {
            for finding in self.0.iter().filter(|finding| finding.state == state) {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{mark}  {}: {}", finding.check, finding.found);
                if let Some(advice) = &finding.advice {
                    let _ = writeln!(text, "         → {advice}");
                }
            }
        }
        let count = |state| {
            self.0
                .iter()
                .filter(|finding| finding.state == state)
                .count()
        };
        let (problems, warnings) = (count(State::Problem), count(State::Warning));
        let _ = write!(text, "{problems} problems, {warnings} warnings");
        text
    }
}
