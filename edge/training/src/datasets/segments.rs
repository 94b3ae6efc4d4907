//! Segments: shown, heard, and changed by hand, one or many.

use axum::response::Response;
use kiskadee_edge_kit::{
    Caller, Class, FieldError, Json, Problem, Reply, WireId, caller_sql,
    context::Trace,
    database::call,
    objects::{Asked, Disposition, WithObject, deliver},
    openapi::{Protected, WithBody, WithConflict, WithId},
    path::uuid_parameter,
    request::{
        Body, Fields,
        faults::{in_list, jsonb, malformed},
    },
};
use kiskadee_shared::{
    id::SegmentId,
    limits::{SEGMENT_EDITS, SEGMENT_EDITS_BYTES},
};
use serde::Serialize;
use uuid::Uuid;

use super::checks;
use crate::bodies::{ChangedSegments, Segment, SegmentEdit, SegmentEdits, StepAnswer};

const GET: &str = caller_sql!("api.get_segment", "$5::uuid");
const AUDIO: &str = caller_sql!("api.segment_audio", "$5::uuid");
const EDIT: &str = caller_sql!(
    "api.change_segment",
    "$5::uuid, $6::jsonb, $7::text, $8::jsonb"
);
const EDIT_MANY: &str = caller_sql!("api.edit_segments", "$5::jsonb, $6::jsonb");

/// Show a segment
#[utoipa::path(
    get, path = "/training/dataset/segments/{segment_id}", tag = "Training",
    params(("segment_id" = String, Path, description = "Id of the segment", pattern = "^segment_[0-9a-f]{32}$")),
    responses((status = 200, description = "The segment", body = Segment), Protected, WithId),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn show_segment(caller: Caller, WireId(id): WireId<SegmentId>) -> Reply {
    call(GET, &caller, Class::Read, [uuid_parameter(id)]).await
}

/// Hear a segment
///
/// FLAC at the rate of its recording. Takes `Range`; may redirect to a signed address.
#[utoipa::path(
    get, path = "/training/dataset/segments/{segment_id}/audio", tag = "Training",
    params(("segment_id" = String, Path, description = "Id of the segment", pattern = "^segment_[0-9a-f]{32}$")),
    responses(
        (status = 200, description = "The sound", content_type = "audio/flac", body = String),
        (status = 206, description = "The part that `Range` asked for", content_type = "audio/flac", body = String),
        Protected, WithId, WithObject
    ),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn segment_audio(
    caller: Caller,
    WireId(id): WireId<SegmentId>,
    asked: Asked,
) -> Result<Response, Problem> {
    let answer = call(AUDIO, &caller, Class::Read, [uuid_parameter(id)]).await?;
    deliver(answer, &asked, Disposition::Inline).await
}

/// Change a segment
///
/// Writes its words, which no step overwrites then unless it is told to, or decides whether it is used. With bounds the answer is that of a step:
/// a job cuts the segment out of its recording again and measures it anew. Its words stay, and so does the segment when the recording is cut again.
#[utoipa::path(
    patch, path = "/training/dataset/segments/{segment_id}", tag = "Training",
    params(("segment_id" = String, Path, description = "Id of the segment", pattern = "^segment_[0-9a-f]{32}$")),
    request_body = SegmentEdit,
    responses(
        (status = 200, description = "The segment as it is now", body = Segment),
        (status = 202, description = "The segment is being cut", body = StepAnswer),
        Protected, WithId, WithBody, WithConflict
    ),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn edit_segment(
    caller: Caller,
    Trace(trace): Trace,
    WireId(id): WireId<SegmentId>,
    Json(body): Json<Body>,
) -> Reply {
    let mut fields = Fields::from(body);
    let edit = Edit {
        start_seconds: bound(&mut fields, "start_seconds"),
        end_seconds: bound(&mut fields, "end_seconds"),
        ..Edit::read(&mut fields)
    };
    let arguments = [
        uuid_parameter(id),
        jsonb(&edit)?,
        trace.to_string().into(),
        malformed(&fields.finish())?,
    ];
    call(EDIT, &caller, Class::Create, arguments).await
}

/// Change many segments
///
/// All of them, or none where something is wrong with one.
#[utoipa::path(
    patch, path = "/training/dataset/segments", tag = "Training",
    request_body = SegmentEdits,
    responses((status = 200, description = "They are changed", body = ChangedSegments), Protected, WithId, WithBody),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn edit_segments(
    caller: Caller,
    Json(body): Json<Body, SEGMENT_EDITS_BYTES>,
) -> Reply {
    let (edits, errors) = Edits::read(body);
    let arguments = [jsonb(&edits)?, malformed(&errors)?];
    let answer = call(EDIT_MANY, &caller, Class::Create, arguments).await?;
    Ok(in_list(answer, "segments", "segment"))
}

/// A place in a recording. Where it ends is known to the database.
fn bound(fields: &mut Fields, name: &str) -> Option<f64> {
    fields.optional_number(name, |seconds| {
        if (0.0..=86_400.0).contains(&seconds) {
            Ok(())
        } else {
            Err("must be within the recording".to_owned())
        }
    })
}

/// A change as the database reads it.
#[derive(Debug, Default, Serialize)]
struct Edit {
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<Uuid>,
    text: Option<String>,
    clear_text: bool,
    state: Option<String>,
    undecided: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_seconds: Option<f64>,
}

impl Edit {
    fn read(fields: &mut Fields) -> Self {
        let text = fields.optional_text("text", |text| match text.trim() {
            "" => Ok(()),
            text => checks::words(text),
        });
        let text = text.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
        let state = fields.optional_text("state", |name| {
            checks::one_of(name, &["accepted", "rejected", "auto"])
        });
        Self {
            segment: None,
            clear_text: text.as_deref() == Some(""),
            text: text.filter(|text| !text.is_empty()),
            undecided: state.as_deref() == Some("auto"),
            state: state.filter(|state| state != "auto"),
            ..Self::default()
        }
    }
}

#[derive(Debug, Serialize)]
struct Edits {
    dataset: Option<String>,
    segments: Vec<Edit>,
}

impl Edits {
    fn read(body: Body) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let dataset = fields.text("dataset", checks::reference);
        let items = fields.objects("segments");
        if !fields.has_error("segments") && !SEGMENT_EDITS.contains(&items.len()) {
            let (least, most) = (SEGMENT_EDITS.start(), SEGMENT_EDITS.end());
            let message = format!("must have {least} to {most} members, found {}", items.len());
            fields.note(FieldError::new("segments", message));
        }
        let mut segments = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let mut members = Fields::from(item.unwrap_or_default());
            let segment = checks::id_of::<SegmentId>(&mut members, "segment_id");
            segments.push(Edit {
                segment,
                ..Edit::read(&mut members)
            });
            for fault in members.finish() {
                fields.note(placed(fault, index));
            }
        }
        (Self { dataset, segments }, fields.finish())
    }
}

/// What is wrong with a member of the list.
fn placed(fault: FieldError, index: usize) -> FieldError {
    let field = format!("segments[{index}].{}", fault.field.unwrap_or_default());
    FieldError::new(field, fault.message).at_index(index)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: Value) -> (Edits, Vec<String>) {
        let (edits, errors) = Edits::read(serde_json::from_value(body).unwrap());
        let fields = errors.into_iter().filter_map(|error| error.field);
        (edits, fields.collect())
    }

    #[test]
    fn words_are_written_or_cleared_and_states_decided() {
        let id = format!("segment_{}", "0".repeat(32));
        let (edits, errors) = read(json!({"dataset": "a", "segments": [
            {"segment_id": id, "text": "  Two \n words. "},
            {"segment_id": id, "text": " ", "state": "rejected"},
            {"segment_id": id, "state": "auto"},
        ]}));
        assert_eq!(errors, [""; 0]);
        let [written, cleared, undecided] = &edits.segments[..] else {
            panic!("{edits:?}");
        };
        assert_eq!(written.text.as_deref(), Some("Two words."));
        assert!(cleared.clear_text && cleared.state.as_deref() == Some("rejected"));
        assert!(undecided.undecided && undecided.state.is_none() && undecided.text.is_none());
    }

    #[test]
    fn bounds_are_places() {
        let read = |body: Value| {
            let mut fields = Fields::from(serde_json::from_value::<Body>(body).unwrap());
            let start = bound(&mut fields, "start_seconds");
            (start, fields.finish().len())
        };
        assert_eq!(read(json!({"start_seconds": 1.5})), (Some(1.5), 0));
        assert_eq!(read(json!({})), (None, 0));
        assert_eq!(read(json!({"start_seconds": -1})).1, 1);
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        let (_, errors) = read(
            json!({"dataset": "a", "segments": [{"segment_id": "x", "state": "maybe", "bounds": 1}]}),
        );
        let expected = ["segment_id", "state", "bounds"].map(|name| format!("segments[0].{name}"));
        assert_eq!(errors, expected);
        for segments in [json!([]), json!(null), json!(vec![json!({}); 501])] {
            let (_, errors) = read(json!({"dataset": "a", "segments": segments}));
            assert!(errors.contains(&"segments".to_owned()), "{errors:?}");
        }
    }
}
