//! The phones of all languages, and a phone in its place.

/// An index into the inventory of phones, which English and Portuguese share: 0 is silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone(pub u8);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Stress {
    #[default]
    None,
    Primary,
    Secondary,
}

/// A phone in its place in the sentence: what the acoustic model reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhoneToken {
    pub phone: Phone,
    /// Of the syllable that the phone is in.
    pub stress: Stress,
    /// Which word of the sentence the phone belongs to; none for silence.
    pub word: Option<u32>,
}
