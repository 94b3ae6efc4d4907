//! The parts of the `OpenAPI` document that all components share: how to authenticate, and what can always go wrong.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses, PartialSchema, ToSchema,
    openapi::{
        ContentBuilder, HeaderBuilder, OpenApi, PathItem, Ref, RefOr, Response, ResponseBuilder,
        path::Operation,
        schema::{Object, Type},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use kiskadee_shared::openai;

use crate::problem::{Document, FieldError, MEDIA_TYPE, OPENAI_MEDIA_TYPE, OpenAiError};

/// The name of the scheme of tokens: `security(("bearer" = []), ("api_key" = []))`.
pub const BEARER: &str = "bearer";
/// The name of the scheme of API keys.
pub const API_KEY: &str = "api_key";

/// The document of a component with the security schemes and the schema of problems added.
pub fn with_shared(mut document: OpenApi) -> OpenApi {
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .build();
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
    let key = ApiKey::Header(ApiKeyValue::new("X-API-Key"));
    components.add_security_scheme(API_KEY, SecurityScheme::ApiKey(key));
    let schemas = &mut components.schemas;
    schemas.insert(Document::name().into_owned(), Document::schema());
    schemas.insert(FieldError::name().into_owned(), FieldError::schema());
    schemas.insert(OpenAiError::name().into_owned(), OpenAiError::schema());
    for (path, item) in &mut document.paths.paths {
        if openai::is_route(path) {
            operations(item).for_each(as_openai);
        }
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let operations = [&mut item.get, &mut item.post, &mut item.delete];
    operations.into_iter().filter_map(Option::as_mut)
}

/// On routes in the shape of `OpenAI`'s API problems have its media type.
fn as_openai(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && let Some(content) = response.content.shift_remove(MEDIA_TYPE)
        {
            response
                .content
                .insert(OPENAI_MEDIA_TYPE.to_owned(), content);
        }
    }
}

/// The member of a component's document in which it tells what jobs of its kinds make: whoever merges the documents makes
/// one schema of them.
pub const JOB_RESULTS: &str = "x-job-results";

/// What a job made. Each family describes that of its own kinds by [`with_job_result`].
#[derive(Debug, ToSchema)]
#[schema(value_type = Object)]
pub struct JobResult(pub serde_json::Value);

/// The document of a component whose jobs of some kind make this.
pub fn with_job_result<R: ToSchema>(mut document: OpenApi) -> OpenApi {
    let mut schemas = vec![(R::name().into_owned(), R::schema())];
    R::schemas(&mut schemas);
    let components = document.components.get_or_insert_default();
    components.schemas.extend(schemas);
    let extensions = document.extensions.get_or_insert_default();
    let results = extensions
        .entry(JOB_RESULTS.to_owned())
        .or_insert_with(|| serde_json::json!([]));
    if let Some(results) = results.as_array_mut() {
        results.push(serde_json::json!(Ref::from_schema_name(R::name())));
    }
    document
}

macro_rules! problem_responses {
    ($($(#[$about:meta])* $name:ident { $($status:literal: $description:literal),+ })+) => {$(
        $(#[$about])*
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([$(($status.to_owned(), RefOr::T(problem($status, $description)))),+])
            }
        }
    )+};
}

problem_responses! {
    /// What any route may answer.
    Common { "503": "The database cannot be reached now" }
    /// What a protected route may answer.
    Protected {
        "401": "No credentials, or credentials that are not accepted",
        "403": "The API key lacks a scope, or the caller may not do this",
        "429": "More requests, queued work or stored bytes than the caller may have",
        "503": "The database cannot be reached now"
    }
    /// What a route with a JSON body may answer.
    WithBody {
        "400": "The body cannot be parsed",
        "413": "The body is too large",
        "415": "The body has another media type",
        "422": "Some values are not acceptable; each is named"
    }
    /// What a route with an id in its path may answer.
    WithId { "404": "Nothing of the caller's has this id" }
    /// What a route with query parameters may answer.
    WithQuery { "422": "Some values are not acceptable; each is named" }
    /// What a route may answer that refuses what the caller can see.
    WithRefusal { "403": "The caller may see this, but not do it" }
    /// What a route that changes a state may answer.
    WithConflict { "409": "The present state does not allow this" }
}

/// The answer of a status as a problem document.
pub(crate) fn problem(status: &str, description: &str) -> Response {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(Document::name())))
        .build();
    let response = ResponseBuilder::new()
        .description(description)
        .content(MEDIA_TYPE, content);
    match status {
        "429" | "503" => response
            .header(
                "Retry-After",
                whole_number("Seconds after which to try again"),
            )
            .build(),
        _ => response.build(),
    }
}

fn whole_number(description: &str) -> utoipa::openapi::Header {
    HeaderBuilder::new()
        .schema(Some(Object::with_type(Type::Integer)))
        .description(Some(description))
        .build()
}
