//! Lists of jobs and batches, narrowed by what a person would look for.

use anyhow::{Context, Result};
use kiskadee_tests::Client;
use serde_json::{Value, json};

use crate::shared_system::{admin, new_user};
use crate::{batches, jobs};

async fn items(client: &Client, path: &str) -> Result<Vec<Value>> {
    let page = client.get(path).await?.expect(200)?.json()?;
    Ok(page["items"].as_array().context("no items")?.clone())
}

fn ids(items: &[Value], member: &str) -> Vec<String> {
    let ids = items.iter().filter_map(|item| item[member].as_str());
    ids.map(str::to_owned).collect()
}

fn texts(texts: &[&str]) -> Value {
    json!({"texts": texts, "voice_id": "default", "language": "en"})
}

async fn batch(client: &Client, body: &Value) -> Result<String> {
    let path = "/api/v1/advanced/batch-tts";
    let answer = client.post(path, body).await?.expect(202)?.json()?;
    Ok(answer["batch_id"]
        .as_str()
        .context("no batch_id")?
        .to_owned())
}

/// The errors of a refused list: field and message.
async fn refused(client: &Client, path: &str) -> Result<Vec<(String, String)>> {
    let problem = client.get(path).await?.problem(422)?;
    let errors = problem["errors"].as_array().context("no errors")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(errors
        .iter()
        .map(|error| (text(&error["field"]), text(&error["message"])))
        .collect())
}

#[tokio::test]
async fn jobs_are_found_by_kind_status_batch_and_time() -> Result<()> {
    let (client, _, _) = new_user().await?;
    let batch_id = batch(&client, &texts(&["One.", "Two."])).await?;
    batches::finished(&client, &batch_id).await?;
    let body = json!({"text": "Alone.", "voice_id": "default", "language": "en"});
    let alone = jobs::submit(&client, body).await?;
    jobs::finished(&client, &alone).await?;

    let all = items(&client, "/api/v1/jobs").await?;
    assert_eq!((all.len(), &all[0]["job_id"]), (3, &json!(alone)));
    let of_batch = items(&client, &format!("/api/v1/jobs?batch_id={batch_id}")).await?;
    assert_eq!(of_batch.len(), 2);
    assert!(of_batch.iter().all(|job| job["batch_id"] == *batch_id));
    let completed = items(&client, "/api/v1/jobs?kind=speech&status=completed").await?;
    assert_eq!(ids(&completed, "job_id"), ids(&all, "job_id"));
    for query in [
        "kind=clone",
        "kind=archive",
        "status=failed",
        "status=queued",
    ] {
        let found = items(&client, &format!("/api/v1/jobs?{query}")).await?;
        assert!(found.is_empty(), "{query}: {found:?}");
    }
    let created_at = all[0]["created_at"].as_str().context("no created_at")?;
    let before = items(
        &client,
        &format!("/api/v1/jobs?created_before={created_at}"),
    )
    .await?;
    assert_eq!(ids(&before, "job_id"), ids(&of_batch, "job_id"));
    let after = items(&client, &format!("/api/v1/jobs?created_after={created_at}")).await?;
    assert!(after.is_empty(), "{after:?}");
    Ok(())
}

#[tokio::test]
async fn filters_hold_for_every_page() -> Result<()> {
    let (client, _, _) = new_user().await?;
    let batch_id = batch(&client, &texts(&["One.", "Two.", "Three."])).await?;
    jobs::submit(
        &client,
        json!({"text": "Alone.", "voice_id": "default", "language": "en"}),
    )
    .await?;
    let filtered = format!("/api/v1/jobs?limit=2&batch_id={batch_id}");
    let first = client.get(&filtered).await?.expect(200)?.json()?;
    let cursor = first["next_cursor"].as_str().context("no second page")?;
    let second = client
        .get(&format!("{filtered}&cursor={cursor}"))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(first["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(second["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(second["next_cursor"], Value::Null);
    Ok(())
}

#[tokio::test]
async fn what_is_no_filter_is_refused_by_name() -> Result<()> {
    let found = refused(
        &admin(),
        "/api/v1/jobs?kind=Speech!&status=done&batch_id=job_1&created_after=now&colour=red",
    )
    .await?;
    let fields: Vec<&str> = found.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(
        fields,
        ["kind", "status", "batch_id", "created_after", "colour"]
    );
    assert_eq!(
        found[1].1,
        "`done` is not one of queued, running, completed, failed, cancelled, expired"
    );
    let order =
        "/api/v1/jobs?created_after=2026-01-02T00:00:00Z&created_before=2026-01-01T00:00:00Z";
    assert_eq!(refused(&admin(), order).await?[0].0, "created_before");
    assert_eq!(
        refused(&admin(), "/api/v1/batches?status=running").await?[0].0,
        "status"
    );
    assert_eq!(
        refused(&admin(), "/api/v1/batches?kind=speech").await?[0].0,
        "kind"
    );
    assert_eq!(
        refused(&admin(), "/api/v1/batches?limit=0&cursor=x").await?[0].0,
        "limit"
    );
    assert_eq!(
        refused(&admin(), "/api/v1/batches?cursor=batch_1").await?[0].0,
        "cursor"
    );
    Ok(())
}

#[tokio::test]
async fn batches_are_found_by_time_at_both_addresses() -> Result<()> {
    let (client, _, _) = new_user().await?;
    let first = batch(&client, &texts(&["One."])).await?;
    let second = batch(&client, &texts(&["Two."])).await?;
    let all = items(&client, "/api/v1/advanced/batch-tts").await?;
    assert_eq!(ids(&all, "batch_id"), [second.clone(), first.clone()]);
    let time = all[1]["created_at"].as_str().context("no created_at")?;
    for path in ["/api/v1/advanced/batch-tts", "/api/v1/batches"] {
        let after = items(&client, &format!("{path}?created_after={time}")).await?;
        assert_eq!(ids(&after, "batch_id"), [second.as_str()], "{path}");
        let before = format!("{path}?created_before={time}");
        assert!(items(&client, &before).await?.is_empty(), "{path}");
        let wrong = refused(&client, &format!("{path}?state=failed")).await?;
        assert_eq!(wrong[0].0, "state");
    }
    Ok(())
}

#[tokio::test]
async fn batches_are_listed_newest_first_and_by_status() -> Result<()> {
    let (client, _, _) = new_user().await?;
    let (stranger, _, _) = new_user().await?;
    let mut made = Vec::new();
    for text in ["One.", "Two.", "Three."] {
        made.push(batch(&client, &texts(&[text])).await?);
    }
    for batch_id in &made {
        batches::finished(&client, batch_id).await?;
    }
    made.reverse();
    let listed = items(&client, "/api/v1/batches").await?;
    assert_eq!(ids(&listed, "batch_id"), made);
    let status = client.batch_status(&made[0]).await?;
    for member in [
        "batch_id",
        "total_jobs",
        "completed",
        "failed",
        "cancelled",
        "pending",
        "progress",
        "status",
        "created_at",
        "finished_at",
    ] {
        assert_eq!(listed[0][member], status[member], "{member}");
    }
    assert_eq!(listed[0]["status"], "completed");

    let first = client
        .get("/api/v1/batches?limit=2&status=completed")
        .await?
        .expect(200)?
        .json()?;
    let cursor = first["next_cursor"].as_str().context("no second page")?;
    let rest = items(
        &client,
        &format!("/api/v1/batches?limit=2&status=completed&cursor={cursor}"),
    )
    .await?;
    assert_eq!(ids(&rest, "batch_id"), made[2..]);
    assert!(
        items(&client, "/api/v1/batches?status=failed")
            .await?
            .is_empty()
    );
    assert!(items(&stranger, "/api/v1/batches").await?.is_empty());
    let of_stranger = items(&stranger, &format!("/api/v1/jobs?batch_id={}", made[0])).await?;
    assert!(of_stranger.is_empty());
    admin()
        .anonymous()
        .get("/api/v1/batches")
        .await?
        .problem(401)?;
    Ok(())
}
