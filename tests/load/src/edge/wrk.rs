//! One run of wrk (Debian's package `wrk`) and what it printed.

use std::process::Command;

use anyhow::{Context, Result, ensure};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) requests_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

pub(crate) fn run(url: &str, api_key: &str, connections: u32, seconds: u32) -> Result<Figures> {
    let output = Command::new("wrk")
        .args([
            "--threads",
            "1",
            "--latency",
            "--connections",
            &connections.to_string(),
        ])
        .args([
            "--duration",
            &format!("{seconds}s"),
            "--header",
            &format!("X-API-Key: {api_key}"),
            url,
        ])
        .output()
        .context("wrk is not installed: apt-get install wrk")?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "wrk failed: {text}");
    ensure!(
        !text.contains("Non-2xx"),
        "not every answer was good:\n{text}"
    );
    let field = |name: &str| {
        let line = text
            .lines()
            .find(|line| line.trim_start().starts_with(name));
        line.and_then(|line| line.split_whitespace().nth(1))
            .with_context(|| format!("no {name} in:\n{text}"))
    };
    Ok(Figures {
        requests_per_second: field("Requests/sec:")?.parse()?,
        p50_ms: milliseconds(field("50%")?)?,
        p99_ms: milliseconds(field("99%")?)?,
    })
}

/// `1.23ms`, `456.00us` or `1.02s`.
fn milliseconds(text: &str) -> Result<f64> {
    let split = text
        .find(|c: char| c.is_alphabetic())
        .context("a time without a unit")?;
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "us" => 0.001,
        "ms" => 1.0,
        _ => 1000.0,
    };
    Ok(number.parse::<f64>()? * factor)
}
