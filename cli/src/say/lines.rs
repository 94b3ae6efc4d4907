//! Each line of a text into a file of its own, by one start of the engine.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use kiskadee_shared::format::ResponseFormat;
use kiskadee_speech::Engine;

use super::{SayOptions, encode, write};

/// So that three digits name every file.
const MOST_LINES: usize = 1000;

/// Writes `000.wav`, `001.wav`, … into the folder of the output, which is made where it is missing. Lines without text are left
/// out and not counted.
pub(super) async fn speak(
    engine: &dyn Engine,
    options: &SayOptions,
    text: &str,
    format: ResponseFormat,
) -> Result<()> {
    let folder = options.output.as_path();
    ensure!(
        folder != Path::new("-"),
        "--lines writes a file for each line: name a folder with -o"
    );
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let lines: Vec<&str> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    ensure!(
        lines.len() <= MOST_LINES,
        "--lines takes at most {MOST_LINES} lines, these are {}",
        lines.len()
    );
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot create {}", folder.display()))?;
    // An engine that speaks several texts together gets as many as it takes.
    let together = engine.rows().unwrap_or(1).max(1);
    for (batch, texts) in lines.chunks(together).enumerate() {
        let requests = texts.iter().map(|line| options.request(line)).collect();
        let spoken = engine.speak(requests).into_iter().enumerate();
        let files = spoken.map(async |(row, utterance)| -> Result<()> {
            let number = batch * together + row;
            let said = async {
                let encoded = encode(utterance?, format).await?;
                let name = format!("{number:03}.{}", format.extension());
                write(&folder.join(name), encoded.file.path())
            };
            said.await
                .with_context(|| format!("line {} cannot be said", number + 1))
        });
        try_join_all(files).await?;
    }
    Ok(())
}
