//! `kiskadee doctor`: looks at an installation and says what is wrong and what to do. It changes nothing but one small object that it
//! writes to the storage, reads and deletes.

mod certificate;
mod database;
mod findings;
mod fleet;
mod machine;
mod pooler;
mod services;
mod settings;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::admin::target::Target;
use crate::artefacts::Artefacts;
use crate::secrets::Secrets;
use findings::Findings;

#[derive(Args)]
pub(crate) struct DoctorOptions {
    #[command(flatten)]
    target: Target,
    /// Where audio is kept [default: that of the state directory; not looked at where a database is named alone]
    #[arg(long, env = "KISKADEE_STORAGE", value_name = "ADDRESS")]
    storage: Option<String>,
    /// The storage gateway, as the edges know it; its token is in `KISKADEE_STORAGE_TOKEN`
    #[arg(long, env = "KISKADEE_STORAGE_URL", value_name = "URL")]
    storage_url: Option<String>,
    #[arg(
        long,
        env = "KISKADEE_STORAGE_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true,
        hide = true
    )]
    storage_token: Option<String>,
    /// The service as its callers reach it [default: that of the state directory]
    #[arg(long, env = "KISKADEE_URL", value_name = "URL")]
    url: Option<String>,
    /// The certificate of the edge or of a proxy, in PEM
    #[arg(long, env = "KISKADEE_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// Where imported models lie [default: models in the state directory]
    #[arg(long, env = "KISKADEE_MODELS_DIR", value_name = "DIR")]
    models_dir: Option<PathBuf>,
    /// Backups older than so many hours are a problem; 0: there need be none
    #[arg(long, value_name = "HOURS", default_value_t = 36)]
    backup_age: u32,
    #[command(flatten)]
    artefacts: Artefacts,
    /// One document of JSON for programs
    #[arg(long)]
    json: bool,
}

/// 0 where nothing is wrong, 1 where something is; warnings are nothing wrong.
pub(crate) async fn run(options: &DoctorOptions) -> Result<ExitCode> {
    let findings = look(options).await;
    println!(
        "{}",
        if options.json {
            findings.json()
        } else {
            findings.text()
        }
    );
    Ok(if findings.has_problem() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn look(options: &DoctorOptions) -> Findings {
    let mut findings = Findings::default();
    machine::programs(&mut findings);
    machine::components(&mut findings, &options.artefacts);
    machine::models(&mut findings, options.models());
    if let Some(certificate) = &options.tls_cert {
        certificate::look(&mut findings, certificate);
    }
    match options.target.url() {
        Ok(url) => database::look(&mut findings, &url, options).await,
        Err(error) => findings.problem(
            "database",
            &format!("{error:#}"),
            "name the database with --database-url, or the state directory of `kiskadee up` with --state-dir",
        ),
    }
    services::storage(&mut findings, options.storage()).await;
    services::gateway(&mut findings, options).await;
    services::edge(&mut findings, options.address()).await;
    findings
}

impl DoctorOptions {
    /// Where the installation is one of a state directory.
    fn state(&self) -> Option<PathBuf> {
        let state = self.target.state_dir();
        // An address that cannot be read is told where the database is looked at.
        let is_by_address = self.target.is_by_address().unwrap_or(true);
        (!is_by_address && state.join("secrets.json").is_file()).then_some(state)
    }

    fn storage(&self) -> Option<String> {
        let of_state = || Some(self.state()?.join("storage").display().to_string());
        self.storage.clone().or_else(of_state)
    }

    fn models(&self) -> Option<PathBuf> {
        let of_state = || Some(self.state()?.join("models"));
        self.models_dir.clone().or_else(of_state)
    }

    fn address(&self) -> Option<String> {
        let of_state = || {
            let text = std::fs::read(self.state()?.join("credentials.json")).ok()?;
            let told: serde_json::Value = serde_json::from_slice(&text).ok()?;
            told["url"].as_str().map(str::to_owned)
        };
        self.url.clone().or_else(of_state)
    }

    /// What the gateway is shown.
    fn token(&self) -> Option<String> {
        let of_state = || Some(Secrets::of_installation(&self.state()?).ok()?.storage_token);
        self.storage_token.clone().or_else(of_state)
    }
}

#[cfg(test)]
mod tests;
