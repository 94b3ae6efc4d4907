//! `kiskadee admin`: what an administrator does from the machine itself, without an account of the API.

mod audit;
mod cell;
mod keys;
mod people;
mod queue;
mod scale;
pub(crate) mod target;
mod users;
mod voices;

use anyhow::Result;
use clap::Subcommand;

pub(crate) use target::Target;

#[derive(Subcommand)]
pub(crate) enum AdminCommand {
    /// Create a user; prints the password when it was generated
    CreateUser(users::CreateUser),
    /// Create an API key for a user; it is shown this once
    CreateKey(users::CreateKey),
    /// List users, and show, change, disable, enable or delete one
    #[command(subcommand)]
    Users(people::UsersCommand),
    /// Print a link with which a user sets a new password, once and within an hour
    ResetPassword(people::ResetPassword),
    /// Show who did what
    Audit(audit::Audit),
    /// Stop claiming the jobs of a queue (such as speech:kiskadee or archive:zip); what runs goes on
    Pause(queue::Pause),
    /// Claim the jobs of a paused queue again
    Resume(queue::Resume),
    /// Bound how much work of a user runs at once
    Cap(queue::Cap),
    /// Show how many workers a pool should have, and why
    Scale(scale::Scale),
    /// List jobs that failed for good, and why
    Dead(queue::Dead),
    /// Give a dead job another life
    Redrive(queue::Redrive),
    /// Refuse voices whose licence does not allow commercial use, or is not known; jobs that were accepted still run
    CommercialVoicesOnly(voices::CommercialVoicesOnly),
    /// Print which cell this installation is, or make it one; see ARCHITECTURE.md
    Cell(cell::Cell),
    /// Sign tokens with a new key from the next start of `kiskadee up`; the old tokens stay valid
    RotateJwtKey(keys::RotateJwtKey),
    /// Print the secrets that a distributed installation needs, as lines for an environment file
    GenerateSecrets,
}

pub(crate) async fn run(command: &AdminCommand) -> Result<()> {
    match command {
        AdminCommand::CreateUser(command) => users::create_user(command).await,
        AdminCommand::CreateKey(command) => users::create_key(command).await,
        AdminCommand::Users(command) => people::run(command).await,
        AdminCommand::ResetPassword(command) => people::reset_password(command).await,
        AdminCommand::Audit(command) => audit::list(command).await,
        AdminCommand::Pause(command) => queue::pause(command).await,
        AdminCommand::Resume(command) => queue::resume(command).await,
        AdminCommand::Cap(command) => queue::cap(command).await,
        AdminCommand::Scale(command) => scale::show(command).await,
        AdminCommand::Dead(command) => queue::list_dead(command).await,
        AdminCommand::Redrive(command) => queue::redrive(command).await,
        AdminCommand::CommercialVoicesOnly(command) => {
            voices::commercial_voices_only(command).await
        }
        AdminCommand::Cell(command) => cell::run(command).await,
        AdminCommand::RotateJwtKey(command) => keys::rotate(command),
        AdminCommand::GenerateSecrets => keys::generate(),
    }
}
