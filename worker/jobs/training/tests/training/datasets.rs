//! Recordings become a dataset: they are taken in, cut, and given their words; what cannot be used is told of.

use std::io::Write as _;

use kiskadee_dataset::archive::ArchiveWriter;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{room::Room, spoken::CLIPS};

/// A dataset of the room's owner.
pub(crate) struct Desk {
    pub(crate) room: Room,
    pub(crate) dataset: String,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let room = Room::open(&[]).await;
        let mut desk = Self {
            room,
            dataset: String::new(),
        };
        let made = desk
            .ask(
                "create_dataset",
                "'{\"name\": \"desk\", \"language\": \"en\"}', null, null, null",
            )
            .await;
        assert_eq!(made["status"], 201);
        let dataset = made["body"]["dataset_id"].as_str().unwrap();
        dataset.clone_into(&mut desk.dataset);
        desk
    }

    /// What a function of the component answers to the owner.
    pub(crate) async fn ask(&self, function: &str, arguments: &str) -> Value {
        let owner = self.room.owner;
        self.room
            .value(format!(
                "select jsonb_build_object('status', a.status, 'code', a.code, 'detail', a.detail, 'errors', a.errors, 'body', a.body::jsonb)
                 from api.{function}(row('{owner}', '2100-01-01', null, 0)::api.credentials, {arguments}) a"
            ))
            .await
    }

    /// Waits for the job of an answer.
    pub(crate) async fn ended(&self, answer: &Value) -> Value {
        assert_eq!(answer["status"], 202, "{answer}");
        let job = answer["body"]["job_id"].as_str().unwrap();
        let id = job.strip_prefix("job_").unwrap();
        let asked = format!("'{id}'::uuid");
        let over = "('completed', 'failed', 'cancelled')";
        let owner = self.room.owner;
        self.room
            .until(format!(
                "select a.body::jsonb ->> 'status' in {over}
                 from api.get_job(row('{owner}', '2100-01-01', null, 0)::api.credentials, {asked}) a"
            ))
            .await;
        self.ask("get_job", &asked).await["body"].clone()
    }

    /// Brings a file by an upload, and has it imported.
    pub(crate) async fn import(&self, filename: &str, content: &[u8]) -> Value {
        let upload = Uuid::now_v7();
        let key = format!("uploads/{}/object", upload.simple());
        let mut reader = content;
        self.room.store.upload(&key, "", &mut reader).await.unwrap();
        let (owner, bytes) = (self.room.owner, content.len());
        self.room
            .execute(format!(
                "insert into storage.upload (id, owner, family, filename, bytes, part_bytes, status, key)
                 values ('{upload}', '{owner}', 'training', '{filename}', {bytes}, {bytes}, 'ready', '{key}');
                 select storage.keep('{key}', 'training', '{owner}', {bytes});"
            ))
            .await;
        let wanted = json!({"dataset": self.dataset, "upload": upload});
        let answer = self
            .ask("import_dataset", &format!("'{wanted}', null, null, null"))
            .await;
        self.ended(&answer).await
    }

    /// Sends recordings by a form.
    pub(crate) async fn send(&self, files: &[(&str, &[u8])], text: Option<&str>) -> Value {
        let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
        let form = json!({"dataset": self.dataset, "filenames": names, "bytes": 1, "text": text});
        let places = self
            .ask("begin_dataset_files", &format!("'{form}', null, null"))
            .await;
        let mut stored = Vec::new();
        for (place, (name, content)) in places["body"].as_array().unwrap().iter().zip(files) {
            let mut reader = *content;
            let key = place["key"].as_str().unwrap();
            self.room.store.upload(key, "", &mut reader).await.unwrap();
            stored.push(json!({"file": place["file"], "filename": name, "bytes": content.len()}));
        }
        let stored = Value::from(stored);
        let answer = self
            .ask(
                "add_dataset_files",
                &format!("'{stored}', '{form}', null, null, null"),
            )
            .await;
        self.ended(&answer).await
    }

    pub(crate) async fn step(&self, function: &str, wanted: Value) -> Value {
        let mut wanted = wanted;
        wanted["dataset"] = json!(self.dataset);
        let answer = self
            .ask(function, &format!("'{wanted}', null, null, null"))
            .await;
        if answer["status"] == 202 {
            return self.ended(&answer).await;
        }
        answer
    }

    pub(crate) async fn cut(&self) -> Value {
        let options = json!({"min_seconds": 1, "max_seconds": 11, "threshold": 0.5, "min_silence_ms": 300, "pad_ms": 100});
        self.step("segment_dataset", options).await
    }

    pub(crate) async fn words(&self) -> Value {
        let wanted = json!({"source": "auto", "only": "missing", "overwrite_edited": false});
        self.step("transcribe_dataset", wanted).await
    }

    pub(crate) async fn stats(&self) -> Value {
        let stats = self
            .ask("dataset_stats", &format!("'{}'", self.dataset))
            .await;
        stats["body"].clone()
    }

    pub(crate) async fn listed(&self, kind: &str) -> Vec<Value> {
        let wanted = json!({"dataset": self.dataset, "kind": kind});
        let page = self
            .ask("list_dataset_files", &format!("100, null, '{wanted}'"))
            .await;
        page["body"]["items"].as_array().unwrap().clone()
    }

    pub(crate) async fn kept(&self) -> Value {
        let kept = "select count(*) from storage.object where state = 'kept'";
        self.room.value(kept.to_owned()).await
    }
}

pub(crate) fn zip(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ArchiveWriter::new(Vec::new());
    for (name, content) in files {
        archive.start(name, content.len() as u64).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap()
}

/// As `LJSpeech` lays it out.
pub(crate) fn lj_speech() -> Vec<u8> {
    let clips = || CLIPS.iter().enumerate();
    let rows = clips().map(|(number, clip)| format!("c{number:02}|{0}|{0}\n", clip.text));
    let mut files = vec![(
        "mine/metadata.csv".to_owned(),
        rows.collect::<String>().into_bytes(),
    )];
    files.extend(
        clips().map(|(number, clip)| (format!("mine/wavs/c{number:02}.wav"), clip.wav.clone())),
    );
    files.push((
        "mine/wavs/broken.wav".to_owned(),
        b"RIFF and no more".to_vec(),
    ));
    zip(&files)
}

/// A second of nothing, as WAV.
fn silence() -> Vec<u8> {
    let mut wav = CLIPS[0].wav[..44].to_vec();
    wav.resize(44 + 48_000, 0);
    wav
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_becomes_a_dataset_that_is_ready_and_goes_without_a_trace() {
    let desk = Desk::open().await;
    let _worker = desk.room.work();
    let imported = desk.import("mine.zip", &lj_speech()).await;
    assert_eq!(imported["status"], "completed", "{imported}");
    let told = &imported["result"];
    assert_eq!(
        (&told["files"], &told["with_text"], &told["format"]),
        (&json!(CLIPS.len()), &json!(CLIPS.len()), &json!("ljspeech")),
        "{told}"
    );
    assert_eq!(told["refused"].as_array().unwrap().len(), 1, "{told}");
    let blockers = desk.stats().await["blockers"].clone();
    assert!(blockers[0].as_str().unwrap().contains("cut"), "{blockers}");

    let cut = desk.cut().await;
    assert_eq!(cut["status"], "completed", "{cut}");
    assert_eq!(cut["result"]["segments"], CLIPS.len(), "one each: {cut}");
    let segments = desk.listed("segments").await;
    for (segment, clip) in segments.iter().zip(CLIPS.iter()) {
        assert_eq!(
            (&segment["text"], &segment["text_source"]),
            (&json!(clip.text), &json!("given"))
        );
    }
    let words = desk.words().await;
    assert_eq!(words["result"]["transcribed"], CLIPS.len(), "{words}");
    let stats = desk.stats().await;
    assert_eq!(
        (&stats["ready"], &stats["blockers"]),
        (&json!(true), &json!([])),
        "{stats}"
    );

    // The sound of a segment is whole.
    let key = "select key from training.segment order by id limit 1".to_owned();
    let key = desk.room.value(key).await;
    let flac = desk.room.object(key.as_str().unwrap()).await;
    assert!(
        flac.starts_with(b"fLaC") && flac.len() > 10_000,
        "{}",
        flac.len()
    );

    // Twice the same teaches nothing.
    let again = desk.import("again.zip", &lj_speech()).await;
    assert_eq!(again["status"], "completed", "{again}");
    assert_eq!(desk.stats().await["files"]["ready"], CLIPS.len());

    let gone = desk
        .ask("delete_dataset", &format!("'{}', false", desk.dataset))
        .await;
    assert_eq!(gone["status"], 204, "{gone}");
    assert_eq!(desk.kept().await, 0, "nothing is kept of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_is_told_of() {
    let desk = Desk::open().await;
    let _worker = desk.room.work();
    for (archive, reason) in [
        (zip(&[]), "no recordings"),
        (b"PK\x03\x04 and nothing of a ZIP".to_vec(), "is no ZIP"),
        (
            zip(&[("readme.txt".to_owned(), b"Hello".to_vec())]),
            "no recordings",
        ),
    ] {
        let job = desk.import("bad.zip", &archive).await;
        assert_eq!(job["status"], "failed", "{job}");
        assert!(
            job["error"]["message"].as_str().unwrap().contains(reason),
            "{job}"
        );
    }
    let body = desk
        .ask("get_dataset", &format!("'{}'", desk.dataset))
        .await["body"]
        .clone();
    assert_eq!(
        (&body["step"], &body["last_step"]["outcome"]),
        (&json!(null), &json!("failed"))
    );
    assert_eq!(desk.kept().await, 0, "what was brought for nothing goes");

    let sent = desk
        .send(
            &[
                ("words.wav", b"These are words, and no recording."),
                ("silence.wav", &silence()),
                ("empty.wav", b""),
            ],
            None,
        )
        .await;
    assert_eq!(sent["status"], "completed", "{sent}");
    let files = desk.listed("files").await;
    for (file, reason) in files.iter().zip(["is text", "is silent", "is empty"]) {
        assert_eq!(file["state"], "refused", "{file}");
        assert!(file["reason"].as_str().unwrap().contains(reason), "{file}");
    }
    assert_eq!(desk.cut().await["code"], "no_recordings");
    let blockers = desk.stats().await["blockers"].clone();
    assert!(
        blockers[0]
            .as_str()
            .unwrap()
            .contains("None of the recordings")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_wrote_outlives_another_cut() {
    let desk = Desk::open().await;
    let _worker = desk.room.work();
    let (first, second) = (&CLIPS[0], &CLIPS[1]);
    desk.send(&[("read.wav", &first.wav)], Some("Words that were read."))
        .await;
    desk.send(&[("heard.wav", &second.wav)], None).await;
    assert_eq!(desk.cut().await["status"], "completed");
    let segments = desk.listed("segments").await;
    assert_eq!(segments[0]["text_source"], "prompts");
    assert_eq!(
        (&segments[1]["text"], &segments[1]["state"]),
        (&json!(null), &json!("pending"))
    );
    let edits = json!({"dataset": desk.dataset, "segments": segments.iter().map(|segment| json!({
        "segment": segment["segment_id"].as_str().unwrap().strip_prefix("segment_"), "text": "Written by hand.",
        "clear_text": false, "undecided": false
    })).collect::<Vec<_>>()});
    let edited = desk.ask("edit_segments", &format!("'{edits}'")).await;
    assert_eq!(edited["body"]["changed"], 2, "{edited}");
    let busy = desk
        .room
        .value("select count(*) from training.dataset where step is not null".to_owned())
        .await;
    assert_eq!(busy, 0);
    assert_eq!(desk.cut().await["status"], "completed");
    for segment in desk.listed("segments").await {
        assert_eq!(
            (&segment["text"], &segment["edited"], &segment["state"]),
            (&json!("Written by hand."), &json!(true), &json!("accepted")),
            "{segment}"
        );
    }
    let words = desk.words().await;
    assert_eq!(words["result"]["changed"], 0, "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_step_at_a_time_and_a_cancelled_one_leaves_the_dataset() {
    let desk = Desk::open().await;
    let wanted = json!({"dataset": desk.dataset, "source": "auto", "only": "missing"});
    let early = desk
        .ask(
            "transcribe_dataset",
            &format!("'{wanted}', null, null, null"),
        )
        .await;
    assert_eq!(early["status"], 422);
    // Nobody works yet: the step waits.
    let file = Uuid::now_v7();
    desk.room
        .execute(format!(
            "insert into training.file (id, dataset_id, filename, bytes, source)
             select '{file}', id, 'a.wav', 1, '{{}}' from training.dataset where name = 'desk'"
        ))
        .await;
    let options = json!({"dataset": desk.dataset, "min_seconds": 1});
    let arguments = format!("'{options}', null, null, null");
    let first = desk.ask("segment_dataset", &arguments).await;
    let second = desk.ask("segment_dataset", &arguments).await;
    assert_eq!(
        (&first["status"], &second["status"]),
        (&json!(202), &json!(409))
    );
    assert_eq!(second["errors"][0]["message"], first["body"]["job_id"]);
    let refused = desk
        .ask("delete_dataset", &format!("'{}', false", desk.dataset))
        .await;
    assert_eq!(refused["code"], "step_under_way");
    let job = first["body"]["job_id"].as_str().unwrap();
    let job = job.strip_prefix("job_").unwrap();
    let cancelled = desk.ask("cancel_job", &format!("'{job}'::uuid")).await;
    assert_eq!(cancelled["status"], 200, "{cancelled}");
    let body = desk
        .ask("get_dataset", &format!("'{}'", desk.dataset))
        .await["body"]
        .clone();
    assert_eq!(
        (&body["step"], &body["last_step"]["outcome"]),
        (&json!(null), &json!("cancelled"))
    );
    let gone = desk
        .ask("delete_dataset", &format!("'{}', true", desk.dataset))
        .await;
    assert_eq!(gone["status"], 204);
}
