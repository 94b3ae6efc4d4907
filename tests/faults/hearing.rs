//! A worker that is killed while it writes down what is said: what it has kept is never heard again, and the job ends well.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kiskadee_tests::{Client, Options, System, binary, eventually, process};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::PgPool;
use tempfile::TempDir;

use crate::engine_process::completed;

/// Recordings, each a segment, for which the recogniser needs half a minute or more: it keeps what it has every two seconds, so that a
/// kill soon after the first is certain to come amid.
const RECORDINGS: usize = 30;
/// Workers that are killed.
const KILLS: usize = 2;
const PATIENCE: Duration = Duration::from_mins(3);
/// 1 and 2 as halves of the width that the model has, in little-endian order.
const ONE: [u8; 2] = 0x3C00_u16.to_le_bytes();
const TWO: [u8; 2] = 0x4000_u16.to_le_bytes();
const WIDTH: usize = 16;

/// Where a tensor lies, as a safetensors file's header has it.
#[derive(Deserialize)]
struct Place {
    data_offsets: (usize, usize),
}

/// The weights of a model, of which all can be changed.
struct Weights {
    bytes: Vec<u8>,
    begin: usize,
    places: BTreeMap<String, Value>,
}

impl Weights {
    fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path)?;
        let length = bytes.first_chunk::<8>().context("a short file")?;
        let begin = 8 + usize::try_from(u64::from_le_bytes(*length))?;
        let places = serde_json::from_slice(&bytes[8..begin])?;
        Ok(Self {
            bytes,
            begin,
            places,
        })
    }

    /// Sets values of a tensor, those of one row where it has rows of the model's width.
    fn set(&mut self, name: &str, row: usize, value: [u8; 2]) -> Result<()> {
        let place = self.places.get(name).context("no such tensor")?;
        let place: Place = serde_json::from_value(place.clone())?;
        let from = self.begin + place.data_offsets.0 + 2 * WIDTH * row;
        let values = self.bytes.get_mut(from..from + 2 * WIDTH);
        let values = values.context("no such row")?;
        values.as_chunks_mut::<2>().0.fill(value);
        Ok(())
    }
}

/// A model for which every recording is one word again and again, as often as there is room, and again hotter, for such words are not
/// believed. It is the small random one of the crate of Whisper, whose last norm lets nothing through.
fn endless() -> Result<TempDir> {
    let golden = process::repository().join("worker/whisper/tests/whisper/golden");
    let folder = tempfile::tempdir()?;
    for name in ["config.json", "tokenizer.json"] {
        fs::copy(golden.join(name), folder.path().join(name))?;
    }
    let tokenizer: Value = serde_json::from_slice(&fs::read(golden.join("tokenizer.json"))?)?;
    let word = tokenizer["model"]["vocab"]["a"].as_u64().context("no a")?;
    let mut weights = Weights::read(&golden.join("model.safetensors"))?;
    weights.set("model.decoder.layer_norm.weight", 0, [0; 2])?;
    weights.set("model.decoder.layer_norm.bias", 0, ONE)?;
    weights.set(
        "model.decoder.embed_tokens.weight",
        usize::try_from(word)?,
        TWO,
    )?;
    fs::write(folder.path().join("model.safetensors"), weights.bytes)?;
    Ok(folder)
}

/// A directory with the model, imported as a user imports one.
fn import() -> Result<TempDir> {
    let (published, models) = (endless()?, tempfile::tempdir()?);
    let imported = Command::new(binary())
        .args(["models", "import", "--licence", "MIT", "--name", "endless"])
        .arg("--models-dir")
        .args([models.path(), published.path()])
        .output()?;
    let said = String::from_utf8_lossy(&imported.stderr);
    ensure!(imported.status.success(), "{said}");
    Ok(models)
}

/// A dataset of recordings without words, cut.
async fn recorded(client: &Client) -> Result<()> {
    let body = json!({"name": "mine", "language": "en"});
    client
        .post("/training/datasets", &body)
        .await?
        .expect(201)?;
    let said = json!({"text": "It rained for a whole day.", "voice_id": "swift", "language": "en"});
    let recording = client.speak(&said).await?;
    let names: Vec<String> = (0..RECORDINGS)
        .map(|number| format!("{number}.wav"))
        .collect();
    for names in names.chunks(20) {
        let files = names.iter().enumerate().map(|(number, name)| {
            // A sample of each is another, so that none is a copy.
            let mut content = recording.clone();
            let place = content.len() - 2 * (number + 1);
            content[place] ^= 1;
            (name.as_str(), content)
        });
        let fields = [("dataset", "mine")];
        let path = "/training/dataset/upload";
        let sent = client.post_files(path, &fields, files.collect()).await?;
        client.completed(sent).await?;
    }
    let cut = client
        .post("/training/dataset/segment", &json!({"dataset": "mine"}))
        .await?;
    client.completed(cut).await?;
    Ok(())
}

async fn count(database: &PgPool, condition: &'static str) -> Result<i64> {
    let select = match condition {
        "" => "select count(*) from training.segment",
        "heard" => "select count(*) from training.segment where heard_by is not null",
        _ => "select count(*) from training.segment where heard ? 'once'",
    };
    Ok(sqlx::query_scalar(select).fetch_one(database).await?)
}

/// Waits until more has been kept than before, kills all workers, and marks what was kept; the mark goes where it is heard again.
/// Gives how much that is.
async fn kill_amid(system: &System, database: &PgPool, before: i64) -> Result<i64> {
    eventually("words that were kept", PATIENCE, || async {
        Ok((count(database, "heard").await? > before).then_some(()))
    })
    .await?;
    let workers = system.worker_pids()?;
    ensure!(!workers.is_empty(), "no worker runs");
    for worker in workers {
        process::signal(worker, "KILL")?;
    }
    let mark = "update training.segment set heard = heard || '{\"once\": true}' where heard_by is not null";
    sqlx::query(mark).execute(database).await?;
    count(database, "once").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_was_kept_is_heard_again_when_workers_are_killed() -> Result<()> {
    let models = import()?;
    let directory = models.path().to_str().context("no UTF-8 in the path")?;
    let options = Options::default()
        .with("--models-dir", directory)
        .with("--lease-ttl", "3");
    let system = System::start(options).await?;
    let (client, database) = (system.client(), system.database().await?);
    recorded(&client).await?;
    let segments = count(&database, "").await?;
    assert_eq!(segments, i64::try_from(RECORDINGS)?);
    let body = json!({"dataset": "mine", "source": "whisper"});
    let begun = client.post("/training/dataset/transcribe", &body).await?;

    let mut kept = 0;
    for _ in 0..KILLS {
        let marked = kill_amid(&system, &database, kept).await?;
        assert!(
            marked > kept && marked < segments,
            "{marked} of {segments} were kept when the worker was killed, {kept} before"
        );
        kept = marked;
    }

    let job = completed(&client, &begun.expect(202)?.json()?).await?;
    assert_eq!(job["result"]["changed"], segments, "{job}");
    assert_eq!(count(&database, "heard").await?, segments);
    assert_eq!(
        count(&database, "once").await?,
        kept,
        "none was heard again"
    );
    let crashes: i64 =
        sqlx::query_scalar("select count(*) from queue.failure where kind = 'crash'")
            .fetch_one(&database)
            .await?;
    assert_eq!(
        crashes,
        i64::try_from(KILLS)?,
        "and nothing else went wrong"
    );
    Ok(())
}
