//! That this edge lives, and of which release it is: what takes something away from older programs waits for the last of them.

use std::{
    fs,
    time::{Duration, Instant},
};

use tokio_postgres::{Client, types::Type};
use uuid::Uuid;

/// The row lasts for three of these.
const EVERY: Duration = Duration::from_secs(10);

const NOTE: &str = "select kiskadee.note_edge($1::text::uuid, $2, $3)";
const FORGET: &str = "select kiskadee.forget_edge($1::text::uuid)";

pub(super) struct Presence {
    id: String,
    host: String,
    told: Option<Instant>,
}

impl Presence {
    pub(super) fn new() -> Self {
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        Self {
            id: Uuid::now_v7().to_string(),
            host: host.trim().to_owned(),
            told: None,
        }
    }

    /// What is to be said now, if anything.
    pub(super) fn due(&mut self, leaves: bool) -> Option<&'static str> {
        if leaves {
            return Some(FORGET);
        }
        if self.told.is_some_and(|told| told.elapsed() < EVERY) {
            return None;
        }
        self.told = Some(Instant::now());
        Some(NOTE)
    }

    /// An error where the session is lost. A database of an older release, which has no such function, is no error.
    pub(super) async fn tell(&self, client: &Client, statement: &str) -> Result<(), String> {
        let all: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 3] = [
            (&self.id, Type::TEXT),
            (&self.host, Type::TEXT),
            (&env!("CARGO_PKG_VERSION"), Type::TEXT),
        ];
        let parameters = if statement == FORGET {
            &all[..1]
        } else {
            &all[..]
        };
        match client.execute_typed(statement, parameters).await {
            Err(error) if error.as_db_error().is_none() => Err(error.to_string()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_now_and_then_and_taken_back_at_the_end() {
        let mut presence = Presence::new();
        assert_eq!(presence.due(false), Some(NOTE));
        assert_eq!(presence.due(false), None);
        assert_eq!(presence.due(true), Some(FORGET));
        assert!(!presence.host.is_empty());
    }
}
