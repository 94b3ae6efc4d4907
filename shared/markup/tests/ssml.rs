//! What is read, and what is refused where.
#![allow(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use std::time::Duration;

use kiskadee_markup::{
    Document, Emphasis, MOST_WARNINGS, Piece, SayAs, Saying, SsmlError, Style, Text, TextFormat,
    WarningCode, read,
};
use proptest::prelude::*;

fn parse(text: &str) -> Result<Document, SsmlError> {
    read(text, TextFormat::Ssml, "en")
}

fn pieces(text: &str) -> Vec<Piece> {
    parse(text).expect("it is SSML").pieces
}

fn texts(document: &Document) -> Vec<&Text> {
    let mut texts = Vec::new();
    for piece in &document.pieces {
        if let Piece::Text(text) = piece {
            texts.push(text);
        }
    }
    texts
}

fn refused(text: &str) -> String {
    parse(text).expect_err("it is refused").to_string()
}

fn speak(inside: &str) -> String {
    format!("<speak>{inside}</speak>")
}

#[test]
fn pieces_are_in_order_and_know_their_bytes() {
    let text = "<speak>One <break time=\"1.5s\"/>two<p>three</p><s>four</s></speak>";
    let found = pieces(text);
    let at = |word: &str| text.find(word).expect("it is there");
    let said = |word: &str| {
        Piece::Text(Text {
            text: word.to_owned(),
            source: at(word)..at(word) + word.len(),
            style: Style::default(),
            saying: Saying::Written,
        })
    };
    assert_eq!(
        found,
        [
            said("One "),
            Piece::Pause(Duration::from_millis(1500)),
            said("two"),
            Piece::ParagraphEdge,
            said("three"),
            Piece::ParagraphEdge,
            Piece::SentenceEdge,
            said("four"),
            Piece::SentenceEdge,
        ]
    );
}

#[test]
fn references_stand_for_all_their_bytes() {
    let text = "\n<speak>a&lt;b&#233;<![CDATA[<c>]]>\r\n</speak>";
    let document = parse(text).expect("it is SSML");
    let all: String = texts(&document)
        .iter()
        .map(|text| text.text.as_str())
        .collect();
    assert_eq!(all, "a<bé<c>  ");
    for part in texts(&document) {
        for at in 0..part.text.len() {
            let source = text.get(part.source_of(at)).expect("it is in the text");
            let byte = &part.text.as_bytes()[at..=at];
            assert!(
                source.as_bytes() == byte || source.starts_with('&') || source.trim().is_empty(),
                "{source:?} for {byte:?}"
            );
        }
    }
}

#[test]
fn nested_prosody_adds_up_and_is_bounded() {
    let text = speak(
        "<prosody rate='50%' pitch='+20st' volume='-3dB'>a<emphasis level='strong'><prosody rate='0.25' pitch='+20st' volume='+6dB'>b</prosody></emphasis></prosody>c",
    );
    let document = parse(&text).expect("it is SSML");
    let styles: Vec<Style> = texts(&document).iter().map(|text| text.style).collect();
    let style = |rate, pitch, volume, emphasis| Style {
        rate,
        pitch,
        volume,
        emphasis,
    };
    assert_eq!(
        styles,
        [
            style(0.5, 20.0, -3.0, Emphasis::None),
            style(0.25, 24.0, 3.0, Emphasis::Strong),
            Style::default(),
        ]
    );
}

#[test]
fn an_element_says_what_its_text_stands_for() {
    let text = speak(
        "<phoneme alphabet='ipa' ph='təˈmeɪtoʊ'>tomato</phoneme> <sub alias='World &amp; Web'>W&amp;W</sub> \
         <say-as interpret-as='spell-out'>ab</say-as> <say-as interpret-as='date' format='dmy'>3/4/2025</say-as>",
    );
    let document = parse(&text).expect("it is SSML");
    let said: Vec<&Text> = texts(&document)
        .into_iter()
        .filter(|text| text.text != " ")
        .collect();
    let sayings: Vec<_> = said.iter().map(|text| text.saying.clone()).collect();
    assert_eq!(
        sayings,
        [
            Saying::Phones("təˈmeɪtoʊ".to_owned()),
            Saying::Alias("World & Web".to_owned()),
            Saying::As(SayAs::Characters),
            Saying::Alias("2025-04-03".to_owned()),
        ]
    );
    assert_eq!(&text[said[1].source.clone()], "W&amp;W");
    assert_eq!(said[1].text, "W&W");
}

/// What stands inside of `<speak>`, and what is said of it.
const FAULTS: &[(&str, &str)] = &[
    (
        "a</p>",
        "line 1, column 9: </p> closes nothing: open it before, or leave it out",
    ),
    (
        "\n é a & b",
        "line 2, column 6: `&` in a text is written `&amp;`",
    ),
    (
        "a < b",
        "line 1, column 10: `<` in a text is written `&lt;`",
    ),
    (
        "a&nope;b",
        "line 1, column 9: there is no entity `&nope;`: write the character itself",
    ),
    (
        "<p>a<p>b</p></p>",
        "line 1, column 12: <p> cannot be inside <p>: close <p> before",
    ),
    (
        "<s><emphasis><p>a</p></emphasis></s>",
        "line 1, column 21: <p> cannot be inside <s>: close <s> before",
    ),
    (
        "<break time='1s'>a</break>",
        "line 1, column 25: <break> takes no text: write it as `<break/>`",
    ),
    (
        "<sub alias='x'>a<break time='1s'/></sub>",
        "line 1, column 24: <sub> takes plain text only: leave out the elements inside",
    ),
    (
        "<phoneme ph='x'> - </phoneme>",
        "line 1, column 8: <phoneme> needs the text that it stands for, with a letter or a figure",
    ),
    (
        "<prosody rate='quick'>a</prosody>",
        "line 1, column 8: `rate` of <prosody> must be x-slow, slow, medium, fast, x-fast, or 25% to 400% such as `80%`, `+20%` or `0.8`, not `quick`",
    ),
    (
        "<break time='1s' time='2s'/>",
        "line 1, column 8: an attribute is given twice: leave one out",
    ),
    (
        "<break time=1s/>",
        "line 1, column 8: an attribute is written as name=\"value\"",
    ),
    (
        "a</speak>b<speak>",
        "line 1, column 17: nothing may stand outside of <speak>: put it inside, or leave it out",
    ),
    ("<p> </p>", "line 1, column 1: there is no text to speak"),
    (
        "<voice name='x'>a",
        "line 1, column 25: <voice> opened at 1:8 is not closed",
    ),
    (
        "<mstts:express-as>a</voice>",
        "line 1, column 27: </voice> closes nothing: open it before, or leave it out",
    ),
];

#[test]
fn faults_are_placed_and_say_what_to_do() {
    for (inside, message) in FAULTS {
        assert_eq!(refused(&speak(inside)), *message);
    }
}

#[test]
fn unfinished_texts_are_refused() {
    assert_eq!(
        refused("<speak> <emphasis>a</speak>"),
        "line 1, column 20: <emphasis> opened at 1:9 is not closed"
    );
    assert_eq!(
        refused("<speak>a"),
        "line 1, column 9: <speak> opened at 1:1 is not closed"
    );
    for text in [
        "<speak",
        "<speak>a<",
        "<speak>a</speak",
        "<speak a='",
        "<speak>&",
        "<speak><!-- a</speak>",
        "<speak><![CDATA[",
        "<speak><?x",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_no_ssml_is_refused() {
    assert_eq!(
        refused(" Hello"),
        "line 1, column 2: the text does not begin as SSML: put it into `<speak>` and `</speak>`, or leave out `text_format`"
    );
}

#[test]
fn a_document_type_is_refused_before_it_can_grow() {
    let bomb = "<?xml version='1.0'?><!DOCTYPE speak [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]><speak>&b;</speak>";
    assert_eq!(
        refused(bomb),
        "line 1, column 22: a document type is not allowed: leave out `<!DOCTYPE`"
    );
    assert!(refused("<speak>&b;</speak>").contains("there is no entity `&b;`"));
}

#[test]
fn everything_has_a_limit() {
    let deep = |depth: usize| {
        format!(
            "{}a{}",
            "<emphasis>".repeat(depth),
            "</emphasis>".repeat(depth)
        )
    };
    assert!(parse(&speak(&deep(15))).is_ok());
    assert!(refused(&speak(&deep(16))).ends_with("elements are nested more than 16 deep"));
    assert!(refused(&speak(&deep(100_000))).ends_with("elements are nested more than 16 deep"));
    let many = |count| speak(&format!("a{}", "<mark name='m'/>".repeat(count)));
    assert!(parse(&many(1999)).is_ok());
    assert!(refused(&many(2000)).contains("more than 2000 elements"));
    let pauses = |count| speak(&format!("a{}", "<break time='10s'/>".repeat(count)));
    assert!(parse(&pauses(6)).is_ok());
    assert!(refused(&pauses(7)).contains("longer than 60 seconds"));
    let long = speak(&"word ".repeat(997));
    assert_eq!(pieces(&long).len(), 1);
    let name = "x".repeat(5000);
    assert!(refused(&speak(&format!("<{name}>"))).len() < 300);
    let document = parse(&speak(&format!("<{name}/>"))).expect("it is SSML");
    assert!(document.warnings[0].message.len() < 300);
}

/// What is said, with a comma for each pause.
fn said(document: &Document) -> String {
    let mut said = String::new();
    for piece in &document.pieces {
        match piece {
            Piece::Text(Text {
                saying: Saying::Alias(alias),
                ..
            }) => said.push_str(alias),
            Piece::Text(text) => said.push_str(&text.text),
            Piece::Pause(_) => said.push_str(" , "),
            _ => said.push(' '),
        }
    }
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What stands inside of `<speak>`, what is said of it, and the warnings.
const SPOKEN_THROUGH: &[(&str, &str, &[WarningCode])] = &[
    (
        "<b>Hi</b> <amazon:effect name='whispered'>you</amazon:effect>",
        "Hi you",
        &[WarningCode::ElementIgnored, WarningCode::ElementIgnored],
    ),
    (
        "A: <audio src='a.mp3'>it did <desc>a bell</desc>not load</audio>.",
        "A: it did not load.",
        &[WarningCode::AudioIgnored],
    ),
    ("<audio src='a.mp3'/>", "", &[WarningCode::AudioIgnored]),
    (
        "<voice name='Ana'>Hi</voice>",
        "Hi",
        &[WarningCode::VoiceIgnored],
    ),
    (
        "It is <lang xml:lang='fr-FR'>fromage</lang>",
        "It is fromage",
        &[WarningCode::LanguageIgnored],
    ),
    (
        "<lang xml:lang='en-GB'>Hi</lang> <w role='x'>you</w> <token>two</token>",
        "Hi you two",
        &[],
    ),
    (
        "<prosody contour='(0%,+20Hz)' range='high'>a</prosody>",
        "a",
        &[WarningCode::AttributeIgnored, WarningCode::AttributeIgnored],
    ),
    (
        "<prosody pitch='+50Hz' volume='90' rate='9'>a</prosody>",
        "a",
        &[WarningCode::ValueLimited, WarningCode::AttributeIgnored],
    ),
    (
        "<prosody>a</prosody><break time='20s'/>b",
        "a , b",
        &[WarningCode::ValueLimited],
    ),
    (
        "<say-as interpret-as='cardinal'>ten</say-as>",
        "ten",
        &[WarningCode::ReadAsWritten],
    ),
    (
        "<say-as interpret-as='song'>la</say-as>",
        "la",
        &[WarningCode::ReadAsWritten],
    ),
    (
        "<say-as interpret-as='currency' language='en-US'>$17.05</say-as>",
        "$17.05",
        &[],
    ),
    (
        "<say-as interpret-as='date' format='yyyymmdd' detail='1'>1987-03-21</say-as>",
        "1987-03-21",
        &[],
    ),
    ("<say-as interpret-as='characters'>-</say-as> a", "- a", &[]),
    (
        "oh <say-as interpret-as='expletive'>damn</say-as> it",
        "oh , it",
        &[WarningCode::ElementIgnored],
    ),
    ("<sub alias='World'/>", "World", &[]),
    (
        "<phoneme alphabet='x-sampa' ph='p@\"kA:n'>pecan</phoneme>",
        "pecan",
        &[WarningCode::AttributeIgnored],
    ),
    ("a<mark name='x'/><bookmark mark='y'/>b", "ab", &[]),
    (
        "<lexicon uri='https://a.b'/><meta name='x' content='y'/><metadata><x:y z='w'>no &nope; text</x:y></metadata>a",
        "a",
        &[WarningCode::ElementIgnored],
    ),
    (
        "<mstts:silence type='Leading' value='200ms'/>a<mstts:silence type='Sentenceboundary' value='2s'/>",
        ", a",
        &[WarningCode::ElementIgnored],
    ),
    (
        "<mstts:express-as style='sad' styledegree='2'>a</mstts:express-as><mstts:viseme type='x'/>",
        "a",
        &[WarningCode::ElementIgnored, WarningCode::ElementIgnored],
    ),
    (
        "<par><media xml:id='a' begin='2s'><speak:x>a</speak:x></media></par>",
        "a",
        &[WarningCode::ElementIgnored; 3],
    ),
];

#[test]
fn what_means_nothing_here_is_spoken_through_with_a_warning() {
    for (inside, expected, codes) in SPOKEN_THROUGH {
        let document = parse(&speak(&inside.replace("p@\"", "p@&quot;"))).expect("it is SSML");
        assert_eq!(said(&document), *expected, "{inside}");
        let found: Vec<_> = document
            .warnings
            .iter()
            .map(|warning| warning.code)
            .collect();
        assert_eq!(found, *codes, "{inside}: {:?}", document.warnings);
    }
}

#[test]
fn warnings_are_placed_told_once_and_bounded() {
    let document = parse("<speak>\n é<b>a</b><b>c</b></speak>").expect("it is SSML");
    let [warning] = &document.warnings[..] else {
        panic!("{:?}", document.warnings);
    };
    assert_eq!((warning.line, warning.column), (Some(2), Some(3)));
    let many: Vec<String> = (0..100).map(|n| format!("<x{n}>a</x{n}>")).collect();
    let document = parse(&speak(&many.concat())).expect("it is SSML");
    assert_eq!(document.warnings.len(), MOST_WARNINGS);
}

#[test]
fn the_voice_of_the_request_needs_no_warning() {
    let document = parse(&speak("<voice name='heron'>a</voice>")).expect("it is SSML");
    assert!(document.warnings_for("Heron").is_empty());
    assert_eq!(document.warnings_for("sabia").len(), 1);
}

#[test]
fn a_prefix_of_the_namespace_changes_nothing() {
    let text = "<!-- x --><?xml-model y?>\n<s:speak xmlns:s='http://www.w3.org/2001/10/synthesis' xml:lang='en'><s:p>Hi<s:break/></s:p></s:speak>";
    let document = read(text, TextFormat::Auto, "en").expect("it is SSML");
    assert_eq!(said(&document), "Hi ,");
    assert!(document.warnings.is_empty());
}

#[test]
fn another_language_is_told() {
    let text = "<speak version='1.1' xmlns='http://www.w3.org/2001/10/synthesis' xml:lang='en-US'>a</speak>";
    assert!(parse(text).expect("it is SSML").warnings.is_empty());
    let document = read(text, TextFormat::Auto, "pt-BR").expect("it is SSML");
    assert_eq!(
        document.warnings[0].message,
        "`xml:lang` is `en-US`, and the text is spoken in `pt-BR` as any other: a text is in one language"
    );
}

proptest! {
    #[test]
    fn parse_never_panics(
        parts in prop::collection::vec(prop::sample::select(vec![
            "<speak>", "</speak>", "<p>", "</p>", "<s>", "</s>", "<break time='1s'/>", "<break>", "</break>",
            "<emphasis level='strong'>", "</emphasis>", "<prosody rate='50%' pitch='+2st'>", "</prosody>",
            "<sub alias='b'>", "</sub>", "<phoneme ph='a'>", "</phoneme>", "<say-as interpret-as='digits'>", "</say-as>",
            "a", "12", " ", "é", "\n", "<", ">", "&", ";", "&lt;", "&#65;", "&#x0;", "'", "\"", "=", "/", "<!--", "-->",
            "<![CDATA[", "]]>", "<?", "?>", "<!DOCTYPE", "\u{feff}", "\0", "xml:lang='en'",
        ]), 0..24),
        noise in any::<String>(),
    ) {
        for text in [parts.concat(), speak(&parts.concat()), noise.clone(), speak(&noise)] {
            if let Ok(document) = parse(&text) {
                for part in texts(&document) {
                    prop_assert!(text.get(part.source.clone()).is_some());
                    for at in 0..part.text.len() {
                        let source = part.source_of(at);
                        prop_assert!(part.source.start <= source.start && source.end <= part.source.end);
                    }
                }
            }
        }
    }
}
