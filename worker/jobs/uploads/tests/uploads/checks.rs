//! What is made of what was brought, and what is refused.

use futures::TryStreamExt;
use kiskadee_storage::Store;
use kiskadee_upload_jobs::{CheckError, Part, Source, UploadArgs, UploadResult, check};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::bucket::Bucket;

const TARGET: &str = "uploads/a/1/object";

fn local() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().to_str().unwrap()).unwrap();
    (dir, store)
}

/// Stores parts, and announces the file that they make.
async fn brought(store: &Store, parts: &[&[u8]]) -> UploadArgs {
    let mut named = Vec::new();
    for (number, part) in (1..).zip(parts) {
        let key = format!("uploads/a/parts/{number}");
        store.upload(&key, "", &mut &**part).await.unwrap();
        let bytes = part.len() as u64;
        named.push(Part { key, bytes });
    }
    let whole = parts.concat();
    UploadArgs {
        upload_id: Uuid::nil(),
        bytes: whole.len() as u64,
        sha256: Some(format!("{:x}", Sha256::digest(&whole))),
        source: Source::Parts(named),
    }
}

async fn run(store: &Store, args: &UploadArgs) -> Result<UploadResult, CheckError> {
    check(store, args, TARGET, &CancellationToken::new(), &|_| ()).await
}

async fn content(store: &Store) -> Vec<u8> {
    let object = store.read(TARGET, None).await.unwrap();
    let pieces: Vec<_> = object.stream.try_collect().await.unwrap();
    pieces.concat()
}

fn refusal(made: Result<UploadResult, CheckError>) -> String {
    match made {
        Err(CheckError::Refused(reason)) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn parts_become_one_object() {
    let (_dir, store) = local();
    // Longer together than one part of the storage's own.
    let large = vec![7; 9 << 20];
    let args = brought(&store, &[&large, b"b", &large]).await;
    let made = run(&store, &args).await.unwrap();
    assert_eq!((made.key.as_str(), made.bytes), (TARGET, args.bytes));
    assert_eq!(Some(&made.sha256), args.sha256.as_ref());
    assert!(content(&store).await == [&large[..], b"b", &large].concat());
}

#[tokio::test]
async fn the_share_that_was_read_is_told() {
    let (_dir, store) = local();
    let args = brought(&store, &[b"ab", b"cd"]).await;
    let told = std::sync::Mutex::new(Vec::new());
    let tell = |share| told.lock().unwrap().push(share);
    check(&store, &args, TARGET, &CancellationToken::new(), &tell)
        .await
        .unwrap();
    assert_eq!(*told.lock().unwrap(), [0.5, 1.0]);
}

#[tokio::test]
async fn another_file_than_the_announced_one_leaves_nothing() {
    let (_dir, store) = local();
    let right = brought(&store, &[b"ab", b"cd"]).await;
    let other_digest = UploadArgs {
        sha256: Some("0".repeat(64)),
        ..right.clone()
    };
    let reason = refusal(run(&store, &other_digest).await);
    assert!(reason.contains(&right.sha256.clone().unwrap()), "{reason}");
    let longer = UploadArgs {
        bytes: 5,
        ..right.clone()
    };
    assert_eq!(
        refusal(run(&store, &longer).await),
        "4 bytes came and not 5"
    );
    store.delete("uploads/a/parts/2").await.unwrap();
    assert_eq!(refusal(run(&store, &right).await), "part 2 has been lost");
    assert!(store.info(TARGET).await.is_err());
}

#[tokio::test]
async fn a_cancelled_check_leaves_nothing() {
    let (_dir, store) = local();
    let args = brought(&store, &[b"ab"]).await;
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    let made = check(&store, &args, TARGET, &cancelled, &|_| ()).await;
    assert!(matches!(made, Err(CheckError::Cancelled)));
    assert!(store.info(TARGET).await.is_err());
}

#[tokio::test]
async fn what_came_to_an_address_is_copied_before_it_is_believed() {
    let (bucket, store) = Bucket::start().await;
    let args = UploadArgs {
        upload_id: Uuid::nil(),
        bytes: 3,
        sha256: Some(format!("{:x}", Sha256::digest(b"abc"))),
        source: Source::Whole("uploads/a/whole".to_owned()),
    };
    assert_eq!(
        refusal(run(&store, &args).await),
        "nothing was brought to its address"
    );
    bucket.bring("uploads/a/whole", b"abcd");
    assert_eq!(refusal(run(&store, &args).await), "4 bytes came and not 3");
    bucket.bring("uploads/a/whole", b"abd");
    assert!(refusal(run(&store, &args).await).contains("SHA-256"));
    assert_eq!(bucket.keys(), ["uploads/a/whole"], "no copy stays");
    bucket.bring("uploads/a/whole", b"abc");
    run(&store, &args).await.unwrap();
    // The address is good for hours yet.
    bucket.bring("uploads/a/whole", b"xyz");
    assert_eq!(content(&store).await, b"abc");
}
