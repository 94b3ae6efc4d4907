//! Kana in Latin letters, by the system of Hepburn: `シャツ` shatsu, `がっこう` gakkou. Long vowels are written as in kana.

/// Two kana that are one sound, and single ones.
#[rustfmt::skip]
const SOUNDS: &[(&str, &str)] = &[
    ("キャ", "kya"), ("キュ", "kyu"), ("キョ", "kyo"), ("キェ", "kye"),
    ("ギャ", "gya"), ("ギュ", "gyu"), ("ギョ", "gyo"),
    ("シャ", "sha"), ("シュ", "shu"), ("ショ", "sho"), ("シェ", "she"),
    ("ジャ", "ja"), ("ジュ", "ju"), ("ジョ", "jo"), ("ジェ", "je"),
    ("チャ", "cha"), ("チュ", "chu"), ("チョ", "cho"), ("チェ", "che"),
    ("ヂャ", "ja"), ("ヂュ", "ju"), ("ヂョ", "jo"),
    ("ニャ", "nya"), ("ニュ", "nyu"), ("ニョ", "nyo"), ("ニェ", "nye"),
    ("ヒャ", "hya"), ("ヒュ", "hyu"), ("ヒョ", "hyo"),
    ("ビャ", "bya"), ("ビュ", "byu"), ("ビョ", "byo"),
    ("ピャ", "pya"), ("ピュ", "pyu"), ("ピョ", "pyo"),
    ("ミャ", "mya"), ("ミュ", "myu"), ("ミョ", "myo"),
    ("リャ", "rya"), ("リュ", "ryu"), ("リョ", "ryo"),
    ("イェ", "ye"), ("ウィ", "wi"), ("ウェ", "we"), ("ウォ", "wo"),
    ("クァ", "kwa"), ("クィ", "kwi"), ("クェ", "kwe"), ("クォ", "kwo"), ("グァ", "gwa"),
    ("ツァ", "tsa"), ("ツィ", "tsi"), ("ツェ", "tse"), ("ツォ", "tso"),
    ("ティ", "ti"), ("トゥ", "tu"), ("テュ", "tyu"), ("ディ", "di"), ("ドゥ", "du"), ("デュ", "dyu"),
    ("ファ", "fa"), ("フィ", "fi"), ("フェ", "fe"), ("フォ", "fo"), ("フュ", "fyu"),
    ("ヴァ", "va"), ("ヴィ", "vi"), ("ヴェ", "ve"), ("ヴォ", "vo"), ("ヴュ", "vyu"),
    ("ア", "a"), ("イ", "i"), ("ウ", "u"), ("エ", "e"), ("オ", "o"),
    ("カ", "ka"), ("キ", "ki"), ("ク", "ku"), ("ケ", "ke"), ("コ", "ko"),
    ("ガ", "ga"), ("ギ", "gi"), ("グ", "gu"), ("ゲ", "ge"), ("ゴ", "go"),
    ("サ", "sa"), ("シ", "shi"), ("ス", "su"), ("セ", "se"), ("ソ", "so"),
    ("ザ", "za"), ("ジ", "ji"), ("ズ", "zu"), ("ゼ", "ze"), ("ゾ", "zo"),
    ("タ", "ta"), ("チ", "chi"), ("ツ", "tsu"), ("テ", "te"), ("ト", "to"),
    ("ダ", "da"), ("ヂ", "ji"), ("ヅ", "zu"), ("デ", "de"), ("ド", "do"),
    ("ナ", "na"), ("ニ", "ni"), ("ヌ", "nu"), ("ネ", "ne"), ("ノ", "no"),
    ("ハ", "ha"), ("ヒ", "hi"), ("フ", "fu"), ("ヘ", "he"), ("ホ", "ho"),
    ("バ", "ba"), ("ビ", "bi"), ("ブ", "bu"), ("ベ", "be"), ("ボ", "bo"),
    ("パ", "pa"), ("ピ", "pi"), ("プ", "pu"), ("ペ", "pe"), ("ポ", "po"),
    ("マ", "ma"), ("ミ", "mi"), ("ム", "mu"), ("メ", "me"), ("モ", "mo"),
    ("ヤ", "ya"), ("ユ", "yu"), ("ヨ", "yo"),
    ("ラ", "ra"), ("リ", "ri"), ("ル", "ru"), ("レ", "re"), ("ロ", "ro"),
    ("ワ", "wa"), ("ヰ", "i"), ("ヱ", "e"), ("ヲ", "wo"), ("ン", "n"), ("ヴ", "vu"),
    ("ァ", "a"), ("ィ", "i"), ("ゥ", "u"), ("ェ", "e"), ("ォ", "o"),
    ("ャ", "ya"), ("ュ", "yu"), ("ョ", "yo"), ("ヮ", "wa"), ("ヵ", "ka"), ("ヶ", "ke"),
];
const VOWELS: &[char] = &['a', 'i', 'u', 'e', 'o'];
/// The first hiragana, the last with a katakana of its own, and how far the katakana stand behind them.
const HIRAGANA: std::ops::RangeInclusive<char> = '\u{3041}'..='\u{3096}';
const TO_KATAKANA: u32 = 0x60;

pub(super) fn is_kana(c: char) -> bool {
    HIRAGANA.contains(&c) || matches!(c, '\u{30a1}'..='\u{30fa}' | 'ー')
}

pub(super) fn katakana(text: &str) -> String {
    let katakana = |c: char| {
        let moved = HIRAGANA.contains(&c).then(|| u32::from(c) + TO_KATAKANA);
        moved.and_then(char::from_u32).unwrap_or(c)
    };
    text.chars().map(katakana).collect()
}

/// Kana in lower-case Latin letters. Other characters are kept.
pub(super) fn romaji(kana: &str) -> String {
    let kana = katakana(kana);
    let mut latin = String::with_capacity(kana.len());
    let (mut rest, mut is_doubled) = (kana.as_str(), false);
    while let Some(next) = rest.chars().next() {
        let sound = SOUNDS.iter().find(|(kana, _)| rest.starts_with(kana));
        let length = sound.map_or(next.len_utf8(), |(kana, _)| kana.len());
        match (sound, next) {
            (Some((_, sound)), _) => {
                let is_doubled = std::mem::take(&mut is_doubled);
                add(sound, is_doubled, &mut latin);
            }
            (None, 'ッ') => is_doubled = true,
            (None, 'ー') => latin.extend(latin.chars().next_back().filter(|c| VOWELS.contains(c))),
            (None, other) => latin.push(other),
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    latin
}

/// A small tsu doubles the consonant behind it; an apostrophe parts n from a vowel that is not its own.
fn add(sound: &str, is_doubled: bool, latin: &mut String) {
    let first = sound.chars().next().unwrap_or_default();
    if is_doubled && !VOWELS.contains(&first) && first != 'n' {
        latin.push(if sound.starts_with("ch") { 't' } else { first });
    }
    let follows_n = latin.ends_with('n');
    if follows_n && (VOWELS.contains(&first) || first == 'y') {
        latin.push('\'');
    }
    latin.push_str(sound);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kana_are_written_by_sound() {
        for (kana, expected) in [
            ("がっこう", "gakkou"),
            ("おおきい", "ookii"),
            ("コーヒー", "koohii"),
            ("マッチャ", "matcha"),
            ("ざっし", "zasshi"),
            ("しんよう", "shin'you"),
            ("しんぶん", "shinbun"),
            ("きんえん", "kin'en"),
            ("ちょっと", "chotto"),
            ("ティーシャツ", "tiishatsu"),
            ("ヴァイオリン", "vaiorin"),
            ("つづく", "tsuzuku"),
            ("フォーク", "fooku"),
            ("ジュッチョウ", "jutchou"),
            ("あっ", "a"),
            ("ー", ""),
            ("abc", "abc"),
        ] {
            assert_eq!(romaji(kana), expected, "{kana}");
        }
    }
}
