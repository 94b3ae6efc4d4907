//! Signing keys and the other secrets.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::random::random_token;
use crate::secrets::Secrets;
use crate::signing::SigningKeys;
use crate::state;

#[derive(Args)]
pub(crate) struct RotateJwtKey {
    /// State directory of `kiskadee up` [default: ~/.local/share/kiskadee]
    #[arg(long, env = "KISKADEE_STATE_DIR", value_name = "DIR")]
    state_dir: Option<PathBuf>,
}

pub(crate) fn rotate(command: &RotateJwtKey) -> Result<()> {
    let state = command
        .state_dir
        .clone()
        .unwrap_or_else(state::default_path);
    let mut secrets = Secrets::of_installation(&state)?;
    secrets.signing.rotate()?;
    secrets.save(&state)?;
    println!("The next start of `kiskadee up` signs with the new key.");
    Ok(())
}

/// Names as Spin takes its variables; the same names serve `kiskadee edge`.
pub(crate) fn generate() -> Result<()> {
    let keys = SigningKeys::generate()?;
    println!("SPIN_VARIABLE_JWT_SIGNING_KEY={}", keys.seed());
    println!("SPIN_VARIABLE_JWT_PUBLIC_KEYS='{}'", keys.public_keys()?);
    println!("SPIN_VARIABLE_STORAGE_TOKEN={}", random_token()?);
    Ok(())
}
