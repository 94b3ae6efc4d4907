//! Folders as people have them, and what is written for other programs.

use kiskadee_dataset::formats::{
    BadRow, Format, FormatError, Layout, Row, TextFile, export, recognize,
};
use proptest::prelude::*;

fn read(names: &[&str], texts: &[(&str, &str)]) -> Layout {
    try_read(names, texts).unwrap()
}

fn try_read(names: &[&str], texts: &[(&str, &str)]) -> Result<Layout, FormatError> {
    let files = texts.iter().map(|(name, text)| TextFile {
        name,
        bytes: text.as_bytes(),
    });
    let names: Vec<&str> = names
        .iter()
        .copied()
        .chain(texts.iter().map(|t| t.0))
        .collect();
    recognize(&names, &files.collect::<Vec<_>>())
}

fn row(audio: &str, text: &str) -> Row {
    Row {
        audio: audio.to_owned(),
        text: text.to_owned(),
        speaker: None,
        language: None,
    }
}

fn spoken(audio: &str, text: &str, speaker: &str) -> Row {
    Row {
        speaker: Some(speaker.to_owned()),
        ..row(audio, text)
    }
}

fn reasons(layout: &Layout) -> Vec<(u32, &str)> {
    let rows = layout.bad_rows.iter();
    rows.map(|row| (row.line, row.reason.as_str())).collect()
}

const WAVS: [&str; 4] = [
    "set/wavs/a1.wav",
    "set/wavs/a2.wav",
    "set/wavs/a3.wav",
    "set/readme.md",
];

#[test]
fn ljspeech_is_read_as_it_was_read_aloud() {
    let text = "\u{feff}a1|It was 1996.|It was nineteen ninety-six.\r\n\
                a2|\"Yes,\" he said.|\r\n\r\n\
                a3|A \"quote|A \"quote\r\n";
    let layout = read(&WAVS, &[("set/metadata.csv", text)]);
    assert_eq!(layout.format, Format::Ljspeech);
    let expected = [
        row(WAVS[0], "It was nineteen ninety-six."),
        row(WAVS[1], "\"Yes,\" he said."),
        row(WAVS[2], "A \"quote"),
    ];
    assert_eq!(layout.rows, expected);
    assert_eq!(layout.metadata, ["set/metadata.csv"]);
    assert!(layout.bad_rows.is_empty() && layout.unused_audio.is_empty());
}

#[test]
fn coqui_is_known_by_its_header_in_any_order() {
    let train = "text|audio_file|speaker_name\n\"He said \"\"no|yes\"\"\"|wavs/a1.wav|ann\n";
    let eval = "audio_file|text|speaker_name\nwavs/a2.wav|Two.|ann\nwavs/a3.wav|Three\n";
    let texts = [
        ("set/metadata_train.csv", train),
        ("set/metadata_eval.csv", eval),
    ];
    let layout = read(&WAVS, &texts);
    assert_eq!(layout.format, Format::Coqui);
    let expected = [
        spoken(WAVS[0], "He said \"no|yes\"", "ann"),
        spoken(WAVS[1], "Two.", "ann"),
    ];
    assert_eq!(layout.rows, expected);
    assert_eq!(
        reasons(&layout),
        [(3, "has 2 columns where 3 are expected")]
    );
    assert_eq!(layout.unused_audio, [WAVS[2]]);
}

#[test]
fn piper_is_known_by_names_of_files_or_by_speakers() {
    let layout = read(
        &WAVS,
        &[("metadata.csv", "a1.wav|One.\n../../a2.wav|Two.\n")],
    );
    assert_eq!(layout.format, Format::Piper);
    assert_eq!(layout.rows, [row(WAVS[0], "One."), row(WAVS[1], "Two.")]);

    let speakers = "a1|ann|One of the two sentences.\na2|ann|And the other one.\na3|bob|A third, by another.\n";
    let layout = read(&WAVS, &[("metadata.csv", &speakers.replace("bob", "ann"))]);
    assert_eq!(layout.format, Format::Piper);
    assert_eq!(
        layout.rows[2],
        spoken(WAVS[2], "A third, by another.", "ann")
    );
}

#[test]
fn gpt_sovits_is_known_by_its_extension_or_its_languages() {
    let text =
        "D:\\data\\a1.wav|ann|EN|One.\n/root/a2.wav|ann|pt_br|Dois.\na3.wav|ann|EN|Three|four\n";
    for name in ["set/ann.list", "filelist.txt"] {
        let layout = read(&WAVS, &[(name, text)]);
        assert_eq!(layout.format, Format::GptSovits, "{name}");
        let languages = layout.rows.iter().map(|row| row.language.as_deref());
        assert_eq!(languages.collect::<Vec<_>>(), [Some("en"), Some("pt-BR")]);
        assert_eq!(
            reasons(&layout),
            [(3, "has 5 columns where 4 are expected")]
        );
    }
}

#[test]
fn a_text_beside_each_recording_is_enough() {
    let names = ["a/x.wav", "a/y.flac", "b/x.mp3", "a/._x.wav"];
    let texts = [
        ("a/x.txt", "One,\r\ntwo.\n"),
        ("a/y.TXT", ""),
        ("a/notes.txt", "to do"),
        ("b/x.txt", "Three."),
    ];
    let layout = read(&names, &texts);
    assert_eq!(layout.format, Format::Pairs);
    assert_eq!(
        layout.rows,
        [row("a/x.wav", "One, two."), row("b/x.mp3", "Three.")]
    );
    assert_eq!(reasons(&layout), [(1, "has no text")]);
    assert_eq!(layout.unused_audio, ["a/y.flac"]);
}

#[test]
fn the_manifest_names_what_its_lines_lack() {
    let text = "{\"audio\": \"a1.wav\", \"text\": \"One|two \\\"three\\\".\", \"language\": \"en\"}\n\
                {\"audio\": \"a2.wav\"}\nnonsense\n{\"audio\": \"/x/\", \"text\": \" \"}\n";
    let layout = read(&WAVS, &[("manifest.jsonl", text)]);
    assert_eq!(layout.format, Format::Manifest);
    assert_eq!(layout.rows[0].text, "One|two \"three\".");
    assert_eq!(layout.rows[0].language.as_deref(), Some("en"));
    let lines: Vec<u32> = layout.bad_rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [2, 3, 4]);
    assert!(layout.bad_rows[0].reason.contains("missing field `text`"));
}

#[test]
fn recordings_alone_are_a_dataset_without_texts() {
    let layout = read(&WAVS, &[("LICENSE.txt", "Free | for all\nto use | here\n")]);
    assert_eq!((layout.format, layout.rows.len()), (Format::Audio, 0));
    assert_eq!(layout.unused_audio, WAVS[..3]);
    assert_eq!(try_read(&["a.pdf"], &[]), Err(FormatError::NoAudio));
}

#[test]
fn what_is_missing_or_said_twice_is_told_with_its_line() {
    let text = "a1|One.\nb7|Missing.\na1|Another.\n|Nothing.\na2|\na1|One.\n";
    let layout = read(&WAVS, &[("metadata.csv", text)]);
    assert_eq!(layout.rows, [row(WAVS[0], "One.")]);
    let missing: Vec<_> = layout
        .missing_audio
        .iter()
        .map(|m| (m.line, m.audio.as_str()))
        .collect();
    assert_eq!(missing, [(2, "b7")]);
    let expected = [
        (3, "names `a1` again, after line 1"),
        (4, "names no recording"),
        (5, "has no text"),
    ];
    assert_eq!(reasons(&layout), expected);
    assert_eq!(layout.unused_audio, [WAVS[1], WAVS[2]]);
}

#[test]
fn a_list_whose_recordings_are_all_missing_is_still_told() {
    let layout = read(
        &["wavs/other.wav"],
        &[("metadata.csv", "a1|One.\na2|Two.\n")],
    );
    assert_eq!(
        (layout.format, layout.missing_audio.len()),
        (Format::Ljspeech, 2)
    );
}

#[test]
fn a_recording_that_several_are_called_is_not_guessed() {
    let names = ["ann/1.wav", "bob/1.wav"];
    let layout = read(&names, &[("metadata.csv", "bob/1.wav|Two.\n1.wav|One.\n")]);
    assert_eq!(layout.rows, [row("bob/1.wav", "Two.")]);
    assert_eq!(
        reasons(&layout),
        [(2, "means one of several recordings called `1.wav`")]
    );
}

#[test]
fn other_tables_are_refused_in_words() {
    let commas = try_read(&WAVS, &[("metadata.csv", "file_name,text\na1.wav,One\n")]);
    assert!(commas.unwrap_err().to_string().contains("commas"));
    let odd = read(&WAVS, &[("metadata.csv", "a|b|c|d|e|f\na|b|c|d|e|f\n")]);
    assert_eq!(odd.format, Format::Audio);
    let told = &odd.bad_rows[0];
    assert!(
        told.line == 1 && told.reason.contains("two to four columns"),
        "{told:?}"
    );
    let long = "a|b\n".repeat(100_001);
    assert!(
        try_read(&WAVS, &[("metadata.csv", &long)])
            .unwrap_err()
            .to_string()
            .contains("100000")
    );
}

#[test]
fn every_written_format_is_read_back() {
    let text = |n: usize| format!("Sentence \"number\" {n}, that somebody said.");
    let rows: Vec<Row> = (0..25)
        .map(|n| Row {
            language: Some("pt-BR".to_owned()),
            ..spoken(
                &format!("{n:05}.wav"),
                &text(n),
                if n % 2 == 0 { "ann" } else { "bob" },
            )
        })
        .collect();
    for format in [
        Format::Ljspeech,
        Format::Coqui,
        Format::Piper,
        Format::GptSovits,
        Format::Manifest,
    ] {
        let written = export(format, &rows).unwrap();
        let names: Vec<&str> = written.audio.iter().map(String::as_str).collect();
        let files: Vec<_> = written
            .files
            .iter()
            .map(|f| (f.name.as_str(), f.content.as_str()))
            .collect();
        let mut layout = read(&names, &files);
        assert_eq!(layout.format, format);
        layout.rows.sort_by(|a, b| a.audio.cmp(&b.audio));
        assert_eq!(layout.bad_rows, Vec::<BadRow>::new());
        let texts: Vec<&String> = layout.rows.iter().map(|row| &row.text).collect();
        assert_eq!(
            texts,
            rows.iter().map(|row| &row.text).collect::<Vec<_>>(),
            "{format:?}"
        );
        let has_speakers = layout.rows.iter().all(|row| row.speaker.is_some());
        assert_eq!(has_speakers, format != Format::Ljspeech, "{format:?}");
    }
}

#[test]
fn what_is_written_is_what_the_programs_expect() {
    let rows = [
        row("a.wav", "One | two\n three."),
        row("b.wav", "\"Four.\""),
    ];
    let content = |format| export(format, &rows).unwrap().files.remove(0).content;
    assert_eq!(
        content(Format::Ljspeech),
        "a|One , two three.|One , two three.\nb|\"Four.\"|\"Four.\"\n"
    );
    assert_eq!(
        content(Format::Piper),
        "a.wav|One , two three.\nb.wav|\"Four.\"\n"
    );
    let coqui = export(Format::Coqui, &rows).unwrap();
    assert_eq!(
        coqui.files[0].content,
        "audio_file|text|speaker_name\nwavs/a.wav|\"One | two three.\"|speaker\n"
    );
    assert_eq!(
        coqui.files[1].content,
        "audio_file|text|speaker_name\nwavs/b.wav|\"\"\"Four.\"\"\"|speaker\n"
    );
    let known = [Row {
        language: Some("pt-BR".to_owned()),
        ..rows[0].clone()
    }];
    let list = export(Format::GptSovits, &known).unwrap();
    assert_eq!(
        list.files[0].content,
        "wavs/a.wav|speaker|pt|One , two three.\n"
    );
    assert_eq!(list.audio, ["wavs/a.wav"]);
}

#[test]
fn what_cannot_be_written_is_refused() {
    let rows = [row("a.wav", "One."), row("x/A.flac", "Two.")];
    assert!(matches!(
        export(Format::Piper, &rows),
        Err(FormatError::Name(_))
    ));
    assert!(matches!(
        export(Format::Pairs, &rows[..1]),
        Err(FormatError::NotWritten(_))
    ));
    assert!(matches!(
        export(Format::GptSovits, &rows[..1]),
        Err(FormatError::NoLanguage { .. })
    ));
    assert!(matches!(
        export(Format::Ljspeech, &[row("../", "One.")]),
        Err(FormatError::Name(_))
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_bytes_are_too_strange(
        names in prop::collection::vec("[a-c./\\\\|é]{0,6}(\\.wav|\\.txt|)", 0..6),
        file in prop::sample::select(vec!["metadata.csv", "a.list", "manifest.jsonl", "a.txt", "x.tsv"]),
        bytes in prop::collection::vec(prop::sample::select(b"\"|\n\r{}a.wv,:\\\xff\xfe\x00\xef\xbb\xbf /".to_vec()), 0..200),
    ) {
        let texts = [TextFile { name: file, bytes: &bytes }];
        if let Ok(layout) = recognize(&names, &texts) {
            for row in &layout.rows {
                prop_assert!(names.contains(&row.audio) && !row.text.is_empty());
                prop_assert!(!layout.unused_audio.contains(&row.audio));
            }
        }
    }
}
