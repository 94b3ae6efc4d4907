//! A server of files and pages as they are found, and of what strangers would do.

use std::{
    io::Write as _,
    net::Ipv4Addr,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A server on a loopback address, for as long as it is kept.
pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Server {
    /// `sound` is what its recordings are. `other` is where it leads to beside itself.
    pub(crate) async fn start(address: Ipv4Addr, sound: Vec<u8>, other: String) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let pages = Arc::new(Pages {
            sound,
            other,
            asked: Arc::clone(&asked),
        });
        let serving = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let pages = Arc::clone(&pages);
                tokio::spawn(async move { pages.answer(client).await });
            }
        });
        Self {
            url,
            asked,
            serving,
        }
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The paths that were asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

struct Pages {
    sound: Vec<u8>,
    other: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Pages {
    async fn answer(&self, mut client: TcpStream) -> Option<()> {
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        while !request.windows(4).any(|four| four == b"\r\n\r\n") {
            let read = client.read(&mut buffer).await.ok()?;
            request.extend_from_slice(&buffer[..read]);
            if read == 0 {
                return None;
            }
        }
        let request = String::from_utf8_lossy(&request).into_owned();
        let mut words = request.split(' ');
        let is_head = words.next()? == "HEAD";
        let path = words.next()?.to_owned();
        self.asked.lock().unwrap().push(path.clone());
        let (head, body) = self.page(&path);
        let head = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n");
        client.write_all(head.as_bytes()).await.ok()?;
        if is_head {
            return Some(());
        }
        client.write_all(&body).await.ok()?;
        while path.starts_with("/endless") {
            client.write_all(&[0; 16 << 10]).await.ok()?;
        }
        client.shutdown().await.ok()
    }

    /// The status with the headers, and the body.
    fn page(&self, path: &str) -> (String, Vec<u8>) {
        let other = &self.other;
        let sized = |kind: &str, body: &[u8]| {
            let head = format!("200 OK\r\n{kind}Content-Length: {}", body.len());
            (head, body.to_vec())
        };
        let html = |text: &str| sized("Content-Type: text/html\r\n", text.as_bytes());
        let list = |segments: &str| {
            let text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:3\n{segments}\n#EXT-X-ENDLIST\n");
            sized(
                "Content-Type: application/vnd.apple.mpegurl\r\n",
                text.as_bytes(),
            )
        };
        match path {
            "/direct.wav" => sized("Content-Type: audio/wav\r\n", &self.sound),
            "/bare" => sized("", &self.sound),
            "/octets" => sized("Content-Type: application/octet-stream\r\n", &self.sound),
            "/named.mp3" => sized("Content-Type: audio/mpeg\r\n", b"These are words."),
            "/unsized" => (
                "200 OK\r\nContent-Type: audio/wav".to_owned(),
                self.sound.clone(),
            ),
            "/hop" => ("302 Found\r\nLocation: /direct.wav".to_owned(), Vec::new()),
            "/round" => ("302 Found\r\nLocation: /round".to_owned(), Vec::new()),
            "/away" => (
                format!("302 Found\r\nLocation: {other}/direct.wav"),
                Vec::new(),
            ),
            "/home" => (
                "302 Found\r\nLocation: file:///etc/passwd".to_owned(),
                Vec::new(),
            ),
            "/page" => html(
                "<!DOCTYPE html><html><head><title>Talk</title></head><body><audio src=\"/direct.wav\"></audio></body></html>",
            ),
            "/page-away" => html(&format!(
                "<!DOCTYPE html><html><body><video src=\"{other}/direct.wav\"></video></body></html>"
            )),
            "/empty-page" => html("<!DOCTYPE html><html><body>Words.</body></html>"),
            "/list.m3u8" => list("#EXTINF:2,\n/piece.ts\n#EXTINF:2,\n/piece.ts"),
            "/list-away.m3u8" => list(&format!("#EXTINF:2,\n{other}/piece.ts")),
            "/list-file.m3u8" => list("#EXTINF:2,\nfile:///etc/passwd"),
            "/piece.ts" => sized("Content-Type: video/mp2t\r\n", &packed(&self.sound)),
            "/endless" => (
                "200 OK\r\nContent-Type: audio/wav".to_owned(),
                self.sound[..44].to_vec(),
            ),
            "/endless-page" => (
                "200 OK\r\nContent-Type: text/html".to_owned(),
                b"<!DOCTYPE html><html><body>".to_vec(),
            ),
            "/vast" => (
                "200 OK\r\nContent-Type: audio/wav\r\nContent-Length: 10000000000".to_owned(),
                self.sound.clone(),
            ),
            "/short" => (
                format!(
                    "200 OK\r\nContent-Type: audio/wav\r\nContent-Length: {}",
                    self.sound.len() + 1000
                ),
                self.sound.clone(),
            ),
            "/text-says-wav.txt" => sized("Content-Type: text/plain\r\n", &self.sound),
            _ => ("404 Not Found\r\nContent-Length: 0".to_owned(), Vec::new()),
        }
    }
}

/// The same sound as a piece of a stream.
fn packed(sound: &[u8]) -> Vec<u8> {
    let mut child = Command::new("ffmpeg")
        .args([
            "-v", "error", "-i", "pipe:0", "-c:a", "aac", "-f", "mpegts", "pipe:1",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(sound).unwrap();
    child.wait_with_output().unwrap().stdout
}
