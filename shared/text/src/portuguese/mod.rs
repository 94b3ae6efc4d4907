//! Portuguese as written and spoken in Brazil.
//!
//! Each module reads one kind of writing. The order of the rules matters: what is longer or more certain comes
//! first (`14h30` before `14`), and single words and signs come last.

mod abbreviation;
mod acronym;
mod arithmetic;
mod calendar;
mod clock;
mod code;
mod comparison;
mod context;
mod date;
mod degree;
mod digits;
mod duration;
mod fraction;
mod gender;
mod internet;
mod label;
mod measure;
mod money;
mod number;
mod per;
mod phone;
mod product;
mod quantity;
mod roman;
mod said;
mod shortened;
mod symbol;
mod unit;
mod word;
mod writing;

pub(crate) use said::said_as;

use crate::{
    Word,
    clean::Clean,
    reading::{Rule, ends, joined, read_clean},
};

const RULES: &[Rule] = &[
    internet::address,
    internet::tag,
    word::hyphenated,
    calendar::decades,
    date::numeric,
    label::part,
    phone::phone,
    code::code,
    digits::code,
    calendar::day_and_month,
    calendar::month_and_year,
    calendar::weekday,
    duration::duration,
    clock::time,
    money::signed,
    money::named,
    digits::version,
    comparison::comparison,
    arithmetic::sign,
    per::per,
    symbol::between_numbers,
    product::product,
    fraction::fraction,
    quantity::ordinal,
    degree::angle,
    measure::measure,
    quantity::scaled,
    quantity::number,
    roman::heading,
    abbreviation::state,
    abbreviation::abbreviation,
    abbreviation::initials,
    roman::numeral,
    word::word,
    symbol::symbol,
];

/// The words of a sentence that begins at `offset` in the input.
pub(crate) fn words(sentence: &str, offset: usize) -> Vec<Word> {
    read_clean(
        &Clean::new(sentence, offset).rewritten(writing::uniform),
        RULES,
    )
}
