//! A text that is taken in, counted, kept, and shown in every place.

use std::fs;

use anyhow::Result;
use kiskadee_toy_api::bodies::{CommonestWord, CountResult, Text};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::system::ToySystem;

pub(crate) async fn and_shown(toy: &ToySystem) -> Result<()> {
    let job_id = toy
        .send("The bird sings, the BIRD flies; a bird!", 0)
        .await?;
    let job = toy.client().ended_job(&job_id).await?;
    assert_eq!(
        (&job["kind"], &job["status"]),
        (&json!("toy"), &json!("completed"))
    );
    assert_eq!(
        (&job["progress"], &job["attempts"]),
        (&json!(100), &json!(1))
    );
    let expected = CountResult {
        words: 8,
        distinct_words: 5,
        commonest: CommonestWord {
            word: "bird".to_owned(),
            times: 3,
        },
        text_url: format!("/api/v1/toy/texts/{job_id}"),
    };
    let result: CountResult = serde_json::from_value(job["result"].clone())?;
    assert_eq!(result, expected);

    let text: Text = serde_json::from_value(toy.text(&job_id).await?)?;
    assert_eq!((text.job_id.as_str(), text.chars), (job_id.as_str(), 39));
    assert_eq!(
        (text.outcome.as_deref(), text.words),
        (Some("completed"), Some(8))
    );
    assert!(text.counted_at >= Some(text.taken_at));

    is_listed(toy, &job).await?;
    is_stored(toy, &job_id).await
}

/// By its kind, and not among those of another.
async fn is_listed(toy: &ToySystem, job: &Value) -> Result<()> {
    let of_kind = async |kind: &str| -> Result<Value> {
        let path = format!("/api/v1/jobs?kind={kind}&limit=100");
        let page = toy.client().get(&path).await?.expect(200)?.json()?;
        Ok(page["items"].clone())
    };
    let toys = of_kind("toy").await?;
    let toys = toys.as_array().unwrap();
    assert_eq!(&toys[0], job, "the newest is shown as it is by itself");
    assert_eq!(toys.len(), 2, "with the one that waited: {toys:?}");
    assert!(toys.iter().all(|job| job["kind"] == "toy"), "{toys:?}");
    let spoken = of_kind("speech").await?;
    assert_eq!(spoken.as_array().unwrap().len(), 1, "{spoken}");
    Ok(())
}

/// Under its attempt, where only the accepted row says.
async fn is_stored(toy: &ToySystem, job_id: &str) -> Result<()> {
    let job = Uuid::parse_str(job_id.strip_prefix("job_").unwrap())?;
    let (token, key): (i64, String) =
        sqlx::query_as("select token, result ->> 'key' from queue.done where job_id = $1")
            .bind(job)
            .fetch_one(&toy.database)
            .await?;
    assert_eq!(key, format!("results/{}/{token}/counts.json", job.simple()));
    let stored = fs::read(toy.system.state_dir().join("storage").join(key))?;
    let stored: Value = serde_json::from_slice(&stored)?;
    assert_eq!(
        stored,
        json!({"a": 1, "bird": 3, "flies": 1, "sings": 1, "the": 2})
    );
    Ok(())
}
