//! A checkpoint becomes a voice, and is compared with the one that it began as.

use serde_json::json;

use crate::{room::Room, spoken::CLIPS};

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_is_heard_loaded_and_compared() {
    let room = Room::open(&CLIPS).await;
    let _worker = room.work();
    let run = room.start(30).await;
    let told = room.until_over(run).await;
    let caller = format!(
        "row('{}'::uuid, clock_timestamp(), null, 0)::api.credentials",
        room.owner
    );
    room.execute(
        "select speech.announce('[{\"name\": \"kiskadee\", \"languages\": [\"en\", \"pt-br\"]}]', '[]')".to_owned(),
    )
    .await;
    let checkpoint = told["checkpoint"]["checkpoint_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let id = checkpoint.replace("checkpoint_", "");
    let answer = room
        .value(format!(
            "select a from api.load_checkpoint({caller}, '{{\"checkpoint\": \"{id}\", \"name\": \"Mine\"}}', null, null, null) a"
        ))
        .await;
    assert_eq!(answer["status"], 202, "{answer}");
    room.until("select count(*) = 1 from speech.voice_version where is_current".to_owned())
        .await;
    let key = room
        .value("select conditioning_key from speech.voice where kind = 'trained'".to_owned())
        .await;
    assert!(room.object(key.as_str().unwrap()).await == room.voice_of(run).await);
    let answer = room
        .value(format!(
            "select a from api.start_comparison({caller}, '{{\"a\": \"base\", \"b\": \"{checkpoint}\", \"texts\": [\"The boat is late.\"]}}',
             null, null, null) a"
        ))
        .await;
    assert_eq!(answer["status"], 202, "{answer}");
    room.until("select pairs is not null or error is not null from training.comparison".to_owned())
        .await;
    let compared = room
        .value("select to_jsonb(c) from training.comparison c".to_owned())
        .await;
    assert_eq!(compared["error"], json!(null), "{compared}");
    let pair = &compared["pairs"][0];
    assert!(pair["between"]["mcd_db"].as_f64().unwrap() > 0.5, "{pair}");
    for side in ["a", "b"] {
        assert!(
            pair[side]["measures"]["duration_seconds"].as_f64().unwrap() > 0.5,
            "{pair}"
        );
        let measures = &pair[side]["measures"];
        let near = measures["speaker_distance_db"].as_f64().unwrap();
        assert!((0.0..60.0).contains(&near), "{pair}");
        assert_eq!(measures["word_error_rate"], json!(null));
        let why = measures["unmeasured"]["word_error_rate"].as_str().unwrap();
        assert!(why.contains("models import"), "{why}");
        let wav = room.object(pair[side]["key"].as_str().unwrap()).await;
        assert_eq!(&wav[..4], b"RIFF");
    }
}
