//! Names of elements, and what they are to one who listens.

/// What an element does to the text around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Stands within a sentence.
    Inline,
    /// Its words are apart from those beside it.
    Apart,
    /// Begins and ends a sentence.
    Sentence,
    Paragraph,
    /// What is inside is not for readers.
    Hidden,
}

/// Elements whose names are no words. Others are text where they stand alone and bare: `to <address>`.
const NAMES: &str = " b bdi bdo br canvas colgroup datalist dd del dfn div dl dt em fieldset figcaption h1 h2 h3 h4 h5 h6 hgroup hr i \
    iframe img ins kbd li nobr noscript ol optgroup p rb rp rt rtc ruby s samp script span strike strong svg tbody td textarea \
    tfoot th thead tr tt u ul wbr speak break prosody phoneme say-as ";
/// Elements that never have an end.
const EMPTY: &str = " area base br break col embed hr img input link meta param source track wbr ";
const HIDDEN: &str = " script style template svg canvas noscript iframe rt rp datalist ";
const PARAGRAPHS: &str = " address article aside blockquote body center details dialog div dl fieldset figure footer form h1 h2 h3 h4 h5 h6 \
    header hgroup hr html main nav ol p pre search section table title ul speak ";
const SENTENCES: &str = " caption dd dt figcaption legend li option summary tr ";
const APART: &str = " br td th input button select textarea img ";
/// Attributes without a value.
const SWITCHES: &str = " allowfullscreen async autofocus autoplay checked controls default defer disabled download hidden inert \
    ismap itemscope loop multiple muted nomodule novalidate open playsinline readonly required reversed selected ";

fn has(names: &str, name: &str) -> bool {
    // Names hold no blanks, so a name between two is that very name.
    names
        .split(' ')
        .any(|known| known.eq_ignore_ascii_case(name))
}

pub(super) fn kind(name: &str) -> Kind {
    if has(HIDDEN, name) {
        Kind::Hidden
    } else if has(PARAGRAPHS, name) {
        Kind::Paragraph
    } else if has(SENTENCES, name) {
        Kind::Sentence
    } else if has(APART, name) {
        Kind::Apart
    } else {
        Kind::Inline
    }
}

/// The name of an element, and nothing else.
pub(super) fn is_element(name: &str) -> bool {
    has(NAMES, name)
}

pub(super) fn is_empty(name: &str) -> bool {
    has(EMPTY, name)
}

pub(super) fn is_switch(attribute: &str) -> bool {
    has(SWITCHES, attribute)
}
