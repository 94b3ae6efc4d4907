//! How numbers in kanji are read, and what they count with them: `三百` is sanbyaku, `三本` sanbon, `一日` ichinichi.

/// Every character that numbers are written with.
const NUMERALS: &str = "零〇一二三四五六七八九十百千万億兆";

/// Counters whose first sound, and the end of the number before them, change together.
#[derive(Clone, Copy)]
enum Change {
    /// The number ends short before k: `一回` ikkai.
    K,
    /// Before s and t: `一歳` issai.
    ST,
    /// Before h, which becomes p, and b behind n: `一本` ippon, `三本` sanbon.
    HB,
    /// Before h, which becomes p, also behind n: `三分` sanpun.
    HP,
    None,
}

struct Counter {
    written: &'static str,
    kana: &'static str,
    change: Change,
    /// Numbers read in their own way before this counter: how their reading ends, and how both are read together.
    own: &'static [(&'static str, &'static str)],
    /// A word of its own behind the number.
    is_parted: bool,
}

const fn counter(written: &'static str, kana: &'static str, change: Change) -> Counter {
    Counter {
        written,
        kana,
        change,
        own: &[],
        is_parted: false,
    }
}

const COUNTERS: &[Counter] = &[
    Counter {
        own: &[("ヨン", "ヨエン")],
        is_parted: true,
        ..counter("円", "エン", Change::None)
    },
    Counter {
        own: &[("ヨン", "ヨネン")],
        is_parted: true,
        ..counter("年", "ネン", Change::None)
    },
    Counter {
        own: &[
            ("ヨン", "シガツ"),
            ("ナナ", "シチガツ"),
            ("キュウ", "クガツ"),
        ],
        is_parted: true,
        ..counter("月", "ガツ", Change::None)
    },
    Counter {
        own: &[("ヨン", "ヨジ"), ("ナナ", "シチジ"), ("キュウ", "クジ")],
        is_parted: true,
        ..counter("時", "ジ", Change::None)
    },
    Counter {
        own: &[("ヨン", "ヨジカン"), ("キュウ", "クジカン")],
        is_parted: true,
        ..counter("時間", "ジカン", Change::None)
    },
    Counter {
        is_parted: true,
        ..counter("分", "フン", Change::HP)
    },
    Counter {
        is_parted: true,
        ..counter("点", "テン", Change::ST)
    },
    Counter {
        is_parted: true,
        ..counter("度", "ド", Change::None)
    },
    Counter {
        own: &[("ヨン", "ヨニン")],
        ..counter("人", "ニン", Change::None)
    },
    Counter {
        own: &[("サン", "サンゾク")],
        ..counter("足", "ソク", Change::ST)
    },
    Counter {
        own: &[("サン", "サンガイ")],
        ..counter("階", "カイ", Change::K)
    },
    Counter {
        own: &[("サン", "サンゲン")],
        ..counter("軒", "ケン", Change::K)
    },
    counter("回", "カイ", Change::K),
    counter("個", "コ", Change::K),
    counter("件", "ケン", Change::K),
    counter("曲", "キョク", Change::K),
    counter("ヶ月", "カゲツ", Change::K),
    counter("か月", "カゲツ", Change::K),
    counter("ヵ月", "カゲツ", Change::K),
    counter("歳", "サイ", Change::ST),
    counter("才", "サイ", Change::ST),
    counter("冊", "サツ", Change::ST),
    counter("週間", "シュウカン", Change::ST),
    counter("世紀", "セイキ", Change::ST),
    counter("章", "ショウ", Change::ST),
    counter("頭", "トウ", Change::ST),
    counter("本", "ホン", Change::HB),
    counter("杯", "ハイ", Change::HB),
    counter("匹", "ヒキ", Change::HB),
    counter("票", "ヒョウ", Change::HB),
    counter("泊", "ハク", Change::HP),
    counter("日", "ニチ", Change::None),
];

/// Numbers that are one word with what they count.
const WORDS: &[(&str, &str)] = &[
    ("一人", "ヒトリ"),
    ("二人", "フタリ"),
    ("二日", "フツカ"),
    ("三日", "ミッカ"),
    ("四日", "ヨッカ"),
    ("五日", "イツカ"),
    ("六日", "ムイカ"),
    ("七日", "ナノカ"),
    ("八日", "ヨウカ"),
    ("九日", "ココノカ"),
    ("十日", "トオカ"),
    ("十四日", "ジュウヨッカ"),
    ("二十日", "ハツカ"),
    ("二十四日", "ニジュウヨッカ"),
    ("二十歳", "ハタチ"),
    ("一つ", "ヒトツ"),
    ("二つ", "フタツ"),
    ("三つ", "ミッツ"),
    ("四つ", "ヨッツ"),
    ("五つ", "イツツ"),
    ("六つ", "ムッツ"),
    ("七つ", "ナナツ"),
    ("八つ", "ヤッツ"),
    ("九つ", "ココノツ"),
];

pub(super) fn is_numeral(c: char) -> bool {
    NUMERALS.contains(c)
}

/// A number in kanji as it is read, in katakana.
pub(super) fn reading(number: &str) -> String {
    let mut kana = String::new();
    let mut numerals = number.chars().peekable();
    while let Some(numeral) = numerals.next() {
        match (numeral, numerals.peek()) {
            (_, Some(&scale)) if let Some(both) = pair(numeral, scale) => {
                kana += both;
                numerals.next();
            }
            _ => kana += alone(numeral),
        }
    }
    kana
}

/// A figure and the scale behind it where their sounds change.
fn pair(figure: char, scale: char) -> Option<&'static str> {
    Some(match (figure, scale) {
        ('三', '百') => "サンビャク",
        ('六', '百') => "ロッピャク",
        ('八', '百') => "ハッピャク",
        ('一', '千') => "イッセン",
        ('三', '千') => "サンゼン",
        ('八', '千') => "ハッセン",
        ('一', '兆') => "イッチョウ",
        ('八', '兆') => "ハッチョウ",
        ('十', '兆') => "ジュッチョウ",
        _ => return None,
    })
}

fn alone(numeral: char) -> &'static str {
    match numeral {
        '零' | '〇' => "ゼロ",
        '一' => "イチ",
        '二' => "ニ",
        '三' => "サン",
        '四' => "ヨン",
        '五' => "ゴ",
        '六' => "ロク",
        '七' => "ナナ",
        '八' => "ハチ",
        '九' => "キュウ",
        '十' => "ジュウ",
        '百' => "ヒャク",
        '千' => "セン",
        '万' => "マン",
        '億' => "オク",
        '兆' => "チョウ",
        _ => "",
    }
}

/// A number in kanji with its counter, in katakana, with a space where they are two words; none where the counter
/// has no reading here.
pub(super) fn counted(number: &str, counter: &str) -> Option<String> {
    let is_word = |(word, _): &&(&str, &str)| word.strip_prefix(number) == Some(counter);
    if let Some((_, kana)) = WORDS.iter().find(is_word) {
        return Some((*kana).to_owned());
    }
    let counter = COUNTERS.iter().find(|known| known.written == counter)?;
    let number = reading(number);
    let own = counter
        .own
        .iter()
        .find_map(|(ending, both)| Some(number.strip_suffix(ending)?.to_owned() + both));
    Some(own.unwrap_or_else(|| {
        let (number, kana) = changed(&number, counter);
        let is_parted = counter.is_parted && !number.ends_with('ッ');
        number + if is_parted { " " } else { "" } + &kana
    }))
}

/// The number and the counter as they sound together.
fn changed(number: &str, counter: &Counter) -> (String, String) {
    let endings: &[&str] = match counter.change {
        Change::ST => &["イチ", "ハチ", "ジュウ"],
        Change::K | Change::HB | Change::HP => &["イチ", "ロク", "ハチ", "ジュウ", "ヒャク"],
        Change::None => &[],
    };
    let short = endings.iter().find_map(|ending| {
        let (kept, _) = ending.char_indices().next_back()?;
        Some(number.strip_suffix(ending)?.to_owned() + ending.get(..kept)? + "ッ")
    });
    let is_nasal = number.ends_with('ン');
    let kana = match counter.change {
        Change::HB | Change::HP if short.is_some() => harden(counter.kana, 2),
        Change::HP if is_nasal => harden(counter.kana, 2),
        // `四本` is yonhon.
        Change::HB if is_nasal && !number.ends_with("ヨン") => harden(counter.kana, 1),
        _ => counter.kana.to_owned(),
    };
    (short.unwrap_or_else(|| number.to_owned()), kana)
}

/// ハ as バ (`by` 1) or パ (2): katakana stand in this order.
fn harden(kana: &str, by: u32) -> String {
    let mut chars = kana.chars();
    let first = chars.next().map(u32::from).unwrap_or_default();
    let hard = char::from_u32(first + by).unwrap_or_default();
    std::iter::once(hard).chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_change_with_their_number() {
        for (number, counter, expected) in [
            ("一", "人", "ヒトリ"),
            ("三百", "人", "サンビャクニン"),
            ("十四", "人", "ジュウヨニン"),
            ("一", "本", "イッポン"),
            ("二", "本", "ニホン"),
            ("三", "本", "サンボン"),
            ("四", "本", "ヨンホン"),
            ("六", "匹", "ロッピキ"),
            ("十", "分", "ジュップン"),
            ("三", "分", "サン プン"),
            ("一", "歳", "イッサイ"),
            ("二十", "歳", "ハタチ"),
            ("八", "回", "ハッカイ"),
            ("三", "階", "サンガイ"),
            ("四", "時", "ヨジ"),
            ("九", "月", "クガツ"),
            ("五", "日", "イツカ"),
            ("十五", "日", "ジュウゴニチ"),
            ("三", "つ", "ミッツ"),
            ("百", "円", "ヒャク エン"),
        ] {
            assert_eq!(counted(number, counter).as_deref(), Some(expected));
        }
        assert_eq!(counted("三", "島"), None);
    }
}
