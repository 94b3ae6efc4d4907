//! Writes each line of standard input as a transcript, as XTTS gets it: `transcript LANGUAGE < TEXT`.

use std::{env, io, process::ExitCode};

use kiskadee_text::{TranscriptLanguage, transcript};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let tag = env::args()
        .nth(1)
        .ok_or("usage: transcript LANGUAGE < TEXT")?;
    let language = TranscriptLanguage::from_tag(&tag).ok_or("no transcripts of this language")?;
    for line in io::stdin().lines() {
        println!("{}", transcript(&line?, language)?);
    }
    Ok(())
}
