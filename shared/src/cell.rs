//! Cells: the installations that a service may be divided into, each with a database of its own, between which nothing is joined.
//!
//! What a caller holds says where it belongs, without a question to any database: API keys by two digits behind their prefix, tokens by
//! the claim `cell`, ids by bits 66 to 75. What says nothing belongs to cell 0, the only one that most services have.

use std::{fmt, str::FromStr};

use uuid::Uuid;

/// Bits of a number.
const BITS: u32 = 10;
/// Random bits of an id behind them.
const RANDOM_BITS: u32 = 52;

/// The number of a cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell(u16);

/// A number that no cell can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cell is a number from 0 to {}", Cell::LAST.0)]
pub struct NoCell;

impl Cell {
    /// Where everything is that says nothing of cells.
    pub const FIRST: Self = Self(0);
    /// The largest number.
    pub const LAST: Self = Self((1 << BITS) - 1);

    /// The cell of that number.
    pub fn new(number: impl TryInto<u16>) -> Result<Self, NoCell> {
        let cell = number.try_into().map(Self).map_err(|_| NoCell)?;
        if cell <= Self::LAST {
            Ok(cell)
        } else {
            Err(NoCell)
        }
    }

    /// Its number.
    pub fn number(self) -> u16 {
        self.0
    }

    /// Where an id was made. Ids of before there were cells have random bits there: they are of the first, and a caller who knows when
    /// cells came tells them by their time.
    pub fn of_id(id: Uuid) -> Self {
        let bits = id.as_u128() >> RANDOM_BITS;
        Self(bits as u16 & Self::LAST.0)
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Cell {
    type Err = NoCell;

    fn from_str(text: &str) -> Result<Self, NoCell> {
        text.parse::<u16>().map_err(|_| NoCell).and_then(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_bounds() {
        assert_eq!(Cell::new(1023), Ok(Cell::LAST));
        assert_eq!(Cell::new(1024), Err(NoCell));
        assert_eq!(Cell::new(-1), Err(NoCell));
        assert_eq!("7".parse(), Cell::new(7));
        assert_eq!("x".parse::<Cell>(), Err(NoCell));
        assert_eq!(Cell::default(), Cell::FIRST);
    }

    #[test]
    fn an_id_says_where_it_was_made() {
        // The variant is 10, then 0000000011, then what is random.
        let id: Uuid = "0192f0a1-b2c3-7d4e-803f-ffffffffffff".parse().unwrap();
        assert_eq!(Cell::of_id(id), Cell(3));
        let id: Uuid = "0192f0a1-b2c3-7d4e-bff0-000000000000".parse().unwrap();
        assert_eq!(Cell::of_id(id), Cell::LAST);
    }
}
