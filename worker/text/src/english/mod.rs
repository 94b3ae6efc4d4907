//! English, with the units, dates and money as said in the United States.
//!
//! Each module reads one kind of writing. The order of the rules matters: what is longer or more certain comes
//! first (`3:30 pm` before `3`), and single words and signs come last.

mod abbreviation;
mod acronym;
mod calendar;
mod clock;
mod digits;
mod dimension;
mod fraction;
mod internet;
mod measure;
mod money;
mod number;
mod phone;
mod quantity;
mod roman;
mod said;
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
    digits::internet_protocol,
    calendar::numeric_date,
    calendar::short_date,
    calendar::month_and_day,
    calendar::day_and_month,
    calendar::month_and_year,
    calendar::weekday,
    clock::duration,
    clock::time,
    clock::hour_of_half_day,
    phone::number,
    money::signed,
    money::named,
    symbol::between_numbers,
    digits::groups,
    digits::version,
    digits::power,
    quantity::decade,
    dimension::height,
    fraction::fraction,
    dimension::multiple,
    measure::measure,
    quantity::ratio,
    quantity::ordinal,
    quantity::scaled,
    quantity::number,
    symbol::shortened_with_slash,
    abbreviation::state,
    abbreviation::saint_or_street,
    abbreviation::doctor_or_drive,
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
