//! Health, readiness, metrics, documents and the conventions that hold everywhere.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use kiskadee_tests::{binary, eventually};
use reqwest::Method;
use serde_json::Value;

use crate::shared_system::{admin, new_user, system};

#[tokio::test]
async fn health_and_readiness_answer() -> Result<()> {
    let health = admin()
        .anonymous()
        .get("/health")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(health["status"], "healthy");
    let ready = admin()
        .anonymous()
        .get("/ready")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(ready["ready"], true);
    for check in ["database", "storage", "workers", "models"] {
        assert_eq!(ready["checks"][check], true, "{check}: {ready}");
    }
    Ok(())
}

#[tokio::test]
async fn metrics_count_jobs_and_requests() -> Result<()> {
    let before = metric(
        &admin().anonymous().get("/metrics").await?.text(),
        "tts_jobs_created_total",
    );
    admin().submit_batch(3).await?;
    // What was asked for a moment ago is told again.
    let text = eventually("the count", Duration::from_secs(20), || async {
        let text = admin()
            .anonymous()
            .get("/metrics")
            .await?
            .expect(200)?
            .text();
        Ok((metric(&text, "tts_jobs_created_total") >= before + 3.0).then_some(text))
    })
    .await?;
    for name in [
        "http_requests_total",
        "queue_depth",
        "queue_oldest_job_seconds",
        "workers_alive",
    ] {
        assert!(text.contains(&format!("# TYPE {name} ")), "no {name}");
    }
    assert!(metric(&text, "workers_alive") >= 1.0);
    Ok(())
}

/// The sum of a metric over its labels.
fn metric(text: &str, name: &str) -> f64 {
    text.lines()
        .filter(|line| {
            line.starts_with(&format!("{name}{{")) || line.starts_with(&format!("{name} "))
        })
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
        .sum()
}

#[tokio::test]
async fn documents_are_served() -> Result<()> {
    let openapi = admin()
        .anonymous()
        .get("/openapi.json")
        .await?
        .expect(200)?
        .json()?;
    assert!(
        openapi["openapi"]
            .as_str()
            .unwrap_or_default()
            .starts_with("3.1")
    );
    for path in ["/auth/login", "/api/v1/advanced/batch-tts", "/ready"] {
        assert!(
            openapi["paths"].get(path).is_some(),
            "{path} is not in the document"
        );
    }
    assert!(
        admin()
            .anonymous()
            .get("/docs")
            .await?
            .expect(200)?
            .text()
            .contains("swagger")
    );
    admin().anonymous().get("/redoc").await?.expect(200)?;
    let postman = admin()
        .anonymous()
        .get("/postman.json")
        .await?
        .expect(200)?
        .json()?;
    assert!(
        postman["info"]["schema"]
            .as_str()
            .unwrap_or_default()
            .contains("v2.1")
    );
    Ok(())
}

#[tokio::test]
async fn every_answer_carries_its_request_id_and_security_headers() -> Result<()> {
    let request = admin()
        .request(Method::GET, "/auth/me")
        .header("x-request-id", "my-request-1");
    let answer = admin().send(request).await?.expect(200)?;
    assert_eq!(answer.header("x-request-id"), "my-request-1");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(
        answer
            .header("content-security-policy")
            .contains("frame-ancestors")
    );
    let odd = admin()
        .request(Method::GET, "/health")
        .header("x-request-id", "has spaces and \t tabs");
    let answer = admin().send(odd).await?;
    assert!(
        !answer.header("x-request-id").is_empty() && !answer.header("x-request-id").contains(' ')
    );
    Ok(())
}

#[tokio::test]
async fn the_dashboards_data_is_for_admins() -> Result<()> {
    for path in [
        "/monitoring/system",
        "/monitoring/workers",
        "/monitoring/queue",
    ] {
        admin().get(path).await?.expect(200)?.json()?;
        admin().anonymous().get(path).await?.problem(401)?;
        let (user, _, _) = new_user().await?;
        user.get(path).await?.problem(403)?;
    }
    Ok(())
}

/// A system that works has nothing wrong, and one that is not there has.
#[test]
fn the_doctor_finds_nothing_wrong_here() -> Result<()> {
    let look = |arguments: &[&str]| -> Result<(bool, Value)> {
        let output = Command::new(binary())
            .args(["doctor", "--json"])
            .args(arguments)
            .env_remove("KISKADEE_DATABASE_URL")
            .env_remove("KISKADEE_STORAGE")
            .output()?;
        Ok((
            output.status.success(),
            serde_json::from_slice(&output.stdout)?,
        ))
    };
    let state = system().state_dir.display().to_string();
    let (is_well, told) = look(&["--state-dir", &state])?;
    assert!(is_well && told["healthy"] == true, "{told:#}");
    let states: Vec<(&str, &str)> = told["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| {
            (
                check["check"].as_str().unwrap(),
                check["state"].as_str().unwrap(),
            )
        })
        .collect();
    for check in [
        "database",
        "version",
        "clock",
        "pooler",
        "migrations",
        "roles",
        "workers",
        "leader",
        "partitions",
        "storage",
        "edge",
        "components",
    ] {
        assert!(states.contains(&(check, "ok")), "{check}: {told:#}");
    }
    let (is_well, told) = look(&["--state-dir", "/nonexistent"])?;
    assert!(!is_well && told["healthy"] == false, "{told:#}");
    Ok(())
}
