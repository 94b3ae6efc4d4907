//! How long something takes: `1h30min`, `2 h 15 min`, `5min30s`; times of day are written the same way.

use super::{
    context::follows,
    ends,
    gender::Gender::{self, Feminine, Masculine},
    joined,
    number::{self, value},
};
use crate::reading::{Place, Reading, patterns};

/// A time of day is rarely so early; in words that tell neither, fewer hours are a duration.
const FEW_HOURS: u128 = 5;

patterns! {
    // Hours, minutes and seconds, each with its unit.
    FULL = r"(?i)([0-9]{1,5})\x20?(?:h|hs|hrs?)\x20?(?:e\x20)?([0-5]?[0-9])\x20?(?:min|mins|m)\x20?(?:e\x20)?([0-5]?[0-9])\x20?(?:s|seg)";
    HOURS_MINUTES = r"(?i)([0-9]{1,5})(\x20?)(?:h|hs|hrs?)(\x20?)(?:e\x20)?([0-5]?[0-9])\x20?(?:mins?|m)";
    BARE_MINUTES = r"([0-9]{1,2})[hH:]([0-5][0-9])(?:\x20?h(?:oras)?)?";
    HOURS = r"([0-9]{1,5})\x20?h";
    MINUTES_SECONDS = r"(?i)([0-9]{1,5})(?:\x20?mins?|m)\x20?(?:e\x20)?([0-5]?[0-9])\x20?(?:s|seg)";
    MINUTES = r"([0-9]{1,5})\x20?min";
    CLOCK_BEFORE = r"(?i).*\b(?:às?|das|pelas|dia|desde\x20as|até\x20as|entre\x20as|as)\x20$";
    LASTING_BEFORE = r"(?i).*\b(?:dur(?:a|am|ou|aram|ar|ava|avam|ará|ando|e|em)|duração|durante|tem|têm|teve|tinha|terá|há|havia|por|em|lev(?:a|am|ou|aram|ar|ará)|demor(?:a|am|ou|aram|ar|ará)|
        gast(?:a|ou|ar)|esper(?:a|ou|ei|amos|aram)|falt(?:a|am|avam)|rest(?:a|am)|tempo|cada|trabalh(?:a|ou|ei|am)|dorm(?:e|i|iu|ir)|viaj(?:ei|ou|amos)|fiquei|ficou|
        (?:filmes?|voos?|viage(?:m|ns)|aulas?|provas?|esperas?|jornadas?|intervalos?|pausas?|atrasos?|reuni(?:ão|ões)|sess(?:ão|ões)|trajetos?|percursos?|caminhadas?|treinos?|shows?|vídeos?|
        palestras?|cursos?|partidas?|jogos?|episódios?|documentários?|lives?|podcasts?|carga|total|média|tempo|duração|mais|menos|cerca|perto|depois|além|sono|passeio|travessia|carga\x20horária)\x20de|de\x20até|acima\x20de)
        (?::|\x20(?:de|em|cerca\x20de|quase|apenas|só|até|mais\x20de|menos\x20de|uns|umas|aproximadamente|total\x20de|mais\x20ou\x20menos|foi\x20de|é\x20de|era\x20de|será\x20de|total|exat[ao]s|:)){0,2}:?\x20$";
    DISTANCE_BEFORE = r"(?i).*\b(?:fica|ficam|está|estão|estava)\x20a\x20$";
    LASTING_AFTER = r"\x20(?:de\x20(?:duração|atraso|espera|viagem|voo|filme|prova|aula|conversa|sono|jogo|estrada|trabalho|descanso)|atrás|depois|por\x20dia|seguid[oa]s?)\b";
    OF_DAY = r"\x20da\x20(?:manhã|tarde|noite|madrugada)\b";
    UNTIL_CLOCK = r"\x20?(?:às|a|até|-|–)\x20?(?:as\x20)?[0-9]";
    DURATION_BEFORE = r"(?i).*\b(?:dur(?:a|am|ou|aram|ar|ava|ará)|duração|durante|tempo)(?:\x20(?:de|total|é\x20de))*:?\x20$";
}

pub(super) fn duration(place: &Place<'_>) -> Option<Reading> {
    if joined(place) || !place.next()?.is_ascii_digit() {
        return None;
    }
    full(place)
        .or_else(|| hours_and_minutes(place))
        .or_else(|| lasting(place))
        .or_else(|| minutes_and_seconds(place))
        .or_else(|| one_unit(place))
}

fn full(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&FULL)?;
    let parts = [
        hours(value(&found[1])),
        minutes(value(&found[2])),
        seconds(value(&found[3])),
    ];
    let [hours, minutes, seconds] = parts;
    whole(
        place,
        found[0].len(),
        format!("{hours}, {minutes} e {seconds}"),
    )
}

/// `1h30min`: a time of day only behind words that say so, or when it is late and nothing says that it lasts.
fn hours_and_minutes(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&HOURS_MINUTES)?;
    let spaced = !found[2].is_empty() || !found[3].is_empty();
    let clock = follows(place.before(), &CLOCK_BEFORE);
    let few = value(&found[1]) <= FEW_HOURS;
    let lasts = spaced || few || is_lasting(place, found[0].len());
    if clock || !lasts {
        return None;
    }
    let (hours, minutes) = (&found[1], &found[4]);
    whole(place, found[0].len(), joined_parts(hours, minutes))
}

/// `durou 2h10`, where only the words around tell it from a time of day.
fn lasting(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&BARE_MINUTES)?;
    let by_colon = found[0].contains(':');
    let after = place.after(found[0].len());
    let lasts = if by_colon {
        follows(place.before(), &DURATION_BEFORE) || after.starts_with(" de duração")
    } else {
        is_lasting(place, found[0].len())
    };
    if !lasts || after.starts_with(':') {
        return None;
    }
    whole(place, found[0].len(), joined_parts(&found[1], &found[2]))
}

fn is_lasting(place: &Place<'_>, length: usize) -> bool {
    let until = UNTIL_CLOCK.is_match(place.after(length));
    if until {
        return follows(place.before(), &DURATION_BEFORE);
    }
    follows(place.before(), &LASTING_BEFORE)
        || follows(place.before(), &DISTANCE_BEFORE)
        || LASTING_AFTER.is_match(place.after(length))
}

fn joined_parts(written_hours: &str, written_minutes: &str) -> String {
    let hours = hours(value(written_hours));
    if value(written_minutes) == 0 {
        return hours;
    }
    format!("{hours} e {}", minutes(value(written_minutes)))
}

fn minutes_and_seconds(place: &Place<'_>) -> Option<Reading> {
    let found = place.captures(&MINUTES_SECONDS)?;
    let spoken = format!(
        "{} e {}",
        minutes(value(&found[1])),
        seconds(value(&found[2]))
    );
    whole(place, found[0].len(), spoken)
}

/// `48h`, `90min`.
fn one_unit(place: &Place<'_>) -> Option<Reading> {
    if let Some(found) = place.captures(&HOURS) {
        let of_day = OF_DAY.is_match(place.after(found[0].len()));
        return whole(place, found[0].len(), hours(value(&found[1]))).filter(|_| !of_day);
    }
    let found = place.captures(&MINUTES)?;
    whole(place, found[0].len(), minutes(value(&found[1])))
}

fn whole(place: &Place<'_>, length: usize, spoken: String) -> Option<Reading> {
    ends(place.after(length)).then(|| Reading::new(length, spoken))
}

pub(super) fn hours(count: u128) -> String {
    match count {
        0 => "zero hora".to_owned(),
        _ => counted(count, "hora", Feminine),
    }
}

pub(super) fn minutes(count: u128) -> String {
    counted(count, "minuto", Masculine)
}

pub(super) fn seconds(count: u128) -> String {
    counted(count, "segundo", Masculine)
}

fn counted(count: u128, one: &str, gender: Gender) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {one}{plural}", number::of(count, gender))
}
