//! Every secret of a running installation is changed, while it works: no request fails, and what was before opens nothing any more.
//!
//! Two edges, a gateway and a worker take their secrets from files, as in a container, and speak TLS with Postgres, by an authority of
//! their own. The password of each role is changed in both orders, the file first and the role first; the key that signs tokens in
//! the three steps that a fleet needs; and the token of the storage in one.

mod fleet;
mod traffic;

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kiskadee_tests::{Client, eventually};
use serde_json::{Value, json};
use tokio::time::sleep;

use self::fleet::{Fleet, generated};
use self::traffic::Traffic;

const COMPONENTS: [&str; 6] = ["accounts", "jobs", "speech", "training", "uploads", "ops"];
const PASSWORD: &str = "correct horse";
/// A look, a second one, a login that is tried, and a busy machine.
const SOON: Duration = Duration::from_secs(30);
const START: Duration = Duration::from_mins(2);

impl Fleet {
    /// Sessions of the edges that were opened before this time.
    async fn sessions_before(&self, time: &str) -> Result<i64> {
        let sql = "select count(*) from pg_stat_activity
            where usename like 'drill%' and usename <> 'drill_worker' and backend_start < $1::timestamptz";
        Ok(sqlx::query_scalar(sql)
            .bind(time)
            .fetch_one(&self.database)
            .await?)
    }

    async fn now(&self) -> Result<String> {
        Ok(sqlx::query_scalar("select clock_timestamp()::text")
            .fetch_one(&self.database)
            .await?)
    }

    async fn change_passwords(&self) -> Result<()> {
        // The file first: for seconds the password in it opens nothing.
        for role in Fleet::roles() {
            self.write_address(role, "second")?;
        }
        sleep(Duration::from_secs(3)).await;
        let changed = self.now().await?;
        for role in Fleet::roles() {
            self.set_password(role, "second").await?;
        }
        self.has_changed(&changed, "first").await?;
        // The role first: for a moment the password in the file opens nothing.
        let changed = self.now().await?;
        for role in Fleet::roles() {
            self.set_password(role, "third").await?;
            self.write_address(role, "third")?;
        }
        self.has_changed(&changed, "second").await
    }

    async fn has_changed(&self, since: &str, old: &str) -> Result<()> {
        eventually("sessions with the new password", SOON, || async {
            Ok((self.sessions_before(since).await? == 0).then_some(()))
        })
        .await?;
        for role in Fleet::roles() {
            ensure!(!self.opens(role, old).await?, "{role} has its old password");
        }
        Ok(())
    }

    async fn change_signing_key(&self) -> Result<()> {
        let keys = generated()?;
        let old: Value = serde_json::from_str(&fs::read_to_string(self.file("jwt_public_keys"))?)?;
        let new: Value = serde_json::from_str(&keys["SPIN_VARIABLE_JWT_PUBLIC_KEYS"])?;
        let (old, new) = (&old["keys"][0], &new["keys"][0]);
        // Every edge must know the key before any signs with it.
        self.publish(&[old, new]).await?;
        self.write("jwt_signing_key", &keys["SPIN_VARIABLE_JWT_SIGNING_KEY"])?;
        let kid = new["kid"].as_str().context("no kid")?;
        for edge in 0..self.edges.len() {
            eventually("tokens of the new key", SOON, || async {
                let token = self.client(edge).log_in("driller", PASSWORD).await?;
                Ok((key_of(&token)? == kid).then_some(()))
            })
            .await?;
        }
        let before = self.client(0).log_in("driller", PASSWORD).await?;
        // When the last token of the old key has ended; those of the drill live for two requests.
        sleep(Duration::from_secs(2)).await;
        self.publish(&[new]).await?;
        ensure!(key_of(&before)? == kid);
        Ok(())
    }

    async fn publish(&self, keys: &[&Value]) -> Result<()> {
        self.write("jwt_public_keys", &json!({"keys": keys}).to_string())?;
        for edge in 0..self.edges.len() {
            eventually("the key set", SOON, || async {
                let shown = self.client(edge).get("/.well-known/jwks.json").await?;
                let shown = shown.expect(200)?.json()?;
                let count = shown["keys"].as_array().map_or(0, Vec::len);
                Ok((count == keys.len()).then_some(()))
            })
            .await?;
        }
        Ok(())
    }

    async fn change_storage_token(&self) -> Result<()> {
        self.write(
            "storage_token",
            &generated()?["SPIN_VARIABLE_STORAGE_TOKEN"],
        )?;
        sleep(Duration::from_secs(5)).await;
        Ok(())
    }
}

fn key_of(token: &str) -> Result<String> {
    let head = token.split('.').next().unwrap_or_default();
    let head: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head)?)?;
    Ok(head["kid"].as_str().context("no kid")?.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_secret_changes_while_requests_run() -> Result<()> {
    let fleet = Fleet::start().await?;
    let account = json!({"username": "driller", "email": "d@example.org", "password": PASSWORD});
    let anonymous = fleet.client(0);
    anonymous
        .post("/auth/register", &account)
        .await?
        .expect(201)?;
    let key = api_key(&anonymous).await?;
    let edges = [0, 1].map(|edge| fleet.client(edge).with_key(&key));
    let traffic = Traffic::start(&edges);
    sleep(Duration::from_secs(2)).await;
    let begun = Instant::now();
    let drill = async {
        fleet.change_passwords().await?;
        fleet.change_signing_key().await?;
        fleet.change_storage_token().await
    };
    let drilled = drill.await;
    let took = begun.elapsed();
    let (requests, failed) = traffic.end().await?;
    let logs = fleet.logs()?;
    drilled.with_context(|| logs.clone())?;
    println!(
        "{requests} requests in {} s, {} failed",
        took.as_secs(),
        failed.len()
    );
    assert!(failed.is_empty(), "{failed:#?}\n{logs}");
    assert!(requests > 200, "{requests} requests show little");
    // The worker and the gateway: two passwords, one token.
    assert_eq!(
        (fleet.said("worker-1.log")?, fleet.said("storage-0.log")?),
        (2, 1),
        "{logs}"
    );
    for secret in ["first-", "second-", "third-", key.as_str()] {
        assert!(!logs.contains(secret), "a secret is in a log");
    }
    let plain = "select count(*) from pg_stat_activity join pg_stat_ssl using (pid) where usename like 'drill%' and not ssl";
    let plain: i64 = sqlx::query_scalar(plain).fetch_one(&fleet.database).await?;
    assert_eq!(plain, 0, "sessions without TLS");
    a_password_that_no_file_tells_is_missed(&fleet, &edges[0]).await
}

/// So the drill can fail: and what failed is mended by the file.
async fn a_password_that_no_file_tells_is_missed(fleet: &Fleet, client: &Client) -> Result<()> {
    fleet.set_password("jobs", "fourth").await?;
    let end = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'drill_jobs'";
    sqlx::query(end).execute(&fleet.database).await?;
    client.get("/api/v1/jobs").await?.problem(503)?;
    fleet.write_address("jobs", "fourth")?;
    eventually("the password of the file", SOON, || async {
        Ok((client.get("/api/v1/jobs").await?.status == 200).then_some(()))
    })
    .await
}

async fn api_key(client: &Client) -> Result<String> {
    let token = client.log_in("driller", PASSWORD).await?;
    let request = client.request(reqwest::Method::POST, "/api/v1/advanced/auth/api-key");
    let request = request.bearer_auth(token).json(&json!({"name": "drill"}));
    let key = client.send(request).await?.expect(201)?.json()?;
    Ok(key["api_key"].as_str().context("no api_key")?.to_owned())
}
