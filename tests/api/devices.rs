//! What the system says of the machine's GPUs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use kiskadee_tests::{Client, Options, System, eventually};

use crate::shared_system::admin;

/// As the tool of a machine with one card prints it, once for each call with other figures.
const NVIDIA_SMI: &str = "#!/bin/sh
echo \"$*\" >> \"$0.calls\"
echo \"0, NVIDIA H200, 4, 143771, $(wc -l < \"$0.calls\")\"
";

async fn is_gpu_ready(client: &Client) -> Result<bool> {
    let ready = client.get("/ready").await?.expect(200)?.json()?;
    ready["checks"]["gpu"].as_bool().context("no gpu")
}

/// The value of the one sample of a metric, if it has one.
fn sample(metrics: &str, name: &str) -> Option<f64> {
    let line = metrics
        .lines()
        .find(|line| line.starts_with(&format!("{name}{{")))?;
    assert!(
        line.contains(r#"device="cuda:0""#) && line.contains(r#"worker="worker-1""#),
        "{line}"
    );
    line.rsplit_once(' ')?.1.parse().ok()
}

#[tokio::test]
async fn the_figures_are_those_of_nvidia_smi_and_go_with_it() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let tool = folder.path().join("nvidia-smi");
    fs::write(&tool, NVIDIA_SMI)?;
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755))?;
    let mut path = folder.path().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    // A heartbeat is a third of the lease.
    let system = System::start(
        Options::default()
            .with("--lease-ttl", "3")
            .env("PATH", path),
    )
    .await?;
    let client = system.client();

    assert!(is_gpu_ready(&client).await?);
    let metrics = client.get("/metrics").await?.expect(200)?.text();
    assert_eq!(
        sample(&metrics, "gpu_memory_usage_bytes"),
        Some(4.0 * 1024.0 * 1024.0)
    );
    eventually("a later figure", Duration::from_secs(30), || async {
        let metrics = client.get("/metrics").await?.expect(200)?.text();
        let percent = sample(&metrics, "gpu_utilization_percent").context("no utilization")?;
        Ok((percent >= 2.0).then_some(()))
    })
    .await?;

    // A driver in trouble: the tool is there and fails.
    fs::write(&tool, "#!/bin/sh\nexit 9\n")?;
    eventually("the card to be gone", Duration::from_secs(30), || async {
        Ok((!is_gpu_ready(&client).await?).then_some(()))
    })
    .await?;
    let metrics = client.get("/metrics").await?.expect(200)?.text();
    assert!(
        sample(&metrics, "gpu_memory_usage_bytes").is_none()
            && sample(&metrics, "gpu_utilization_percent").is_none()
    );
    Ok(())
}

#[tokio::test]
async fn a_gpu_is_told_where_there_is_one() -> Result<()> {
    let listed = Command::new("nvidia-smi").arg("-L").output();
    let is_here = listed.is_ok_and(|output| output.status.success() && !output.stdout.is_empty());
    assert_eq!(is_gpu_ready(&admin()).await?, is_here);
    let metrics = admin().get("/metrics").await?.expect(200)?.text();
    assert_eq!(metrics.contains("\ngpu_memory_usage_bytes{"), is_here);
    Ok(())
}
