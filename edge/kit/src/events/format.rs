//! Events as the wire has them.

use std::{
    fmt::{Display, Write as _},
    str::FromStr,
};

use axum::http::{HeaderMap, HeaderName};
use serde_json::Value;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Adds an event to others. Its id says all that is told with it, so that any instance can go on from there.
pub fn write(events: &mut String, id: &impl Display, name: &str, data: &Value) {
    // Writing to a string cannot fail.
    let _ = write!(events, "id: {id}\nevent: {name}\ndata: {data}\n\n");
}

/// What the client was told before (`Last-Event-ID`). An id that this API never gave counts as none.
pub fn last_id<T: FromStr>(headers: &HeaderMap) -> Option<T> {
    headers.get(LAST_EVENT_ID)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_is_three_lines() {
        let mut events = String::new();
        write(&mut events, &7, "log", &json!({"message": "two\nlines"}));
        assert_eq!(
            events,
            "id: 7\nevent: log\ndata: {\"message\":\"two\\nlines\"}\n\n"
        );
    }

    #[test]
    fn only_ids_of_our_own_are_taken() {
        let with = |id: &str| HeaderMap::from_iter([(LAST_EVENT_ID, id.parse().unwrap())]);
        assert_eq!(last_id::<u32>(&with("7")), Some(7));
        assert_eq!(last_id::<u32>(&with("seven")), None);
        assert_eq!(last_id::<u32>(&HeaderMap::new()), None);
    }
}
