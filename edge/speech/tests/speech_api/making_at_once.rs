//! What two do at once to a voice and its recordings, and what a refused request leaves behind.

use std::time::Duration;

use kiskadee_edge_testing::{Database, SPEECH, Who};
use kiskadee_speech_api::bodies::CloneAnswer;
use serde_json::{Value, json};

use crate::making::{clone, make};

const FORM: &str = r#"'{"name": "Ana", "language": "en", "filenames": ["ana.wav"]}'"#;
/// How long the transaction of the first one stays open.
const PAUSE: Duration = Duration::from_millis(150);

/// The places of an upload that has ended, as the component tells of them.
async fn uploaded(database: &Database) -> Value {
    let form = format!("{FORM}, null, null");
    let begun: Value = database
        .ask(Who::Ann, "begin_recordings", &form)
        .await
        .body();
    json!([{"recording": begun[0]["recording"], "bytes": 1000}])
}

#[tokio::test]
async fn a_refused_clone_frees_its_key() {
    let database = Database::create(SPEECH).await;
    let uploads = uploaded(&database).await;
    database.run("delete from speech.recording").await;
    let create =
        |uploads: &Value, hash: &str| format!("'{uploads}', {FORM}, 'a key', '\\x{hash}', null");
    let given_up = create(&uploads, "01");
    let refused = database.ask(Who::Ann, "clone_voice", &given_up).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    let again = create(&uploaded(&database).await, "02");
    let accepted = database.ask(Who::Ann, "clone_voice", &again).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let twin = database.ask(Who::Ann, "clone_voice", &again).await;
    assert_eq!(
        twin.body::<CloneAnswer>().voice_id,
        accepted.body::<CloneAnswer>().voice_id
    );
    database.drop().await;
}

/// Whoever deletes the voice holds it and goes for the recording; whoever deletes the recording must not hold that already.
#[tokio::test]
async fn a_voice_and_its_recording_are_deleted_at_once() {
    let database = Database::create(SPEECH).await;
    let create = format!("'{}', {FORM}, null, null, null", uploaded(&database).await);
    let made: CloneAnswer = database.ask(Who::Ann, "clone_voice", &create).await.body();
    let other = database.another().await;
    let begin = format!(
        "begin; select from speech.voice v where v.id = '{}' for update",
        made.voice_id
    );
    other
        .batch_execute(&begin)
        .await
        .expect("the voice is there");
    let deleting = tokio::spawn(async move {
        let recording = format!("'{}'", made.recording_id.trim_start_matches("rec_"));
        let answer = database.ask(Who::Ann, "delete_recording", &recording).await;
        (database, answer)
    });
    tokio::time::sleep(PAUSE).await;
    let delete = format!(
        "set local lock_timeout = '5s';
         select api.delete_voice(row('00000000-0000-7000-8000-000000000001', '2100-01-01', null, 0)::api.credentials, '{}'); commit",
        made.voice_id
    );
    other
        .batch_execute(&delete)
        .await
        .expect("nobody waits for the one who waits for him");
    let (database, answer) = deleting.await.expect("no panic");
    assert!([204, 404].contains(&answer.status), "{answer:?}");
    assert_eq!(database.count("speech.recording").await, 0);
    database.drop().await;
}

/// The attempt that lost wrote beside the one that won; a sweep of the storage asks for both.
#[tokio::test]
async fn what_a_lost_attempt_wrote_is_not_kept() {
    let database = Database::create(SPEECH).await;
    clone(&database).await;
    make(&database, "completed").await;
    let kept = database
        .text("select string_agg(k, ', ') from storage.kept('{voices/made,voices/lost}') k")
        .await;
    assert_eq!(kept, "voices/made");
    let swept = database
        .text("select string_agg(p, ', ' order by p) from storage.prefixes() p")
        .await;
    assert!(swept.contains("voices"), "{swept}");
    database.drop().await;
}
