//! The signature of a message, as Standard Webhooks 1.0 defines it.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use kiskadee_shared::webhook_secret::WebhookSecret;
use sha2::Sha256;

/// The value of `webhook-signature`: one signature for each secret in force, so a receiver can change over in its own time.
pub(super) fn sign(secrets: &[WebhookSecret], id: &str, timestamp: i64, body: &str) -> String {
    let signatures: Vec<String> = secrets
        .iter()
        .map(|secret| sign_with(secret, id, timestamp, body))
        .collect();
    signatures.join(" ")
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn sign_with(secret: &WebhookSecret, id: &str, timestamp: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.key()).expect("any length will do");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body.as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> WebhookSecret {
        WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()
    }

    #[test]
    fn the_known_example_is_met() {
        let signature = sign(
            &[secret()],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_secret_signs() {
        let second = WebhookSecret::generate([9; 32]);
        let both = sign(&[second.clone(), secret()], "msg_1", 7, "{}");
        let alone = [
            sign(&[second], "msg_1", 7, "{}"),
            sign(&[secret()], "msg_1", 7, "{}"),
        ];
        assert_eq!(both, alone.join(" "));
    }
}
