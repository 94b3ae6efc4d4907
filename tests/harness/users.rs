//! Users of the system under test, and what a caller waits for on their behalf.

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::Client;
use crate::wait::eventually;

/// Of all that these users register with.
const PASSWORD: &str = "correct horse";

/// A user that a test made for itself.
pub struct User {
    /// With the user's API key.
    pub client: Client,
    pub key: String,
    pub name: String,
    /// A JWT.
    pub token: String,
}

impl Client {
    /// Registers a user with a name of its own, and makes it an API key.
    pub async fn new_user(&self) -> Result<User> {
        let name = format!("user{}", Uuid::now_v7().simple());
        let anonymous = self.anonymous();
        let body =
            json!({"username": name, "email": format!("{name}@example.org"), "password": PASSWORD});
        anonymous.post("/auth/register", &body).await?.expect(201)?;
        let token = self.log_in(&name, PASSWORD).await?;
        let request = anonymous
            .request(Method::POST, "/api/v1/advanced/auth/api-key")
            .bearer_auth(&token)
            .json(&json!({"name": "test"}));
        let key = anonymous.send(request).await?.expect(201)?.json()?;
        let key = key["api_key"].as_str().context("no api_key")?;
        Ok(User {
            client: anonymous.with_key(key),
            key: key.to_owned(),
            name,
            token,
        })
    }

    /// The JWT of a user.
    pub async fn log_in(&self, username: &str, password: &str) -> Result<String> {
        let body = json!({"username": username, "password": password});
        let answer = self.anonymous().post("/auth/login", &body).await?;
        let answer = answer.expect(200)?.json()?;
        let token = answer["access_token"].as_str();
        Ok(token.context("no access_token")?.to_owned())
    }

    pub async fn job(&self, job_id: &str) -> Result<Value> {
        let answer = self.get(&format!("/api/v1/jobs/{job_id}")).await?;
        answer.expect(200)?.json()
    }

    /// The job when it has ended, however it did.
    pub async fn ended_job(&self, job_id: &str) -> Result<Value> {
        eventually("the job to end", Duration::from_mins(1), || async {
            let job = self.job(job_id).await?;
            let over = ["completed", "failed", "cancelled", "expired"]
                .contains(&job["status"].as_str().unwrap_or_default());
            Ok(over.then_some(job))
        })
        .await
    }
}
