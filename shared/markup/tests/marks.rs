//! What remains of texts in Markdown and HTML.
#![allow(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use kiskadee_markup::{Document, Piece, TextFormat, read};
use proptest::prelude::*;

fn document(text: &str, format: TextFormat) -> Document {
    read(text, format, "en").expect("only SSML has faults")
}

/// The text, with `/` for an edge of sentences, `//` for one of paragraphs and `,` for a pause; runs of them as the strongest.
fn said(text: &str, format: TextFormat) -> String {
    let mut said = String::new();
    for piece in document(text, format).pieces {
        said.push_str(&match piece {
            Piece::Text(text) => text.text,
            Piece::Pause(_) => " \u{1} ".to_owned(),
            Piece::SentenceEdge => " \u{2} ".to_owned(),
            Piece::ParagraphEdge => " \u{3} ".to_owned(),
        });
    }
    let mut words: Vec<&str> = Vec::new();
    for word in said.split_whitespace() {
        let is_edge = |word: &str| word.chars().all(|c| c < '\u{4}');
        match words.last_mut() {
            Some(last) if is_edge(last) && is_edge(word) => *last = (*last).max(word),
            _ => words.push(word),
        }
    }
    let said = words.join(" ");
    let said = said.trim_matches(|c: char| c < '\u{4}' || c == ' ');
    said.replace(" \u{1}", ",")
        .replace('\u{2}', "/")
        .replace('\u{3}', "//")
}

fn check(format: TextFormat, cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(said(text, format), *expected, "{format}: {text}");
    }
}

#[test]
fn entities_are_what_they_stand_for() {
    for format in [TextFormat::Auto, TextFormat::Html, TextFormat::Markdown] {
        check(
            format,
            &[
                ("Salt &amp; pepper", "Salt & pepper"),
                ("It&#39;s late.", "It's late."),
                ("She said &quot;yes&quot;.", "She said \"yes\"."),
                ("It&#x27;s", "It's"),
                ("a&nbsp;b", "a b"),
                ("caf&eacute;", "café"),
                ("AT&T and R&D; a & b", "AT&T and R&D; a & b"),
                ("Q&amp;amp;A", "Q&A"),
                ("it&amp;#39;s", "it's"),
                ("Tom &amp Ana", "Tom & Ana"),
                ("2 &lt; 3", "2 < 3"),
                ("&nosuch; &#xD800;", "&nosuch; &#xD800;"),
            ],
        );
    }
}

#[test]
fn tags_are_left_out() {
    for format in [TextFormat::Auto, TextFormat::Html, TextFormat::Markdown] {
        check(
            format,
            &[
                ("<p>Hello <b>there</b>.</p>", "Hello there."),
                ("One<br>two<br/>three.", "One, two, three."),
                ("un<b>believ</b>able", "unbelievable"),
                ("<h1>Title</h1>Text", "Title // Text"),
                ("<ul><li>one<li>two</ul>", "one / two"),
                (
                    "<a href=\"https://example.com?a=1>2\">the page</a> first",
                    "the page first",
                ),
                ("a <!-- not <b>this</b> --> b", "a b"),
                (
                    "<style>p { color: red }</style>text<script>if (a < b) {}</SCRIPT >",
                    "text",
                ),
                (
                    "<table><tr><th>a<th>b<tr><td>1</td><td>2</td></table>",
                    "a, b / 1, 2",
                ),
                (
                    "Look: <img src=\"a.png\" alt=\"a dog &amp; a cat\"> here",
                    "Look:, a dog & a cat, here",
                ),
                ("<img src='spacer.gif' alt=''>x", "x"),
                ("<!DOCTYPE html><html><body>hi</body></html>", "hi"),
                (
                    "area of 5 m<sup>2</sup> and 10<sup>-6</sup>",
                    "area of 5 m² and 10⁻⁶",
                ),
                ("the 1<sup>st</sup> H<sub>2</sub>O", "the 1st H2O"),
                (
                    "as Smith showed<sup>12</sup>, <sup>[3]</sup>we",
                    "as Smith showed, we",
                ),
                ("<![CDATA[5 <b> 3]]>", "5 <b> 3"),
                ("Hi</div>", "Hi"),
                (
                    "<details open><summary>More</summary>text</details>",
                    "More / text",
                ),
                ("3 < 5 and 7 > 2", "3 < 5 and 7 > 2"),
                ("I <3 you", "I <3 you"),
                ("if a<3", "if a<3"),
                ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "漢"),
                ("", ""),
            ],
        );
    }
}

#[test]
fn prose_is_left_as_it_is() {
    let texts = [
        "x<y and y>z",
        "a<b and c>d",
        "Send it to <address> or <your name>.",
        "a <- b, A -> B, x <= y",
        "Vec<u8> and Map<String, Int>",
        "5 * 3 * 2 and 2*3*4",
        "a_b_c and snake_case and __init",
        "C# and F# and #tag and #1",
        "# 5 is the number",
        "# of users: 5",
        "super [x] duper",
        "~5 km, ~10 km",
        "a == b, x==y",
        "Price* is net. *Price",
        "f*** and s**t and f**k",
        "**kwargs and *args",
        "5 > 3",
        "> 90% of people",
        "$5.00 | $6.00",
        "a|b|c",
        "the [sic] word, as in [12], array[0], a[1] = 5",
        "The [first] (and last) [one](he said)",
        "don`t and isn`t",
        "-5 degrees",
        "- 5 graus",
        "Well - that is it",
        "1990-1995",
        "it was\n- or so they said -\nlate",
        "https://example.com/a_b_c/_d_/*e*",
        "C:\\temp\\new \\n",
        "a \\ b",
        "(a) [b] {c}",
        "Wait... *sigh",
        "3 &times 4",
        "1. One 2. Two",
        "^_^ and o_o",
        "So we have 2 ** 3 ** 4",
        "AT&T; R&D; Q&A;",
        "a@b.com and @_name_x",
        "10:30 -- 11:30",
        "\u{feff}hi\0there",
    ];
    for text in texts {
        let document = document(text, TextFormat::Auto);
        let [Piece::Text(piece)] = &document.pieces[..] else {
            panic!("{text}: {:?}", document.pieces);
        };
        assert_eq!(
            (piece.text.as_str(), piece.source.clone()),
            (text, 0..text.len())
        );
    }
}

/// Marks that are as plain in `auto` as they are in Markdown, and what is spoken.
const MARKDOWN: &[(&str, &str)] = &[
    (
        "See [the manual](https://example.com/a) first.",
        "See the manual first.",
    ),
    ("See [it](<https://example.com/a b> \"Title\").", "See it."),
    (
        "[a_(b)](https://en.wikipedia.org/wiki/A_(b)), yes",
        "a_(b), yes",
    ),
    ("[![badge](a.svg)](https://example.com) ok", "badge ok"),
    ("![a red bird](bird.png)", "a red bird"),
    (
        "[mail](mailto:a@b.co) [top](#top) [x](../y.md 'z')",
        "mail top x",
    ),
    (
        "See [this][1] and [that].\n\n[1]: https://a.b/c\n[That]: <https://a.b/d> \"D\"",
        "See this and that.",
    ),
    (
        "Text[^1] here.\n\n[^1]: The note.",
        "Text here. // The note.",
    ),
    (
        "The sky is blue[12][3], he said [4].",
        "The sky is blue, he said.",
    ),
    ("Grew[citation needed] fast", "Grew fast"),
    ("This is ==important== text.", "This is important text."),
    (
        "**bold**, __bold__, *it*, _it_, ***both***, ~~gone~~",
        "bold, bold, it, it, both, gone",
    ),
    ("un**believ**able **a *b* c**", "unbelievable a b c"),
    (
        "\"*so*\" (_he_ said) **\"x\"**: y",
        "\"so\" (he said) \"x\": y",
    ),
    (
        "`code` and ``a ` b`` and `a_*b*`",
        "code and a ` b and a_*b*",
    ),
    (
        "# Title\nText\n## More ##\nText",
        "Title // Text // More // Text",
    ),
    ("Title\n=====\nText\n\n---\n\nMore", "Title // Text // More"),
    ("- [x] Call the bank", "Call the bank"),
    ("[x] Call\n[ ] Write", "Call / Write"),
    ("* [ ] Call\n* [X] Write", "Call / Write"),
    ("To do:\n- one\n- two\n\nDone.", "To do: / one / two Done."),
    ("1. one\n2. two", "1. one / 2. two"),
    ("> quoted\n> > twice\n\nnot", "quoted twice not"),
    (
        "| a | b |\n|---|:-:|\n| 1 | 2 |\n\nEnd",
        "a, b / 1, 2 / End",
    ),
    ("a | b\n--|--\n1 | 2", "a, b / 1, 2"),
    (
        "Run:\n```sh\nls *_a_*\ncd b\n```\nDone.",
        "Run: // ls *_a_* / cd b // Done.",
    ),
    ("2 \\* 3 and \\_x\\_ and \\# 1", "2 * 3 and _x_ and # 1"),
    (
        "<https://example.com/a_b_> and <ana@example.com>",
        "https://example.com/a_b_ and ana@example.com",
    ),
    ("---\ntitle: A: b\ntags: [x]\n---\nText", "Text"),
    (
        "**Note:** see https://example.com/a_b_c.",
        "Note: see https://example.com/a_b_c.",
    ),
    ("[[Page]] and [[Page|the page]]", "Page and the page"),
    ("<b>*both*</b>", "both"),
    ("**Important**", "Important"),
    ("* * *", ""),
];

#[test]
fn marks_of_markdown_are_left_out() {
    for format in [TextFormat::Auto, TextFormat::Markdown] {
        check(format, MARKDOWN);
    }
    check(
        TextFormat::Markdown,
        &[
            ("# 5 is a title", "5 is a title"),
            ("- 5 graus", "5 graus"),
            ("it was\n- an item", "it was / an item"),
            ("[one](here)", "one"),
            ("a\\\nb", "a b"),
            ("&lt;b&gt; and &#42;x&#42;", "<b> and *x*"),
        ],
    );
}

#[test]
fn auto_knows_tags_that_were_escaped_and_pauses_of_ssml() {
    check(
        TextFormat::Auto,
        &[
            ("&lt;p&gt;Hello&lt;/p&gt;", "Hello"),
            ("&amp;lt;b&amp;gt;x&amp;lt;/b&amp;gt;", "x"),
            ("Good <break time=\"500ms\"/> morning.", "Good, morning."),
            (
                "a <emphasis level=\"strong\">b</emphasis> <x:y>c</x:y>",
                "a b c",
            ),
            ("<my-part>a</my-part> <foo bar='1'/>", "a"),
            ("<name>Ana</name>", "Ana"),
        ],
    );
    check(
        TextFormat::Html,
        &[
            ("&lt;b&gt; <unknown>x", "<b> x"),
            ("a\n\nb *c*", "a b *c*"),
            ("a <!-- b", "a"),
        ],
    );
    check(
        TextFormat::Plain,
        &[("<b>*x*</b> &amp;", "<b>*x*</b> &amp;")],
    );
}

#[test]
fn pieces_know_their_bytes() {
    let text = "See **[the &eacute;clair](https://a.b)** <i>now</i>.";
    for piece in document(text, TextFormat::Auto).pieces {
        if let Piece::Text(piece) = piece {
            let source = &text[piece.source.clone()];
            assert!(
                source == piece.text || source == "&eacute;",
                "{source} {}",
                piece.text
            );
        }
    }
    let document = document(text, TextFormat::Auto);
    let start = text.find("the").expect("it is there");
    assert_eq!(document.written(&(0..text.len())), "See the éclair now.");
    assert_eq!(document.written(&(start..start + 9)), "the é");
    assert_eq!(document.written(&(text.len() - 5..text.len())), ".");
}

#[test]
fn long_texts_of_nothing_but_marks_are_read() {
    let marks = [
        "[",
        "](",
        "[](",
        "*",
        "**a",
        "_a ",
        "`",
        "`a``",
        "<",
        "<a ",
        "<a \"",
        "<a '\"",
        "<!--",
        "<![CDATA[",
        "<?a",
        "&",
        "&amp;",
        "&amp",
        "> ",
        "# ",
        "- ",
        "|",
        "|-\n",
        "[a]: b\n",
        "\\",
        "==a",
        "~~",
        "<script>",
        "<sup>",
        "[^",
        "[[",
        "1. ",
        "```\n",
        "---\n",
        "<b>",
        "</b>",
        "\n\n",
        "[1]",
        "![",
        "<a@",
        "http://",
        "a: b\n",
        "<style></styl",
    ];
    for mark in marks {
        let text = mark.repeat(20_000 / mark.len());
        for format in [TextFormat::Auto, TextFormat::Markdown, TextFormat::Html] {
            document(&text, format);
        }
    }
}

proptest! {
    #[test]
    fn nothing_breaks_and_sources_stay_in_order(
        parts in prop::collection::vec(prop::sample::select(vec![
            "a", "word", "12", " ", "\n", "\n\n", "é", "漢", "*", "**", "_", "`", "```\n", "[", "]", "(", ")", "](https://a.b)", "[^1]", "[1]",
            "<", ">", "<b>", "</b>", "<br>", "<p>", "<script>", "</script>", "<!--", "-->", "<a href=\"", "\"", "'", "&amp;", "&lt;", "&#233;",
            "&", ";", "# ", "- ", "> ", "|", "|--|\n", "---\n", "\\", "==", "~~", "<sup>", "</sup>", "2", "!", "<img alt='x y'>", "\r\n", "\0",
        ]), 0..30),
        noise in any::<String>(),
    ) {
        for text in [parts.concat(), noise] {
            for format in [TextFormat::Auto, TextFormat::Plain, TextFormat::Markdown, TextFormat::Html] {
                let Ok(document) = read(&text, format, "en") else { continue };
                let mut from = 0;
                for piece in &document.pieces {
                    let Piece::Text(piece) = piece else { continue };
                    prop_assert!(piece.source.start >= from && text.get(piece.source.clone()).is_some(), "{:?}", document.pieces);
                    from = piece.source.end;
                }
                document.written(&(0..text.len()));
                document.written(&(text.len() / 2..text.len()));
            }
        }
    }
}
