//! What routes of this component may answer beside what all components share.

use std::collections::BTreeMap;

use kiskadee_shared::format::ResponseFormat;
use utoipa::{
    IntoResponses,
    openapi::{
        ContentBuilder, HeaderBuilder, KnownFormat, ObjectBuilder, RefOr, Response,
        ResponseBuilder, SchemaFormat, schema::Type,
    },
};

/// What a route answers whose audio is made while it is sent.
pub(crate) struct WithAudio;

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
            .header(
                "Kiskadee-Warnings",
                header("Codes of warnings about the text, if there are any, such as `no_words`"),
            )
            .content("text/event-stream", ContentBuilder::new().build());
        for format in ResponseFormat::ALL {
            let content = ContentBuilder::new().schema(Some(bytes.clone())).build();
            audio = audio.content(format.content_type(), content);
        }
        BTreeMap::from([("200".to_owned(), audio.into())])
    }
}
