//! What the API document says of routes that deliver a stored object.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses,
    openapi::{HeaderBuilder, RefOr, Response, ResponseBuilder},
};

use crate::openapi::problem;

/// What a route that delivers a stored object may answer.
pub struct WithObject;

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
                problem(
                    "410",
                    "It was removed; finished work is kept for a limited time",
                )
                .into(),
            ),
            (
                "416".to_owned(),
                problem("416", "The range lies outside of it").into(),
            ),
        ])
    }
}
