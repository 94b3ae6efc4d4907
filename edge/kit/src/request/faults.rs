//! Puts the errors of an answer where the caller can find them: the database counts items, callers think in fields of a body
//! or lines of a file.

use serde::{Deserialize, Serialize};
use spin_sdk::pg::ParameterValue;

use crate::{
    database::Answer,
    log,
    problem::{FieldError, Problem},
};

/// More places than this are not listed: the first ones tell what is wrong.
pub const MAX_LISTED: usize = 1000;

#[derive(Deserialize)]
struct Fault {
    field: Option<String>,
    index: Option<usize>,
    line: Option<u64>,
    message: String,
}

/// A value as a `jsonb` parameter.
pub fn jsonb(value: &impl Serialize) -> Result<ParameterValue, Problem> {
    serde_json::to_vec(value)
        .map(ParameterValue::Jsonb)
        .map_err(|error| {
            log::error("a request cannot be written as JSON", &error);
            Problem::internal()
        })
}

/// The errors of form as the parameter that the database adds its own to; null when there are none.
pub fn malformed(errors: &[FieldError]) -> Result<ParameterValue, Problem> {
    if errors.is_empty() {
        Ok(ParameterValue::DbNull)
    } else {
        jsonb(&errors)
    }
}

/// For a body whose members are of the whole request: each is wrong once, not once for each item that the database counts.
pub fn in_body(answer: Answer) -> Answer {
    relocated(answer, |fault| FieldError {
        field: fault.field,
        index: None,
        line: None,
        message: fault.message,
    })
}

/// For a body with a list and settings that hold for all of it: only what is wrong with a member of the list has a place. What the
/// database calls `item` is the member itself.
pub fn in_list(answer: Answer, list: &str, item: &str) -> Answer {
    let is_of_list = |field: &str| {
        field
            .strip_prefix(list)
            .is_some_and(|rest| rest.starts_with('['))
    };
    let field_of = |fault: &Fault| match (fault.field.as_deref(), fault.index) {
        (Some(field), Some(index)) if field == item => Some(format!("{list}[{index}]")),
        (field, _) => field.map(str::to_owned),
    };
    relocated(answer, |fault| {
        let field = field_of(&fault);
        FieldError {
            index: fault
                .index
                .filter(|_| field.as_deref().is_some_and(is_of_list)),
            field,
            line: None,
            message: fault.message,
        }
    })
}

/// For a body whose members have other names than the database's, given as pairs of the database's and the body's.
pub fn renamed(answer: Answer, names: &[(&str, &str)]) -> Answer {
    relocated(answer, |fault| {
        let field = fault.field.map(|field| {
            let own = names.iter().find(|(name, _)| *name == field);
            own.map_or(field, |(_, own)| (*own).to_owned())
        });
        FieldError {
            field,
            index: None,
            line: None,
            message: fault.message,
        }
    })
}

/// For a file: item `n` came from line `lines[n]`.
pub fn in_file(answer: Answer, lines: &[u64]) -> Answer {
    relocated(answer, |fault| {
        let line = fault.line.or_else(|| lines.get(fault.index?).copied());
        FieldError {
            field: fault.field,
            index: None,
            line,
            message: fault.message,
        }
    })
}

fn relocated(answer: Answer, place: impl Fn(Fault) -> FieldError) -> Answer {
    let Some(faults) = answer
        .errors
        .as_deref()
        .and_then(|errors| serde_json::from_slice::<Vec<Fault>>(errors).ok())
    else {
        return answer;
    };
    let mut errors: Vec<FieldError> = Vec::with_capacity(faults.len());
    for error in faults.into_iter().map(place) {
        // Equal ones come from neighbouring items, except in files, where each has a line of its own.
        if error.line.is_some() || !errors.contains(&error) {
            errors.push(error);
        }
    }
    errors.sort_by_key(|error| error.line);
    errors.truncate(MAX_LISTED);
    Answer {
        detail: Some(Problem::validation(&errors).detail().to_owned()),
        errors: serde_json::to_vec(&errors).ok(),
        ..answer
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn answer(errors: &Value) -> Answer {
        Answer {
            status: 422,
            errors: serde_json::to_vec(errors).ok(),
            ..Answer::default()
        }
    }

    fn errors(answer: &Answer) -> Value {
        serde_json::from_slice(answer.errors.as_deref().unwrap()).unwrap()
    }

    #[test]
    fn a_setting_of_a_body_is_wrong_once() {
        let faults = json!([
            {"field": "texts[4]", "index": 4, "message": "is empty"},
            {"field": "voice_id", "index": 0, "message": "there is no voice"},
            {"field": "voice_id", "index": 1, "message": "there is no voice"},
            {"field": "text", "index": 2, "message": "is too long"},
        ]);
        assert!(errors(&in_body(answer(&faults)))[0]["index"].is_null());
        let found = in_list(answer(&faults), "texts", "text");
        assert_eq!(
            errors(&found),
            json!([
                {"field": "texts[4]", "index": 4, "message": "is empty"},
                {"field": "voice_id", "message": "there is no voice"},
                {"field": "texts[2]", "index": 2, "message": "is too long"},
            ])
        );
    }

    #[test]
    fn items_of_a_file_are_told_by_line() {
        let found = in_file(
            answer(&json!([
                {"field": "text", "line": 9, "message": "is empty"},
                {"field": "voice_id", "index": 1, "message": "there is no voice"},
            ])),
            &[2, 5, 9],
        );
        assert_eq!(
            errors(&found)[0],
            json!({"field": "voice_id", "line": 5, "message": "there is no voice"})
        );
        assert_eq!(errors(&found)[1]["line"], 9);
    }

    #[test]
    fn answers_without_errors_stay() {
        assert!(
            in_body(Answer {
                status: 202,
                ..Answer::default()
            })
            .errors
            .is_none()
        );
    }
}
