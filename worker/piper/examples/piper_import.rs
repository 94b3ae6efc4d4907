//! Imports a published voice: `piper_import NAME.onnx FOLDER [LICENCE]`. For measurements; the program does it with a question about the
//! licence, which is taken as accepted here.

use std::{error::Error, ops::ControlFlow, path::Path};

use kiskadee_checkpoint::folder::Acceptance;
use kiskadee_piper::import::PublishedVoice;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (source, target, licence) = match arguments.as_slice() {
        [source, target] => (source, target, None),
        [source, target, licence] => (source, target, Some(licence.as_str())),
        _ => return Err("usage: piper_import NAME.onnx FOLDER [LICENCE]".into()),
    };
    let voice = PublishedVoice::open(source.as_ref())?;
    let licence = voice.licence(licence)?;
    println!("{}: {} ({})", voice.name(), licence.title, licence.id);
    let acceptance = Acceptance {
        by: "whoever runs this example".to_owned(),
        at: time::OffsetDateTime::now_utc(),
        how: "piper_import".to_owned(),
    };
    let model = voice.import()?;
    let mut progress = |_: kiskadee_checkpoint::folder::Progress<'_>| ControlFlow::Continue(());
    let folder = model.write(
        Path::new(target),
        source.clone(),
        licence,
        Some(acceptance),
        &mut progress,
    )?;
    println!(
        "{} numbers, {} bytes",
        folder.manifest().parameters,
        folder.bytes()
    );
    Ok(())
}
