//! Transcripts of English and Portuguese, which share the reading of the crate's other face.

use std::time::Duration;

use kiskadee_text::{
    Dictionary, Entry, Passage, TextFormat, TranscriptError, TranscriptLanguage, passages,
    transcript,
};

fn check(language: TranscriptLanguage, cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let found = transcript(text, language);
        assert_eq!(found.as_deref(), Ok(*expected), "{text:?}");
    }
}

#[test]
fn english_is_written_in_words_and_marks() {
    check(
        TranscriptLanguage::English,
        &[
            (
                "Dr. Smith paid $20.50 for 3rd place & won 12% in 1999!",
                "doctor smith paid twenty dollars and fifty cents for third place and won twelve percent in nineteen ninety nine!",
            ),
            (
                "It is 1,234,567 or 3.14.",
                "it is one million two hundred thirty four thousand five hundred sixty seven or three point one four.",
            ),
            (
                "The 21st, at 3:30 p.m.",
                "the twenty first, at three thirty pee em.",
            ),
            (
                "On 12/25/2024 we met.",
                "on december twenty fifth, twenty twenty four we met.",
            ),
            (
                "He said: \"Go (now) - or stay?\"",
                "he said; go, now, or stay?",
            ),
            (
                "The FBI and two CEOs",
                "the eff bee eye and two see ee ohs.",
            ),
            ("€5 + £3 = ?", "five euros plus three pounds equals?"),
            (
                "Don't e-mail me@example.org",
                "don't ee mail me at example dot org.",
            ),
            ("", ""),
            ("...", ""),
        ],
    );
}

#[test]
fn portuguese_is_written_in_words_and_marks() {
    check(
        TranscriptLanguage::Portuguese,
        &[
            (
                "O Dr. Silva pagou R$ 20,50 pelo 3º lugar & ganhou 12% em 1999!",
                "o doutor silva pagou vinte reais e cinquenta centavos pelo terceiro lugar e ganhou doze por cento em mil novecentos e noventa e nove!",
            ),
            (
                "Você tem 1.234 amigas?",
                "você tem mil duzentas e trinta e quatro amigas?",
            ),
            (
                "São 14h30, faz -5 °C.",
                "são quatorze e trinta, faz menos cinco graus celsius.",
            ),
            ("O CPF e o RG", "o cê pê efe e o erre gê."),
        ],
    );
}

fn read(text: &str, most_chars: usize) -> Result<Vec<Passage>, TranscriptError> {
    let none = Dictionary::default();
    passages(
        text,
        TextFormat::Auto,
        TranscriptLanguage::English,
        &none,
        most_chars,
    )
}

fn transcripts(passages: &[Passage]) -> Vec<&str> {
    passages
        .iter()
        .map(|passage| passage.transcript.as_str())
        .collect()
}

#[test]
fn sentences_are_packed_and_long_ones_are_cut() {
    let text = "One. Two! Is it three? A very long sentence, with a part behind its comma.";
    let found = read(text, 40).unwrap();
    assert_eq!(
        transcripts(&found),
        [
            "one. two! is it three?",
            "a very long sentence,",
            "with a part behind its comma."
        ]
    );
    assert!(found[0].spoken > 0.2 && found[0].spoken < found[1].spoken);
    assert!((found[2].spoken - 1.0).abs() < f32::EPSILON);
    assert_eq!(read(" \n ... ", 40), Ok(Vec::new()));
}

#[test]
fn pauses_part_passages() {
    let found = read(
        "<speak><break time=\"1s\"/>One <break time=\"500ms\"/>two. <p>Three.</p><p>Four.</p></speak>",
        100,
    )
    .unwrap();
    assert_eq!(transcripts(&found), ["one,", "two.", "three.", "four."]);
    let silence = |lead, trail| (Duration::from_millis(lead), Duration::from_millis(trail));
    let found: Vec<_> = found
        .iter()
        .map(|passage| (passage.lead, passage.trail))
        .collect();
    assert_eq!(
        found,
        [
            silence(1000, 500),
            silence(0, 300),
            silence(0, 300),
            silence(0, 0)
        ]
    );
}

#[test]
fn aliases_are_spoken_and_phones_are_passed_over() {
    let dictionary = Dictionary::new([
        ("SQL".to_owned(), Entry::Alias("sequel".to_owned())),
        ("Nguyen".to_owned(), Entry::Pronounced("wɪn".to_owned())),
    ]);
    let text = "<speak>SQL by Nguyen and <sub alias=\"the web\">W3C</sub>, \
                <phoneme alphabet=\"ipa\" ph=\"x\">New York</phoneme>.</speak>";
    let found = passages(
        text,
        TextFormat::Auto,
        TranscriptLanguage::English,
        &dictionary,
        200,
    )
    .unwrap();
    assert_eq!(
        transcripts(&found),
        ["sequel by nguyen and the web, new york."]
    );
}

#[test]
fn faulty_markup_is_an_error() {
    let none = Dictionary::default();
    let found = passages(
        "<speak>a",
        TextFormat::Auto,
        TranscriptLanguage::English,
        &none,
        100,
    );
    assert!(matches!(found, Err(TranscriptError::Ssml(_))), "{found:?}");
}

#[test]
fn spanish_is_cleaned() {
    check(
        TranscriptLanguage::Spanish,
        &[
            ("¿Qué tal, Sr. García?", "¿qué tal, señor garcía?"),
            ("El 1er piso, la 3ª vez.", "el primer piso, la tercera vez."),
            (
                "Cuesta 20,50 € o $1.234,05.",
                "cuesta veinte euros con cincuenta céntimos o mil doscientos treinta y cuatro dólares con cinco centavos.",
            ),
            (
                "Un 12,5 % de 2.500.000",
                "un doce coma cinco por ciento de dos millones quinientos mil",
            ),
            (
                "US$2,5 millones & más",
                "dos coma cinco millones de dólares y más",
            ),
            ("A -5° (hoy) – sí…", "a menos cinco grados, hoy, sí..."),
            ("Son las 3:45.", "son las tres cuarenta y cinco."),
            ("el agente 007 y MP3", "el agente cero cero siete y mp tres"),
        ],
    );
}

#[test]
fn french_is_cleaned() {
    check(
        TranscriptLanguage::French,
        &[
            ("Ça va bien le 1er mai ?", "ça va bien le premier mai?"),
            ("Il y a 21 chats.", "il y a vingt et un chats."),
            (
                "M. Dupont a 100,000 fans et 100 000 €.",
                "monsieur dupont a cent mille fans et cent mille euros.",
            ),
            (
                "12,56 % ; 3,05",
                "douze virgule cinquante-six pour cent; trois virgule zéro cinq",
            ),
            (
                "« L'été » coûte 1,5 M€",
                "l'été coûte un virgule cinq m euros",
            ),
            (
                "Il est 14:00, n° 5, 3\u{202f}000\u{a0}000 d'euros",
                "il est quatorze, numéro cinq, trois millions d'euros",
            ),
            ("À 10h30, 5 h", "à dix heures trente, cinq heures"),
            ("La 2e et la 1re", "la deuxième et la première"),
        ],
    );
}

#[test]
fn german_is_cleaned() {
    check(
        TranscriptLanguage::German,
        &[
            (
                "Das sind 100.000,5 Euro am 1. Mai.",
                "das sind einhunderttausend komma fünf euro am ersten mai.",
            ),
            (
                "Guten Tag, das kostet 12,50€.",
                "guten tag, das kostet zwölf euro und fünfzig cent.",
            ),
            (
                "z. B. 3.5 oder 3,14 & 1.234,56 $",
                "zum beispiel drei komma fünf oder drei komma eins vier und zwölfhundertvierunddreißig dollar und sechsundfünfzig cent",
            ),
            (
                "Um 14.30 Uhr bei -5 °C",
                "um vierzehn dreißig uhr bei minus fünf grad celsius",
            ),
            ("Die 20-jährige STRASSE", "die zwanzigjährige strasse"),
            (
                "Seit 1999. Ende",
                "seit neunzehnhundertneunundneunzig. ende",
            ),
            (
                "Am 12.05.2024, am 3. 10. 1990 um 8:05",
                "am zwölf null fünf zweitausendvierundzwanzig, am dritten zehnte neunzehnhundertneunzig um acht null fünf",
            ),
            (
                "In den 1990er Jahren 100km/h",
                "in den neunzehnhundertneunziger jahren einhundert kilometer pro stunde",
            ),
            ("10–12 Mio. $", "zehn zwölf millionen dollar"),
        ],
    );
}

#[test]
fn italian_is_cleaned() {
    check(
        TranscriptLanguage::Italian,
        &[
            ("Il 2° posto.", "il secondo posto."),
            (
                "Il sig. Rossi ha 1.500,50 €.",
                "il signor rossi ha millecinquecento euro e cinquanta centesimi.",
            ),
            ("L'8% di 33", "l'otto per cento di trentatré"),
            ("a@b.it", "a chiocciola b.it"),
        ],
    );
}

#[test]
fn polish_is_cleaned() {
    check(
        TranscriptLanguage::Polish,
        &[
            ("Było 50 żołnierzy.", "było pięćdziesiąt żołnierzy."),
            (
                "Kosztuje 2,50 zł, 5 zł i 1 zł",
                "kosztuje dwa złote pięćdziesiąt groszy, pięć złotych i jeden złoty",
            ),
            (
                "1. miejsce, 3-cia klasa, 2,5%",
                "pierwszy miejsce, trzecia klasa, dwa przecinek pięć procenta",
            ),
            ("ul. Nowa nr 7 itd.", "ulica nowa numer siedem i tak dalej."),
        ],
    );
}

#[test]
fn czech_is_cleaned() {
    check(
        TranscriptLanguage::Czech,
        &[
            ("Bylo tam 50 vojáků.", "bylo tam padesát vojáků."),
            (
                "1. května, 2,5 % a 1 %",
                "první května, dvě celé pět procenta a jedno procento",
            ),
            (
                "Stojí 22 Kč, 1 Kč, 3,50 Kč.",
                "stojí dvacet dvě korun, jedna koruna, tři koruny a padesát haléřů.",
            ),
            ("Dr. Novák, č. 5", "doktor novák, číslo pět"),
        ],
    );
}

#[test]
fn russian_is_cleaned() {
    check(
        TranscriptLanguage::Russian,
        &[
            ("Там было 50 солдат.", "там было пятьдесят солдат."),
            (
                "5-го мая, 21 %, 2,5%",
                "пятого мая, двадцать один процент, две целых пять десятых процента",
            ),
            (
                "Цена 1 000 ₽, 21,02 руб. или $3",
                "цена тысяча рублей, двадцать один рубль две копейки или три доллара",
            ),
            ("№7 «Привет» — сказал он", "номер семь привет, сказал он"),
            ("д-р Жук и т. д.", "доктор жук и так далее."),
        ],
    );
}

#[test]
fn dutch_is_cleaned() {
    check(
        TranscriptLanguage::Dutch,
        &[
            ("Ik zie 3 honden.", "ik zie drie honden."),
            ("De 1e en 8ste keer", "de eerste en achtste keer"),
            (
                "Dhr. Jansen betaalt €12,50 of 3,7%",
                "de heer jansen betaalt twaalf euro en vijftig cent of drie komma zeven procent",
            ),
            (
                "'s ochtends bijv. in 1984",
                "'s ochtends bijvoorbeeld in negentienhonderdvierentachtig",
            ),
        ],
    );
}

#[test]
fn markup_is_read_in_languages_that_are_cleaned() {
    let dictionary = Dictionary::new([("SQL".to_owned(), Entry::Alias("Sequel".to_owned()))]);
    let text = "<speak>SQL <break time=\"1s\"/> am <sub alias=\"1. Mai\">x</sub>. <p>Zwei.</p><p>Drei \
                <say-as interpret-as=\"characters\">AB</say-as>.</p><break time=\"2s\"/></speak>";
    let found = passages(
        text,
        TextFormat::Auto,
        TranscriptLanguage::German,
        &dictionary,
        100,
    )
    .unwrap();
    assert_eq!(
        transcripts(&found),
        ["sequel,", "am ersten mai.", "zwei.", "drei a b."]
    );
    let trails: Vec<_> = found
        .iter()
        .map(|passage| passage.trail.as_millis())
        .collect();
    assert_eq!(trails, [1000, 300, 300, 2000]);
    let none = Dictionary::default();
    let found = passages(
        "<speak xml:lang=\"en\">a</p></speak>",
        TextFormat::Auto,
        TranscriptLanguage::German,
        &none,
        100,
    );
    assert!(matches!(found, Err(TranscriptError::Ssml(_))), "{found:?}");
}

#[test]
fn turkish_is_cleaned() {
    check(
        TranscriptLanguage::Turkish,
        &[
            ("Bu 1. test İÖÜ, IŞIK.", "bu birinci test iöü, ışık."),
            (
                "%20 ve 12,5 %; 1.500 TL",
                "yüzde yirmi ve yüzde on iki virgül beş; bin beş yüz lira",
            ),
            ("3'üncü kat, 14:30'da", "üçüncü kat, on dört otuzda"),
        ],
    );
}

#[test]
fn hungarian_is_cleaned() {
    check(
        TranscriptLanguage::Hungarian,
        &[
            ("Az 1. teszt 50.", "az első teszt ötven."),
            (
                "Dr. Nagy, 1984-ben.",
                "doktor nagy, ezerkilencszáznyolcvannégyben.",
            ),
            ("Ára 2 500 Ft", "ára kétezer-ötszáz forint"),
        ],
    );
}

#[test]
fn arabic_is_cleaned() {
    check(
        TranscriptLanguage::Arabic,
        &[
            ("كان هناك 50 جنديا.", "كان هناك خمسون جنديا."),
            ("٣٫٥٪، هل؟", "ثلاثة فاصلة خمسة في المئة، هل؟"),
            ("١٬٢٣٤", "ألف ومئتان وأربعة وثلاثون"),
        ],
    );
}

#[test]
fn hindi_is_cleaned() {
    check(
        TranscriptLanguage::Hindi,
        &[
            ("50 सैनिक थे। सच?", "पचास सैनिक थे। सच?"),
            ("५०० और ₹1,00,000", "पाँच सौ और एक लाख रुपये"),
        ],
    );
}

#[test]
fn korean_is_romanised() {
    check(
        TranscriptLanguage::Korean,
        &[
            ("값은 1,000원.", "gabs-eun cheon won."),
            ("3번째, 12%!", "se beon-jjae, sib-i peosenteu!"),
        ],
    );
}

#[test]
fn chinese_is_romanised() {
    check(
        TranscriptLanguage::Chinese,
        &[
            ("你好。", "ni3hao3,"),
            (
                "我有12%的钱，3.5元！",
                "wo3you3bai3fen1zhi1shi2er4de5qian2,san1dian3wu3yuan2,",
            ),
        ],
    );
}

#[test]
fn japanese_is_romanised_or_says_what_is_missing() {
    check(
        TranscriptLanguage::Japanese,
        &[("カメラ、テレビ。", "kamera, terebi.")],
    );
    match transcript("今日は3時です。", TranscriptLanguage::Japanese) {
        Ok(found) => assert_eq!(found, "kyou wa san ji desu."),
        Err(TranscriptError::Unavailable(advice)) => {
            assert!(advice.contains("install mecab"), "{advice}");
        }
        Err(other) => assert_eq!(other.to_string(), ""),
    }
}
