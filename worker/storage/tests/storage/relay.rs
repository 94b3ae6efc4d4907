//! The relay over real HTTP: what a listener gets of audio that is brought faster than it is played, or that breaks off.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use kiskadee_storage::{
    Store,
    gateway::{
        Gateway, GatewayConfig,
        relay::{Peers, STREAM_SECRET},
    },
    use_ring,
};
use reqwest::{Body, Client, Response, StatusCode};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

const TOKEN: &str = "a-token-for-tests";
const SECRET: &str = "open sesame";
/// More than all buffers on the way hold.
const PIECES: usize = 640;
const PIECE: usize = 64 * 1024;

struct Stage {
    _dir: TempDir,
    gateway: Gateway,
    client: Client,
}

impl Stage {
    async fn set() -> Self {
        use_ring();
        let dir = tempfile::tempdir().unwrap();
        let gateway = Gateway::start(GatewayConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            store: Store::open(dir.path().to_str().unwrap()).unwrap(),
            token: TOKEN.into(),
            peers: Peers::default(),
        });
        Self {
            _dir: dir,
            gateway: gateway.await.unwrap(),
            client: Client::new(),
        }
    }

    fn url(&self) -> String {
        format!("http://{}/streams/s1", self.gateway.local_addr())
    }

    async fn listen(&self) -> Response {
        let request = self.client.get(self.url()).bearer_auth(TOKEN);
        request.header(STREAM_SECRET, SECRET).send().await.unwrap()
    }

    async fn bring(&self, body: Body) -> reqwest::Result<StatusCode> {
        let request = self.client.put(self.url()).header(STREAM_SECRET, SECRET);
        let answer = request.body(body).send().await?;
        Ok(answer.status())
    }
}

#[tokio::test]
async fn audio_is_brought_whole_before_it_is_played_and_nothing_is_missing() {
    let stage = Stage::set().await;
    let pieces = stream::iter((0..PIECES).map(|_| Ok::<_, std::io::Error>(vec![7_u8; PIECE])));
    let body = Body::wrap_stream(pieces);
    let (heard, brought) = tokio::join!(
        stage.listen(),
        timeout(Duration::from_secs(20), stage.bring(body))
    );
    assert_eq!(brought.unwrap().unwrap(), StatusCode::NO_CONTENT);
    let mut played = 0;
    let mut audio = heard.bytes_stream();
    while let Some(piece) = audio.next().await {
        played += piece.unwrap().len();
    }
    assert_eq!(played, PIECES * PIECE);
}

#[tokio::test]
async fn a_bringer_that_dies_breaks_the_answer() {
    let stage = Stage::set().await;
    let first = stream::iter([Ok(vec![7_u8; PIECE])]);
    let pieces = first.chain(stream::once(async {
        sleep(Duration::from_millis(200)).await;
        Err(std::io::Error::other("dead"))
    }));
    let body = Body::wrap_stream(pieces);
    let (heard, brought) = tokio::join!(stage.listen(), stage.bring(body));
    assert!(brought.is_err());
    assert!(heard.bytes().await.is_err());
}
