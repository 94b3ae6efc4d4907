//! The page of the family, as a browser gets it, and what its component says of itself.

use anyhow::Result;
use kiskadee_toy_api::openapi;
use serde_json::json;

use crate::system::ToySystem;

pub(crate) async fn by_a_page(toy: &ToySystem) -> Result<()> {
    let page = toy.client().anonymous().get("/toy").await?.expect(200)?;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(
        page.text().contains("<h1>Words of a text</h1>"),
        "{}",
        page.text()
    );
    for (header, value) in [
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'",
        ),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(page.header(header), value, "{header}");
    }
    assert!(!page.header("x-request-id").is_empty());
    // Beside it the product's own pages stand as they did.
    let product = toy.client().get("/").await?.expect(200)?;
    assert!(product.text().contains("/webui/landing.js"));
    Ok(())
}

#[test]
fn the_document_lists_what_is_served_and_made() {
    let document = serde_json::to_value(openapi()).unwrap();
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(
        paths,
        ["/api/v1/toy/texts", "/api/v1/toy/texts/{job_id}", "/toy"]
    );
    let made = json!([{"$ref": "#/components/schemas/CountResult"}]);
    assert_eq!(document["x-job-results"], made);
    assert!(document["components"]["schemas"]["CommonestWord"].is_object());
}
