//! Datasets over HTTP: recordings come in, are cut, get their words, are looked through, and go.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use anyhow::{Context as _, Result};
use kiskadee_tests::{Answer, Client};
use reqwest::Method;
use serde_json::{Value, json};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::jobs::finished;
use crate::shared_system::new_user;

const ROOT: &str = "/training";
const SENTENCES: [&str; 3] = [
    "The kettle was old and slow, so we talked about the winter.",
    "After that nobody said anything for a while.",
    "The rain began to fall on the roof of the house.",
];

/// What a voice says, as WAV.
async fn spoken(client: &Client, text: &str) -> Result<Vec<u8>> {
    let body = json!({"text": text, "voice_id": "heron", "language": "en"});
    client.speak(&body).await
}

/// Recordings with their words, as `LJSpeech` lays them out.
async fn archive(client: &Client) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut rows = String::new();
    for (number, sentence) in SENTENCES.iter().enumerate() {
        zip.start_file(format!("wavs/s{number}.wav"), options)?;
        zip.write_all(&spoken(client, sentence).await?)?;
        writeln!(rows, "s{number}|{sentence}|{sentence}")?;
    }
    zip.start_file("metadata.csv", options)?;
    zip.write_all(rows.as_bytes())?;
    Ok(zip.finish()?.into_inner())
}

/// Brings a file for the training by an upload; the answer is its id.
async fn uploaded(client: &Client, content: &[u8]) -> Result<String> {
    let body = json!({"family": "training", "filename": "mine.zip", "bytes": content.len()});
    let upload = client
        .post("/api/v1/uploads", &body)
        .await?
        .expect(201)?
        .json()?;
    let url = upload["status_url"].as_str().context("no status_url")?;
    for (number, part) in (1..).zip(content.chunks(8 << 20)) {
        let path = format!("{url}/parts/{number}");
        let request = client.request(Method::PUT, &path).body(part.to_vec());
        client.send(request).await?.expect(200)?;
    }
    let complete = format!("{url}/complete");
    client.post(&complete, &json!({})).await?.expect(200)?;
    Ok(upload["upload_id"]
        .as_str()
        .context("no upload_id")?
        .to_owned())
}

async fn patch(client: &Client, path: &str, body: &Value) -> Result<Answer> {
    let path = format!("{ROOT}{path}");
    client
        .send(client.request(Method::PATCH, &path).json(body))
        .await
}

async fn post(client: &Client, path: &str, body: &Value) -> Result<Answer> {
    client.post(&format!("{ROOT}{path}"), body).await
}

async fn get(client: &Client, path: &str) -> Result<Value> {
    client
        .get(&format!("{ROOT}{path}"))
        .await?
        .expect(200)?
        .json()
}

/// Takes a step and waits for its end.
async fn step(client: &Client, name: &str, body: &Value) -> Result<Value> {
    let answer = post(client, &format!("/dataset/{name}"), body)
        .await?
        .expect(202)?
        .json()?;
    let job = finished(client, answer["job_id"].as_str().context("no job_id")?).await?;
    anyhow::ensure!(job["status"] == "completed", "{name}: {job}");
    Ok(job["result"].clone())
}

async fn new_dataset(client: &Client, name: &str) -> Result<String> {
    let body = json!({"name": name, "language": "en", "consent": "I read it myself."});
    let dataset = post(client, "/datasets", &body)
        .await?
        .expect(201)?
        .json()?;
    Ok(dataset["dataset_id"]
        .as_str()
        .context("no dataset_id")?
        .to_owned())
}

#[tokio::test]
async fn recordings_become_segments_with_words() -> Result<()> {
    let (user, ..) = new_user().await?;
    let id = new_dataset(&user, "my_voice").await?;
    let upload = uploaded(&user, &archive(&user).await?).await?;
    // As older clients name a dataset.
    let body = json!({"dataset": "datasets/my_voice", "upload_id": upload});
    let imported = step(&user, "import", &body).await?;
    assert_eq!(
        (&imported["files"], &imported["format"]),
        (&json!(3), &json!("ljspeech"))
    );
    let cut = step(&user, "segment", &json!({"dataset": id})).await?;
    assert_eq!(cut["segments"], 3, "{cut}");
    let words = step(&user, "transcribe", &json!({"dataset": id})).await?;
    assert_eq!(words["transcribed"], 3, "{words}");

    let segments = get(&user, &format!("/dataset/files?dataset={id}")).await?;
    let items = segments["items"].as_array().context("no items")?;
    let texts: Vec<_> = items.iter().map(|item| item["text"].as_str()).collect();
    assert_eq!(texts, SENTENCES.map(Some));
    let url = items[0]["audio_url"].as_str().context("no audio_url")?;
    let heard = user.get(url).await?.expect(200)?;
    assert_eq!(heard.header("content-type"), "audio/flac");
    assert!(heard.body.starts_with(b"fLaC"));

    let stats = get(&user, &format!("/dataset/stats?dataset={id}")).await?;
    assert_eq!(
        (&stats["segments"]["accepted"], &stats["ready"]),
        (&json!(3), &json!(false))
    );
    assert!(
        stats["blockers"][0]
            .as_str()
            .unwrap_or_default()
            .contains("60 s"),
        "{stats}"
    );
    is_changed_by_hand(&user, &id, items).await?;

    let gone = user.delete(&format!("{ROOT}/datasets/my_voice")).await?;
    gone.expect(204)?;
    user.get(url).await?.problem(404)?;
    Ok(())
}

async fn is_changed_by_hand(user: &Client, dataset: &str, segments: &[Value]) -> Result<()> {
    let first = segments[0]["segment_id"]
        .as_str()
        .context("no segment_id")?;
    let path = format!("/dataset/segments/{first}");
    let written = patch(user, &path, &json!({"text": " Other  words. "}))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(
        (
            &written["text"],
            &written["text_source"],
            &written["edited"]
        ),
        (&json!("Other words."), &json!("edited"), &json!(true))
    );
    let edits = json!({"dataset": dataset, "segments": [
        {"segment_id": first, "state": "rejected"},
        {"segment_id": segments[1]["segment_id"], "text": ""},
    ]});
    let changed = patch(user, "/dataset/segments", &edits)
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(changed["changed"], 2);
    let listed = async |query: &str| -> Result<usize> {
        let page = get(user, &format!("/dataset/files?dataset={dataset}&{query}")).await?;
        Ok(page["items"].as_array().context("no items")?.len())
    };
    assert_eq!(listed("state=rejected").await?, 1);
    assert_eq!(listed("state=pending").await?, 1);
    assert_eq!(listed("kind=files&state=ready").await?, 3);
    assert_eq!(listed("sort=snr_db&limit=2").await?, 2);
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_is_told_before_anything_begins() -> Result<()> {
    let (user, ..) = new_user().await?;
    let (other, ..) = new_user().await?;
    let id = new_dataset(&user, "mine").await?;
    let twin = json!({"name": "mine", "language": "en"});
    post(&user, "/datasets", &twin).await?.problem(409)?;
    for body in [
        json!({}),
        json!({"name": "a/b", "language": "en"}),
        json!({"name": "b", "language": "English please"}),
        json!({"name": "b", "language": "en", "rights": "borrowed"}),
        json!({"name": "b", "language": "en", "folder": "x"}),
    ] {
        post(&user, "/datasets", &body).await?.problem(422)?;
    }
    // Another's, and nobody's.
    for (client, dataset) in [(&other, id.as_str()), (&other, "mine"), (&user, "yours")] {
        let path = format!("{ROOT}/datasets/{dataset}");
        client.get(&path).await?.problem(404)?;
        client.delete(&path).await?.problem(404)?;
        patch(
            client,
            &format!("/datasets/{dataset}"),
            &json!({"name": "x"}),
        )
        .await?
        .problem(404)?;
        let stats = format!("{ROOT}/dataset/stats?dataset={dataset}");
        client.get(&stats).await?.problem(404)?;
        for step in ["segment", "transcribe"] {
            let path = format!("/dataset/{step}");
            post(client, &path, &json!({"dataset": dataset}))
                .await?
                .problem(404)?;
        }
        let form = [("dataset", dataset)];
        let upload = format!("{ROOT}/dataset/upload");
        let sent = client.post_file(&upload, &form, "a.wav", vec![1]).await?;
        sent.problem(404)?;
    }
    // An empty one has nothing to be cut.
    let nothing = post(&user, "/dataset/segment", &json!({"dataset": id}))
        .await?
        .problem(422)?;
    assert_eq!(nothing["type"], "urn:kiskadee:problem:no_recordings");
    let body = json!({"dataset": id, "source": "whisper"});
    let unable = post(&user, "/dataset/transcribe", &body)
        .await?
        .problem(422)?;
    assert!(
        unable["errors"][0]["message"]
            .as_str()
            .unwrap_or_default()
            .contains("read aloud"),
        "{unable}"
    );
    let body = json!({"dataset": id, "upload_id": format!("upload_{}", "0".repeat(32))});
    post(&user, "/dataset/import", &body).await?.problem(422)?;
    for query in [
        "",
        "?dataset=mine&kind=clips",
        "?dataset=mine&sorted=x",
        "?dataset=mine&cursor=x",
    ] {
        let path = format!("{ROOT}/dataset/files{query}");
        user.get(&path).await?.problem(422)?;
    }
    user.anonymous()
        .get(&format!("{ROOT}/datasets"))
        .await?
        .problem(401)?;
    Ok(())
}

#[tokio::test]
async fn recordings_of_a_form_are_taken_or_refused_one_by_one() -> Result<()> {
    let (user, ..) = new_user().await?;
    let id = new_dataset(&user, "read aloud").await?;
    let path = format!("{ROOT}/dataset/upload");
    let said = spoken(&user, SENTENCES[0]).await?;
    let fields = [("dataset", id.as_str()), ("text", SENTENCES[0])];
    let two = vec![("a.wav", said.clone()), ("b.wav", said.clone())];
    user.post_files(&path, &fields, two).await?.problem(422)?;
    let sent = user
        .post_file(&path, &fields, "a.wav", said)
        .await?
        .expect(202)?
        .json()?;
    let read = finished(&user, sent["job_id"].as_str().context("no job_id")?).await?;
    assert_eq!(read["result"]["files"], 1, "{read}");
    let odd = vec![
        ("words.txt", b"no sound".to_vec()),
        ("half.wav", b"RIFF".to_vec()),
    ];
    let sent = user
        .post_files(&path, &fields[..1], odd)
        .await?
        .expect(202)?
        .json()?;
    let read = finished(&user, sent["job_id"].as_str().context("no job_id")?).await?;
    assert_eq!(
        read["result"]["refused"].as_array().map(Vec::len),
        Some(2),
        "{read}"
    );

    step(&user, "segment", &json!({"dataset": id})).await?;
    let segments = get(&user, &format!("/dataset/files?dataset={id}")).await?;
    assert_eq!(segments["items"][0]["text_source"], "prompts", "{segments}");
    let files = get(&user, &format!("/dataset/files?dataset={id}&kind=files")).await?;
    let first = files["items"][0]["file_id"]
        .as_str()
        .context("no file_id")?;
    user.delete(&format!("{ROOT}/dataset/files/{first}"))
        .await?
        .expect(204)?;
    let segments = get(&user, &format!("/dataset/files?dataset={id}")).await?;
    assert_eq!(segments["items"], json!([]));
    Ok(())
}
