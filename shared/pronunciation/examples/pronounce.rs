//! Prints the phones of each line of standard input, stress behind vowels: `pronounce en|pt`.

use std::{env, io, process::ExitCode};

use kiskadee_pronunciation::{PhoneToken, Pronouncer, Stress};
use kiskadee_text::{Language, normalize};

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
    let language = env::args().nth(1).and_then(|tag| Language::from_tag(&tag));
    let language = language.ok_or("usage: pronounce en|pt < TEXT")?;
    let pronouncer = Pronouncer::built_in(language)?;
    for line in io::stdin().lines() {
        let mut phones = Vec::new();
        for sentence in normalize(&line?, language) {
            phones.extend(pronouncer.pronounce(&sentence)?.iter().map(name));
        }
        println!("{}", phones.join(" "));
    }
    Ok(())
}

fn name(token: &PhoneToken) -> String {
    let mark = if token.stress == Stress::Primary {
        "1"
    } else {
        ""
    };
    format!("{}{mark}", token.phone.name())
}
