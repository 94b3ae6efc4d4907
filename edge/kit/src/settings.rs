//! The variables of `spin.toml` that every component reads, read once in the life of an instance.
//!
//! An instance serves a bounded number of requests, so a changed variable is taken up soon without a lookup a request.

use std::sync::OnceLock;

use axum::http::HeaderValue;
use kiskadee_shared::secret::Secret;
use spin_sdk::variables;

use crate::{database::Class, log, problem::Problem, token::TokenVerifier};

static SETTINGS: OnceLock<Settings> = OnceLock::new();
static SITE: OnceLock<Site> = OnceLock::new();

const DEFAULT_ISSUER: &str = "kiskadee";
const DEFAULT_AUDIENCE: &str = "kiskadee-api";

/// How many requests a minute a caller may make, by class.
#[derive(Debug, Clone, Copy)]
pub struct RateLimits {
    pub read: u32,
    pub create: u32,
    /// Attempts to sign in, for each username and for each client address.
    pub auth: u32,
}

impl RateLimits {
    const OFF: Self = Self {
        read: 0,
        create: 0,
        auth: 0,
    };

    pub fn of(&self, class: Class) -> u32 {
        match class {
            Class::Read => self.read,
            Class::Create => self.create,
            Class::Auth => self.auth,
        }
    }
}

/// What is configured for every component, also for one that knows no callers and has no database.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// Answers promise that the site is only ever served over TLS.
    pub hsts: bool,
    pub cors_origins: Vec<HeaderValue>,
}

impl Site {
    /// That of this instance.
    pub async fn get() -> Result<&'static Self, Problem> {
        if let Some(site) = SITE.get() {
            return Ok(site);
        }
        let site = Self::read().await?;
        Ok(SITE.get_or_init(|| site))
    }

    async fn read() -> Result<Self, Problem> {
        Ok(Self {
            hsts: switch("hsts").await?,
            cors_origins: origins(&optional("cors_allowed_origins", "").await?),
        })
    }
}

/// What is configured for every component that serves callers.
#[derive(Debug)]
pub struct Settings {
    /// The address of the database, with the credentials of this component's role.
    pub database_url: Secret,
    pub rates: RateLimits,
    pub site: Site,
    pub tokens: TokenVerifier,
}

impl Settings {
    /// The settings of this instance.
    pub async fn get() -> Result<&'static Self, Problem> {
        if let Some(settings) = SETTINGS.get() {
            return Ok(settings);
        }
        // Concurrent first requests may both read; they read the same.
        let settings = Self::read().await?;
        Ok(SETTINGS.get_or_init(|| settings))
    }

    async fn read() -> Result<Self, Problem> {
        let keys = required("jwt_public_keys").await?;
        let issuer = optional("jwt_issuer", DEFAULT_ISSUER).await?;
        let audience = optional("jwt_audience", DEFAULT_AUDIENCE).await?;
        Ok(Self {
            database_url: required("database_url").await?.into(),
            rates: rates().await?,
            site: Site::read().await?,
            tokens: TokenVerifier::new(&keys, &issuer, &audience)
                .map_err(|error| misconfigured("jwt_public_keys", &error))?,
        })
    }
}

/// A variable that must be set.
pub async fn required(name: &str) -> Result<String, Problem> {
    match variables::get(name).await {
        Ok(value) if !value.is_empty() => Ok(value),
        Ok(_) => Err(misconfigured(name, &"the variable is empty")),
        Err(error) => Err(misconfigured(name, &error)),
    }
}

/// A variable that may be missing.
pub async fn optional(name: &str, default: &str) -> Result<String, Problem> {
    match variables::get(name).await {
        Ok(value) if value.is_empty() => Ok(default.to_owned()),
        Ok(value) => Ok(value),
        Err(variables::Error::Undefined(_)) => Ok(default.to_owned()),
        Err(error) => Err(misconfigured(name, &error)),
    }
}

/// A variable with the values `on` and `off`; off when missing.
pub async fn switch(name: &str) -> Result<bool, Problem> {
    match optional(name, "off").await?.as_str() {
        "on" => Ok(true),
        "off" => Ok(false),
        other => Err(misconfigured(
            name,
            &format!("`{other}` is neither on nor off"),
        )),
    }
}

/// A variable that holds a whole number.
pub async fn number(name: &str, default: u32) -> Result<u32, Problem> {
    let text = optional(name, "").await?;
    if text.is_empty() {
        return Ok(default);
    }
    text.parse()
        .map_err(|error: std::num::ParseIntError| misconfigured(name, &error))
}

async fn rates() -> Result<RateLimits, Problem> {
    if optional("api_rate_limit", "on").await? == "off" {
        return Ok(RateLimits::OFF);
    }
    Ok(RateLimits {
        read: number("rate_read_per_minute", 600).await?,
        create: number("rate_create_per_minute", 120).await?,
        auth: number("rate_auth_per_minute", 20).await?,
    })
}

fn origins(list: &str) -> Vec<HeaderValue> {
    list.split(',')
        .map(str::trim)
        .filter(|origin| !origin.is_empty())
        .filter_map(|origin| origin.parse().ok())
        .collect()
}

/// The operator learns which variable is wrong, the caller only that something is.
pub fn misconfigured(name: &str, cause: &dyn std::fmt::Display) -> Problem {
    log::error(&format!("the variable `{name}` cannot be used"), cause);
    Problem::internal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_a_comma_list() {
        assert_eq!(
            origins(" https://a.example , https://b.example,, "),
            ["https://a.example", "https://b.example"]
        );
        assert!(origins("").is_empty());
    }
}
