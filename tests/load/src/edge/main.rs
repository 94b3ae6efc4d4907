//! `GET batch status` through the embedded edge host, beside a native axum server and FastAPI that make the same SQL call
//! on the same Postgres, in turn, in one run.

mod axum_peer;
mod wrk;

use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use kiskadee_tests::system::{Stopped, free_address};
use kiskadee_tests::{Client, Options, System, eventually, process};

/// Measures the edge against native servers.
#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    #[arg(long, default_value_t = 10)]
    seconds: u32,
    #[arg(long, default_value_t = 32)]
    connections: u32,
    /// Texts in the batch whose status is asked for.
    #[arg(long, default_value_t = 10)]
    texts: usize,
    #[command(subcommand)]
    peer: Option<Peer>,
}

#[derive(Subcommand)]
enum Peer {
    /// Serves the axum peer (the measurement starts it by itself).
    Axum {
        listen: String,
        database_url: String,
    },
}

struct Contender {
    name: &'static str,
    url: String,
    figures: Vec<wrk::Figures>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match &arguments.peer {
            Some(Peer::Axum {
                listen,
                database_url,
            }) => axum_peer::serve(listen, database_url).await,
            None => measure(&arguments).await,
        }
    })
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let system = System::start(Options::default()).await?;
    let client = system.client();
    let batch_id = client.submit_batch(arguments.texts).await?;
    eventually("the batch to end", Duration::from_mins(2), || async {
        Ok((client.batch_status(&batch_id).await?["status"] == "completed").then_some(()))
    })
    .await?;

    let (axum, fastapi) = (free_address()?, free_address()?);
    let _peers = [
        Stopped(start_axum(&axum, &system)?),
        Stopped(start_fastapi(&fastapi, &system)?),
    ];
    let path = format!("/api/v1/advanced/batch-tts/{batch_id}/status");
    let key = system.credentials["api_key"]
        .as_str()
        .context("no api_key")?
        .to_owned();
    let mut contenders = [
        ("kiskadee", system.url.clone()),
        ("axum", format!("http://{axum}")),
        ("fastapi", format!("http://{fastapi}")),
    ]
    .map(|(name, url)| Contender {
        name,
        url,
        figures: Vec::new(),
    });
    for contender in &contenders {
        wait_for(&contender.url, &path, &key).await?;
    }
    for round in 1..=arguments.rounds {
        println!("round {round}");
        for contender in &mut contenders {
            let url = format!("{}{path}", contender.url);
            let figures = wrk::run(&url, &key, arguments.connections, arguments.seconds)?;
            println!(
                "  {:10} {:>8.0} requests/s   p50 {:>6.2} ms   p99 {:>6.2} ms",
                contender.name, figures.requests_per_second, figures.p50_ms, figures.p99_ms,
            );
            contender.figures.push(figures);
        }
    }
    report(&contenders);
    let resident = process::resident_bytes(system.pid())? as f64 / 1e6;
    println!("memory of the edge process: {resident:.0} MB");
    Ok(())
}

fn report(contenders: &[Contender]) {
    let median = |contender: &Contender| {
        let mut rates: Vec<f64> = contender
            .figures
            .iter()
            .map(|figures| figures.requests_per_second)
            .collect();
        rates.sort_by(f64::total_cmp);
        rates.get(rates.len() / 2).copied().unwrap_or(f64::NAN)
    };
    println!("median requests per second, and kiskadee's as a share of it:");
    for contender in contenders {
        let share = median(&contenders[0]) / median(contender);
        println!(
            "  {:10} {:>8.0}  {share:.2}",
            contender.name,
            median(contender)
        );
    }
}

async fn wait_for(url: &str, path: &str, key: &str) -> Result<()> {
    let client = Client::new(url, Some(key));
    eventually("a peer to answer", Duration::from_secs(30), || async {
        Ok(matches!(client.get(path).await, Ok(answer) if answer.status == 200).then_some(()))
    })
    .await
}

fn start_axum(listen: &str, system: &System) -> Result<Child> {
    let own = std::env::current_exe()?;
    Ok(Command::new(own)
        .args(["axum", listen, &system.login_url("kiskadee_jobs")?])
        .spawn()?)
}

fn start_fastapi(listen: &str, system: &System) -> Result<Child> {
    let peers = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers");
    let python = python_environment(&peers)?;
    let port = listen.rsplit_once(':').context("no port")?.1;
    let child = Command::new(python.join("bin/uvicorn"))
        .args([
            "status_fastapi:app",
            "--host",
            "127.0.0.1",
            "--port",
            port,
            "--workers",
            "2",
            "--no-access-log",
        ])
        .args(["--log-level", "warning"])
        .env("DATABASE_URL", system.login_url("kiskadee_jobs")?)
        .current_dir(peers)
        .spawn();
    child.context("uvicorn could not be started")
}

/// A virtual environment with what `requirements.txt` pins, made once.
fn python_environment(peers: &std::path::Path) -> Result<PathBuf> {
    let environment = process::repository().join("target/load-python");
    if !environment.join("bin/uvicorn").exists() {
        let made = Command::new("python3")
            .args(["-m", "venv"])
            .arg(&environment)
            .status()?;
        ensure!(
            made.success(),
            "python3 -m venv failed: apt-get install python3-venv"
        );
        let installed = Command::new(environment.join("bin/pip"))
            .args(["install", "--quiet", "--requirement"])
            .arg(peers.join("requirements.txt"))
            .status()?;
        ensure!(installed.success(), "pip install failed");
    }
    Ok(environment)
}
