//! Recordings come from addresses: what is one, what leads to one, and what must not be reached.

use std::{f32::consts::TAU, fs, net::Ipv4Addr};

use serde_json::{Value, json};

use crate::{
    datasets::{Desk, lj_speech},
    room::Worker,
    server::Server,
    spoken::CLIPS,
};

/// Two servers, of which a worker may call one.
async fn servers(sound: Vec<u8>) -> (Server, Server) {
    let private = Server::start(Ipv4Addr::new(127, 0, 0, 2), sound.clone(), String::new()).await;
    let own = Server::start(Ipv4Addr::LOCALHOST, sound, private.url.clone()).await;
    (own, private)
}

async fn download(desk: &Desk, dataset: &str, urls: &[String]) -> Value {
    let wanted = json!({"dataset": dataset, "name": dataset, "urls": urls, "rights": "licensed",
        "consent": "It is mine.", "language": "pt"});
    let arguments = format!("'{wanted}', null, null, 'trace'");
    let answer = desk.ask("begin_download", &arguments).await;
    desk.ended(&answer).await
}

fn nothing_is_left(worker: &Worker) {
    let left: Vec<_> = fs::read_dir(&worker.scratch).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

fn reason<'a>(job: &'a Value, end: &str) -> &'a str {
    let failed = job["result"]["failed"].as_array().unwrap();
    let of = failed
        .iter()
        .find(|one| one["url"].as_str().unwrap().ends_with(end));
    of.map_or("", |one| one["reason"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn good_addresses_come_whatever_the_others_are() {
    let mut desk = Desk::open().await;
    let worker = desk.room.work();
    let (own, private) = servers(CLIPS[0].wav.clone()).await;
    let paths = [
        "/direct.wav",
        "/list.m3u8",
        "/missing",
        "/away",
        "/page-away",
        "/named.mp3",
        "/endless",
        "/empty-page",
    ];
    let mut urls: Vec<String> = paths.iter().map(|path| own.at(path)).collect();
    urls.push(private.at("/direct.wav"));
    let job = download(&desk, "fetched", &urls).await;
    assert_eq!(job["status"], "completed", "{job}");
    let files = job["result"]["files"].as_array().unwrap();
    let came: Vec<_> = files.iter().map(|file| file["url"].clone()).collect();
    assert_eq!(came, [own.at("/direct.wav"), own.at("/list.m3u8")], "{job}");
    assert!(files[0]["file_id"].as_str().unwrap().starts_with("file_"));
    assert!((files[0]["seconds"].as_f64().unwrap() - CLIPS[0].seconds).abs() < 0.01);
    for (end, words) in [
        ("/missing", "answered 404"),
        ("/away", "not an address on the public internet"),
        ("/page-away", "not an address on the public internet"),
        ("/named.mp3", "is text"),
        ("/endless", "larger than 64.0 MiB"),
        ("/empty-page", "Unsupported URL"),
        (&private.at("/direct.wav"), "not an address on the public"),
    ] {
        assert!(reason(&job, end).contains(words), "{end}: {job}");
    }
    assert_eq!(private.asked(), [""; 0]);
    nothing_is_left(&worker);

    // It was made with what was told of it, and is as good as any other.
    desk.dataset = "fetched".to_owned();
    let about = desk.ask("get_dataset", "'fetched'").await["body"].clone();
    assert_eq!(
        (
            &about["language"],
            &about["rights"],
            &about["consent"]["statement"]
        ),
        (&json!("pt"), &json!("licensed"), &json!("It is mine."))
    );
    let source = desk.listed("files").await[0]["source"].clone();
    assert_eq!(
        (&source["kind"], &source["url"], &source["rights"]),
        (
            &json!("url"),
            &json!(own.at("/direct.wav")),
            &json!("licensed")
        )
    );
    assert!(source["declared_at"].is_string(), "{source}");
    let cut = desk.cut().await;
    assert_eq!(cut["status"], "completed", "{cut}");
    assert!(cut["result"]["segments"].as_u64().unwrap() > 0, "{cut}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_for_one_recording_becomes_several() {
    let desk = Desk::open().await;
    let worker = desk.room.work();
    let (own, _private) = servers(tone(31 * 60)).await;
    let job = download(&desk, "long", &[own.at("/bare")]).await;
    let seconds: Vec<f64> = job["result"]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["seconds"].as_f64().unwrap())
        .collect();
    let [first, second] = seconds[..] else {
        panic!("{job}");
    };
    assert!(
        (first - 1530.0).abs() < 2.0,
        "it ends in the pause: {first}"
    );
    assert!((first + second - 1860.0).abs() < 0.1, "{job}");
    nothing_is_left(&worker);
    let (own, _private) = servers(tone(41 * 60)).await;
    let job = download(&desk, "longer", &[own.at("/bare")]).await;
    assert!(reason(&job, "/bare").contains("over 40 minutes"), "{job}");
    nothing_is_left(&worker);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_at_an_address_is_imported() {
    let desk = Desk::open().await;
    let worker = desk.room.work();
    let (own, private) = servers(lj_speech()).await;
    let import = async |url: String| {
        let wanted = json!({"dataset": desk.dataset, "urls": [url], "rights": "own"});
        let arguments = format!("'{wanted}', null, null, null");
        let answer = desk.ask("import_dataset", &arguments).await;
        desk.ended(&answer).await
    };
    let job = import(own.at("/octets")).await;
    let told = &job["result"];
    assert_eq!(
        (&told["files"], &told["format"]),
        (&json!(CLIPS.len()), &json!("ljspeech")),
        "{job}"
    );
    let job = import(own.at("/away")).await;
    assert_eq!(job["status"], "failed", "{job}");
    let message = job["error"]["message"].as_str().unwrap();
    assert!(message.contains("not an address on the public"), "{job}");
    assert_eq!(private.asked(), [""; 0]);
    nothing_is_left(&worker);
}

/// A tone of so many seconds at 8 kHz that is silent from 1529 s to 1531 s, as WAV.
fn tone(seconds: u32) -> Vec<u8> {
    let samples = 0..seconds * 8000;
    let data: Vec<u8> = samples
        .flat_map(|place| {
            let is_loud = !(1529 * 8000..1531 * 8000).contains(&place);
            let phase = (place % 80) as f32 / 80.0 * TAU;
            let loud = if is_loud { 9000.0 } else { 0.0 };
            ((phase.sin() * loud) as i16).to_le_bytes()
        })
        .collect();
    let mut wav = CLIPS[0].wav[..44].to_vec();
    wav[24..28].copy_from_slice(&8000_u32.to_le_bytes());
    wav[28..32].copy_from_slice(&16_000_u32.to_le_bytes());
    wav[40..44].copy_from_slice(&(data.len() as u32).to_le_bytes());
    wav.extend(data);
    wav
}
