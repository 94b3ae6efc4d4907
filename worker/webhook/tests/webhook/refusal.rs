//! Addresses that are not called: private ones, and names that turn private.

use std::{
    io,
    net::{IpAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::{FutureExt, future::BoxFuture};
use kiskadee_webhook::{HostResolver, WebhookConfig};

use crate::{
    fixture::{Fixture, local},
    receiver::Receiver,
};

/// A name server in an attacker's hands: a public address when asked first, this machine ever after.
#[derive(Default)]
struct Rebinding(AtomicBool);

impl HostResolver for Rebinding {
    fn resolve(&self, _host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let asked_before = self.0.swap(true, Ordering::Relaxed);
        let answer: IpAddr = if asked_before {
            [127, 0, 0, 1]
        } else {
            [8, 8, 8, 8]
        }
        .into();
        async move { Ok(vec![answer]) }.boxed()
    }
}

struct Nowhere;

impl HostResolver for Nowhere {
    fn resolve(&self, _host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        async { Err(io::Error::other("no such name")) }.boxed()
    }
}

fn strict() -> WebhookConfig {
    WebhookConfig {
        allow_private: false,
        ..local()
    }
}

fn assert_untouched(listener: &TcpListener) {
    listener.set_nonblocking(true).unwrap();
    assert_eq!(
        listener.accept().unwrap_err().kind(),
        io::ErrorKind::WouldBlock
    );
}

#[tokio::test]
async fn private_addresses_are_parked_unsent() {
    let fixture = Fixture::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let sender = fixture.send(strict()).await;
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("https://2130706433:{port}/"),
        format!("https://localhost:{port}/"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
    ] {
        let message = fixture.emit(&url).await;
        let delivery = fixture.attempted(message, 1).await;
        assert_eq!(delivery.status, "parked", "{url}");
        assert!(
            delivery
                .reason
                .unwrap()
                .starts_with("the address is refused"),
            "{url}"
        );
    }
    sender.stop().await;
    assert_untouched(&listener);
}

#[tokio::test]
async fn a_name_that_turns_private_is_not_connected_to() {
    let fixture = Fixture::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "https://hooks.example:{}/",
        listener.local_addr().unwrap().port()
    );
    let resolver = Arc::new(Rebinding::default());
    let checked = resolver.resolve("hooks.example").await.unwrap();
    assert!(kiskadee_shared::address::is_public(checked[0]));

    let message = fixture.emit(&url).await;
    let sender = fixture.send_resolving(strict(), resolver).await;
    let delivery = fixture.attempted(message, 1).await;
    sender.stop().await;

    assert_eq!(delivery.status, "pending");
    let error = fixture.attempts(message).await.remove(0).error.unwrap();
    assert!(error.contains("not on the public internet"), "{error}");
    assert!(!error.contains("127.0.0.1"), "{error}");
    assert_untouched(&listener);
}

#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_checked() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::start().await;
    let resolver = Arc::new(Rebinding(AtomicBool::new(true)));
    let message = fixture
        .emit(&format!(
            "http://hooks.example:{}/",
            receiver.address.port()
        ))
        .await;
    let sender = fixture.send_resolving(local(), resolver).await;
    let delivery = fixture.attempted(message, 1).await;
    sender.stop().await;

    assert_eq!(delivery.status, "delivered");
    assert!(
        receiver.received()[0]
            .header("host")
            .starts_with("hooks.example:")
    );
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_tried_again() {
    let fixture = Fixture::new().await;
    let message = fixture.emit("https://hooks.example/").await;
    let sender = fixture.send_resolving(strict(), Arc::new(Nowhere)).await;
    let delivery = fixture.attempted(message, 1).await;
    sender.stop().await;

    assert_eq!(
        (delivery.status.as_str(), delivery.attempts),
        ("pending", 1)
    );
    let error = fixture.attempts(message).await.remove(0).error;
    assert_eq!(
        error.as_deref(),
        Some("the name of the host does not resolve")
    );
}
