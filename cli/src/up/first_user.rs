//! The first users, and the file that says how to be them.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};
use kiskadee_shared::api_key::ApiKey;
use kiskadee_shared::webhook_secret::WebhookSecret;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use crate::accounts::{self, NewUser};
use crate::random::random_bytes;
use crate::{password, private_file};

const USERNAME: &str = "user";
const ADMIN: &str = "admin";
const KEY_NAME: &str = "first key";

/// What `credentials.json` says: a user for every day, whose key does work and nothing else, and an administrator.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Credentials {
    pub(crate) url: String,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) api_key: String,
    pub(crate) webhook_secret: String,
    /// Missing in a file of the time when the one user was an administrator: it stays that, for its key is in use.
    #[serde(flatten)]
    pub(crate) administrator: Option<Administrator>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Administrator {
    #[serde(rename = "admin_username")]
    pub(crate) username: String,
    #[serde(rename = "admin_password")]
    pub(crate) password: String,
    #[serde(rename = "admin_api_key")]
    pub(crate) api_key: String,
}

/// Reads `credentials.json`, or makes it and the users. The file is written before the database, and what it says is
/// entered at every start as far as it is missing: a kill in between is repaired by the next start.
pub(crate) async fn ensure(
    admin: &PgPool,
    state: &Path,
    (scheme, listen): (&str, SocketAddr),
) -> Result<Credentials> {
    let path = state.join("credentials.json");
    let url = url_of(scheme, listen);
    let found: Option<Credentials> = private_file::read_json(&path)?;
    let credentials = match &found {
        Some(credentials) => Credentials {
            url,
            ..credentials.clone()
        },
        None => generate(url)?,
    };
    if found.as_ref() != Some(&credentials) {
        private_file::write_json(&path, &credentials)?;
    }
    enter_all(admin, &credentials)
        .await
        .with_context(|| format!("cannot enter the users of {}", path.display()))?;
    Ok(credentials)
}

/// An installation by itself is the first cell.
fn new_api_key() -> Result<ApiKey> {
    Ok(ApiKey::generate(random_bytes()?))
}

fn generate(url: String) -> Result<Credentials> {
    Ok(Credentials {
        url,
        username: USERNAME.to_owned(),
        password: password::generate()?,
        api_key: new_api_key()?.expose().to_owned(),
        webhook_secret: accounts::new_webhook_secret()?.expose(),
        administrator: Some(Administrator {
            username: ADMIN.to_owned(),
            password: password::generate()?,
            api_key: new_api_key()?.expose().to_owned(),
        }),
    })
}

async fn enter_all(admin: &PgPool, credentials: &Credentials) -> Result<()> {
    let secret = WebhookSecret::parse(&credentials.webhook_secret)?;
    let first = (&*credentials.username, &*credentials.password);
    let Some(administrator) = &credentials.administrator else {
        return enter(admin, first, "admin", &credentials.api_key, &secret).await;
    };
    enter(admin, first, "user", &credentials.api_key, &secret).await?;
    let names = (&*administrator.username, &*administrator.password);
    let secret = accounts::new_webhook_secret()?;
    enter(admin, names, "admin", &administrator.api_key, &secret).await
}

async fn enter(
    admin: &PgPool,
    (username, password): (&str, &str),
    role: &str,
    api_key: &str,
    webhook_secret: &WebhookSecret,
) -> Result<()> {
    let key = ApiKey::parse(api_key)?;
    let entered: bool =
        sqlx::query_scalar("select exists (select from account.api_key k where k.hash = $1)")
            .bind(key.hash().as_slice())
            .fetch_one(admin)
            .await?;
    if entered {
        return Ok(());
    }
    let user = NewUser {
        username,
        email: &format!("{username}@localhost"),
        role,
        password,
        webhook_secret,
    };
    let (user, _) = accounts::ensure_user(admin, &user).await?;
    // A user who was there before may have another.
    accounts::ensure_webhook_secret(admin, user, webhook_secret).await?;
    let scope = if role == "admin" { "*" } else { "work:*" };
    // Last, for its presence says that the rest is there.
    accounts::ensure_api_key(admin, user, KEY_NAME, &key, &[scope.to_owned()]).await
}

/// An address that can be opened: where the server listens everywhere, this machine's own.
fn url_of(scheme: &str, listen: SocketAddr) -> String {
    let mut reachable = listen;
    if listen.ip().is_unspecified() {
        let loopback = match listen {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        };
        reachable.set_ip(loopback);
    }
    format!("{scheme}://{reachable}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_an_administrator_is_read_and_stays_so() {
        let old = r#"{"url": "http://127.0.0.1:8005", "username": "admin", "password": "p",
            "api_key": "kk_1", "webhook_secret": "whsec_1"}"#;
        let credentials: Credentials = serde_json::from_str(old).unwrap();
        assert!(credentials.administrator.is_none());
        let kept: serde_json::Value = serde_json::to_value(&credentials).unwrap();
        assert_eq!(
            kept,
            serde_json::from_str::<serde_json::Value>(old).unwrap()
        );
    }

    #[test]
    fn the_file_has_one_member_that_is_called_api_key() {
        let credentials = generate("http://127.0.0.1:8005".to_owned()).unwrap();
        let text = serde_json::to_string_pretty(&credentials).unwrap();
        assert_eq!(text.matches(r#""api_key": ""#).count(), 1, "{text}");
        let back: Credentials = serde_json::from_str(&text).unwrap();
        assert!(back == credentials);
    }

    #[test]
    fn the_address_can_be_opened() {
        assert_eq!(
            url_of("http", "0.0.0.0:8005".parse().unwrap()),
            "http://127.0.0.1:8005"
        );
        assert_eq!(
            url_of("http", "[::]:80".parse().unwrap()),
            "http://[::1]:80"
        );
        assert_eq!(
            url_of("https", "10.0.0.1:80".parse().unwrap()),
            "https://10.0.0.1:80"
        );
    }
}
