//! Labels of metrics come from what is documented, whatever callers send.

use bytes::Bytes;
use http::Request;

use crate::support::{Probe, send};

/// The lines of a metric on the process's own page.
async fn counted(probe: &Probe) -> Vec<String> {
    let address = probe.host.as_ref().unwrap().metrics_addr().unwrap();
    let page = send(&address.to_string(), Request::get("/metrics"), Bytes::new()).await;
    let lines = page.text().lines();
    let of_requests = lines.filter(|line| line.starts_with("kiskadee_edge_http_requests_total{"));
    of_requests.map(str::to_owned).collect()
}

#[tokio::test]
async fn made_up_paths_make_no_labels_and_leave_room_for_the_others() {
    let probe = Probe::with(|config| {
        config.metrics_listen = Some("127.0.0.1:0".parse().unwrap());
        config.endpoints = vec!["/protected/{id}".to_owned(), "/hello".to_owned()];
    })
    .await;
    for n in 0..260 {
        let path = format!("/protected/junk-{n}");
        assert_eq!(probe.get(&path).await.status, 401);
    }
    for n in 0..10 {
        let path = format!("/protected/junk/{n}/more");
        assert_eq!(probe.get(&path).await.status, 401);
    }
    probe.get("/hello").await;
    let mut seen = counted(&probe).await;
    seen.sort_unstable();
    let line = |endpoint, status, count| {
        let labels = format!("method=\"GET\",endpoint=\"{endpoint}\",status=\"{status}\"");
        format!("kiskadee_edge_http_requests_total{{{labels}}} {count}")
    };
    assert_eq!(
        seen,
        [
            line("/hello", 200, 1),
            line("/protected/{id}", 401, 260),
            line("other", 401, 10),
        ]
    );
}
