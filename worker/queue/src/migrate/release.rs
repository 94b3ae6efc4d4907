//! Numbers of releases, `X.Y` or `X.Y.Z`, and their order.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    numbers: [u32; 3],
}

impl Release {
    /// None for what is no number of a release. What follows a `-` or `+` does not count: a pre-release has what its release has.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().split(['-', '+']).next()?;
        let mut numbers = [0; 3];
        let parts: Vec<_> = text.split('.').collect();
        if !(2..=3).contains(&parts.len()) {
            return None;
        }
        for (number, part) in numbers.iter_mut().zip(parts) {
            *number = part.parse().ok()?;
        }
        Some(Self { numbers })
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        match patch {
            0 => write!(f, "{major}.{minor}"),
            _ => write!(f, "{major}.{minor}.{patch}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_ordered_as_numbers() {
        let release = |text| Release::parse(text).unwrap();
        assert!(release("0.10") > release("0.9.7"));
        assert_eq!(release("1.2"), release("1.2.0-rc.1"));
        assert_eq!(release("1.2.0").to_string(), "1.2");
        assert_eq!(release("1.2.3").to_string(), "1.2.3");
        for wrong in ["", "1", "1.x", "1.2.3.4", "next"] {
            assert!(Release::parse(wrong).is_none(), "{wrong}");
        }
    }
}
