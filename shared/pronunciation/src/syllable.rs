//! The stress of each phone: that of its syllable. Consonants between two vowels begin the second one's syllable as far as a
//! word can begin with them (the principle of the maximal onset).

use kiskadee_text::Language;

use crate::phone::Stress;
use crate::sound::Sound;

/// Pairs and triples of consonants that words begin with.
const ENGLISH_ONSETS: &str = "p-r p-l b-r b-l t-r t-w d-r d-w k-r k-l k-w g-r g-l g-w f-r f-l th-r th-w sh-r s-p s-t s-k \
    s-m s-n s-l s-w s-f p-y b-y k-y g-y f-y v-y m-y hh-y s-p-r s-p-l s-t-r s-k-r s-k-w s-k-y s-p-y hh-w";
const PORTUGUESE_ONSETS: &str = "p-R b-R t-R d-R k-R g-R f-R v-R p-l b-l t-l d-l k-l g-l f-l v-l k-w g-w p-w b-w t-w d-w \
    s-w z-w m-w n-w l-w x-w l-j n-j s-j z-j t-j d-j p-j b-j m-j k-j g-j f-j v-j R-j x-j";
/// No syllable begins with it.
const NEVER_FIRST: &str = "ng";
const PORTUGUESE_CODAS: [&str; 2] = ["N", ";"];

/// For each sound the stress of the syllable that it is in.
pub fn stresses(language: Language, sounds: &[Sound]) -> Vec<Stress> {
    let vowels: Vec<usize> = places_of_vowels(sounds);
    let mut stresses = Vec::with_capacity(sounds.len());
    let mut begin = 0;
    for (index, vowel) in vowels.iter().enumerate() {
        let end = match vowels.get(index + 1) {
            Some(next) => onset(language, sounds, *vowel + 1, *next),
            None => sounds.len(),
        };
        let stress = sounds
            .get(*vowel)
            .map_or(Stress::None, |sound| sound.stress());
        stresses.extend(std::iter::repeat_n(stress, end - begin));
        begin = end;
    }
    stresses.resize(sounds.len(), Stress::None);
    stresses
}

fn places_of_vowels(sounds: &[Sound]) -> Vec<usize> {
    let vowels = sounds
        .iter()
        .enumerate()
        .filter(|(_, sound)| sound.phone().is_vowel());
    vowels.map(|(place, _)| place).collect()
}

/// Where the syllable of the vowel at `vowel` begins among the consonants from `from` on.
fn onset(language: Language, sounds: &[Sound], from: usize, vowel: usize) -> usize {
    let names: Vec<&str> = sounds
        .get(from..vowel)
        .unwrap_or_default()
        .iter()
        .map(|sound| sound.phone().name().trim_start_matches("pt/"))
        .collect();
    let begins = |place: &usize| can_begin(language, names.get(*place..).unwrap_or_default());
    from + (0..names.len()).find(begins).unwrap_or(names.len())
}

fn can_begin(language: Language, names: &[&str]) -> bool {
    let onsets = match language {
        Language::English => ENGLISH_ONSETS,
        Language::Portuguese => PORTUGUESE_ONSETS,
    };
    match names {
        [] => true,
        [one] => {
            *one != NEVER_FIRST
                && !(language == Language::Portuguese && PORTUGUESE_CODAS.contains(one))
        }
        several => onsets
            .split_whitespace()
            .any(|onset| onset == several.join("-")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone::Phone;

    fn marks(language: Language, phones: &str) -> String {
        let sound = |name: &str| {
            let phone = Phone::named(language, name.trim_end_matches('1')).unwrap();
            Sound::new(phone, name.ends_with('1'))
        };
        let sounds: Vec<Sound> = phones.split(' ').map(sound).collect();
        let mark = |stress: &Stress| if *stress == Stress::Primary { '1' } else { '0' };
        stresses(language, &sounds).iter().map(mark).collect()
    }

    #[test]
    fn consonants_go_with_the_vowel_that_they_can_begin() {
        assert_eq!(marks(Language::English, "ih1 n l eh t"), "11000");
        assert_eq!(marks(Language::English, "r aa1 s t er"), "11000");
        assert_eq!(marks(Language::English, "eh k s t r ax1"), "001111");
        assert_eq!(marks(Language::English, "s ih1 ng er"), "1110");
        assert_eq!(marks(Language::Portuguese, "k &~1 N t &U~"), "11100");
        assert_eq!(marks(Language::English, "s t"), "00");
    }
}
