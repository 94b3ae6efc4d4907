//! `kiskadee models`: brings models onto this machine, whose licences somebody accepts, and tells of them.

mod archive;
mod download;
mod hub;
mod import;
mod inventory;
mod kokoro;
mod licence;
mod meter;
mod packages;
mod piper;
mod place;
mod whisper;
mod xtts;

use anyhow::Result;
use clap::Subcommand;

pub(crate) use place::ModelsPlace;

#[derive(Subcommand)]
pub(crate) enum ModelsCommand {
    /// Take in Kokoro, a Piper voice, XTTS-v2 or Whisper, from a path or from where it is published
    Import(import::ImportOptions),
    /// List the models of this machine
    List(inventory::ListOptions),
    /// Tell all of a model: source, licence, who accepted it, files, speakers
    Show(inventory::ShowOptions),
    /// Delete a model
    Remove(inventory::RemoveOptions),
}

pub(crate) async fn run(command: ModelsCommand) -> Result<()> {
    match command {
        ModelsCommand::Import(options) => import::run(options).await,
        ModelsCommand::List(options) => inventory::list(&options),
        ModelsCommand::Show(options) => inventory::show(&options),
        ModelsCommand::Remove(options) => inventory::remove(&options),
    }
}
