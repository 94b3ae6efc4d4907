//! What the component refuses: what is another's, and what makes no sense, each mistake by name.

use anyhow::Result;
use serde_json::{Value, json};

use crate::system::ToySystem;

pub(crate) async fn to_others(toy: &ToySystem) -> Result<()> {
    let mine = toy.send("This is mine.", 0).await?;
    toy.client().ended_job(&mine).await?;
    let stranger = toy.system.client().new_user().await?.client;
    let text = format!("/api/v1/toy/texts/{mine}");
    let refusal = stranger.get(&text).await?.problem(404)?;
    assert_eq!(refusal["detail"], "There is no such text.");
    stranger
        .get(&format!("/api/v1/jobs/{mine}"))
        .await?
        .problem(404)?;
    let theirs = stranger
        .get("/api/v1/jobs?kind=toy")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(theirs["items"], json!([]));
    stranger.anonymous().get(&text).await?.problem(401)?;
    // An administrator sees all.
    let seen = toy.system.admin().get(&text).await?.expect(200)?.json()?;
    assert_eq!(seen["words"], 3);
    Ok(())
}

pub(crate) async fn for_bad_input(toy: &ToySystem) -> Result<()> {
    let too_long = "word ".repeat(401);
    let cases = [
        (json!({}), vec![("text", "is required")]),
        (json!({"text": 7}), vec![("text", "must be a string")]),
        (
            json!({"text": too_long}),
            vec![("text", "must have 1 to 2000 characters, found 2005")],
        ),
        (
            json!({"text": " … "}),
            vec![("text", "must have a letter or a figure")],
        ),
        (
            json!({"text": "a\0"}),
            vec![("text", "contains the character U+0000")],
        ),
        (
            json!({"text": "", "seconds": 61, "speed": 2}),
            vec![
                ("text", "must have 1 to 2000 characters, found 0"),
                ("seconds", "must be from 0 to 60, found 61"),
                ("speed", "is not a field of this request"),
            ],
        ),
    ];
    let before = count(toy).await?;
    for (body, wanted) in cases {
        let answer = toy.client().post("/api/v1/toy/texts", &body).await?;
        let problem = answer.problem(422)?;
        let wanted: Vec<Value> = wanted
            .into_iter()
            .map(|(field, message)| json!({"field": field, "message": message}))
            .collect();
        assert_eq!(problem["type"], "urn:kiskadee:problem:validation");
        assert_eq!(problem["errors"], Value::Array(wanted), "{body}");
    }
    assert_eq!(count(toy).await?, before, "nothing is kept of them");
    Ok(())
}

async fn count(toy: &ToySystem) -> Result<(i64, i64)> {
    let query = "select (select count(*) from toy.text),
        (select count(*) from queue.job) + (select count(*) from queue.done)";
    Ok(sqlx::query_as(query).fetch_one(&toy.database).await?)
}
