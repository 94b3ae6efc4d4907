//! `kiskadee backup list`.

use anyhow::Result;
use clap::Args;

use super::create::size;
use super::options::RepositoryArgs;

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    repository: RepositoryArgs,
    /// As JSON, a manifest a line
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(options: &List) -> Result<()> {
    let manifests = options.repository.open()?.manifests().await?;
    if manifests.is_empty() && !options.json {
        println!("no backup yet");
    }
    for manifest in manifests {
        if options.json {
            println!("{}", serde_json::to_string(&manifest)?);
            continue;
        }
        println!(
            "{}  database {:>9}  {:>8} objects {:>9}  schema {}  {}{}",
            manifest.id,
            size(manifest.database.bytes),
            manifest.objects,
            size(manifest.object_bytes),
            manifest.schema,
            if manifest.salt.is_some() {
                "signed"
            } else {
                "not signed"
            },
            if manifest.secrets {
                ", with secrets"
            } else {
                ""
            },
        );
    }
    Ok(())
}
