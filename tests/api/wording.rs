//! How texts ask to be said: SSML, and the dictionary of an account.

use anyhow::{Context, Result};
use kiskadee_tests::{Client, audio};
use serde_json::{Value, json};

use crate::jobs::{finished, submit};
use crate::shared_system::new_user;

async fn said(client: &Client, text: &str, language: &str) -> Result<(String, Value)> {
    let body =
        json!({"text": text, "voice_id": "default", "language": language, "timestamps": true});
    let job_id = submit(client, body).await?;
    let job = finished(client, &job_id).await?;
    assert_eq!(job["status"], "completed", "{job}");
    Ok((job_id, job))
}

async fn samples(client: &Client, text: &str) -> Result<Vec<i16>> {
    let (job_id, _) = said(client, text, "en").await?;
    let heard = client
        .get(&format!("/api/v1/jobs/{job_id}/audio"))
        .await?
        .expect(200)?;
    audio::decode(&heard.body, 16_000)
}

#[tokio::test]
async fn ssml_is_spoken_and_its_faults_are_placed() -> Result<()> {
    let (user, ..) = new_user().await?;
    let text = "<speak>Caf&#233; <break time=\"2s\"/> <emphasis>first</emphasis>.</speak>";
    let (job_id, job) = said(&user, text, "en").await?;
    assert!(
        job["result"]["duration_seconds"]
            .as_f64()
            .context("no duration")?
            > 2.5,
        "{job}"
    );
    let words = user
        .get(&format!("/api/v1/jobs/{job_id}/timestamps"))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(words["words"][0]["word"], "Café");
    assert!(
        words["words"][1]["start"].as_f64().context("no start")? > 2.0,
        "{words}"
    );
    let subtitles = user
        .get(&format!("/api/v1/jobs/{job_id}/subtitles"))
        .await?
        .expect(200)?
        .text();
    assert!(
        subtitles.contains("first.") && !subtitles.contains('<'),
        "{subtitles}"
    );

    let body = json!({"text": "<speak>\n <b>no</speak>", "voice_id": "default", "language": "en"});
    let problem = user.post("/api/v1/speech", &body).await?.problem(422)?;
    let message = problem["errors"][0]["message"]
        .as_str()
        .context("no message")?;
    assert!(
        message.contains("line 2, column 7: <b> opened at 2:2 is not closed"),
        "{message}"
    );

    // Engines that take plain text speak it, too.
    let (_, job) = said(&user, "<speak>Hallo <break/> Welt</speak>", "de").await?;
    assert_eq!(job["result"]["engine"], "espeak");
    Ok(())
}

#[tokio::test]
async fn marks_are_left_out_unless_the_text_is_plain() -> Result<()> {
    let (user, ..) = new_user().await?;
    let plain = samples(&user, "See the manual and tea & milk.").await?;
    let marked = "See <b>[the manual](https://example.com/a)</b> and **tea** &amp; milk.";
    assert_eq!(samples(&user, marked).await?, plain);

    let body = json!({"text": "<speak>Hi</speak>", "text_format": "plain", "voice_id": "default", "language": "en",
        "timestamps": true});
    let job_id = submit(&user, body).await?;
    finished(&user, &job_id).await?;
    let words = user
        .get(&format!("/api/v1/jobs/{job_id}/timestamps"))
        .await?
        .expect(200)?
        .text();
    assert!(words.contains("speak"), "{words}");

    for (format, text, told) in [
        ("ssml", "Hi", "is to be SSML"),
        (
            "word",
            "Hi",
            "`word` is not one of auto, plain, markdown, html, ssml",
        ),
    ] {
        let body =
            json!({"text": text, "text_format": format, "voice_id": "default", "language": "en"});
        let problem = user.post("/api/v1/speech", &body).await?.problem(422)?;
        assert!(problem.to_string().contains(told), "{problem}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_not_spoken_as_asked_is_told() -> Result<()> {
    let (user, ..) = new_user().await?;
    let text = "<speak>A <audio src='a.mp3'>bell</audio>.</speak>";
    let body = json!({"text": text, "voice_id": "default", "language": "en"});
    let answer = user
        .post("/api/v1/speech", &body)
        .await?
        .expect(202)?
        .json()?;
    let warning = &answer["warnings"][0];
    assert_eq!(
        (&warning["code"], &warning["line"], &warning["column"]),
        (&json!("audio_ignored"), &json!(1), &json!(10))
    );
    let job = finished(&user, answer["job_id"].as_str().context("no id")?).await?;
    assert_eq!(job["result"]["warnings"], answer["warnings"]);

    let batch = json!({"texts": ["Hi.", "\u{1F600}"], "voice_id": "default", "language": "en"});
    let answer = user
        .post("/api/v1/advanced/batch-tts", &batch)
        .await?
        .expect(202)?
        .json()?;
    assert_eq!(answer["warnings"][0]["code"], "no_words");
    assert_eq!(answer["warnings"][0]["index"], 1);

    let live = json!({"model": "tts-1", "input": "\u{1F600}", "voice": "alloy"});
    let heard = user.post("/v1/audio/speech", &live).await?.expect(200)?;
    assert_eq!(heard.header("content-type"), "audio/mpeg");
    assert_eq!(heard.header("kiskadee-warnings"), "no_words");
    Ok(())
}

#[tokio::test]
async fn words_are_said_as_the_dictionary_wants_them() -> Result<()> {
    let (user, ..) = new_user().await?;
    let before = samples(&user, "We ask the heron.").await?;
    let boat = samples(&user, "We ask the boat.").await?;
    assert_ne!(before, boat);

    let entries = json!({"language": "en", "entries": [{"word": "Heron", "alias": "boat"}]});
    let answer = user
        .post("/api/v1/pronunciations", &entries)
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(
        answer,
        json!({"language": "en", "added": 1, "replaced": 0, "total": 1})
    );
    assert_eq!(samples(&user, "We ask the heron.").await?, boat);

    let lexicon = r#"<lexicon version="1.0" alphabet="ipa" xml:lang="en-US"
        xmlns="http://www.w3.org/2005/01/pronunciation-lexicon">
        <lexeme><grapheme>heron</grapheme><phoneme>boʊt</phoneme></lexeme></lexicon>"#;
    let answer = user
        .post_raw(
            "/api/v1/pronunciations",
            "application/pls+xml",
            lexicon.into(),
        )
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(
        (&answer["replaced"], &answer["total"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(samples(&user, "We ask the HERON.").await?, boat);

    let list = user
        .get("/api/v1/pronunciations")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(list["items"][0]["phonemes"], "boʊt");
    let id = list["items"][0]["pronunciation_id"]
        .as_str()
        .context("no id")?;
    user.delete(&format!("/api/v1/pronunciations/{id}"))
        .await?
        .expect(204)?;
    assert_eq!(samples(&user, "We ask the heron.").await?, before);
    Ok(())
}

#[tokio::test]
async fn a_dictionary_that_cannot_be_read_is_refused_with_reasons() -> Result<()> {
    let (user, ..) = new_user().await?;
    let path = "/api/v1/pronunciations";
    let body = json!({"language": "en", "entries": [{"word": "a", "alias": "b"}, {"word": "!"}]});
    let problem = user.post(path, &body).await?.problem(422)?;
    let fields: Vec<_> = problem["errors"]
        .as_array()
        .context("no errors")?
        .iter()
        .map(|e| &e["field"])
        .collect();
    assert_eq!(fields, ["entries[1].word", "entries[1].phonemes"]);
    let pls = |body: &str| user.post_raw(path, "application/pls+xml", body.into());
    let problem = pls("<lexicon xml:lang='en'>\n<lexeme><alias>x</alias></lexeme></lexicon>")
        .await?
        .problem(422)?;
    assert_eq!(
        (
            &problem["errors"][0]["field"],
            &problem["errors"][0]["line"]
        ),
        (&json!("grapheme"), &json!(2))
    );
    pls("<lexicon>").await?.problem(400)?;
    user.post_raw(path, "text/plain", b"x".to_vec())
        .await?
        .problem(415)?;
    let large = vec![b' '; 2 << 20];
    // The edge may close the connection while the client still sends.
    match user.post_raw(path, "application/pls+xml", large).await {
        Ok(answer) => drop(answer.problem(413)?),
        Err(closed) => {
            let reason = format!("{closed:#}");
            assert!(
                ["Broken pipe", "reset", "closed"]
                    .iter()
                    .any(|cause| reason.contains(cause)),
                "{reason}"
            );
        }
    }
    user.delete(&format!("{path}/pron_{}", "0".repeat(32)))
        .await?
        .problem(404)?;
    Ok(())
}

#[tokio::test]
async fn how_a_text_will_be_spoken_is_shown() -> Result<()> {
    let (user, ..) = new_user().await?;
    let entry = json!({"language": "pt", "entries": [{"word": "gnocchi", "alias": "nhoque"}]});
    user.post("/api/v1/pronunciations", &entry)
        .await?
        .expect(200)?;
    let text = json!({"text": "São 21 gnocchi, né?", "language": "pt-BR"});
    let read = user.post("/api/v1/text/read", &text).await?.expect(200)?;
    let read = read.json()?;
    assert_eq!(read["language"], "pt");
    assert_eq!(read["sentences"][0]["spoken"], "são vinte e um nhoque né");
    let last = &read["sentences"][0]["words"][5];
    assert_eq!(
        (&last["written"], &last["start"], &last["end"], &last["ipa"]),
        (&json!("né"), &json!(16), &json!(18), &json!("nɛ"))
    );
    let german = json!({"text": "Guten Tag.", "language": "de"});
    let refused = user
        .post("/api/v1/text/read", &german)
        .await?
        .problem(422)?;
    assert_eq!(refused["errors"][0]["field"], "language");
    user.anonymous()
        .post("/api/v1/text/read", &text)
        .await?
        .problem(401)?;
    Ok(())
}
