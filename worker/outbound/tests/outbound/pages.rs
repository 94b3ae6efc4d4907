//! Pages and playlists, by yt-dlp as it is installed.

use std::path::Path;

use kiskadee_outbound::{FetchError, Found, Guard, PageProgram, Reach};

use crate::sites::{ALLOWANCE, MOST, Sites, guard, wav};

fn program(guard: Guard) -> PageProgram {
    // On the path where `cargo xtask test` runs this.
    PageProgram::find(Path::new("yt-dlp"), guard).unwrap()
}

async fn fetch(sites: &Sites, path: &str) -> Result<Found, FetchError> {
    let folder = tempfile::TempDir::new_in(sites.folder()).unwrap();
    let fetched = program(guard())
        .fetch(&sites.url(path), folder.path(), ALLOWANCE, |bytes| {
            assert!(bytes <= MOST + (1 << 20), "{bytes} lie there");
        })
        .await;
    let found = fetched?;
    let bytes = std::fs::metadata(&found.path).unwrap().len();
    assert_eq!(bytes, found.bytes);
    // It is gone with its folder, and its size is what the tests look at.
    Ok(found)
}

#[tokio::test]
async fn a_player_and_a_playlist_are_followed() {
    let sites = Sites::open().await;
    let whole = wav().len() as u64;
    for path in ["/page", "/direct.wav", "/octets", "/hop"] {
        let found = fetch(&sites, path).await.unwrap();
        assert_eq!(found.bytes, whole, "{path}");
    }
    let found = fetch(&sites, "/list.m3u8").await.unwrap();
    assert!(found.bytes > 10_000, "{found:?}");
    let pieces = sites.own.asked();
    let pieces = pieces.iter().filter(|path| *path == "/piece.ts");
    assert_eq!(pieces.count(), 2);
}

#[tokio::test]
async fn nothing_private_is_reached_by_whatever_way() {
    let sites = Sites::open().await;
    for (path, reason) in [
        ("/away", "not an address on the public internet"),
        ("/page-away", "not an address on the public internet"),
        ("/list-away.m3u8", "not an address on the public internet"),
        ("/list-file.m3u8", "yt-dlp says"),
        ("/home", "yt-dlp says"),
    ] {
        let error = fetch(&sites, path).await.unwrap_err().to_string();
        assert!(error.contains(reason), "{path}: {error}");
        assert!(!error.contains("127.0.0.1"), "{path}: {error}");
        assert!(!error.contains("root:"), "{path}: {error}");
    }
    sites.nothing_private_was_reached();
    let strict = program(Guard::of_system(Reach::Public));
    let before = sites.own.asked().len();
    let refused = strict
        .fetch(&sites.url("/page"), sites.folder(), ALLOWANCE, |_| ())
        .await;
    assert!(refused.is_err());
    assert_eq!(sites.own.asked().len(), before);
}

#[tokio::test]
async fn what_has_no_end_is_stopped() {
    let sites = Sites::open().await;
    for path in ["/endless"] {
        let error = fetch(&sites, path).await.unwrap_err();
        assert!(
            matches!(error, FetchError::TooLarge(MOST)),
            "{path}: {error}"
        );
    }
    let error = fetch(&sites, "/empty-page").await.unwrap_err().to_string();
    assert!(error.contains("Unsupported URL"), "{error}");
    let late = kiskadee_outbound::Allowance {
        within: std::time::Duration::from_millis(1500),
        bytes: u64::MAX >> 8,
    };
    let folder = tempfile::TempDir::new_in(sites.folder()).unwrap();
    let slow = program(guard())
        .fetch(&sites.url("/endless-page"), folder.path(), late, |_| ())
        .await;
    assert!(slow.is_err(), "{slow:?}");
}

#[test]
fn a_program_that_is_not_there_is_none() {
    let find = |name: &str| PageProgram::find(Path::new(name), guard());
    assert!(find("no-such-program-here").is_none());
    assert!(find("/no/such/program").is_none());
}
