//! When each word of a job's audio is heard.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
    response::Response,
};
use kiskadee_edge_kit::{
    Caller, Class, Problem, WireId, caller_sql,
    database::call,
    objects::{self, Asked, Disposition, WithObject},
    openapi::{Protected, WithConflict, WithId, WithQuery},
    path::uuid_parameter,
    query::Fields,
};
use kiskadee_shared::id::JobId;
use utoipa::{
    IntoParams,
    openapi::schema::{Object, ObjectBuilder, Type},
};

use crate::bodies::Timestamps;

const JOB_TIMESTAMPS: &str = caller_sql!("api.job_timestamps", "$5::uuid, $6::text");

/// Show when each word is heard
///
/// For jobs that were asked for `timestamps`, of engines that know them.
#[utoipa::path(
    get, path = "/api/v1/jobs/{job_id}/timestamps", tag = "Jobs",
    params(("job_id" = String, Path, description = "Id of the job", pattern = "^job_[0-9a-f]{32}$")),
    responses(
        (status = 200, description = "The words with their times", body = Timestamps),
        (status = 206, description = "The part that `Range` asked for", content_type = "application/json", body = String),
        Protected, WithId, WithConflict, WithObject
    ),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn job_timestamps(
    caller: Caller,
    WireId(job): WireId<JobId>,
    asked: Asked,
) -> Result<Response, Problem> {
    deliver(&caller, job, "timestamps.json", &asked).await
}

/// Show a job's subtitles
///
/// For players: as `WebVTT`, or as `SubRip` where `format` or `Accept` asks for it. The same words and times as `timestamps`, a
/// sentence or a line at a time.
#[utoipa::path(
    get, path = "/api/v1/jobs/{job_id}/subtitles", tag = "Jobs",
    params(
        ("job_id" = String, Path, description = "Id of the job", pattern = "^job_[0-9a-f]{32}$"),
        Subtitles
    ),
    responses(
        (status = 200, description = "The subtitles", content((String = "text/vtt"), (String = "application/x-subrip"))),
        (status = 206, description = "The part that `Range` asked for", content((String = "text/vtt"), (String = "application/x-subrip"))),
        Protected, WithId, WithQuery, WithConflict, WithObject
    ),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn job_subtitles(
    caller: Caller,
    WireId(job): WireId<JobId>,
    subtitles: Subtitles,
    asked: Asked,
) -> Result<Response, Problem> {
    deliver(&caller, job, subtitles.file(), &asked).await
}

/// How subtitles are wanted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Subtitles {
    /// Left out, what `Accept` names, or `vtt`.
    #[param(nullable = false, schema_with = formats)]
    format: SubtitleFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SubtitleFormat {
    WebVtt,
    SubRip,
}

fn formats() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["vtt", "srt"]))
        .build()
}

impl Subtitles {
    fn file(&self) -> &'static str {
        match self.format {
            SubtitleFormat::WebVtt => "subtitles.vtt",
            SubtitleFormat::SubRip => "subtitles.srt",
        }
    }

    fn read(parts: &Parts) -> Result<Self, Problem> {
        let mut fields = Fields::of(parts);
        let format = fields.optional("format", |name| match name {
            "vtt" => Ok(SubtitleFormat::WebVtt),
            "srt" => Ok(SubtitleFormat::SubRip),
            _ => Err(format!("`{name}` is not one of vtt, srt")),
        });
        fields.finish()?;
        Ok(Self {
            format: format.unwrap_or_else(|| accepted(&parts.headers)),
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Subtitles {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(parts)
    }
}

fn accepted(headers: &HeaderMap) -> SubtitleFormat {
    let wants = |name: &str| {
        let values = headers.get_all(header::ACCEPT).iter();
        let texts = values.filter_map(|value| value.to_str().ok());
        let mut names = texts.flat_map(|value| value.split([',', ';']));
        names.any(|found| found.trim().eq_ignore_ascii_case(name))
    };
    let is_subrip = wants("application/x-subrip") || wants("text/srt");
    if is_subrip && !wants("text/vtt") {
        SubtitleFormat::SubRip
    } else {
        SubtitleFormat::WebVtt
    }
}

async fn deliver(
    caller: &Caller,
    job: JobId,
    file: &str,
    asked: &Asked,
) -> Result<Response, Problem> {
    let arguments = [uuid_parameter(job), file.to_owned().into()];
    let answer = call(JOB_TIMESTAMPS, caller, Class::Read, arguments).await?;
    objects::deliver(answer, asked, Disposition::Inline).await
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn read(query: &str, accept: &str) -> Result<&'static str, Problem> {
        let request = Request::get(format!("/subtitles{query}")).header(header::ACCEPT, accept);
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Subtitles::read(&parts).map(|subtitles| subtitles.file())
    }

    #[test]
    fn subtitles_are_of_the_format_that_is_asked_for() {
        for (query, accept, file) in [
            ("", "*/*", "subtitles.vtt"),
            ("", "application/x-subrip;q=0.9, */*", "subtitles.srt"),
            ("", "text/vtt, text/srt;q=0.5", "subtitles.vtt"),
            ("?format=srt", "text/vtt", "subtitles.srt"),
            ("?format=vtt", "text/srt", "subtitles.vtt"),
        ] {
            assert_eq!(read(query, accept).unwrap(), file, "{query} {accept}");
        }
        for query in ["?format=ass", "?fromat=srt", "?format="] {
            assert_eq!(read(query, "*/*").unwrap_err().status(), 422, "{query}");
        }
    }
}
