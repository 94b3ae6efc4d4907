//! Steps: recordings are cut into segments, and those get their words. A job each, one at a time.

use kiskadee_edge_kit::{
    Answer, Caller, Class, FieldError, IdempotencyKey, Json, Problem, Reply, caller_sql,
    context::Trace,
    database::call,
    openapi::{Protected, WithBody, WithConflict, WithId},
    request::{
        Body, Fields, checks as forms,
        faults::{in_body, jsonb, malformed},
    },
};
use kiskadee_shared::{id::FileId, limits::VOICE_ID_CHARS};
use serde::Serialize;
use uuid::Uuid;

use super::checks;
use crate::bodies::{SegmentBody, StepAnswer, TranscribeBody};

const SEGMENT: &str = caller_sql!(
    "api.segment_dataset",
    "$5::jsonb, $6::text, $7::bytea, $8::text, $9::jsonb"
);
const TRANSCRIBE: &str = caller_sql!(
    "api.transcribe_dataset",
    "$5::jsonb, $6::text, $7::bytea, $8::text, $9::jsonb"
);
const SOURCES: [&str; 6] = [
    "auto",
    "given",
    "prompts",
    "whisper",
    "remote",
    "pocketsphinx",
];
/// Recordings that can be named in one request.
const MOST_FILES: usize = 1000;

/// Cut recordings into segments
///
/// Where somebody speaks is found by a detector of voice activity; phrases are joined to segments that models learn from, with a little of
/// the pause at both ends. A recording that came with words and is short enough becomes one segment. Nothing is thrown away: what is too
/// short, too noisy or clipped is there, rejected, with its reasons. Cutting again keeps words of segments whose bounds stay.
#[utoipa::path(
    post, path = "/training/dataset/segment", tag = "Training",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body gives the same answer again")),
    request_body = SegmentBody,
    responses((status = 202, description = "The recordings are being cut", body = StepAnswer), Protected, WithBody, WithId, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn segment_dataset(
    caller: Caller,
    Trace(trace): Trace,
    key: IdempotencyKey,
    Json(body): Json<Body>,
) -> Reply {
    let (wanted, errors) = Cut::read(body);
    let step = Step {
        statement: SEGMENT,
        name: "dataset-segment",
    };
    step.begin(&caller, &trace.to_string(), key, &wanted, &errors)
        .await
}

/// Give segments their words
///
/// `given` are those that came with an import, `prompts` those of recordings that were read aloud, `whisper` those that a recogniser hears,
/// where a worker has one (`kiskadee models import hf:openai/whisper-base`); `auto` takes the first two, and the third for what they leave.
/// The language of each recording is detected, and segments in another one than the dataset's are marked (`language_odd`). What was
/// heard is kept at once: a job that is cancelled or goes on elsewhere begins nothing anew. All segments are judged
/// anew with their words: how fast they are spoken, whether two are the same. What nobody has words for is
/// written by hand (`PATCH dataset/segments/{segment_id}`).
#[utoipa::path(
    post, path = "/training/dataset/transcribe", tag = "Training",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body gives the same answer again")),
    request_body = TranscribeBody,
    responses((status = 202, description = "The segments get their words", body = StepAnswer), Protected, WithBody, WithId, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn transcribe_dataset(
    caller: Caller,
    Trace(trace): Trace,
    key: IdempotencyKey,
    Json(body): Json<Body>,
) -> Reply {
    let (wanted, errors) = Words::read(body);
    let step = Step {
        statement: TRANSCRIBE,
        name: "dataset-transcribe",
    };
    step.begin(&caller, &trace.to_string(), key, &wanted, &errors)
        .await
}

/// A step that is asked for by a body.
struct Step {
    statement: &'static str,
    /// Of the operation, for the key of a request.
    name: &'static str,
}

impl Step {
    async fn begin(
        self,
        caller: &Caller,
        trace: &str,
        key: IdempotencyKey,
        wanted: &impl Serialize,
        errors: &[FieldError],
    ) -> Result<Answer, Problem> {
        let [key, hash] = key.parameters(self.name, wanted)?;
        let arguments = [
            jsonb(wanted)?,
            key,
            hash,
            trace.to_owned().into(),
            malformed(errors)?,
        ];
        Ok(in_body(
            call(self.statement, caller, Class::Create, arguments).await?,
        ))
    }
}

/// How to cut, as the database and the job read it.
#[derive(Debug, Serialize)]
struct Cut {
    dataset: Option<String>,
    min_seconds: f64,
    max_seconds: f64,
    threshold: f64,
    min_silence_ms: f64,
    pad_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<Vec<Uuid>>,
}

impl Cut {
    fn read(body: Body) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let cut = Self {
            dataset: fields.text("dataset", checks::reference),
            min_seconds: checks::bounded(&mut fields, "min_seconds", 0.3..=10.0, 1.0),
            max_seconds: checks::bounded(&mut fields, "max_seconds", 2.0..=30.0, 11.0),
            threshold: checks::bounded(&mut fields, "threshold", 0.05..=0.95, 0.5),
            min_silence_ms: checks::bounded(&mut fields, "min_silence_ms", 50.0..=2000.0, 300.0),
            pad_ms: checks::bounded(&mut fields, "pad_ms", 0.0..=500.0, 100.0),
            files: files(&mut fields),
        };
        if cut.max_seconds - cut.pad_ms / 500.0 < 2.0 * cut.min_seconds {
            let message = "must be more than twice `min_seconds`, without the margins (`pad_ms`)";
            fields.note(FieldError::new("max_seconds", message));
        }
        (cut, fields.finish())
    }
}

/// The recordings that are named, if any are.
fn files(fields: &mut Fields) -> Option<Vec<Uuid>> {
    if !fields.has("files") {
        return None;
    }
    let files = fields.texts("files", |text| checks::id::<FileId>(text).map(drop));
    if files.is_empty() || files.len() > MOST_FILES {
        let message = format!(
            "must name 1 to {MOST_FILES} recordings, found {}",
            files.len()
        );
        fields.note(FieldError::new("files", message));
    }
    let ids = files.into_iter().flatten();
    Some(
        ids.filter_map(|text| checks::id::<FileId>(&text).ok())
            .collect(),
    )
}

/// What words are wanted.
#[derive(Debug, Serialize)]
struct Words {
    dataset: Option<String>,
    source: String,
    only: String,
    overwrite_edited: bool,
    language: Option<String>,
    model: Option<String>,
}

impl Words {
    fn read(body: Body) -> (Self, Vec<FieldError>) {
        let mut fields = Fields::from(body);
        let source = fields.optional_text("source", |name| checks::one_of(name, &SOURCES));
        let only = fields.optional_text("only", |name| checks::one_of(name, &["missing", "all"]));
        let words = Self {
            dataset: fields.text("dataset", checks::reference),
            source: source.unwrap_or_else(|| "auto".to_owned()),
            only: only.unwrap_or_else(|| "missing".to_owned()),
            overwrite_edited: fields.switch("overwrite_edited"),
            language: fields.optional_text("language", forms::language),
            model: fields.optional_text("model", |name| forms::length(name, &VOICE_ID_CHARS)),
        };
        (words, fields.finish())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn cut(body: Value) -> (Cut, Vec<String>) {
        let (cut, errors) = Cut::read(serde_json::from_value(body).unwrap());
        let fields = errors.into_iter().filter_map(|error| error.field);
        (cut, fields.collect())
    }

    #[test]
    fn what_is_left_out_is_as_models_like_it() {
        let (wanted, errors) = cut(json!({"dataset": "a"}));
        assert_eq!(errors, [""; 0]);
        assert_eq!((wanted.min_seconds, wanted.max_seconds), (1.0, 11.0));
        assert!(!jsonb_text(&wanted).contains("files"));
    }

    fn jsonb_text(wanted: &Cut) -> String {
        serde_json::to_string(wanted).unwrap()
    }

    #[test]
    fn everything_wrong_with_a_cut_is_told() {
        let (_, errors) = cut(json!({"min_seconds": 9, "pad_ms": -1, "files": [], "more": 1}));
        assert_eq!(
            errors,
            ["dataset", "pad_ms", "files", "max_seconds", "more"]
        );
        let (_, errors) = cut(json!({"dataset": "a", "files": ["file_1", 7]}));
        assert_eq!(errors, ["files[0]", "files[1]"]);
    }

    #[test]
    fn sources_are_told_apart_and_a_recogniser_may_be_named() {
        let read = |body| Words::read(serde_json::from_value(body).unwrap());
        let (_, errors) =
            read(json!({"dataset": "a", "model": "", "source": "magic", "only": "some"}));
        let fields: Vec<_> = errors.into_iter().filter_map(|error| error.field).collect();
        assert_eq!(fields, ["source", "only", "model"]);
        let (wanted, errors) = read(json!({"dataset": "a", "model": "base", "source": "whisper"}));
        assert!(errors.is_empty());
        assert_eq!(wanted.model.as_deref(), Some("base"));
    }
}
