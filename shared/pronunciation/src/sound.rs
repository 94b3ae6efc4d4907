//! One phone with the stress of its syllable in a byte: how lexicon and letter-to-sound rules hold pronunciations.

use crate::phone::{Phone, Stress};

const STRESSED: u8 = 0x80;

/// A phone of a word; stress stands on vowels only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sound(u8);

impl Sound {
    pub fn new(phone: Phone, is_stressed: bool) -> Self {
        Self(phone.0 | if is_stressed { STRESSED } else { 0 })
    }

    pub fn phone(self) -> Phone {
        Phone(self.0 & !STRESSED)
    }

    pub fn is_stressed(self) -> bool {
        self.0 & STRESSED != 0
    }

    pub fn stress(self) -> Stress {
        if self.is_stressed() {
            Stress::Primary
        } else {
            Stress::None
        }
    }

    pub fn to_byte(self) -> u8 {
        self.0
    }

    pub fn from_byte(byte: u8) -> Self {
        Self(byte)
    }
}
