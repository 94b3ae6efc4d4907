//! Compares readings with files of `written~spoken`, as NeMo-text-processing keeps its tests.

use std::{env, fs, process::ExitCode};

use kiskadee_text::{Language, normalize, plain};
use regex::{Captures, Regex};

const USAGE: &str = "usage: agreement --language en|pt [--conventions FILE | --exact] FILES...

Reads each written form in FILES and compares what is said with what is expected there. Prints each disagreement,
then the agreement in percent of each file and of all.

FILES have lines `written~spoken`, with further readings behind more tildes, or lines `~written` that are each followed
by lines with one reading. Case, punctuation and blanks are ignored.

  --language en|pt     the language that is read
  --conventions FILE   other ways to say the same that count as agreement: lines of pattern, replacement and reason,
                       parted by tabs, applied to both sides in their order. A pattern is a regular expression over
                       words in lower case and signs, parted by single blanks. `name = a|b` defines {name}.
                       `/written/` before a pattern, parted by a tab, limits a rule to written forms that match.
                       The replacement @figures writes the English number words of a match as figures, so that
                       numbers said whole, in pairs or figure by figure are the same
  --exact              no conventions
  --help               this text";

type Failure = Box<dyn std::error::Error>;

struct Options {
    language: Language,
    conventions: Vec<Convention>,
    files: Vec<String>,
}

/// Two ways to say the same.
struct Convention {
    written: Option<Regex>,
    pattern: Regex,
    replacement: String,
}

struct Case {
    written: String,
    expected: Vec<String>,
}

fn main() -> ExitCode {
    if env::args().skip(1).any(|argument| argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match options(env::args().skip(1)).and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, Failure> {
    let (mut language, mut conventions, mut files) = (None, None, Vec::new());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--language" => language = arguments.next(),
            "--conventions" => conventions = Some(arguments.next().ok_or(USAGE)?),
            "--exact" => conventions = None,
            option if option.starts_with("--") => {
                return Err(format!("unknown option {option}\n{USAGE}").into());
            }
            _ => files.push(argument),
        }
    }
    let language = language.as_deref().and_then(Language::from_tag);
    let conventions = conventions
        .map(|path| read_conventions(&path))
        .transpose()?;
    if files.is_empty() {
        return Err(USAGE.into());
    }
    Ok(Options {
        language: language.ok_or(USAGE)?,
        conventions: conventions.unwrap_or_default(),
        files,
    })
}

fn run(options: &Options) -> Result<(), Failure> {
    let (mut figures, mut right, mut all) = (Vec::new(), 0, 0);
    for path in &options.files {
        let cases = cases(&fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?);
        let name = path.rsplit('/').next().unwrap_or(path);
        let agreed = cases
            .iter()
            .filter(|case| agrees(case, name, options))
            .count();
        figures.push(figure(name, agreed, cases.len()));
        right += agreed;
        all += cases.len();
    }
    figures.push(figure("all", right, all));
    println!("{}", figures.join("\n"));
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a file has far fewer cases than a float has whole numbers"
)]
fn figure(name: &str, right: usize, all: usize) -> String {
    let percent = 100.0 * right as f64 / all.max(1) as f64;
    format!("{percent:6.2} %  {right:4} of {all:4}  {name}")
}

/// Whether one of the expected readings is said, and if not, prints both.
fn agrees(case: &Case, file: &str, options: &Options) -> bool {
    let said = plain(&normalize(&case.written, options.language));
    let bare = |text: &str| bare(text, &case.written, &options.conventions);
    let right = case.expected.iter().any(|one| bare(one) == bare(&said));
    if !right {
        println!("{file}: {:?}", case.written);
        for one in &case.expected {
            println!("  expected {one}");
        }
        println!("  said     {}", said.replace('\n', " "));
    }
    right
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.trim_start_matches('~').split('~').collect();
        let (written, expected) = fields.split_first().unwrap_or((&"", &[]));
        match cases.last_mut() {
            Some(case) if !line.contains('~') => case.expected.push(line.to_owned()),
            _ => cases.push(Case {
                written: (*written).to_owned(),
                expected: expected.iter().map(|&one| one.to_owned()).collect(),
            }),
        }
    }
    cases.retain(|case| !case.expected.is_empty());
    cases
}

/// The letters and figures of a text in which each convention has one form.
fn bare(text: &str, written: &str, conventions: &[Convention]) -> String {
    let mut uniform = tokens(text);
    for convention in conventions {
        let meant = convention.written.as_ref();
        if meant.is_none_or(|meant| meant.is_match(written)) {
            // Twice, since matches beside each other share a word.
            for _ in 0..2 {
                let replaced = match convention.replacement.as_str() {
                    "@figures" => convention
                        .pattern
                        .replace_all(&uniform, |found: &Captures<'_>| figures(&found[0])),
                    other => convention.pattern.replace_all(&uniform, other),
                };
                uniform = replaced.split_whitespace().collect::<Vec<_>>().join(" ");
            }
        }
    }
    uniform.retain(char::is_alphanumeric);
    uniform
}

/// Lower-case words and signs, parted by blanks.
fn tokens(text: &str) -> String {
    let mut tokens = String::new();
    for c in text.to_lowercase().chars() {
        if c.is_alphanumeric() || c == '\'' {
            tokens.push(c);
        } else {
            tokens.extend([' ', c, ' ']);
        }
    }
    tokens.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn read_conventions(path: &str) -> Result<Vec<Convention>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let mut names: Vec<(String, String)> = Vec::new();
    let mut conventions = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with("# ") {
            continue;
        }
        if let Some((name, alternatives)) = line.split_once(" = ").filter(|_| !line.contains('\t'))
        {
            names.push((
                format!("{{{name}}}"),
                format!("(?:{})", with(&names, alternatives)),
            ));
            continue;
        }
        let convention = convention(line, &names);
        conventions.push(convention.map_err(|error| format!("{path}:{}: {error}", index + 1))?);
    }
    Ok(conventions)
}

fn convention(line: &str, names: &[(String, String)]) -> Result<Convention, Failure> {
    let mut fields: Vec<&str> = line.split('\t').collect();
    let limit = fields
        .first()
        .and_then(|first| first.strip_prefix('/')?.strip_suffix('/'));
    let written = limit.map(Regex::new).transpose()?;
    if written.is_some() {
        fields.remove(0);
    }
    let [pattern, replacement, reason] = fields[..] else {
        return Err(
            "a convention has a pattern, a replacement and a reason, parted by tabs".into(),
        );
    };
    if reason.trim().is_empty() {
        return Err("the reason is missing".into());
    }
    Ok(Convention {
        written,
        pattern: Regex::new(&with(names, pattern))?,
        replacement: replacement.to_owned(),
    })
}

fn with(names: &[(String, String)], pattern: &str) -> String {
    names
        .iter()
        .fold(pattern.to_owned(), |pattern, (name, alternatives)| {
            pattern.replace(name, alternatives)
        })
}

/// English number words as one run of figures: `nineteen oh five` and `one thousand nine hundred five` are 1905.
fn figures(words: &str) -> String {
    let mut figures = String::new();
    let (mut whole, mut part, mut room) = (0, 0, 0);
    for word in words.split(' ').filter(|&word| word != "and") {
        match value(word) {
            Some(scale @ 1000..) => {
                whole += part.max(1) * scale;
                (part, room) = (0, 1000);
            }
            Some(100) => (part, room) = (part.max(1) * 100, 100),
            Some(small) if small > 0 && small < room => {
                part += small;
                room = if small >= 20 && small % 10 == 0 {
                    10
                } else {
                    0
                };
            }
            Some(small) => {
                if room > 0 || whole + part > 0 {
                    figures += &(whole + part).to_string();
                }
                (whole, part) = (0, small);
                room = if small >= 20 && small % 10 == 0 {
                    10
                } else {
                    0
                };
                if small < 10 && small == 0 {
                    figures.push('0');
                    room = 0;
                }
            }
            None => {}
        }
    }
    if room > 0 || whole + part > 0 {
        figures += &(whole + part).to_string();
    }
    figures
}

fn value(word: &str) -> Option<u128> {
    const SMALL: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = [
        "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ];
    const SCALES: [&str; 6] = [
        "thousand",
        "million",
        "billion",
        "trillion",
        "quadrillion",
        "quintillion",
    ];
    let at = |list: &[&str]| {
        list.iter()
            .position(|&name| name == word)
            .and_then(|at| u32::try_from(at).ok())
    };
    at(&SMALL)
        .map(u128::from)
        .or_else(|| at(&TENS).map(|at| u128::from(at + 2) * 10))
        .or_else(|| at(&SCALES).map(|at| 1000u128.pow(at + 1)))
        .or((word == "hundred").then_some(100))
        .or((word == "oh").then_some(0))
}
