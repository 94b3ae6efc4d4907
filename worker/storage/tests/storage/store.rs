//! Object storage in a local directory, through the public face.

use std::{
    collections::HashSet,
    path::Path,
    time::{Duration, SystemTime},
};

use futures::TryStreamExt;
use kiskadee_storage::{Store, StoreError, Sweeper};
use tempfile::TempDir;

fn store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().to_str().unwrap()).unwrap();
    (dir, store)
}

async fn put(store: &Store, key: &str, bytes: &[u8]) {
    store.upload(key, "audio/wav", &mut &*bytes).await.unwrap();
}

async fn read(store: &Store, key: &str, range: Option<std::ops::Range<u64>>) -> Vec<u8> {
    let object = store.read(key, range).await.unwrap();
    let parts: Vec<_> = object.stream.try_collect().await.unwrap();
    parts.concat()
}

#[tokio::test]
async fn what_is_written_can_be_read_whole_and_in_part() {
    let (_dir, store) = store();
    // Small, and over the size at which an upload goes in parts.
    for length in [10, 20 << 20] {
        let bytes: Vec<u8> = (0..length).map(|i: u32| (i % 251) as u8).collect();
        put(&store, "results/a/1/audio.wav", &bytes).await;
        assert!(read(&store, "results/a/1/audio.wav", None).await == bytes);
        assert_eq!(
            read(&store, "results/a/1/audio.wav", Some(3..7)).await,
            bytes[3..7]
        );
        assert_eq!(
            store.info("results/a/1/audio.wav").await.unwrap().bytes,
            bytes.len() as u64
        );
    }
}

#[tokio::test]
async fn an_upload_is_seen_only_when_it_is_complete() {
    let (dir, store) = store();
    let mut writer = store.writer("results/a/1/audio.wav", "audio/wav").unwrap();
    writer.put(vec![1; 20 << 20].into()).await.unwrap();
    assert!(matches!(
        store.info("results/a/1/audio.wav").await,
        Err(StoreError::Missing(_))
    ));
    writer.abort().await.unwrap();
    assert_eq!(files(dir.path()), Vec::<String>::new());
}

#[tokio::test]
async fn addresses_are_directories_or_buckets() {
    let dir = tempfile::tempdir().unwrap();
    let address = format!("file://{}/made/when/missing", dir.path().display());
    let store = Store::open(&address).unwrap();
    store.probe().await.unwrap();
    assert!(dir.path().join("made/when/missing").is_dir());
    for address in [
        "",
        "ftp://host/dir",
        "memory:///",
        "http://host/dir",
        "s3://",
        "file://host/dir",
    ] {
        assert!(
            matches!(Store::open(address), Err(StoreError::Address { .. })),
            "{address}"
        );
    }
}

#[tokio::test]
async fn buckets_have_signed_addresses_and_directories_have_none() {
    let (_dir, local) = store();
    let options = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    let bucket = Store::open_with("s3://bucket/some/prefix", &options).unwrap();
    let sign = async |store: &Store| {
        let lifetime = Duration::from_mins(15);
        store
            .signed_address(http::Method::GET, "results/a/1/x.wav", lifetime)
            .await
            .unwrap()
    };
    assert!(sign(&local).await.is_none());
    let address = sign(&bucket).await.unwrap();
    assert!(
        address.path().ends_with("/some/prefix/results/a/1/x.wav"),
        "{address}"
    );
    assert!(
        address.query().unwrap().contains("X-Amz-Expires=900"),
        "{address}"
    );
}

#[tokio::test]
async fn strange_keys_are_refused_and_touch_nothing() {
    let (dir, store) = store();
    std::fs::write(dir.path().join("secret"), "x").unwrap();
    let inner = Store::open(dir.path().join("inner").to_str().unwrap()).unwrap();
    for key in [
        "",
        "/",
        "../secret",
        "a/../../secret",
        "/etc/passwd",
        "a//b",
        "a/",
        "./secret",
        "a/./b",
        "..",
        "a\0b",
    ] {
        assert!(
            matches!(
                inner.info(key).await,
                Err(StoreError::Key(_) | StoreError::Missing(_))
            ),
            "{key:?}"
        );
        assert!(
            matches!(
                inner.read(key, None).await,
                Err(StoreError::Key(_) | StoreError::Missing(_))
            ),
            "{key:?}"
        );
    }
    assert!(store.info("secret").await.is_ok());
    assert!(
        matches!(store.info("inner").await, Err(StoreError::Missing(_))),
        "a directory is no object"
    );
}

#[tokio::test]
async fn the_probe_tells_when_storage_is_away() {
    let (dir, store) = store();
    store.probe().await.unwrap();
    assert_eq!(
        files(dir.path()),
        Vec::<String>::new(),
        "the probe leaves nothing"
    );
    // Root may write anywhere, so a file stands where the directory should be.
    std::fs::write(dir.path().join("probes"), "").unwrap();
    assert!(matches!(store.probe().await, Err(StoreError::Away(_))));
}

#[tokio::test]
async fn a_sweep_removes_what_is_old_and_not_kept() {
    let (dir, store) = store();
    for key in ["results/a/10/x", "results/a/11/x", "results/b/20/x"] {
        put(&store, key, b"12345").await;
        age(&dir.path().join(key));
    }
    put(&store, "results/c/30/x", b"young").await;
    put(&store, "voices/v/1/x", b"elsewhere").await;
    age(&dir.path().join("voices/v/1/x"));

    let sweeper = Sweeper::new(store, Duration::from_hours(1));
    let mut asked = Vec::new();
    let kept = async |keys: Vec<String>| {
        asked.extend(keys);
        Ok::<_, StoreError>(HashSet::from(["results/a/11/x".to_owned()]))
    };
    let report = sweeper.sweep("results", kept).await.unwrap();
    asked.sort();
    assert_eq!(
        asked,
        ["results/a/10/x", "results/a/11/x", "results/b/20/x"]
    );
    assert_eq!(
        (report.judged, report.deleted, report.deleted_bytes),
        (3, 2, 10)
    );
    let mut left = files(dir.path());
    left.sort();
    assert_eq!(left, ["results/a/11/x", "results/c/30/x", "voices/v/1/x"]);
}

#[tokio::test]
async fn a_sweep_without_an_answer_deletes_nothing() {
    let (dir, store) = store();
    put(&store, "results/a/1/x", b"x").await;
    let sweeper = Sweeper::new(store, Duration::ZERO);
    let answer = sweeper
        .sweep("results", async |_| {
            Err(StoreError::Away("no database".to_owned()))
        })
        .await;
    assert!(answer.is_err());
    assert_eq!(files(dir.path()), ["results/a/1/x"]);
}

#[tokio::test]
async fn a_sweep_removes_what_a_killed_writer_left() {
    let (dir, store) = store();
    put(&store, "uploads/a/whole", b"x").await;
    let half = dir.path().join("uploads/a/parts/1#3");
    std::fs::create_dir_all(half.parent().unwrap()).unwrap();
    std::fs::write(&half, b"half").unwrap();
    let sweep = async |grace| {
        let sweeper = Sweeper::new(store.clone(), grace);
        let kept = async |keys: Vec<String>| Ok::<_, StoreError>(keys.into_iter().collect());
        sweeper.sweep("uploads", kept).await.unwrap();
    };
    sweep(Duration::from_hours(1)).await;
    assert!(half.exists(), "its writer may be at it");
    age(&half);
    sweep(Duration::from_hours(1)).await;
    assert_eq!(files(dir.path()), ["uploads/a/whole"]);
}

fn age(path: &Path) {
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_hours(2))
        .unwrap();
}

/// All files under a directory, relative to it.
fn files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else {
                found.push(
                    path.strip_prefix(root)
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .to_owned(),
                );
            }
        }
    }
    found
}
