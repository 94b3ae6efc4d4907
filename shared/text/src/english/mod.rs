//! English, with the units, dates and money as said in the United States.
//!
//! Each module reads one kind of writing. The order of the rules matters: what is longer or more certain comes
//! first (`3:30 pm` before `3`), and single words and signs come last.

mod abbreviation;
mod acronym;
mod calendar;
mod clock;
mod code;
mod comparison;
mod date;
mod decade;
mod digits;
mod dimension;
mod fraction;
mod heading;
mod internet;
mod listing;
mod measure;
mod model;
mod money;
mod number;
mod path;
mod phone;
mod quantity;
mod range;
mod rate;
mod roman;
mod said;
mod scale;
mod street;
mod symbol;
mod word;

pub(crate) use said::said_as;

use crate::{
    Word,
    reading::{Rule, ends, joined, read},
};

const RULES: &[Rule] = &[
    internet::address,
    internet::tag,
    path::file,
    comparison::sign,
    digits::internet_protocol,
    calendar::numeric_date,
    calendar::short_date,
    date::names,
    date::month_and_day,
    date::day_and_month,
    date::month_and_year,
    date::quarter,
    calendar::weekday,
    clock::duration,
    clock::time,
    clock::hour_of_half_day,
    street::house_number,
    street::direction,
    street::kind,
    code::figures,
    phone::number,
    money::signed,
    money::named,
    symbol::between_numbers,
    path::absolute,
    model::number,
    digits::groups,
    digits::version,
    digits::power,
    decade::decade,
    fraction::blood_pressure,
    dimension::height,
    fraction::fraction,
    dimension::multiple,
    scale::people,
    measure::measure,
    quantity::ratio,
    quantity::ordinal,
    scale::scaled,
    quantity::number,
    symbol::shortened_with_slash,
    abbreviation::state,
    abbreviation::saint_or_street,
    abbreviation::doctor_or_drive,
    heading::numbered,
    heading::alone,
    abbreviation::initials,
    abbreviation::abbreviation,
    roman::numeral,
    word::word,
    symbol::symbol,
];

/// The words of a sentence that begins at `offset` in the input.
pub(crate) fn words(sentence: &str, offset: usize) -> Vec<Word> {
    read(sentence, offset, RULES)
}
