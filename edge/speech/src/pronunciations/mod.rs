//! The caller's pronunciation dictionary.

mod entries;
mod pls;

use axum::extract::Request;
use kiskadee_edge_kit::{
    Caller, Class, FieldError, Page, Problem, Reply, WireId, caller_sql,
    database::call,
    json::{has_media_type, parse, read_body},
    openapi::{Protected, WithBody, WithConflict, WithId, WithQuery},
    path::uuid_parameter,
    request::faults::{in_body, in_file, jsonb, malformed},
};
use kiskadee_shared::{id::PronunciationId, limits::PRONUNCIATION_BODY_BYTES};

use self::entries::Entries;
use crate::bodies::{PronunciationList, PronunciationsAnswer, PronunciationsBody};

const PUT: &str = caller_sql!("api.put_pronunciations", "$5::text, $6::jsonb, $7::jsonb");
const LIST: &str = caller_sql!("api.list_pronunciations", "$5::int, $6::uuid");
const DELETE: &str = caller_sql!("api.delete_pronunciation", "$5::uuid");
const JSON: &str = "application/json";
/// Of a lexicon by its own type, and of XML as programs send it.
const PLS: [&str; 3] = ["application/pls+xml", "application/xml", "text/xml"];

/// Say words in a way of your own
///
/// Adds words to the caller's dictionary, as JSON or as a W3C Pronunciation Lexicon (PLS 1.0); a word that is there already is
/// replaced. Of several entries for one word the last counts, in a lexicon the first lexeme. Texts that are taken in from now on are
/// said so. A word is found whole and in any case; its possessive and its plural follow it (`Nguyen's`, `Nguyens`) where they are no
/// entries themselves. SSML in the text goes before the dictionary. Phonemes are IPA, or the embedded engine's own names; an engine that cannot say them says the word
/// as ever. A dictionary holds 2,000 words; of one text at most 200 entries count.
#[utoipa::path(
    post, path = "/api/v1/pronunciations", tag = "Voices",
    request_body(content(
        (PronunciationsBody = "application/json"),
        (String = "application/pls+xml"),
        (String = "application/xml"),
        (String = "text/xml")
    )),
    responses((status = 200, description = "The words were taken in", body = PronunciationsAnswer), Protected, WithBody, WithConflict),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn put_pronunciations(caller: Caller, request: Request) -> Reply {
    let is_pls = PLS.iter().any(|pls| has_media_type(request.headers(), pls));
    let (entries, errors) = read(request, is_pls).await?;
    let arguments = [
        entries.language.clone().into(),
        jsonb(&entries.items)?,
        malformed(&errors)?,
    ];
    let answer = call(PUT, &caller, Class::Create, arguments).await?;
    // Faults of a document have lines already.
    Ok(if is_pls {
        in_file(answer, &[])
    } else {
        in_body(answer)
    })
}

async fn read(request: Request, is_pls: bool) -> Result<(Entries, Vec<FieldError>), Problem> {
    if !is_pls && !has_media_type(request.headers(), JSON) {
        return Err(Problem::unsupported_media_type(&format!(
            "{JSON}, or of a lexicon {}",
            PLS.join(" or ")
        )));
    }
    let body = read_body(request, PRONUNCIATION_BODY_BYTES).await?;
    if is_pls {
        pls::read(&body)
    } else {
        Ok(Entries::read(parse(&body)?))
    }
}

/// List the words of the dictionary, the newest first
#[utoipa::path(
    get, path = "/api/v1/pronunciations", tag = "Voices",
    params(Page),
    responses((status = 200, description = "A page of the caller's dictionary", body = PronunciationList), Protected, WithQuery),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn list_pronunciations(caller: Caller, page: Page) -> Reply {
    let arguments = page.parameters_by_id::<PronunciationId>()?;
    call(LIST, &caller, Class::Read, arguments).await
}

/// Delete a word from the dictionary
#[utoipa::path(
    delete, path = "/api/v1/pronunciations/{pronunciation_id}", tag = "Voices",
    params(("pronunciation_id" = String, Path, description = "Id of the entry", pattern = "^pron_[0-9a-f]{32}$")),
    responses((status = 204, description = "The word is said as ever again"), Protected, WithId),
    security(("bearer" = []), ("api_key" = []))
)]
pub(crate) async fn delete_pronunciation(
    caller: Caller,
    WireId(id): WireId<PronunciationId>,
) -> Reply {
    call(DELETE, &caller, Class::Create, [uuid_parameter(id)]).await
}
