//! What the component tells about itself agrees with what it serves.

use kiskadee_accounts::{openapi, router};
use serde_json::Value;

fn document() -> Value {
    serde_json::to_value(openapi()).unwrap()
}

#[test]
fn every_path_of_the_contract_is_there() {
    let document = document();
    let wanted = [
        ("/auth/register", "post"),
        ("/auth/login", "post"),
        ("/auth/me", "get"),
        ("/auth/profile", "put"),
        ("/api/v1/advanced/auth/token", "post"),
        ("/api/v1/advanced/auth/api-key", "post"),
        ("/api/v1/advanced/auth/api-key", "get"),
        ("/api/v1/advanced/auth/api-key/{id}", "delete"),
        ("/auth/me", "delete"),
        ("/auth/me/export", "get"),
        ("/auth/password-reset", "post"),
        ("/auth/revoke-all", "post"),
        ("/api/v1/admin/users", "get"),
        ("/api/v1/admin/users/{id}", "get"),
        ("/api/v1/admin/users/{id}", "patch"),
        ("/api/v1/admin/users/{id}", "delete"),
        ("/api/v1/admin/users/{id}/password-reset", "post"),
        ("/api/v1/admin/audit", "get"),
        ("/.well-known/jwks.json", "get"),
        ("/api/v1/webhooks/secret", "get"),
        ("/api/v1/webhooks/secret/rotate", "post"),
        ("/api/v1/webhooks/deliveries", "get"),
        ("/api/v1/webhooks/deliveries/{id}", "get"),
        ("/api/v1/webhooks/deliveries/{id}/replay", "post"),
    ];
    for (path, method) in wanted {
        assert!(
            document["paths"][path][method].is_object(),
            "{method} {path}"
        );
    }
}

#[test]
fn the_routes_do_not_clash() {
    assert!(router().has_routes());
}

#[test]
fn required_members_are_required_in_the_document() {
    let required = &document()["components"]["schemas"]["Registration"]["required"];
    assert_eq!(
        *required,
        serde_json::json!(["username", "email", "password"])
    );
}
