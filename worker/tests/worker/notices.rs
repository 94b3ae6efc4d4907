//! Notices as clouds give them, from a server that answers as their metadata does.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Request, State},
    http::{Method, StatusCode},
    routing::any,
};
use kiskadee_worker::{NoticeSource, watch_for_notice};
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};

const TOKEN: &str = "a-token";
const LONGEST: Duration = Duration::from_secs(20);

/// What the metadata says at this moment.
#[derive(Default)]
struct Told {
    aws: Option<String>,
    gcp: &'static str,
    azure: String,
    url: Option<String>,
    /// A token that was drawn holds for so many looks.
    looks_of_token: usize,
    drawn: usize,
}

struct Metadata {
    address: String,
    told: Arc<Mutex<Told>>,
    serving: JoinHandle<()>,
}

impl Drop for Metadata {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Metadata {
    async fn start(told: Told) -> Self {
        let told = Arc::new(Mutex::new(told));
        let router = Router::new()
            .fallback(any(answer))
            .with_state(Arc::clone(&told));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            told,
            serving,
        }
    }

    fn watch(&self, source: &NoticeSource) -> JoinHandle<Option<Duration>> {
        let (source, address) = (source.clone(), self.address.clone());
        tokio::spawn(async move { watch_for_notice(&source, Some(&address)).await })
    }

    fn tell(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.told.lock().unwrap());
    }
}

async fn answer(State(told): State<Arc<Mutex<Told>>>, request: Request) -> (StatusCode, String) {
    let mut told = told.lock().unwrap();
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let found = |text: Option<String>| match text {
        Some(text) => (StatusCode::OK, text),
        None => (StatusCode::NOT_FOUND, String::new()),
    };
    match (request.method(), request.uri().path()) {
        (&Method::PUT, "/latest/api/token") => {
            assert!(header("x-aws-ec2-metadata-token-ttl-seconds").is_some());
            told.drawn += 1;
            told.looks_of_token = 1;
            (StatusCode::OK, TOKEN.to_owned())
        }
        (&Method::GET, "/latest/meta-data/spot/instance-action") => {
            if header("x-aws-ec2-metadata-token") != Some(TOKEN) || told.looks_of_token == 0 {
                return (StatusCode::UNAUTHORIZED, String::new());
            }
            told.looks_of_token -= 1;
            found(told.aws.clone())
        }
        (&Method::GET, "/computeMetadata/v1/instance/preempted") => {
            match header("metadata-flavor") {
                Some("Google") => (StatusCode::OK, told.gcp.to_owned()),
                _ => (StatusCode::FORBIDDEN, String::new()),
            }
        }
        (&Method::GET, "/metadata/instance/compute/name") => (StatusCode::OK, "vm-1".to_owned()),
        (&Method::GET, "/metadata/scheduledevents") if header("metadata") == Some("true") => {
            (StatusCode::OK, told.azure.clone())
        }
        (&Method::GET, "/notice") => found(told.url.clone()),
        _ => (StatusCode::BAD_REQUEST, String::new()),
    }
}

fn in_seconds(seconds: u64) -> time::OffsetDateTime {
    time::OffsetDateTime::now_utc() + Duration::from_secs(seconds)
}

fn is_about(left: Option<Duration>, seconds: f64) -> bool {
    left.is_some_and(|left| (left.as_secs_f64() - seconds).abs() < 10.0)
}

async fn noticed(watching: JoinHandle<Option<Duration>>) -> Option<Duration> {
    timeout(LONGEST, watching).await.unwrap().unwrap()
}

#[tokio::test]
async fn amazon_tells_by_a_session_of_its_metadata() {
    let metadata = Metadata::start(Told::default()).await;
    let watching = metadata.watch(&NoticeSource::Aws);
    // The second look finds the token used up, the third draws another.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(!watching.is_finished());
    let at = in_seconds(120)
        .format(&time::format_description::well_known::Rfc3339)
        .unwrap();
    metadata
        .tell(|told| told.aws = Some(format!("{{\"action\":\"terminate\",\"time\":\"{at}\"}}")));
    let left = noticed(watching).await;
    assert!(is_about(left, 120.0), "{left:?}");
    metadata.tell(|told| assert_eq!(told.drawn, 2));
}

#[tokio::test]
async fn google_tells_within_a_second() {
    let told = Told {
        gcp: "FALSE",
        ..Told::default()
    };
    let metadata = Metadata::start(told).await;
    let watching = metadata.watch(&NoticeSource::Gcp);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!watching.is_finished());
    metadata.tell(|told| told.gcp = "TRUE");
    let begun = Instant::now();
    assert_eq!(noticed(watching).await, Some(Duration::from_secs(30)));
    assert!(begun.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn azure_tells_of_several_machines() {
    let at = in_seconds(60);
    let rfc2822 = at
        .format(&time::format_description::well_known::Rfc2822)
        .unwrap();
    let gmt = rfc2822.replace("+0000", "GMT");
    let event = |kind: &str, resource: &str, not_before: &str| {
        format!(
            r#"{{"EventId":"A","EventType":"{kind}","ResourceType":"VirtualMachine","Resources":["{resource}"],"EventStatus":"Scheduled","NotBefore":"{not_before}"}}"#
        )
    };
    let events = |listed: &[String]| {
        format!(
            r#"{{"DocumentIncarnation":1,"Events":[{}]}}"#,
            listed.join(",")
        )
    };
    let others = events(&[
        event("Preempt", "vm-2", &gmt),
        event("Freeze", "vm-1", &gmt),
    ]);
    let told = Told {
        azure: others,
        ..Told::default()
    };
    let metadata = Metadata::start(told).await;
    let watching = metadata.watch(&NoticeSource::Azure);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!watching.is_finished());
    metadata.tell(|told| told.azure = events(&[event("Preempt", "vm-1", &gmt)]));
    let left = noticed(watching).await;
    assert!(is_about(left, 60.0), "{left:?}");
    // One that has begun has no time.
    metadata.tell(|told| told.azure = events(&[event("Preempt", "vm-1", "")]));
    let left = noticed(metadata.watch(&NoticeSource::Azure)).await;
    assert_eq!(left, Some(Duration::from_secs(30)));
}

#[tokio::test]
async fn a_file_or_an_address_may_tell_how_much_time_is_left() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notice");
    let metadata = Metadata::start(Told::default()).await;
    let file = metadata.watch(&NoticeSource::File(path.clone()));
    let url = metadata.watch(&NoticeSource::Url(format!("{}/notice", metadata.address)));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!file.is_finished() && !url.is_finished());
    std::fs::write(&path, "5\n").unwrap();
    metadata.tell(|told| told.url = Some("{\"seconds\": 12}".to_owned()));
    assert_eq!(noticed(file).await, Some(Duration::from_secs(5)));
    assert_eq!(noticed(url).await, Some(Duration::from_secs(12)));
    std::fs::write(&path, "").unwrap();
    assert_eq!(
        noticed(metadata.watch(&NoticeSource::File(path))).await,
        None
    );
}

#[tokio::test]
async fn metadata_that_does_not_answer_is_no_notice() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    for source in [NoticeSource::Aws, NoticeSource::Gcp, NoticeSource::None] {
        let watching = watch_for_notice(&source, Some(&address));
        assert!(
            timeout(Duration::from_secs(3), watching).await.is_err(),
            "{source:?}"
        );
    }
}
