//! Files that are larger than a request: brought in parts, joined by a worker, and taken by the family that they are for.

use std::time::Duration;

use anyhow::{Context, Result};
use kiskadee_tests::{Answer, Client, audio, eventually};
use reqwest::Method;
use serde_json::{Value, json};

use crate::jobs::{finished, submit};
use crate::shared_system::{admin, new_user};

const PART: usize = 8 << 20;

/// Announces a file for speech.
async fn begin(client: &Client, content: &[u8], sha256: Option<&str>) -> Result<Value> {
    let body = json!({"family": "speech", "filename": "ana.wav", "bytes": content.len(), "sha256": sha256});
    client
        .post("/api/v1/uploads", &body)
        .await?
        .expect(201)?
        .json()
}

/// Brings a part, with its digest if one is given.
async fn bring(
    client: &Client,
    upload: &Value,
    number: usize,
    part: &[u8],
    digest: Option<&str>,
) -> Result<Answer> {
    let path = format!("{}/parts/{number}", url(upload)?);
    let mut request = client.request(Method::PUT, &path).body(part.to_vec());
    if let Some(digest) = digest {
        request = request.header("content-digest", digest);
    }
    client.send(request).await
}

async fn complete(client: &Client, upload: &Value) -> Result<Answer> {
    client
        .post(&format!("{}/complete", url(upload)?), &json!({}))
        .await
}

fn url(upload: &Value) -> Result<&str> {
    upload["status_url"].as_str().context("no status_url")
}

async fn shown(client: &Client, upload: &Value) -> Result<Value> {
    client.get(url(upload)?).await?.expect(200)?.json()
}

/// Waits until an upload is no longer checked.
async fn checked(client: &Client, upload: &Value) -> Result<Value> {
    eventually("the check", Duration::from_mins(1), || async {
        let upload = shown(client, upload).await?;
        Ok((upload["status"] != "checking").then_some(upload))
    })
    .await
}

/// Speech of a voice as a WAV that is larger than two parts: at 48 kHz, in stereo of 32 bits.
async fn large_recording(client: &Client) -> Result<Vec<u8>> {
    let sentence =
        "We walked along the river for an hour, and then we went home again to make some tea. ";
    let body = json!({"text": sentence.repeat(12), "voice_id": "heron", "language": "en"});
    let job = submit(client, body).await?;
    finished(client, &job).await?;
    let heard = client
        .get(&format!("/api/v1/jobs/{job}/audio"))
        .await?
        .expect(200)?;
    let samples = audio::decode(&heard.body, 48_000)?;
    let most = 57 * 48_000;
    Ok(stereo_wav(&samples[..samples.len().min(most)]))
}

fn stereo_wav(samples: &[i16]) -> Vec<u8> {
    let data = samples.len() * 8;
    let mut wav = Vec::with_capacity(44 + data);
    let number = |wav: &mut Vec<u8>, value: usize| wav.extend((value as u32).to_le_bytes());
    wav.extend(b"RIFF");
    number(&mut wav, 36 + data);
    wav.extend(b"WAVEfmt ");
    number(&mut wav, 16);
    // PCM, two channels; 48 kHz, 8 bytes a frame, 32 bits a sample.
    wav.extend([1, 0, 2, 0]);
    number(&mut wav, 48_000);
    number(&mut wav, 48_000 * 8);
    wav.extend([8, 0, 32, 0]);
    wav.extend(b"data");
    number(&mut wav, data);
    for sample in samples {
        let wide = (i32::from(*sample) << 16).to_le_bytes();
        wav.extend(wide);
        wav.extend(wide);
    }
    wav
}

#[tokio::test]
async fn a_recording_larger_than_a_request_becomes_a_voice() -> Result<()> {
    let (user, ..) = new_user().await?;
    let recording = large_recording(&user).await?;
    assert!(recording.len() > 2 * PART, "{}", recording.len());
    let parts: Vec<&[u8]> = recording.chunks(PART).collect();
    let upload = begin(&user, &recording, None).await?;
    assert_eq!(
        (&upload["parts"], &upload["part_bytes"]),
        (&json!(parts.len()), &json!(PART))
    );

    // The last first; the others by whoever comes back and asks what is missing.
    let last = parts.len();
    bring(&user, &upload, last, parts[last - 1], None)
        .await?
        .expect(200)?;
    let early = complete(&user, &upload).await?.problem(409)?;
    assert_eq!(
        early["detail"],
        format!("Of {last} parts these have not come: 1-{}.", last - 1)
    );
    let missing = shown(&user, &upload).await?["missing"].clone();
    assert_eq!(missing, json!([format!("1-{}", last - 1)]));
    let rest = (1..last).map(|number| bring(&user, &upload, number, parts[number - 1], None));
    for answer in futures::future::join_all(rest).await {
        answer?.expect(200)?;
    }

    let checking = complete(&user, &upload).await?.expect(202)?.json()?;
    assert_eq!(checking["status"], "checking");
    let job = finished(&user, checking["job_id"].as_str().context("no job_id")?).await?;
    assert_eq!(
        (&job["kind"], &job["status"]),
        (&json!("upload"), &json!("completed"))
    );
    assert_eq!(job["result"]["bytes"], recording.len());
    assert!(job["result"].get("key").is_none(), "{job}");
    assert_eq!(checked(&user, &upload).await?["status"], "ready");

    let id = upload["upload_id"].as_str().context("no id")?;
    let fields = [("name", "Mine"), ("language", "en"), ("upload_id", id)];
    let answer = user
        .post_files("/clone-voice", &fields, Vec::new())
        .await?
        .expect(202)?
        .json()?;
    let made = finished(&user, answer["job_id"].as_str().context("no job_id")?).await?;
    assert_eq!(made["status"], "completed", "{made}");
    let seconds = made["result"]["duration_seconds"]
        .as_f64()
        .context("no duration")?;
    assert!(
        (seconds - (recording.len() - 44) as f64 / 384_000.0).abs() < 0.1,
        "{seconds}"
    );
    let again = user
        .post_files("/clone-voice", &fields, Vec::new())
        .await?
        .problem(422)?;
    assert!(again.to_string().contains("used before"), "{again}");
    user.get(url(&upload)?).await?.problem(404)?;
    Ok(())
}

#[tokio::test]
async fn a_damaged_part_is_refused_at_once() -> Result<()> {
    let (user, ..) = new_user().await?;
    let abc = "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:";
    let upload = begin(&user, b"abc", None).await?;
    let damaged = bring(&user, &upload, 1, b"abd", Some(abc))
        .await?
        .problem(422)?;
    assert!(
        damaged["type"]
            .as_str()
            .is_some_and(|kind| kind.contains("digest_mismatch")),
        "{damaged}"
    );
    assert_eq!(shown(&user, &upload).await?["missing"], json!(["1"]));
    let stored = bring(&user, &upload, 1, b"abc", Some(abc))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(stored["bytes"], 3);
    let ready = complete(&user, &upload).await?.expect(200)?.json()?;
    assert_eq!(
        (&ready["status"], &ready["sha256"]),
        (&json!("ready"), &stored["sha256"])
    );
    user.delete(url(&upload)?).await?.expect(204)?;
    user.get(url(&upload)?).await?.problem(404)?;
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_another_one_is_refused_when_it_is_joined() -> Result<()> {
    let (user, ..) = new_user().await?;
    let content = vec![7; PART + 1];
    let upload = begin(&user, &content, Some(&"0".repeat(64))).await?;
    bring(&user, &upload, 1, &content[..PART], None)
        .await?
        .expect(200)?;
    bring(&user, &upload, 2, &content[PART..], None)
        .await?
        .expect(200)?;
    complete(&user, &upload).await?.expect(202)?;
    let refused = checked(&user, &upload).await?;
    assert_eq!(refused["status"], "refused");
    let reason = refused["error"].as_str().context("no reason")?;
    assert!(
        reason.starts_with("its SHA-256 is ") && reason.contains("not 0000"),
        "{reason}"
    );
    let late = bring(&user, &upload, 1, &content[..PART], None)
        .await?
        .problem(409)?;
    assert!(
        late["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("SHA-256")),
        "{late}"
    );
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_an_upload_is_told() -> Result<()> {
    let (user, ..) = new_user().await?;
    let post = async |body: Value| user.post("/api/v1/uploads", &body).await;
    let all = post(json!({"bytes": 0, "sha256": "abc"}))
        .await?
        .problem(422)?;
    let fields: Vec<&str> = all["errors"]
        .as_array()
        .context("no errors")?
        .iter()
        .filter_map(|e| e["field"].as_str())
        .collect();
    assert_eq!(fields, ["sha256", "family", "filename", "bytes"]);
    let family = post(json!({"family": "songs", "filename": "a", "bytes": 1}))
        .await?
        .problem(422)?;
    assert!(
        family["errors"][0]["message"]
            .as_str()
            .is_some_and(|m| m.contains("`speech`")),
        "{family}"
    );
    let large = post(json!({"family": "speech", "filename": "a", "bytes": 104_857_601}))
        .await?
        .problem(422)?;
    assert!(
        large["errors"][0]["message"]
            .as_str()
            .is_some_and(|m| m.contains("100 MB")),
        "{large}"
    );

    let upload = begin(&user, b"abc", None).await?;
    bring(&user, &upload, 1, b"ab", None).await?.problem(422)?;
    bring(&user, &upload, 2, b"abc", None).await?.problem(404)?;
    bring(&user, &upload, 1, &vec![0; PART + 1], None)
        .await?
        .problem(413)?;
    bring(&admin(), &upload, 1, b"abc", None)
        .await?
        .problem(404)?;
    bring(&user.anonymous(), &upload, 1, b"abc", None)
        .await?
        .problem(401)?;
    let stream = futures::stream::iter([Ok::<_, std::io::Error>("abc")]);
    let chunked = user
        .request(Method::PUT, &format!("{}/parts/1", url(&upload)?))
        .body(reqwest::Body::wrap_stream(stream));
    user.send(chunked).await?.problem(411)?;
    let clone = [
        ("name", "A"),
        ("language", "en"),
        ("upload_id", upload["upload_id"].as_str().context("no id")?),
    ];
    let early = user
        .post_files("/clone-voice", &clone, Vec::new())
        .await?
        .problem(422)?;
    assert!(early.to_string().contains("not ready"), "{early}");
    Ok(())
}
