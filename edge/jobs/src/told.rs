//! What a watcher of a job has been told, and what it must be told next, as server-sent events.
//!
//! The id of an event says all that was told until then, so a stream can be resumed by any instance from the id alone.

use std::{fmt, str::FromStr};

use kiskadee_edge_kit::events::write;
use serde::Deserialize;
use serde_json::{Value, json};

/// One look at a job, as `api.job_events` gives it.
#[derive(Debug, Deserialize)]
pub(crate) struct Look {
    job: Value,
    failures: Vec<Failure>,
}

#[derive(Debug, Deserialize)]
struct Failure {
    token: i64,
    at: String,
    kind: String,
    message: String,
}

/// What was told so far. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// The token of the last failure.
    token: i64,
    attempts: u64,
    progress: u64,
    /// A digest of the stage and its figures, which are too long for an id.
    stage: u32,
    status: String,
}

/// An id that this API never gave. The stream begins anew then.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotAnId;

impl Told {
    pub(crate) fn token(&self) -> i64 {
        self.token
    }

    /// The job was told to have ended; nothing follows.
    pub(crate) fn is_over(&self) -> bool {
        matches!(
            self.status.as_str(),
            "completed" | "failed" | "cancelled" | "expired"
        )
    }

    /// The events that tell what the look shows beyond what was told; empty when there is nothing new.
    pub(crate) fn tell(&mut self, look: &Look) -> String {
        let mut events = String::new();
        for failure in &look.failures {
            self.token = self.token.max(failure.token);
            let Failure {
                at, kind, message, ..
            } = failure;
            let line = json!({"at": at, "level": "error", "kind": kind, "message": message});
            write(&mut events, self, "log", &line);
        }
        let now = Self::of(look, self.token);
        if now == *self {
            return events;
        }
        let is_same_state = self.status == now.status && self.attempts == now.attempts;
        *self = now;
        if is_same_state {
            write(&mut events, self, "progress", &progress(&look.job));
        } else {
            write(&mut events, self, "state", &look.job);
        }
        events
    }

    fn of(look: &Look, token: i64) -> Self {
        let member = |name: &str| look.job.get(name);
        let number = |name: &str| member(name).and_then(Value::as_u64).unwrap_or_default();
        let status = member("status").and_then(Value::as_str);
        Self {
            token,
            attempts: number("attempts"),
            progress: number("progress"),
            stage: digest(member("stage"), member("detail")),
            status: status.unwrap_or_default().to_owned(),
        }
    }
}

/// What of a job changes while it runs.
fn progress(job: &Value) -> Value {
    let members = ["progress", "stage", "detail"].into_iter();
    let said = members.filter_map(|name| Some((name.to_owned(), job.get(name)?.clone())));
    Value::Object(said.collect())
}

/// FNV-1a; 0 where nothing is said. A collision would keep one change from a watcher, who gets the next.
fn digest(stage: Option<&Value>, detail: Option<&Value>) -> u32 {
    let Some(stage) = stage else {
        return 0;
    };
    let said = format!("{stage}{}", detail.unwrap_or(&Value::Null));
    said.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            token,
            attempts,
            progress,
            stage,
            status,
        } = self;
        write!(f, "{token}-{attempts}-{progress}-{stage:x}-{status}")
    }
}

impl FromStr for Told {
    type Err = NotAnId;

    fn from_str(id: &str) -> Result<Self, NotAnId> {
        let mut parts = id.splitn(5, '-');
        let mut part = || parts.next().ok_or(NotAnId);
        let (token, attempts, progress) = (part()?, part()?, part()?);
        let (stage, status) = (part()?, part()?);
        if status.len() > 16 || !status.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Err(NotAnId);
        }
        Ok(Self {
            token: token.parse().map_err(|_| NotAnId)?,
            attempts: attempts.parse().map_err(|_| NotAnId)?,
            progress: progress.parse().map_err(|_| NotAnId)?,
            stage: u32::from_str_radix(stage, 16).map_err(|_| NotAnId)?,
            status: status.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(status: &str, attempts: u64, progress: u64, failures: Value) -> Look {
        let job = json!({"job_id": "job_1", "status": status, "attempts": attempts, "progress": progress});
        Look {
            job,
            failures: serde_json::from_value(failures).unwrap(),
        }
    }

    fn names(events: &str) -> Vec<&str> {
        events
            .lines()
            .filter_map(|line| line.strip_prefix("event: "))
            .collect()
    }

    #[test]
    fn the_first_look_tells_the_state() {
        let mut told = Told::default();
        let events = told.tell(&look("queued", 0, 0, json!([])));
        assert!(events.starts_with("id: 0-0-0-0-queued\nevent: state\ndata: {\"attempts\":0,"));
        assert!(events.ends_with("}\n\n"));
        assert_eq!(told.tell(&look("queued", 0, 0, json!([]))), "");
    }

    #[test]
    fn progress_and_failures_are_told() {
        let mut told: Told = "0-1-0-0-running".parse().unwrap();
        assert_eq!(
            names(&told.tell(&look("running", 1, 40, json!([])))),
            ["progress"]
        );
        let failure = json!([{"token": 7, "at": "2026-11-20T22:10:03.123Z", "kind": "error", "message": "two\nlines"}]);
        let events = told.tell(&look("queued", 1, 0, failure));
        assert_eq!(names(&events), ["log", "state"]);
        assert!(events.contains("two\\nlines"));
        assert_eq!(told.token(), 7);
        assert!(!told.is_over());
    }

    #[test]
    fn a_stage_and_its_figures_are_told() {
        let mut told = Told::default();
        told.tell(&look("running", 1, 40, json!([])));
        let mut training = look("running", 1, 40, json!([]));
        training.job["stage"] = json!("training");
        training.job["detail"] = json!({"loss": 0.25});
        let events = told.tell(&training);
        let data = r#"data: {"detail":{"loss":0.25},"progress":40,"stage":"training"}"#;
        assert!(events.contains(data), "{events}");
        let mut resumed: Told = told.to_string().parse().unwrap();
        assert_eq!(resumed.tell(&training), "");
        training.job["detail"] = json!({"loss": 0.125});
        assert_eq!(names(&resumed.tell(&training)), ["progress"]);
    }

    #[test]
    fn a_stream_is_resumed_from_an_id() {
        let mut told = Told::default();
        told.tell(&look("running", 2, 50, json!([])));
        let mut resumed: Told = told.to_string().parse().unwrap();
        assert_eq!(resumed, told);
        assert_eq!(resumed.tell(&look("running", 2, 50, json!([]))), "");
        assert_eq!(
            names(&resumed.tell(&look("completed", 2, 100, json!([])))),
            ["state"]
        );
        assert!(resumed.is_over());
    }

    #[test]
    fn other_ids_are_none_of_ours() {
        for id in [
            "",
            "7",
            "1-2-3",
            "1-2-3-queued",
            "x-1-2-0-queued",
            "1-2-3-0-queued\u{e9}",
            "1-2-3-0-QUEUED",
        ] {
            assert_eq!(id.parse::<Told>(), Err(NotAnId), "{id}");
        }
    }
}
