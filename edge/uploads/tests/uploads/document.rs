//! What the component tells about itself agrees with what it serves.

use kiskadee_shared::limits::{FAMILY_CHARS, FILENAME_CHARS, UPLOAD_BYTES};
use kiskadee_uploads_api::{openapi, router};
use serde_json::{Value, json};

#[expect(clippy::unwrap_used, reason = "a test fails where its setting up does")]
fn document() -> Value {
    serde_json::to_value(openapi()).unwrap()
}

#[test]
fn every_path_of_the_contract_is_there() {
    let document = document();
    let wanted = [
        ("/api/v1/uploads", "post"),
        ("/api/v1/uploads", "get"),
        ("/api/v1/uploads/{upload_id}", "get"),
        ("/api/v1/uploads/{upload_id}", "delete"),
        ("/api/v1/uploads/{upload_id}/parts/{number}", "put"),
        ("/api/v1/uploads/{upload_id}/complete", "post"),
    ];
    for (path, method) in wanted {
        let operation = &document["paths"][path][method];
        assert!(operation.is_object(), "{method} {path}");
    }
    assert!(router().has_routes());
}

#[test]
fn the_limits_are_those_that_are_held() {
    let document = document();
    let properties = &document["components"]["schemas"]["UploadBody"]["properties"];
    let bytes = &properties["bytes"];
    assert_eq!(
        (&bytes["minimum"], &bytes["maximum"]),
        (&json!(UPLOAD_BYTES.start()), &json!(UPLOAD_BYTES.end()))
    );
    for (name, range) in [("family", FAMILY_CHARS), ("filename", FILENAME_CHARS)] {
        let (least, most) = (
            &properties[name]["minLength"],
            &properties[name]["maxLength"],
        );
        assert_eq!(
            (least, most),
            (&json!(range.start()), &json!(range.end())),
            "{name}"
        );
    }
}
