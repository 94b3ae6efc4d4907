//! Voices that callers make: from recordings and from other voices; and what goes when one of them goes.

use kiskadee_speech_api::bodies::{
    CloneAnswer, CloneResult, MorphAnswer, RecordingList, Voice, VoiceKind,
};
use serde_json::{Value, json};

use kiskadee_edge_testing::{Database, SPEECH, Who};

const FORM: &str = r#"'{"name": "Ana", "language": "en", "filenames": ["ana.wav"]}'"#;
const FORM_OF_TWO: &str =
    r#"'{"name": "Ana", "language": "en", "filenames": ["ana.wav", "again.mp3"]}'"#;
const MINE: &str = "voice_00000000000070008000000000000001";

/// Uploads one recording and asks for a voice; the job has not run.
pub(crate) async fn clone(database: &Database) -> CloneAnswer {
    clone_of(database, FORM).await
}

async fn clone_of(database: &Database, form: &str) -> CloneAnswer {
    let begun: Value = database
        .ask(Who::Ann, "begin_recordings", &format!("{form}, null, null"))
        .await
        .body();
    let places = begun.as_array().into_iter().flatten();
    let uploads: Value = places
        .map(|place| json!({"recording": place["recording"], "bytes": 1000}))
        .collect();
    let create = format!("'{uploads}', {form}, null, null, null");
    let answer = database.ask(Who::Ann, "clone_voice", &create).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    // An upload counts once.
    assert_eq!(
        database.ask(Who::Ann, "clone_voice", &create).await.status,
        409
    );
    answer.body()
}

/// Ends the job as a worker does.
pub(crate) async fn make(database: &Database, outcome: &str) {
    let made = format!(
        "select queue.settle('00000000-0000-7000-8000-00000000000a', array[c.job_id], array[c.token], array['{outcome}'],
           array[jsonb_build_object('voice_id', c.args ->> 'voice_id', 'conditioning_key', 'voices/made',
             'duration_seconds', 5, 'engine', 'kiskadee')], array['no voice in it'], array[null::int])
         from queue.claim('00000000-0000-7000-8000-00000000000a', array['clone:kiskadee'], '{{}}', 1, 1000000, 1000) c"
    );
    database.run(&made).await;
}

async fn discarded(database: &Database) -> Vec<String> {
    let rows = database
        .client
        .query("select * from storage.discarded(10) k order by k", &[])
        .await;
    rows.expect("it answers")
        .iter()
        .map(|row| row.get(0))
        .collect()
}

#[tokio::test]
async fn a_voice_is_ready_when_its_job_is_done() {
    let database = Database::create(SPEECH).await;
    let CloneAnswer {
        job_id, voice_id, ..
    } = clone(&database).await;
    let show = async || -> Voice {
        database
            .ask(Who::Ann, "get_voice", &format!("'{voice_id}'"))
            .await
            .body()
    };
    assert!(!show().await.ready);
    let early = format!("test.items(1, null, '{voice_id}') -> 0, null, null, null, null");
    let refused = database.ask(Who::Ann, "create_speech", &early).await;
    assert_eq!(
        refused.errors()[0]["message"],
        format!("the voice {voice_id} is still being made")
    );

    make(&database, "completed").await;
    let voice = show().await;
    assert!(voice.ready && voice.kind == VoiceKind::Cloned);
    let lineage = voice.lineage.unwrap();
    assert!(
        lineage["consent"]["statement"]
            .as_str()
            .unwrap()
            .contains("consent")
    );
    let id = job_id.trim_start_matches("job_");
    let job: Value = database
        .ask_by("kiskadee_jobs", Who::Ann, "get_job", &format!("'{id}'"))
        .await
        .body();
    let made: CloneResult = serde_json::from_value(job["result"].clone()).unwrap();
    assert_eq!(made.voice_id, voice_id);
    assert_eq!(
        database.ask(Who::Ann, "create_speech", &early).await.status,
        202
    );
    let parts = database
        .text("select args -> 'voice_parts' -> 0 ->> 'conditioning_key' from queue.job")
        .await;
    assert_eq!(parts, "voices/made");
    assert_eq!(
        database.ask(Who::Bob, "create_speech", &early).await.status,
        422
    );
    database.drop().await;
}

#[tokio::test]
async fn a_recording_takes_all_that_came_from_it() {
    let database = Database::create(SPEECH).await;
    let CloneAnswer { voice_id, .. } = clone(&database).await;
    make(&database, "completed").await;
    let mix = format!(
        r#"test.items(1) -> 0, '[{{"voice_id": "{voice_id}", "weight": 3}}, {{"voice_id": "kiskadee-en", "weight": 1}}]', 'Both', null, null, null, null"#
    );
    let MorphAnswer {
        voice_id: mixed, ..
    } = database.ask(Who::Ann, "create_morph", &mix).await.body();
    let mixed = format!("'{}'", mixed.unwrap());
    let voice: Voice = database.ask(Who::Ann, "get_voice", &mixed).await.body();
    assert_eq!(
        voice.lineage.unwrap()["mix"][0],
        json!({"voice_id": voice_id, "weight": 0.75})
    );

    let page: RecordingList = database.ask(Who::Ann, "list_recordings", "10").await.body();
    assert_eq!(page.items[0].voices, std::slice::from_ref(&voice_id));
    let id = format!(
        "'{}'",
        page.items[0].recording_id.trim_start_matches("rec_")
    );
    assert_eq!(
        database.ask(Who::Bob, "delete_recording", &id).await.status,
        404
    );
    assert_eq!(
        database.ask(Who::Ann, "delete_recording", &id).await.status,
        204
    );
    for gone in [format!("'{voice_id}'"), mixed] {
        assert_eq!(database.ask(Who::Ann, "get_voice", &gone).await.status, 404);
    }
    let keys = discarded(&database).await;
    assert!(
        keys.len() == 2 && keys[0].starts_with("recordings/") && keys[1] == "voices/made",
        "{keys:?}"
    );
    database
        .run("select storage.deleted(array(select storage.discarded(10)))")
        .await;
    assert!(discarded(&database).await.is_empty());
    database.drop().await;
}

#[tokio::test]
async fn each_of_several_recordings_takes_the_voice_with_it() {
    let database = Database::create(SPEECH).await;
    let made = clone_of(&database, FORM_OF_TWO).await;
    let ids = made.recording_ids.unwrap();
    assert_eq!((ids.len(), &ids[0]), (2, &made.recording_id));
    let recordings = database
        .text("select args ->> 'recordings' from queue.job")
        .await;
    let recordings: Value = serde_json::from_str(&recordings).unwrap();
    assert_eq!(recordings[0]["filename"], "ana.wav");
    assert_eq!(recordings[1]["filename"], "again.mp3");
    make(&database, "completed").await;

    let voice = format!("'{}'", made.voice_id);
    let shown: Voice = database.ask(Who::Ann, "get_voice", &voice).await.body();
    assert_eq!(shown.lineage.unwrap()["recording_ids"], json!(ids));
    let listed =
        async || -> RecordingList { database.ask(Who::Ann, "list_recordings", "10").await.body() };
    for recording in listed().await.items {
        assert_eq!(recording.voices, std::slice::from_ref(&made.voice_id));
    }
    let delete = async |id: &str| {
        let id = format!("'{}'", id.trim_start_matches("rec_"));
        database.ask(Who::Ann, "delete_recording", &id).await.status
    };
    assert_eq!(delete(&ids[1]).await, 204);
    assert_eq!(
        database.ask(Who::Ann, "get_voice", &voice).await.status,
        404
    );
    let left = listed().await.items;
    assert!(left.len() == 1 && left[0].recording_id == ids[0] && left[0].voices.is_empty());
    assert_eq!(delete(&ids[0]).await, 204);
    assert_eq!(discarded(&database).await.len(), 3);
    database.drop().await;
}

#[tokio::test]
async fn a_voice_that_goes_takes_all_its_recordings_with_it() {
    let database = Database::create(SPEECH).await;
    let made = clone_of(&database, FORM_OF_TWO).await;
    make(&database, "failed").await;
    let again = clone_of(&database, FORM_OF_TWO).await;
    let voice = format!("'{}'", again.voice_id);
    assert_ne!(made.voice_id, again.voice_id);
    assert_eq!(
        database.ask(Who::Ann, "delete_voice", &voice).await.status,
        204
    );
    let page: RecordingList = database.ask(Who::Ann, "list_recordings", "10").await.body();
    assert!(page.items.is_empty());
    assert_eq!(discarded(&database).await.len(), 4);
    database.drop().await;
}

#[tokio::test]
async fn an_edge_of_the_release_before_hands_in_one_recording() {
    let database = Database::create(SPEECH).await;
    let form = r#"'{"name": "Ana", "language": "en", "filename": "ana.wav"}'"#;
    let begun: Value = database
        .ask(Who::Ann, "begin_recording", &format!("{form}, null, null"))
        .await
        .body();
    let recording = begun["recording"].as_str().unwrap();
    let create = format!("'{recording}', 1000, {form}, null, null, null");
    let answer = database.ask(Who::Ann, "create_clone", &create).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    assert!(answer.body::<CloneAnswer>().recording_ids.is_none());
    let key = database
        .text("select args ->> 'recording_key' from queue.job")
        .await;
    assert_eq!(begun["key"], key);
    database.drop().await;
}

#[tokio::test]
async fn the_engine_that_was_asked_for_takes_the_voice() {
    let database = Database::create(SPEECH).await;
    database
        .run(
            r#"select queue.register_worker('00000000-0000-7000-8000-00000000000b',
                 '{"name": "v", "engines": [{"name": "xtts"}], "slots": 1}', 3600000);
               select speech.announce(
                 '[{"name": "xtts", "languages": ["en", "ja"], "makes_voices": true}]', '[]')"#,
        )
        .await;
    let form =
        r#"'{"name": "Ana", "language": "en", "tts_engine": "xtts", "filenames": ["a.wav"]}'"#;
    let made = clone_of(&database, form).await;
    let key = database.text("select batch_key from queue.job").await;
    assert_eq!(key, "clone:xtts");
    let voice = format!("'{}'", made.voice_id);
    let shown: Voice = database.ask(Who::Ann, "get_voice", &voice).await.body();
    assert_eq!(shown.engine, "xtts");
    database.drop().await;
}

#[tokio::test]
async fn what_could_not_be_made_leaves_nothing() {
    let database = Database::create(SPEECH).await;
    let CloneAnswer { voice_id, .. } = clone(&database).await;
    make(&database, "failed").await;
    assert_eq!(
        database
            .ask(Who::Ann, "get_voice", &format!("'{voice_id}'"))
            .await
            .status,
        404
    );
    let page: RecordingList = database.ask(Who::Ann, "list_recordings", "10").await.body();
    assert!(page.items.is_empty());

    // Deleted while it was made: what the worker brings is not kept.
    let CloneAnswer { voice_id, .. } = clone(&database).await;
    assert_eq!(
        database
            .ask(Who::Ann, "delete_voice", &format!("'{voice_id}'"))
            .await
            .status,
        204
    );
    make(&database, "completed").await;
    assert!(
        discarded(&database)
            .await
            .contains(&"voices/made".to_owned())
    );
    database.drop().await;
}

#[tokio::test]
async fn mixes_are_taken_apart_and_bad_ones_refused() {
    let database = Database::create(SPEECH).await;
    let morph = async |mix: &str, who| {
        let arguments = format!("test.items(1) -> 0, '{mix}', null, null, null, null, null");
        database.ask(who, "create_morph", &arguments).await
    };
    let good = format!(
        r#"[{{"voice_id": "{MINE}", "weight": 1}}, {{"voice_id": "kiskadee-en", "weight": 0}}]"#
    );
    assert_eq!(morph(&good, Who::Ann).await.status, 202);
    let parts = database
        .text("select args ->> 'voice_parts' from queue.job")
        .await;
    let parts: Value = serde_json::from_str(&parts).unwrap();
    assert_eq!(
        parts,
        json!([{"voice_id": MINE, "weight": 1, "conditioning_key": "voices/mine"}])
    );

    assert_eq!(
        morph(&good, Who::Bob).await.errors()[0]["field"],
        "voice_ids[0]"
    );
    let engines =
        r#"[{"voice_id": "espeak-de", "weight": 1}, {"voice_id": "kiskadee-en", "weight": 1}]"#;
    let refused = morph(engines, Who::Ann).await;
    assert!(
        refused.errors()[0]["message"]
            .as_str()
            .unwrap()
            .contains("espeak, kiskadee")
    );
    let unable =
        r#"[{"voice_id": "espeak-de", "weight": 1}, {"voice_id": "espeak-de", "weight": 1}]"#;
    let refused = morph(unable, Who::Ann).await;
    assert!(
        refused.errors()[0]["message"]
            .as_str()
            .unwrap()
            .contains("cannot mix")
    );
    database.drop().await;
}

#[tokio::test]
async fn an_engine_that_makes_no_voices_is_refused_with_those_that_do() {
    let database = Database::create(SPEECH).await;
    let form = r#"'{"name": "Ana", "language": "de", "filenames": ["a.wav"]}', null, null"#;
    let refused = database.ask(Who::Ann, "begin_recordings", form).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.errors()[0]["message"]
            .as_str()
            .unwrap()
            .contains("kiskadee (en)")
    );
    database.drop().await;
}
