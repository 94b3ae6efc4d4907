//! Users and their API keys.

use std::io::BufRead as _;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use super::target::Target;
use crate::accounts::{self, NewUser};
use crate::password;

/// As in the accounts' own registration.
const SHORTEST_PASSWORD: usize = 8;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Role {
    User,
    Admin,
}

#[derive(Args)]
pub(crate) struct CreateUser {
    username: String,
    #[arg(long)]
    email: String,
    #[arg(long, value_enum, default_value_t = Role::User)]
    role: Role,
    /// Read the password from standard input instead of generating one
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    target: Target,
}

#[derive(Args)]
pub(crate) struct CreateKey {
    username: String,
    /// What its owner will know it by
    #[arg(long, default_value = "made by an administrator")]
    name: String,
    /// What it may be used for: speech:read, jobs:*, work:* (all work), account:*, admin:*, * (everything) …; again for each
    #[arg(long = "scope", value_name = "SCOPE", default_value = "work:*")]
    scopes: Vec<String>,
    #[command(flatten)]
    target: Target,
}

pub(crate) async fn create_user(command: &CreateUser) -> Result<()> {
    let given = command.password_stdin.then(read_password).transpose()?;
    let password = match &given {
        Some(password) => password.clone(),
        None => password::generate()?,
    };
    let user = NewUser {
        username: &command.username,
        email: &command.email,
        role: match command.role {
            Role::User => "user",
            Role::Admin => "admin",
        },
        password: &password,
        webhook_secret: &accounts::new_webhook_secret()?,
    };
    let (_, is_new) = accounts::ensure_user(&command.target.connect().await?, &user).await?;
    if !is_new {
        bail!("there is a user {} already", command.username);
    }
    if given.is_none() {
        println!("{password}");
    }
    Ok(())
}

pub(crate) async fn create_key(command: &CreateKey) -> Result<()> {
    let database = command.target.connect().await?;
    let user = accounts::find_user(&database, &command.username).await?;
    accounts::check_scopes(&database, user, &command.scopes).await?;
    let key = accounts::new_api_key(&database).await?;
    accounts::ensure_api_key(&database, user, &command.name, &key, &command.scopes).await?;
    println!("{}", key.expose());
    Ok(())
}

fn read_password() -> Result<String> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("cannot read the password")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.chars().count() < SHORTEST_PASSWORD {
        bail!("a password has at least {SHORTEST_PASSWORD} characters");
    }
    Ok(password.to_owned())
}
