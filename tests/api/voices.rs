//! Voices that users make, and what the embedded engine tells of its speech.

use std::time::Duration;

use anyhow::{Context, Result};
use kiskadee_tests::{Answer, Client, audio, eventually};
use serde_json::{Value, json};

use crate::jobs::{finished, submit};
use crate::shared_system::{admin, new_user};

const SENTENCE: &str =
    "We walked along the river for an hour, and then we went home again to make some tea.";

/// The audio of a finished job.
async fn heard(client: &Client, job_id: &str) -> Result<Answer> {
    client
        .get(&format!("/api/v1/jobs/{job_id}/audio"))
        .await?
        .expect(200)
}

async fn said_by(client: &Client, voice: &str, language: &str) -> Result<(String, Value)> {
    let job_id = submit(
        client,
        json!({"text": SENTENCE, "voice_id": voice, "language": language}),
    )
    .await?;
    let job = finished(client, &job_id).await?;
    Ok((job_id, job))
}

/// Makes a voice of what a built-in voice says, and gives the answer to the form.
async fn cloned(client: &Client, name: &str) -> Result<Value> {
    let (job_id, _) = said_by(client, "heron", "en").await?;
    let recording = heard(client, &job_id).await?.body;
    let fields = [
        ("name", name),
        ("language", "en"),
        ("consent", "I agree that my voice is used."),
    ];
    let answer = client
        .post_file("/clone-voice", &fields, "me.wav", recording)
        .await?
        .expect(202)?
        .json()?;
    let made = finished(client, answer["job_id"].as_str().context("no job_id")?).await?;
    assert_eq!(made["status"], "completed", "{made}");
    assert_eq!(made["result"]["voice_id"], answer["voice_id"]);
    Ok(answer)
}

#[tokio::test]
async fn built_in_voices_have_previews() -> Result<()> {
    let client = admin();
    // Workers speak them after they have begun to work.
    let preview = eventually("a preview", Duration::from_secs(20), || async {
        let voice = client.get("/api/v1/voices/sabia").await?.expect(200)?;
        Ok(voice.json()?["preview_url"].as_str().map(str::to_owned))
    });
    let heard = client.get(&preview.await?).await?.expect(200)?;
    assert_eq!(heard.header("content-type"), "audio/wav");
    let samples = audio::decode(&heard.body, 16_000)?;
    assert!(samples.len() > 3 * 16_000 && audio::loudness(&samples) > 0.01);
    Ok(())
}

#[tokio::test]
async fn a_recording_becomes_a_voice_that_goes_with_it() -> Result<()> {
    let (user, ..) = new_user().await?;
    let made = cloned(&user, "Mine").await?;
    let voice = made["voice_id"].as_str().context("no voice_id")?;
    let (job_id, job) = said_by(&user, voice, "en").await?;
    assert_eq!(
        (&job["result"]["voice_id"], &job["result"]["engine"]),
        (&json!(voice), &json!("kiskadee"))
    );
    assert!(audio::loudness(&audio::decode(&heard(&user, &job_id).await?.body, 16_000)?) > 0.01);

    let body = json!({"text": "Hi.", "voice_id": voice, "language": "en"});
    new_user()
        .await?
        .0
        .post("/api/v1/speech", &body)
        .await?
        .problem(422)?;

    let recording = made["recording_id"].as_str().context("no recording_id")?;
    user.delete(&format!("/api/v1/recordings/{recording}"))
        .await?
        .expect(204)?;
    user.get(&format!("/api/v1/voices/{voice}"))
        .await?
        .problem(404)?;
    user.post("/api/v1/speech", &body).await?.problem(422)?;
    Ok(())
}

#[tokio::test]
async fn several_recordings_become_one_voice_that_goes_with_each() -> Result<()> {
    let (user, ..) = new_user().await?;
    let (job_id, _) = said_by(&user, "heron", "en").await?;
    let recording = heard(&user, &job_id).await?.body;
    let fields = [("name", "Mine"), ("language", "en")];
    let clone = async |files| user.post_files("/clone-voice", &fields, files).await;
    let files = vec![("a.wav", recording.clone()), ("b.wav", recording.clone())];
    let answer = clone(files).await?.expect(202)?.json()?;
    let made = finished(&user, answer["job_id"].as_str().context("no job_id")?).await?;
    assert_eq!(made["status"], "completed", "{made}");
    let voice = answer["voice_id"].as_str().context("no voice_id")?;
    let (_, job) = said_by(&user, voice, "en").await?;
    assert_eq!(job["result"]["voice_id"], voice);

    let recordings = answer["recording_ids"].as_array().context("no ids")?;
    assert_eq!(
        (recordings.len(), &recordings[0]),
        (2, &answer["recording_id"])
    );
    let last = recordings[1].as_str().context("no id")?;
    user.delete(&format!("/api/v1/recordings/{last}"))
        .await?
        .expect(204)?;
    user.get(&format!("/api/v1/voices/{voice}"))
        .await?
        .problem(404)?;

    let refused = clone(vec![("a.wav", recording.clone()), ("none.wav", Vec::new())]).await?;
    assert!(
        refused
            .problem(422)?
            .to_string()
            .contains("`none.wav` is empty")
    );
    let refused = clone(vec![("a.wav", b"RIFF".to_vec()); 9]).await?;
    assert!(refused.problem(422)?.to_string().contains("at most 8"));
    let noise = b"this is no audio at all, but it is long enough to be looked at".to_vec();
    let answer = clone(vec![("a.wav", recording), ("noise.wav", noise)]).await?;
    let answer = answer.expect(202)?.json()?;
    let job = finished(&user, answer["job_id"].as_str().context("no job_id")?).await?;
    assert!(job["error"].to_string().contains("`noise.wav`"), "{job}");
    Ok(())
}

#[tokio::test]
async fn voices_are_mixed_and_the_mix_can_be_kept() -> Result<()> {
    let (user, ..) = new_user().await?;
    let made = cloned(&user, "Half of it").await?;
    let body = json!({"voice_ids": [made["voice_id"], "wren"], "weights": [1, 3], "text": SENTENCE, "language": "en",
        "save_as": "Both"});
    let answer = user
        .post("/api/v1/advanced/voice-morphing", &body)
        .await?
        .expect(202)?
        .json()?;
    let job = finished(&user, answer["job_id"].as_str().context("no job_id")?).await?;
    assert_eq!(job["status"], "completed", "{job}");
    let mix = answer["voice_id"].as_str().context("no voice_id")?;
    let (_, job) = said_by(&user, mix, "en").await?;
    assert_eq!(job["result"]["voice_id"], mix);
    let shown = user
        .get(&format!("/api/v1/voices/{mix}"))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(shown["kind"], "morphed", "{shown}");
    Ok(())
}

#[tokio::test]
async fn recordings_without_a_voice_are_refused_with_the_reason() -> Result<()> {
    let (user, ..) = new_user().await?;
    let fields = [("name", "Nothing"), ("language", "en"), ("consent", "yes")];
    let cases: [(Vec<u8>, &str); 3] = [
        (wav(&vec![0; 5 * 16_000]), "silent"),
        (wav(&vec![0; 16_000]), "must sound for 3 to 60 s"),
        (
            b"this is no audio at all, but it is long enough to be looked at".to_vec(),
            "",
        ),
    ];
    for (content, reason) in cases {
        let answer = user
            .post_file("/clone-voice", &fields, "me.wav", content)
            .await?
            .expect(202)?
            .json()?;
        let job = finished(&user, answer["job_id"].as_str().context("no job_id")?).await?;
        assert_eq!(job["status"], "failed", "{job}");
        assert!(job["error"].to_string().contains(reason), "{reason}: {job}");
    }
    Ok(())
}

/// Samples at 16 kHz as a file.
fn wav(samples: &[i16]) -> Vec<u8> {
    let data: Vec<u8> = samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    let length = data.len() as u32;
    let mut file = b"RIFF".to_vec();
    file.extend((length + 36).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(16_000_u32.to_le_bytes());
    file.extend(32_000_u32.to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend(length.to_le_bytes());
    file.extend(data);
    file
}

#[tokio::test]
async fn the_times_of_the_words_are_told() -> Result<()> {
    let body = json!({"text": "It costs $5. Is that fair?", "voice_id": "wren", "language": "en", "timestamps": true});
    let job_id = submit(&admin(), body).await?;
    finished(&admin(), &job_id).await?;
    let times = admin()
        .get(&format!("/api/v1/jobs/{job_id}/timestamps"))
        .await?
        .expect(200)?
        .json()?;
    let words: Vec<&str> = times["words"]
        .as_array()
        .context("no words")?
        .iter()
        .filter_map(|word| word["word"].as_str())
        .collect();
    assert_eq!(words, ["It", "costs", "$5", "Is", "that", "fair"]);
    let subtitles = admin()
        .get(&format!("/api/v1/jobs/{job_id}/subtitles"))
        .await?
        .expect(200)?;
    assert!(subtitles.header("content-type").starts_with("text/vtt"));
    let text = subtitles.text();
    assert!(
        text.starts_with("WEBVTT")
            && text.contains("It costs $5.")
            && text.matches("-->").count() == 2,
        "{text}"
    );
    let subrip = admin()
        .get(&format!("/api/v1/jobs/{job_id}/subtitles?format=srt"))
        .await?
        .expect(200)?;
    assert!(
        subrip
            .header("content-type")
            .starts_with("application/x-subrip")
    );
    assert!(subrip.text().starts_with("1\n00:00:0"), "{}", subrip.text());
    assert_eq!(subrip.text().matches(',').count(), 4);
    Ok(())
}

#[tokio::test]
async fn voices_are_found_by_what_one_looks_for() -> Result<()> {
    let found = async |query: &str| -> Result<Vec<Value>> {
        let path = format!("/api/v1/voices?limit=100{query}");
        let page = admin().get(&path).await?.expect(200)?.json()?;
        Ok(page["items"].as_array().context("no items")?.clone())
    };
    let first = admin().get("/api/v1/voices?limit=3").await?.json()?;
    let engines = [0, 1, 2].map(|place| first["items"][place]["engine"].clone());
    assert!(engines.iter().all(|engine| engine == "kiskadee"), "{first}");
    let espeak = found("&engine=espeak&language=pt-BR").await?;
    assert!(!espeak.is_empty());
    assert!(espeak.iter().all(|voice| voice["engine"] == "espeak"));
    let heron = found("&q=HERON&kind=builtin").await?;
    assert_eq!(heron[0]["voice_id"], "heron");
    assert!(
        found("&kind=builtin&q=nobody-of-this-name")
            .await?
            .is_empty()
    );
    let refused = admin()
        .get("/api/v1/voices?langauge=pt")
        .await?
        .problem(422)?;
    assert_eq!(refused["errors"][0]["field"], "langauge");
    Ok(())
}

#[tokio::test]
async fn a_language_that_the_embedded_voice_lacks_is_spoken_by_another_engine() -> Result<()> {
    let (_, english) = said_by(&admin(), "default", "en-GB").await?;
    let (_, german) = said_by(&admin(), "default", "de").await?;
    assert_eq!(
        (&english["result"]["engine"], &german["result"]["engine"]),
        (&json!("kiskadee"), &json!("espeak"))
    );
    Ok(())
}
