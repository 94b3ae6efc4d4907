//! What a component has to say to its operator: JSON lines on standard error, which the host takes over.
//!
//! Requests are logged by the host. A component only tells what the caller must not learn: the cause of a 500 or 503.

use serde_json::json;

/// Tells the operator about something that failed here.
pub fn error(message: &str, cause: &dyn std::fmt::Display) {
    eprintln!(
        "{}",
        json!({"level": "error", "message": message, "cause": cause.to_string()})
    );
}
