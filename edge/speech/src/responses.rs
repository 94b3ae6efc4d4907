//! What routes of this component may answer beside what all components share.

use std::collections::BTreeMap;

use kiskadee_edge_kit::problem::MEDIA_TYPE;
use kiskadee_shared::format::ResponseFormat;
use utoipa::{
    IntoResponses,
    openapi::{
        ContentBuilder, HeaderBuilder, KnownFormat, ObjectBuilder, Ref, RefOr, Response,
        ResponseBuilder, SchemaFormat, schema::Type,
    },
};

/// What a route that delivers a stored object may answer.
pub(crate) struct WithObject;

/// What a route answers whose audio is made while it is sent.
pub(crate) struct WithAudio;

/// What a route may answer that refuses what the caller can see.
pub(crate) struct WithRefusal;

impl IntoResponses for WithObject {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let location = HeaderBuilder::new()
            .description(Some("A signed address, good for a short time"))
            .build();
        let plain = |description: &str| ResponseBuilder::new().description(description);
        BTreeMap::from([
            (
                "304".to_owned(),
                plain("The caller has it already (`If-None-Match`)").into(),
            ),
            (
                "307".to_owned(),
                plain("It is at the store")
                    .header("Location", location)
                    .into(),
            ),
            (
                "410".to_owned(),
                problem("It was removed; finished work is kept for a limited time"),
            ),
            ("416".to_owned(), problem("The range lies outside of it")),
        ])
    }
}

impl IntoResponses for WithAudio {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let header =
            |description: &str| HeaderBuilder::new().description(Some(description)).build();
        let bytes = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .build();
        let mut audio = ResponseBuilder::new()
            .description("The audio, from its first piece on")
            .header("Kiskadee-Engine", header("The engine that speaks"))
            .header("Kiskadee-Voice", header("The voice that speaks"))
            .content("text/event-stream", ContentBuilder::new().build());
        for format in ResponseFormat::ALL {
            let content = ContentBuilder::new().schema(Some(bytes.clone())).build();
            audio = audio.content(format.content_type(), content);
        }
        BTreeMap::from([("200".to_owned(), audio.into())])
    }
}

impl IntoResponses for WithRefusal {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        BTreeMap::from([(
            "403".to_owned(),
            problem("The caller may see this, but not do it"),
        )])
    }
}

fn problem(description: &str) -> RefOr<Response> {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    ResponseBuilder::new()
        .description(description)
        .content(MEDIA_TYPE, content)
        .into()
}
