//! Two gateways behind one name, which gives each connection another one of them.

use std::{
    net::SocketAddr,
    sync::Arc,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures::{StreamExt as _, stream};
use kiskadee_storage::{
    Store,
    gateway::{
        Gateway, GatewayConfig,
        relay::{Peers, STREAM_SECRET, StreamFailure},
    },
    use_ring,
};
use reqwest::{Client, StatusCode};
use tempfile::TempDir;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use url::Url;

const TOKEN: &str = "a-token-for-tests";
const SECRET: &str = "open sesame";

struct Pair {
    _dir: TempDir,
    gateways: Vec<Gateway>,
    /// Where one name leads.
    front: SocketAddr,
    turns: Arc<AtomicUsize>,
    client: Client,
}

async fn free_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

impl Pair {
    /// `living` of two.
    async fn start(living: usize) -> Self {
        use_ring();
        let dir = tempfile::tempdir().unwrap();
        let places = [free_port().await, free_port().await];
        let all = places.map(|place| Url::parse(&format!("http://{place}")).unwrap());
        let mut gateways = Vec::new();
        for (place, own) in places.iter().zip(&all).take(living) {
            let gateway = Gateway::start(GatewayConfig {
                listen: *place,
                store: Store::open(dir.path().to_str().unwrap()).unwrap(),
                token: TOKEN.into(),
                peers: Peers::new(own, &all).unwrap(),
            });
            gateways.push(gateway.await.unwrap());
        }
        let turns = Arc::new(AtomicUsize::new(0));
        let front = front(places[..living].to_vec(), Arc::clone(&turns)).await;
        // Each request is a connection of its own, so each comes to another.
        let client = Client::builder().pool_max_idle_per_host(0).build().unwrap();
        Self {
            _dir: dir,
            gateways,
            front,
            turns,
            client,
        }
    }

    fn url(&self, stream: &str) -> String {
        format!("http://{}/streams/{stream}", self.front)
    }

    /// What a listener and whoever brings the audio get.
    async fn meet(&self, stream: &str) -> (StatusCode, String, StatusCode) {
        let url = self.url(stream);
        let listening = self
            .client
            .get(&url)
            .bearer_auth(TOKEN)
            .header(STREAM_SECRET, SECRET);
        let bringing = async {
            let asked = self
                .client
                .get(format!("{url}/listener"))
                .header(STREAM_SECRET, SECRET);
            assert_eq!(asked.send().await.unwrap().status(), StatusCode::NO_CONTENT);
            let audio = self.client.put(&url).header(STREAM_SECRET, SECRET);
            let audio = audio
                .header("content-type", "audio/mpeg")
                .body(stream.to_owned());
            audio.send().await.unwrap().status()
        };
        let (heard, brought) = tokio::join!(listening.send(), bringing);
        let heard = heard.unwrap();
        let status = heard.status();
        assert_eq!(heard.headers()["content-type"], "audio/mpeg");
        (status, heard.text().await.unwrap(), brought)
    }

    async fn stop(self) {
        for gateway in self.gateways {
            gateway.shutdown().await;
        }
    }
}

/// Hands one connection after the other to each of them in turn.
async fn front(places: Vec<SocketAddr>, turns: Arc<AtomicUsize>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let place = places[turns.fetch_add(1, Ordering::Relaxed) % places.len()];
            tokio::spawn(async move {
                let mut gateway = TcpStream::connect(place).await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut gateway).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn listener_and_audio_meet_wherever_they_come_in() {
    let pair = Pair::start(2).await;
    for number in 0..24 {
        let stream = format!("stream-{number}");
        let met = pair.meet(&stream).await;
        assert_eq!(met, (StatusCode::OK, stream, StatusCode::NO_CONTENT));
        // Three requests a stream: the next one begins with the other gateway.
        assert_eq!(pair.turns.load(Ordering::Relaxed), (number + 1) * 3);
    }
    pair.stop().await;
}

#[tokio::test]
async fn a_gateway_that_is_away_takes_no_streams_along() {
    let pair = Pair::start(1).await;
    for number in 0..8 {
        let stream = format!("stream-{number}");
        let met = pair.meet(&stream).await;
        assert_eq!(met, (StatusCode::OK, stream, StatusCode::NO_CONTENT));
    }
    pair.stop().await;
}

#[tokio::test]
async fn failures_and_strangers_are_told_across() {
    let pair = Pair::start(2).await;
    for number in 0..8 {
        let url = pair.url(&format!("stream-{number}"));
        let listening = pair
            .client
            .get(&url)
            .bearer_auth(TOKEN)
            .header(STREAM_SECRET, SECRET);
        let failure = StreamFailure {
            rejected: true,
            message: "no such voice".to_owned(),
        };
        let failing = async {
            let guess = pair
                .client
                .put(&url)
                .header(STREAM_SECRET, "guess")
                .body("x");
            assert_eq!(guess.send().await.unwrap().status(), StatusCode::GONE);
            let told = pair
                .client
                .post(format!("{url}/failure"))
                .header(STREAM_SECRET, SECRET);
            told.json(&failure).send().await.unwrap().status()
        };
        let (heard, told) = tokio::join!(listening.send(), failing);
        let heard = heard.unwrap();
        assert_eq!(
            (heard.status(), told),
            (StatusCode::BAD_GATEWAY, StatusCode::NO_CONTENT)
        );
        assert_eq!(heard.json::<StreamFailure>().await.unwrap(), failure);
        let stranger = pair
            .client
            .get(&url)
            .bearer_auth("wrong")
            .header(STREAM_SECRET, SECRET);
        assert_eq!(
            stranger.send().await.unwrap().status(),
            StatusCode::UNAUTHORIZED
        );
    }
    pair.stop().await;
}

#[tokio::test]
async fn what_breaks_off_breaks_off_across() {
    let pair = Pair::start(2).await;
    for number in 0..4 {
        let url = pair.url(&format!("stream-{number}"));
        let pieces = stream::iter([Ok("begun")]).chain(stream::once(async {
            sleep(Duration::from_millis(300)).await;
            Err(std::io::Error::other("the worker died"))
        }));
        let body = reqwest::Body::wrap_stream(pieces);
        let listening = pair
            .client
            .get(&url)
            .bearer_auth(TOKEN)
            .header(STREAM_SECRET, SECRET);
        let bringing = pair
            .client
            .put(&url)
            .header(STREAM_SECRET, SECRET)
            .body(body);
        let (heard, _) = tokio::join!(listening.send(), bringing.send());
        let heard = heard.unwrap();
        assert_eq!(heard.status(), StatusCode::OK);
        let all = timeout(Duration::from_secs(20), heard.bytes()).await;
        assert!(
            all.unwrap().is_err(),
            "a broken stream ended as if it were whole"
        );
    }
    pair.stop().await;
}
