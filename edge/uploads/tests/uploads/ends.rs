//! How uploads end: ready, refused, received again, taken over, given up. After each end the ledger is what it must be.

use kiskadee_edge_testing::{Database, SPEECH, Who};
use kiskadee_uploads_api::bodies::{Upload, UploadState};
use serde_json::Value;

use crate::{ABC, UPLOADS, begun, discarded, note, show};

/// An upload of three parts that is being checked.
async fn checking(database: &Database) -> String {
    let id = begun(database, 10, Some(ABC)).await;
    for (number, bytes) in [(1, 4), (2, 4), (3, 2)] {
        note(database, &id, number, &format!("uploads/p{number}"), bytes).await;
    }
    let complete = format!("{id}, null");
    let answer = database.ask(Who::Ann, "complete_upload", &complete).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.body::<Upload>().status, UploadState::Checking);
    id
}

/// Ends the job that checks, as a worker does.
async fn settle(database: &Database, outcome: &str) {
    database
        .run(&format!(
            "do $$ declare worker uuid := '00000000-0000-7000-8000-00000000000a'; job queue.claimed; begin
               select * into strict job from queue.claim(worker, array['upload:check'], '{{}}', 1, 1000000, 1000);
               perform queue.settle(worker, array[job.job_id], array[job.token], array['{outcome}'],
                 array['{{\"key\": \"uploads/object\", \"bytes\": 10, \"sha256\": \"{ABC}\"}}'::jsonb],
                 array['its SHA-256 is another'], array[null::int]);
             end $$"
        ))
        .await;
}

async fn kept(database: &Database) -> String {
    let keys = "select coalesce(string_agg(key || ':' || family, ' ' order by key), '') from storage.object \
                where state = 'kept' and key like 'uploads/%'";
    database.text(keys).await
}

#[tokio::test]
async fn one_part_is_a_whole_file() {
    let database = Database::create(UPLOADS).await;
    let id = begun(&database, 3, Some(ABC)).await;
    note(&database, &id, 1, "uploads/p1", 3).await;
    let complete = format!("{id}, null");
    let answer = database.ask(Who::Ann, "complete_upload", &complete).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body::<Upload>().status, UploadState::Ready);
    let again = database.ask(Who::Ann, "complete_upload", &complete).await;
    assert_eq!(again.status, 200, "the first answer may have been lost");
    assert_eq!(kept(&database).await, "uploads/p1:speech");
    assert_eq!(note(&database, &id, 1, "uploads/more", 3).await.status, 409);

    let id = begun(&database, 3, Some(&"0".repeat(64))).await;
    note(&database, &id, 1, "uploads/q1", 3).await;
    let complete = format!("{id}, null");
    let answer = database.ask(Who::Ann, "complete_upload", &complete).await;
    assert_eq!(answer.status, 409);
    let refused = show(&database, &id).await;
    assert_eq!(refused.status, UploadState::Refused);
    assert!(refused.error.is_some_and(|error| error.contains(ABC)));
    assert_eq!(discarded(&database).await, ["uploads/more", "uploads/q1"]);
    database.drop().await;
}

#[tokio::test]
async fn parts_that_were_joined_are_ready_and_gone() {
    let database = Database::create(UPLOADS).await;
    let id = checking(&database).await;
    settle(&database, "completed").await;
    let ready = show(&database, &id).await;
    assert_eq!(
        (ready.status, ready.sha256.as_deref()),
        (UploadState::Ready, Some(ABC))
    );
    assert_eq!(kept(&database).await, "uploads/object:speech");
    assert_eq!(
        discarded(&database).await,
        ["uploads/p1", "uploads/p2", "uploads/p3"]
    );
    database.drop().await;
}

#[tokio::test]
async fn what_is_not_what_was_announced_is_refused() {
    let database = Database::create(UPLOADS).await;
    let id = checking(&database).await;
    settle(&database, "failed").await;
    let refused = show(&database, &id).await;
    assert_eq!(refused.status, UploadState::Refused);
    assert_eq!(refused.error.as_deref(), Some("its SHA-256 is another"));
    assert_eq!(kept(&database).await, "");
    database.drop().await;
}

#[tokio::test]
async fn what_could_not_be_checked_can_be_completed_again() {
    let database = Database::create(UPLOADS).await;
    let id = checking(&database).await;
    let job = show(&database, &id).await.job_id.unwrap_or_default();
    let job = job.replace("job_", "");
    database
        .run(&format!(
            "select queue.cancel_job('00000000-0000-7000-8000-000000000001', '{job}')"
        ))
        .await;
    let again = show(&database, &id).await;
    assert_eq!((again.status, again.job_id), (UploadState::Receiving, None));
    assert_eq!(again.missing, Some(Vec::new()));
    let complete = format!("{id}, null");
    let answer = database.ask(Who::Ann, "complete_upload", &complete).await;
    assert_eq!(answer.status, 202);
    settle(&database, "completed").await;
    assert_eq!(show(&database, &id).await.status, UploadState::Ready);
    database.drop().await;
}

#[tokio::test]
async fn an_upload_that_was_given_up_while_it_was_checked_stays_gone() {
    let database = Database::create(UPLOADS).await;
    let id = checking(&database).await;
    // The worker has it already.
    let claim = "create table claimed as select * from queue.claim('00000000-0000-7000-8000-00000000000a', \
                 array['upload:check'], '{}', 1, 1000000, 1000)";
    database.run(claim).await;
    assert_eq!(
        database.ask(Who::Ann, "delete_upload", &id).await.status,
        204
    );
    database
        .run("select queue.settle('00000000-0000-7000-8000-00000000000a', array[job_id], array[token], array['completed'], \
              array['{\"key\": \"uploads/object\"}'::jsonb], array[null::text], array[null::int]) from claimed")
        .await;
    assert_eq!(database.ask(Who::Ann, "get_upload", &id).await.status, 404);
    assert_eq!(
        discarded(&database).await,
        ["uploads/object", "uploads/p1", "uploads/p2", "uploads/p3"]
    );
    assert_eq!(kept(&database).await, "");
    database.drop().await;
}

#[tokio::test]
async fn a_file_that_came_by_an_address_needs_no_parts() {
    let database = Database::create(UPLOADS).await;
    let id = begun(&database, 10, None).await;
    let place: Value = database.ask(Who::Ann, "address_upload", &id).await.body();
    let key = place["key"].as_str().unwrap_or_default();
    assert_eq!(kept(&database).await, format!("{key}:uploads"));
    let complete = format!("{id}, null");
    let answer = database.ask(Who::Ann, "complete_upload", &complete).await;
    assert_eq!(answer.status, 202);
    let args = database
        .text("select args::text from queue.job where kind = 'upload'")
        .await;
    assert!(
        args.contains(&format!("{{\"whole\": \"{key}\"}}")),
        "{args}"
    );
    settle(&database, "completed").await;
    assert_eq!(discarded(&database).await, [key]);
    database.drop().await;
}

#[tokio::test]
async fn a_voice_is_made_of_an_upload_once() {
    let database = Database::create(UPLOADS).await;
    let id = checking(&database).await;
    let clone = async |who| {
        let form = format!(
            "'[]', jsonb_build_object('name', 'Ana', 'language', 'en', 'filenames', '[]'::jsonb, 'uploads', jsonb_build_array({id})), \
             null, null, null"
        );
        database.ask_by(SPEECH, who, "clone_voice", &form).await
    };
    let early = clone(Who::Ann).await;
    assert_eq!(early.status, 422);
    assert!(
        early.errors()[0]["message"]
            .to_string()
            .contains("not ready")
    );
    settle(&database, "completed").await;
    assert_eq!(clone(Who::Bob).await.status, 422, "it is Ann's");
    let made = clone(Who::Ann).await;
    assert_eq!(made.status, 202, "{made:?}");
    let args = database.text("select args ->> 'recording_key' from queue.job where kind = 'clone'");
    assert_eq!(args.await, "uploads/object");
    assert_eq!(clone(Who::Ann).await.status, 422, "it was used");
    assert_eq!(kept(&database).await, "uploads/object:speech");
    // The recording goes with the voice, and the file with the recording.
    let voice = made.body::<Value>()["voice_id"]
        .to_string()
        .replace('"', "'");
    let gone = database
        .ask_by(SPEECH, Who::Ann, "delete_voice", &voice)
        .await;
    assert_eq!(gone.status, 204);
    assert!(
        discarded(&database)
            .await
            .contains(&"uploads/object".to_owned())
    );
    database.drop().await;
}

#[tokio::test]
async fn an_upload_that_nobody_goes_on_with_is_given_up() {
    let database = Database::create(UPLOADS).await;
    let receiving = begun(&database, 10, None).await;
    note(&database, &receiving, 1, "uploads/r1", 4).await;
    let ready = begun(&database, 3, None).await;
    note(&database, &ready, 1, "uploads/s1", 3).await;
    let complete = format!("{ready}, null");
    database.ask(Who::Ann, "complete_upload", &complete).await;
    let busy = checking(&database).await;
    assert!(discarded(&database).await.is_empty());

    database
        .run("update storage.upload set touched_at = touched_at - interval '25 hours'")
        .await;
    assert_eq!(discarded(&database).await, ["uploads/r1", "uploads/s1"]);
    assert_eq!(
        database
            .ask(Who::Ann, "get_upload", &receiving)
            .await
            .status,
        404
    );
    assert_eq!(show(&database, &busy).await.status, UploadState::Checking);
    // Deleted by a worker, they are forgotten.
    database
        .run("select storage.deleted(array['uploads/r1', 'uploads/s1'])")
        .await;
    assert!(discarded(&database).await.is_empty());
    database.drop().await;
}
