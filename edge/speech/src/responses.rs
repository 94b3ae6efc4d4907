//! What routes of this component may answer beside what all components share.

use std::collections::BTreeMap;

use kiskadee_edge_kit::problem::MEDIA_TYPE;
use utoipa::{
    IntoResponses,
    openapi::{ContentBuilder, HeaderBuilder, Ref, RefOr, Response, ResponseBuilder},
};

/// What a route that delivers a stored object may answer.
pub(crate) struct WithObject;

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
