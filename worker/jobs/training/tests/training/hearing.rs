//! Words that a recogniser hears: of what has none, in turns, and once. The model is the small random one of the crate of Whisper: its words are
//! none, but they come.

use std::{collections::HashMap, fs, path::Path};

use candle_core::{Device, Tensor, safetensors};
use kiskadee_checkpoint::folder::Licence;
use kiskadee_whisper::import::{Import, Source, import};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{datasets::Desk, room::Room, spoken::CLIPS};

fn golden() -> &'static Path {
    Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../whisper/tests/whisper/golden"
    ))
}

/// Brings a model into the room, as `kiskadee models import` does.
fn bring(room: &Room, folder: &Path, name: &str) {
    fs::create_dir_all(room.models()).unwrap();
    let source = Source::find(folder).unwrap();
    let request = Import {
        source: &source,
        target: &room.models().join(name),
        origin: "the tests".to_owned(),
        licence: source
            .terms(Some("MIT"))
            .unwrap_or_else(|_| Licence::new("MIT", "MIT")),
        acceptance: None,
    };
    import(&request, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
}

/// The small model, but whatever is said is German to it: its last norm lets nothing through, and only one language speaks for what is left.
fn german() -> TempDir {
    let folder = TempDir::new().unwrap();
    for name in ["config.json", "tokenizer.json"] {
        fs::copy(golden().join(name), folder.path().join(name)).unwrap();
    }
    let tokenizer = fs::read_to_string(golden().join("tokenizer.json")).unwrap();
    let tokenizer: Value = serde_json::from_str(&tokenizer).unwrap();
    let tokens = tokenizer["added_tokens"].as_array().unwrap();
    let german = tokens
        .iter()
        .find(|token| token["content"] == "<|de|>")
        .unwrap();
    let german = german["id"].as_u64().unwrap() as usize;
    let read = safetensors::load(golden().join("model.safetensors"), &Device::Cpu).unwrap();
    let mut tensors: HashMap<String, Tensor> = read;
    let named = |tensors: &HashMap<String, Tensor>, end: &str| {
        tensors
            .keys()
            .find(|name| name.ends_with(end))
            .unwrap()
            .clone()
    };
    let width = 16;
    let ones = |count: usize, value: f32| {
        let ones = Tensor::full(value, count, &Device::Cpu).unwrap();
        ones.to_dtype(candle_core::DType::F16).unwrap()
    };
    tensors.insert(
        named(&tensors, "decoder.layer_norm.weight"),
        ones(width, 0.0),
    );
    tensors.insert(named(&tensors, "decoder.layer_norm.bias"), ones(width, 1.0));
    let table = named(&tensors, "embed_tokens.weight");
    let mut rows: Vec<Vec<f32>> = tensors[&table]
        .to_dtype(candle_core::DType::F32)
        .unwrap()
        .to_vec2()
        .unwrap();
    rows[german] = vec![1.0; width];
    // Of words there is one.
    let word = tokenizer["model"]["vocab"]["a"].as_u64().unwrap() as usize;
    rows[word] = vec![2.0; width];
    let rows = Tensor::new(rows, &Device::Cpu).unwrap();
    tensors.insert(table, rows.to_dtype(candle_core::DType::F16).unwrap());
    safetensors::save(&tensors, folder.path().join("model.safetensors")).unwrap();
    folder
}

/// A desk with recordings that are cut, of which the first was read aloud. A worker that has the model, or none, works there.
async fn desk(model: Option<&Path>, recordings: usize) -> Desk {
    let desk = Desk::open().await;
    if let Some(model) = model {
        bring(&desk.room, model, "whisper-small");
    }
    let worker = desk.room.work();
    let files: Vec<(String, &[u8])> = CLIPS
        .iter()
        .take(recordings)
        .enumerate()
        .map(|(number, clip)| (format!("c{number:02}.wav"), clip.wav.as_slice()))
        .collect();
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, wav)| (name.as_str(), *wav))
        .collect();
    desk.send(&files[..1], Some("Read aloud it was.")).await;
    desk.send(&files[1..], None).await;
    assert_eq!(desk.cut().await["status"], "completed");
    worker.drain().await;
    desk
}

fn words(source: &str) -> Value {
    json!({"source": source, "only": "missing", "overwrite_edited": false})
}

/// Of each segment, in their order.
async fn of_segments(desk: &Desk, what: &str) -> Vec<Value> {
    let select = format!("select jsonb_agg({what} order by id) from training.segment");
    desk.room.value(select).await.as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_words_is_heard_and_what_a_person_wrote_stays() {
    let desk = desk(Some(golden()), 4).await;
    let _worker = desk.room.work();
    let done = desk.step("transcribe_dataset", words("auto")).await;
    assert_eq!(done["status"], "completed", "{done}");
    assert_eq!(
        done["result"],
        json!({"transcribed": 4, "failed": 0, "changed": 3})
    );
    let sources = of_segments(&desk, "text_source").await;
    assert_eq!(sources, ["prompts", "whisper", "whisper", "whisper"]);
    let heard = of_segments(&desk, "heard ->> 'model'").await;
    assert_eq!(
        heard[1..],
        ["whisper-small", "whisper-small", "whisper-small"]
    );
    let transcripts = desk.stats().await["transcripts"].clone();
    assert_eq!(
        (&transcripts["whisper"], &transcripts["missing"]),
        (&json!(3), &json!(0))
    );

    let segments = desk.listed("segments").await;
    let id = segments[1]["segment_id"].as_str().unwrap();
    let id = id.strip_prefix("segment_").unwrap();
    let edit = json!({"dataset": desk.dataset, "segments": [{"segment": id, "text": "By hand."}]});
    desk.ask("edit_segments", &format!("'{edit}'")).await;
    let all = |overwrite: bool| json!({"source": "whisper", "only": "all", "overwrite_edited": overwrite, "model": "small"});
    let again = desk.step("transcribe_dataset", all(false)).await;
    assert_eq!(again["status"], "completed", "{again}");
    assert_eq!(of_segments(&desk, "text").await[1], "By hand.");
    assert_eq!(
        of_segments(&desk, "text_source").await[0],
        "whisper",
        "asked for by name"
    );
    let over = desk.step("transcribe_dataset", all(true)).await;
    assert_eq!(over["result"]["changed"], 1, "{over}");
    assert_eq!(of_segments(&desk, "text_source").await[1], "whisper");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_recogniser_the_ways_to_words_are_told() {
    let desk = desk(None, 2).await;
    let refused = desk.step("transcribe_dataset", words("whisper")).await;
    let why = refused["errors"][0]["message"].as_str().unwrap();
    assert!(
        why.contains("kiskadee models import") && why.contains("read aloud"),
        "{why}"
    );
    // The first was read aloud, so that there is something to give.
    let _worker = desk.room.work();
    let given = desk.step("transcribe_dataset", words("auto")).await;
    assert_eq!(given["result"]["transcribed"], 1, "{given}");
    desk.room
        .execute("select training.announce_recognisers('[{\"name\": \"whisper-x\", \"languages\": [\"de\"], \"parameters\": 1}]')".to_owned())
        .await;
    let other = desk.step("transcribe_dataset", words("whisper")).await;
    assert!(
        other["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("\"en\""),
        "{other}"
    );
    let mut named = words("auto");
    named["model"] = json!("large");
    let unknown = desk.step("transcribe_dataset", named).await;
    assert_eq!(unknown["errors"][0]["field"], "model", "{unknown}");
    let gone = "update training.recogniser set seen_at = seen_at - interval '6 minutes', languages = '{en}'";
    desk.room.execute(gone.to_owned()).await;
    let refused = desk.step("transcribe_dataset", words("whisper")).await;
    assert_eq!(
        refused["status"], 422,
        "who has not been heard of is not there: {refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_heard_twice_when_workers_drain_or_are_lost() {
    // It goes on to the longest text there may be, so that nobody is done before he is drained or lost.
    let desk = desk(Some(german().path()), 14).await;
    let room = &desk.room;
    let mut wanted = words("whisper");
    wanted["dataset"] = json!(desk.dataset);
    let heard = "select count(*) from training.segment where heard_by is not null";
    let mark = "update training.segment set heard = heard || '{\"once\": true}' where heard_by is not null";
    let worker = room.work();
    room.until("select count(*) = 1 from training.recogniser".to_owned())
        .await;
    let answer = desk
        .ask(
            "transcribe_dataset",
            &format!("'{wanted}', null, null, null"),
        )
        .await;
    room.until(format!("select ({heard}) > 0")).await;
    worker.drain().await;
    let before = room.value(heard.to_owned()).await.as_u64().unwrap();
    assert!(before < 13, "the job was cut off");
    let texts = "select count(*) from training.segment where text_source = 'whisper'";
    assert_eq!(
        room.value(texts.to_owned()).await,
        before,
        "what was heard is kept"
    );
    room.execute(mark.to_owned()).await;

    let _worker = room.work();
    room.until(format!("select ({heard}) > {before}")).await;
    room.lose_workers().await;
    let held = room.value(heard.to_owned()).await;
    room.execute(mark.to_owned()).await;
    let done = desk.ended(&answer).await;
    assert_eq!(done["status"], "completed", "{done}");
    // The first was read aloud.
    assert_eq!(done["result"]["changed"], 13, "{done}");
    let marked = "select count(*) from training.segment where heard ? 'once'";
    assert_eq!(
        room.value(marked.to_owned()).await,
        held,
        "none of them was heard again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_language_is_marked_and_not_dropped() {
    let german = german();
    let desk = desk(Some(german.path()), 3).await;
    let _worker = desk.room.work();
    let mut wanted = words("whisper");
    wanted["only"] = json!("all");
    let done = desk.step("transcribe_dataset", wanted.clone()).await;
    assert_eq!(done["status"], "completed", "{done}");
    for segment in desk.listed("segments").await {
        let reasons = segment["reasons"].as_array().unwrap();
        assert!(reasons.contains(&json!("language_odd")), "{segment}");
        assert_eq!(segment["state"], "accepted", "{segment}");
    }
    assert_eq!(desk.stats().await["languages"], json!({"de": 1.0}));
    // Who says what is spoken knows it.
    wanted["language"] = json!("en");
    let done = desk.step("transcribe_dataset", wanted).await;
    assert_eq!(done["status"], "completed", "{done}");
    for segment in desk.listed("segments").await {
        assert!(
            !segment["reasons"]
                .as_array()
                .unwrap()
                .contains(&json!("language_odd"))
        );
    }
}
