//! Archives through the public face, opened by other programs: unzip and Python.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::{path::Path, process::Command, sync::Mutex};

use kiskadee_archive_jobs::{ArchiveError, ArchiveItem, pack};
use kiskadee_shared::state::JobState;
use kiskadee_storage::{ResultRef, Store, StoreError};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const TARGET: &str = "results/00000000000000000000000000000001/7/archive.zip";

struct Bench {
    dir: TempDir,
    store: Store,
    items: Vec<ArchiveItem>,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path().to_str().unwrap()).unwrap();
        Self {
            dir,
            store,
            items: Vec::new(),
        }
    }

    async fn completed(&mut self, extension: &str, bytes: &[u8]) {
        let job = Uuid::from_u128(100 + self.items.len() as u128);
        let key = ResultRef { job, token: 1 }.key(&format!("audio.{extension}"));
        self.store
            .upload(&key, "audio/wav", &mut &*bytes)
            .await
            .unwrap();
        self.items.push(ArchiveItem {
            job,
            state: JobState::Completed,
            key: Some(key),
            duration_seconds: Some(1.25),
            error: None,
        });
    }

    fn failed(&mut self, error: &str) {
        let job = Uuid::from_u128(100 + self.items.len() as u128);
        let error = Some(error.to_owned());
        self.items.push(ArchiveItem {
            job,
            state: JobState::Failed,
            key: None,
            duration_seconds: None,
            error,
        });
    }

    async fn pack(&self) -> Result<u64, ArchiveError> {
        pack(
            &self.store,
            &self.items,
            TARGET,
            &CancellationToken::new(),
            |_| (),
        )
        .await
    }

    fn path(&self) -> std::path::PathBuf {
        self.dir.path().join(TARGET)
    }
}

/// unzip tests every checksum; Python tells the names in order and reads one file.
fn check(path: &Path) {
    let unzip = Command::new("unzip")
        .arg("-tqq")
        .arg(path)
        .output()
        .expect("unzip must be installed for this test");
    assert!(
        unzip.status.success(),
        "{}",
        String::from_utf8_lossy(&unzip.stdout)
    );
}

fn python(path: &Path, code: &str) -> String {
    let script = format!(
        "import sys, zipfile, json\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\n{code}"
    );
    let output = Command::new("python3")
        .arg("-c")
        .arg(script)
        .arg(path)
        .output()
        .expect("python3 must be installed for this test");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[tokio::test]
async fn audio_lies_in_the_order_of_the_request() {
    let mut bench = Bench::new();
    bench.completed("wav", b"first").await;
    bench.failed("no such voice");
    bench.completed("mp3", &vec![7; 300_000]).await;
    bench.completed("wav", b"").await;
    let bytes = bench.pack().await.unwrap();
    assert_eq!(bytes, std::fs::metadata(bench.path()).unwrap().len());
    check(&bench.path());
    let names = python(&bench.path(), "print(' '.join(z.namelist()))");
    assert_eq!(
        names,
        "audio_001.wav audio_003.mp3 audio_004.wav errors.json summary.json"
    );
    assert_eq!(
        python(
            &bench.path(),
            "print(z.read('audio_001.wav').decode(), len(z.read('audio_003.mp3')))"
        ),
        "first 300000"
    );
    let error = python(
        &bench.path(),
        "e = json.loads(z.read('errors.json'))['items'][0]; print(e['index'], e['error'])",
    );
    assert_eq!(error, "1 no such voice");
    let summary = python(
        &bench.path(),
        "s = json.loads(z.read('summary.json'))['items']; print(len(s), s[0]['bytes'], s[0]['duration_seconds'], s[1]['file'])",
    );
    assert_eq!(summary, "4 5 1.25 None");
}

#[tokio::test]
async fn the_same_batch_gives_the_same_bytes() {
    let mut bench = Bench::new();
    bench.completed("wav", b"some audio").await;
    bench.pack().await.unwrap();
    let first = std::fs::read(bench.path()).unwrap();
    bench.pack().await.unwrap();
    assert!(first == std::fs::read(bench.path()).unwrap());
    assert_eq!(
        python(&bench.path(), "print(z.infolist()[0].date_time)"),
        "(1980, 1, 1, 0, 0, 0)"
    );
}

#[tokio::test]
async fn audio_that_is_gone_is_told_and_not_fatal() {
    let mut bench = Bench::new();
    bench.completed("wav", b"stays").await;
    bench.completed("wav", b"goes").await;
    std::fs::remove_file(bench.dir.path().join(bench.items[1].key.as_ref().unwrap())).unwrap();
    bench.pack().await.unwrap();
    assert_eq!(
        python(&bench.path(), "print(' '.join(z.namelist()))"),
        "audio_001.wav errors.json summary.json"
    );
}

#[tokio::test]
async fn more_than_999_items_get_more_digits() {
    let mut bench = Bench::new();
    for _ in 0..1_000 {
        bench.failed("x");
    }
    bench.items[999].error = None;
    let item = bench.items.len();
    bench.completed("wav", b"last").await;
    assert_eq!(item, 1_000);
    let packed = Mutex::new(Vec::new());
    let progress = |items| packed.lock().unwrap().push(items);
    pack(
        &bench.store,
        &bench.items,
        TARGET,
        &CancellationToken::new(),
        progress,
    )
    .await
    .unwrap();
    assert_eq!(
        python(&bench.path(), "print(z.namelist()[0])"),
        "audio_1001.wav"
    );
    let packed = packed.into_inner().unwrap();
    assert_eq!(packed, (1..=bench.items.len()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_cancelled_or_failed_archive_leaves_nothing() {
    let mut bench = Bench::new();
    bench.completed("wav", &vec![1; 20 << 20]).await;
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    let answer = pack(&bench.store, &bench.items, TARGET, &cancelled, |_| ()).await;
    assert!(matches!(answer, Err(ArchiveError::Cancelled)));

    bench.items.push(ArchiveItem {
        key: Some("../bad".to_owned()),
        ..bench.items[0].clone()
    });
    let answer = bench.pack().await;
    assert!(
        matches!(answer, Err(ArchiveError::Store(StoreError::Key(_)))),
        "{answer:?}"
    );
    let parent = bench.path().parent().unwrap().to_owned();
    assert!(!parent.exists() || std::fs::read_dir(parent).unwrap().next().is_none());
}

/// The most memory this process ever took, in MiB.
fn peak_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        / 1024
}

/// A figure for the documentation: `cargo test --release --workspace --test archive -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement; writes 4 GB under the temporary directory"]
async fn packing_two_gigabytes() {
    const ITEMS: u128 = 100;
    const ITEM_BYTES: usize = 20 << 20;
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().to_str().unwrap()).unwrap();
    let audio = vec![7_u8; ITEM_BYTES];
    let mut items = Vec::new();
    for job in (1..=ITEMS).map(Uuid::from_u128) {
        let key = ResultRef { job, token: 1 }.key("audio.wav");
        store
            .upload(&key, "audio/wav", &mut audio.as_slice())
            .await
            .unwrap();
        items.push(ArchiveItem {
            job,
            state: JobState::Completed,
            key: Some(key),
            duration_seconds: None,
            error: None,
        });
    }
    drop(audio);
    let before = peak_memory_mib();
    let started = std::time::Instant::now();
    let bytes = pack(
        &store,
        &items,
        "results/archive.zip",
        &CancellationToken::new(),
        |_| (),
    )
    .await
    .unwrap();
    let (wall, after) = (started.elapsed().as_secs_f64(), peak_memory_mib());
    println!(
        "packed {bytes} bytes in {wall:.1} s; peak memory {before} MiB before, {after} MiB after"
    );
    assert!(bytes > ITEMS as u64 * ITEM_BYTES as u64);
    assert!(after < before + 64, "memory must not grow with the archive");
}
