//! Announcing files and bringing parts: who may, how much, in which order.

use kiskadee_edge_testing::{Database, Who};
use kiskadee_shared::limits::RECORDING_UPLOAD_BYTES;
use kiskadee_uploads_api::bodies::{Upload, UploadList, UploadState};
use serde_json::Value;

use crate::{ABC, UPLOADS, argument, begin, begun, discarded, note, show};

#[tokio::test]
async fn an_announced_file_tells_its_parts() {
    let database = Database::create(UPLOADS).await;
    let answer = begin(&database, Who::Ann, 10, Some(ABC)).await;
    assert_eq!(answer.status, 201);
    let upload: Upload = answer.body();
    assert_eq!(upload.status, UploadState::Receiving);
    assert_eq!((upload.part_bytes, upload.parts), (Some(4), Some(3)));
    assert_eq!(upload.missing.as_deref(), Some(&["1-3".to_owned()][..]));
    assert_eq!(upload.sha256.as_deref(), Some(ABC));
    let id = argument(&upload);
    for (number, bytes, status) in [
        (1, 4, 200),
        (3, 2, 200),
        (3, 4, 422),
        (0, 4, 404),
        (4, 4, 404),
    ] {
        let arguments = format!("{id}, {number}, {bytes}");
        let answer = database.ask(Who::Ann, "admit_part", &arguments).await;
        assert_eq!(answer.status, status, "part {number} of {bytes} bytes");
    }
    for function in ["get_upload", "delete_upload", "address_upload"] {
        assert_eq!(database.ask(Who::Bob, function, &id).await.status, 404);
    }
    let first = format!("{id}, 1, 4");
    let foreign = database.ask(Who::Bob, "admit_part", &first).await;
    assert_eq!(foreign.status, 404);
    let page: UploadList = database.ask(Who::Ann, "list_uploads", "5").await.body();
    assert_eq!(page.items.len(), 1);
    let page: UploadList = database.ask(Who::Bob, "list_uploads", "5").await.body();
    assert_eq!(page.items.len(), 0);
    database.drop().await;
}

#[tokio::test]
async fn a_file_that_nobody_takes_is_refused() {
    let database = Database::create(UPLOADS).await;
    let announced = "'{\"family\": \"songs\", \"filename\": \"a\", \"bytes\": 1}', 4, null, null";
    let answer = database.ask(Who::Ann, "begin_upload", announced).await;
    assert_eq!(answer.status, 422);
    let told = answer.errors()[0]["message"].to_string();
    assert!(told.contains("`speech`"), "{told}");
    let too_large = RECORDING_UPLOAD_BYTES as u64 + 1;
    let answer = begin(&database, Who::Ann, too_large, None).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.errors()[0]["field"], "bytes");
    database.drop().await;
}

#[tokio::test]
async fn an_owner_has_so_many_uploads_and_so_many_bytes() {
    let database = Database::create(UPLOADS).await;
    database
        .run("update storage.intake set uploads = 3, owner_bytes = 100, upload_bytes = 60")
        .await;
    let status = async |who, bytes| begin(&database, who, bytes, None).await.status;
    assert_eq!(status(Who::Ann, 60).await, 201);
    let full = begin(&database, Who::Ann, 41, None).await;
    assert_eq!(
        (full.status, full.code.as_deref()),
        (409, Some("storage_full"))
    );
    assert_eq!(status(Who::Ann, 30).await, 201);
    assert_eq!(status(Who::Ann, 1).await, 201);
    let many = begin(&database, Who::Ann, 1, None).await;
    assert_eq!(
        (many.status, many.code.as_deref()),
        (429, Some("too_many_uploads"))
    );
    assert_eq!(status(Who::Bob, 60).await, 201, "Bob has his own");

    // What a family keeps counts on.
    database
        .run("delete from storage.upload; select storage.keep('voices/x', 'speech', '00000000-0000-7000-8000-000000000001', 90)")
        .await;
    assert_eq!(status(Who::Ann, 11).await, 409);
    assert_eq!(status(Who::Ann, 10).await, 201);
    database.drop().await;
}

#[tokio::test]
async fn the_same_key_gives_the_same_upload() {
    let database = Database::create(UPLOADS).await;
    let announced =
        "'{\"family\": \"speech\", \"filename\": \"a\", \"bytes\": 1}', 4, 'key-1', '\\x01'";
    let ask = async || -> Value {
        database
            .ask(Who::Ann, "begin_upload", announced)
            .await
            .body()
    };
    assert_eq!(ask().await["upload_id"], ask().await["upload_id"]);
    assert_eq!(database.count("storage.upload").await, 1);
    database.drop().await;
}

#[tokio::test]
async fn parts_come_in_any_order_and_again() {
    let database = Database::create(UPLOADS).await;
    let id = begun(&database, 19, None).await;
    for (number, bytes) in [(4, 4), (2, 4)] {
        let noted = note(&database, &id, number, &format!("uploads/p{number}"), bytes).await;
        assert_eq!(noted.status, 200);
    }
    let missing = show(&database, &id).await.missing;
    assert_eq!(
        missing,
        Some(vec!["1".to_owned(), "3".to_owned(), "5".to_owned()])
    );
    let early = format!("{id}, null");
    let early = database.ask(Who::Ann, "complete_upload", &early).await;
    assert_eq!(
        (early.status, early.code.as_deref()),
        (409, Some("incomplete"))
    );

    assert!(discarded(&database).await.is_empty());
    note(&database, &id, 2, "uploads/p2-again", 4).await;
    assert_eq!(discarded(&database).await, ["uploads/p2"]);
    assert_eq!(database.count("storage.upload_part").await, 2);
    database.drop().await;
}

#[tokio::test]
async fn a_part_that_comes_too_late_is_deleted() {
    let database = Database::create(UPLOADS).await;
    let id = begun(&database, 10, None).await;
    assert_eq!(
        database.ask(Who::Ann, "delete_upload", &id).await.status,
        204
    );
    assert_eq!(note(&database, &id, 1, "uploads/late", 4).await.status, 404);
    assert_eq!(discarded(&database).await, ["uploads/late"]);
    database.drop().await;
}
