//! Settlements: how attempts end.

use std::{collections::HashSet, time::Duration};

use serde_json::Value;
use uuid::Uuid;

use crate::{AttemptId, Queue, Result, worker::milliseconds};

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Completed(Value),
    /// Counted; the job comes again after a while, until its attempts are spent.
    Error(String),
    /// Another attempt could not succeed either.
    Failed(String),
    /// Not the job's fault and not counted; it comes again after the delay.
    Snoozed {
        reason: String,
        delay: Duration,
    },
    /// Given back as if it had never been claimed.
    Released,
    Cancelled,
    /// Not begun by its time.
    Expired,
}

impl Outcome {
    /// The word that the schema knows it by.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Completed(_) => "completed",
            Self::Error(_) => "error",
            Self::Failed(_) => "failed",
            Self::Snoozed { .. } => "snoozed",
            Self::Released => "released",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    fn result(&self) -> Option<&Value> {
        match self {
            Self::Completed(result) => Some(result),
            _ => None,
        }
    }

    /// Postgres' text knows no NUL, and one bad byte must not hold up the other settlements of the statement.
    fn message(&self) -> Option<String> {
        match self {
            Self::Error(message) | Self::Failed(message) => Some(message),
            Self::Snoozed { reason, .. } => Some(reason),
            Self::Expired => return Some("it had not begun by its `start_before`".to_owned()),
            _ => None,
        }
        .map(|message| message.replace('\0', "\u{fffd}"))
    }

    fn delay_ms(&self) -> Option<i32> {
        match self {
            Self::Snoozed { delay, .. } => Some(milliseconds(*delay)),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    pub job: Uuid,
    pub token: i64,
    pub outcome: Outcome,
}

impl Queue {
    /// Ends attempts in one statement and returns those whose settlement was accepted. What is missing in the answer
    /// was stale: somebody else has the job now (or had it and finished), and this attempt's effects count for nothing.
    ///
    /// When a lost answer is retried, settlements that had gone through come back as stale, though they count.
    pub async fn settle(
        &self,
        worker: Uuid,
        settlements: &[Settlement],
    ) -> Result<HashSet<AttemptId>> {
        let column =
            |pick: fn(&Settlement) -> Uuid| settlements.iter().map(pick).collect::<Vec<_>>();
        let outcomes = || settlements.iter().map(|settlement| &settlement.outcome);
        let query = sqlx::query_as(include_str!("../queries/settle.sql"))
            .bind(worker)
            .bind(column(|settlement| settlement.job))
            .bind(settlements.iter().map(|s| s.token).collect::<Vec<_>>())
            .bind(outcomes().map(Outcome::name).collect::<Vec<_>>())
            .bind(outcomes().map(Outcome::result).collect::<Vec<_>>())
            .bind(outcomes().map(Outcome::message).collect::<Vec<_>>())
            .bind(outcomes().map(Outcome::delay_ms).collect::<Vec<_>>());
        let accepted: Vec<Uuid> = self.value(query).await?;
        Ok(accepted
            .into_iter()
            .filter_map(|job| Some((job, newest(settlements, job)?)))
            .collect())
    }
}

/// Of several attempts at one job in one statement only the last can be the current one: tokens grow with every claim.
fn newest(settlements: &[Settlement], job: Uuid) -> Option<i64> {
    let attempts = settlements.iter().filter(|settled| settled.job == job);
    attempts.map(|settled| settled.token).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_keeps_no_nul() {
        let outcome = Outcome::Error("a\0b".to_owned());
        assert_eq!(outcome.message().as_deref(), Some("a\u{fffd}b"));
    }

    #[test]
    fn only_what_an_outcome_has_is_sent() {
        let snoozed = Outcome::Snoozed {
            reason: "storage".to_owned(),
            delay: Duration::from_secs(2),
        };
        assert_eq!(snoozed.delay_ms(), Some(2000));
        assert_eq!(Outcome::Released.message(), None);
        assert_eq!(Outcome::Cancelled.delay_ms(), None);
    }
}
