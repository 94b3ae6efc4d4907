//! Whether text that was read as Windows-1252 can be that. Any bytes can be read so, those of other code pages as well; what comes
//! out then has letters and signs where no Western language has them: `cafŽ`, `n‹o`, `Ïðèâåò`.

/// Signs that stand in no word.
const NEVER_INSIDE: &str = "‚ƒ„†‡ˆ‰‹›“”•˜¡¢£¤¥¦§¨¬¯±¶¸¿÷×";
/// Signs that end no word.
const NEVER_AFTER: &str = "‚„ˆ¡¿ƒ";
/// Quotes that open before a word.
const OPENING: &str = "‚„";
/// Letters beyond ASCII that stand side by side in a word of a Western language.
const MOST_TOGETHER: usize = 2;

pub(super) fn is_plausible(text: &str) -> bool {
    let (mut beyond_ascii, mut odd) = (0_usize, 0_usize);
    let (mut before, mut run) = (' ', Run::default());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let next = characters.peek().copied().unwrap_or(' ');
        beyond_ascii += usize::from(!c.is_ascii());
        odd += usize::from(is_odd_sign(before, c, next) || is_odd_capital(before, c));
        odd += run.take(c, next);
        before = c;
    }
    odd * 4 < beyond_ascii.max(1)
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !"ƒªºµˆ".contains(c)
}

fn is_odd_sign(before: char, c: char, next: char) -> bool {
    let is_odd_after_letter =
        NEVER_AFTER.contains(c) || is_letter(next) && NEVER_INSIDE.contains(c);
    is_letter(before) && !c.is_ascii() && is_odd_after_letter
        || OPENING.contains(c) && !next.is_ascii() && !is_letter(next)
}

fn is_odd_capital(before: char, c: char) -> bool {
    !c.is_ascii() && c.is_uppercase() && before.is_lowercase()
}

/// Letters beyond ASCII side by side, and whether the word they are of has other letters.
#[derive(Default)]
struct Run {
    letters: usize,
    is_after_ascii: bool,
}

impl Run {
    /// How many odd letters end here.
    fn take(&mut self, c: char, next: char) -> usize {
        if c.is_ascii() || !is_letter(c) {
            *self = Self {
                letters: 0,
                is_after_ascii: c.is_ascii_alphabetic(),
            };
            return 0;
        }
        self.letters += 1;
        let goes_on = is_letter(next) && !next.is_ascii();
        let is_alone = !self.is_after_ascii && !next.is_ascii_alphabetic() && self.letters > 1;
        if !goes_on && (self.letters > MOST_TOGETHER || is_alone) {
            self.letters
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn western_languages_are_plausible() {
        for text in [
            "Olá – é “só” um café. AÇÃO! Não, à noite… “É”, disse. Custa 5€ (±2º) nº 3",
            "¿Qué? ¡Sí! El niño… 20 °C",
            "L’été à Nîmes : « Ça va ? » cœur, naïve, Œuvre",
            "Straße, Äpfel, „Übung“, öffnen",
            "Å, så är det. Ærø, þjóð. I don´t know. col·legi",
            "no letters but ASCII ones",
        ] {
            assert!(is_plausible(text), "{text}");
        }
    }

    #[test]
    fn other_code_pages_are_not() {
        for text in [
            // Mac Roman, DOS (850), Windows-1251, -1253 and -1250, Shift JIS.
            "Ol‡, n‹o: cafŽ",
            "Ol\u{a0}, nÆo: caf‚, atenÆo",
            "Ïðèâåò, êàê äåëà",
            "ÊáëçìÝñá",
            "‚±‚ñ‚É‚¿‚Í",
            "ÿþ",
        ] {
            assert!(!is_plausible(text), "{text}");
        }
    }
}
