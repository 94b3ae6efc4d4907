//! Makes a language's lexicon and letter-to-sound rules: `make_pronunciation en|pt WORD_LIST OUT_DIR`.

use std::{env, path::Path, process::ExitCode};

use kiskadee_text::Language;
use kiskadee_trainer::pronunciation::make;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [language, list, out] = arguments.as_slice() else {
        eprintln!("usage: make_pronunciation en|pt WORD_LIST OUT_DIR");
        return ExitCode::FAILURE;
    };
    let Some(language) = Language::from_tag(language) else {
        eprintln!("`{language}` is neither en nor pt");
        return ExitCode::FAILURE;
    };
    match make(language, Path::new(list), Path::new(out)) {
        Ok(made) => {
            println!("{made:#?}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
