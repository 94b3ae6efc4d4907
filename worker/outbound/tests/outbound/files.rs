//! Files by themselves.

use std::{fs, sync::Mutex};

use kiskadee_outbound::{FetchError, Fetched, Fetcher, Guard, Reach};

use crate::sites::{ALLOWANCE, MOST, Sites, guard, wav};

fn is_page(head: &[u8]) -> bool {
    head.starts_with(b"<") || head.starts_with(b"#EXTM3U")
}

async fn fetch(sites: &Sites, path: &str) -> Result<Fetched, FetchError> {
    let fetcher = Fetcher::new(guard()).unwrap();
    let into = sites.folder().join("file");
    fetcher
        .fetch(&sites.url(path), &into, ALLOWANCE, is_page, |_| ())
        .await
}

#[tokio::test]
async fn a_file_comes_whole_whatever_it_is_called() {
    let sites = Sites::open().await;
    for (path, end) in [
        ("/direct.wav", "/direct.wav"),
        ("/bare", "/bare"),
        ("/octets", "/octets"),
        ("/text-says-wav.txt", "/text-says-wav.txt"),
        ("/unsized", "/unsized"),
        ("/hop", "/direct.wav"),
    ] {
        let Fetched::File { bytes, url } = fetch(&sites, path).await.unwrap() else {
            panic!("{path} is no page");
        };
        assert_eq!((bytes, url.path()), (wav().len() as u64, end), "{path}");
        assert!(fs::read(sites.folder().join("file")).unwrap() == wav());
    }
    for page in ["/page", "/list.m3u8"] {
        assert!(matches!(fetch(&sites, page).await, Ok(Fetched::Page)));
    }
}

#[tokio::test]
async fn what_is_too_much_or_too_little_is_told() {
    let sites = Sites::open().await;
    for (path, reason) in [
        ("/vast", "larger than 1.0 MiB"),
        ("/endless", "larger than 1.0 MiB"),
        ("/short", "broke off"),
        ("/round", "from one address to the next"),
        ("/missing", "answered 404"),
        ("/home", "must begin with http"),
    ] {
        let error = fetch(&sites, path).await.unwrap_err().to_string();
        assert!(error.contains(reason), "{path}: {error}");
    }
    let kept = fs::metadata(sites.folder().join("file")).unwrap().len();
    assert!(kept <= MOST, "{kept}");
}

#[tokio::test]
async fn nothing_private_is_called() {
    let sites = Sites::open().await;
    let error = fetch(&sites, "/away").await.unwrap_err().to_string();
    assert!(error.contains("not an address on the public"), "{error}");
    let strict = Fetcher::new(Guard::of_system(Reach::Public)).unwrap();
    let into = sites.folder().join("file");
    for address in [
        sites.own.at("/direct.wav"),
        sites.private.at("/direct.wav"),
        "http://localhost:9000/".to_owned(),
        "http://[::1]:9000/".to_owned(),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
    ] {
        let url = address.parse().unwrap();
        let fetched = strict.fetch(&url, &into, ALLOWANCE, is_page, |_| ()).await;
        assert!(matches!(fetched, Err(FetchError::Address(_))), "{address}");
    }
    assert_eq!(sites.own.asked(), ["/away"]);
    sites.nothing_private_was_reached();
}

/// One answer after the other, and the last again and again.
struct Turning(Mutex<Vec<&'static str>>);

impl kiskadee_outbound::HostResolver for Turning {
    fn resolve(
        &self,
        _: &str,
    ) -> futures::future::BoxFuture<'static, std::io::Result<Vec<std::net::IpAddr>>> {
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 {
            answers.remove(0)
        } else {
            answers[0]
        };
        Box::pin(std::future::ready(Ok(vec![answer.parse().unwrap()])))
    }
}

#[tokio::test]
async fn a_name_that_leads_here_is_refused_at_every_connection() {
    let sites = Sites::open().await;
    let reach = Reach::PublicAnd(vec!["127.0.0.1/32".parse().unwrap()]);
    let names = Turning(Mutex::new(vec!["127.0.0.1", "127.0.0.2"]));
    let fetcher = Fetcher::new(Guard::new(std::sync::Arc::new(names), reach)).unwrap();
    let port = sites.url("/").port().unwrap();
    let into = sites.folder().join("file");
    let url = format!("http://talks.example:{port}/hop").parse().unwrap();
    let error = fetcher.fetch(&url, &into, ALLOWANCE, is_page, |_| ()).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("not on the public internet"), "{error}");
    assert_eq!(sites.own.asked(), ["/hop"], "the first time it was allowed");
    sites.nothing_private_was_reached();
}
