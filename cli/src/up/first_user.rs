//! The first user, and the file that says how to be it.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};
use kiskadee_shared::api_key::ApiKey;
use kiskadee_shared::webhook_secret::WebhookSecret;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use crate::accounts::{self, NewUser};
use crate::{password, private_file};

const USERNAME: &str = "admin";
const KEY_NAME: &str = "first key";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Credentials {
    pub(crate) url: String,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) api_key: String,
    pub(crate) webhook_secret: String,
}

/// Reads `credentials.json`, or makes it and the user. The file is written before the database, and what it says is
/// entered at every start as far as it is missing: a kill in between is repaired by the next start.
pub(crate) async fn ensure(
    admin: &PgPool,
    state: &Path,
    listen: SocketAddr,
) -> Result<Credentials> {
    let path = state.join("credentials.json");
    let url = url_of(listen);
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
    enter(admin, &credentials)
        .await
        .with_context(|| format!("cannot enter the user of {}", path.display()))?;
    Ok(credentials)
}

fn generate(url: String) -> Result<Credentials> {
    Ok(Credentials {
        url,
        username: USERNAME.to_owned(),
        password: password::generate()?,
        api_key: accounts::new_api_key()?.expose().to_owned(),
        webhook_secret: accounts::new_webhook_secret()?.expose(),
    })
}

async fn enter(admin: &PgPool, credentials: &Credentials) -> Result<()> {
    let key = ApiKey::parse(&credentials.api_key)?;
    let entered: bool =
        sqlx::query_scalar("select exists (select from account.api_key k where k.hash = $1)")
            .bind(key.hash().as_slice())
            .fetch_one(admin)
            .await?;
    if entered {
        return Ok(());
    }
    let secret = WebhookSecret::parse(&credentials.webhook_secret)?;
    let user = NewUser {
        username: &credentials.username,
        email: "admin@localhost",
        role: "admin",
        password: &credentials.password,
        webhook_secret: &secret,
    };
    let (user, _) = accounts::ensure_user(admin, &user).await?;
    // A user who was there before may have another.
    accounts::ensure_webhook_secret(admin, user, &secret).await?;
    // Last, for its presence says that the rest is there.
    accounts::ensure_api_key(admin, user, KEY_NAME, &key).await
}

/// An address that can be opened: where the server listens everywhere, this machine's own.
fn url_of(listen: SocketAddr) -> String {
    let mut reachable = listen;
    if listen.ip().is_unspecified() {
        let loopback = match listen {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        };
        reachable.set_ip(loopback);
    }
    format!("http://{reachable}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_can_be_opened() {
        assert_eq!(
            url_of("0.0.0.0:8005".parse().unwrap()),
            "http://127.0.0.1:8005"
        );
        assert_eq!(url_of("[::]:80".parse().unwrap()), "http://[::1]:80");
        assert_eq!(url_of("10.0.0.1:80".parse().unwrap()), "http://10.0.0.1:80");
    }
}
