//! Values that must not be shown: passwords, tokens, keys, addresses that hold a password.

use std::{convert::Infallible, fmt, str::FromStr};

/// A value that no log line, error or panic can show by accident: `Debug` says `Secret(..)`, and there is neither `Display` nor
/// serialization. Whoever needs it says so by [`Secret::expose`].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret<T = String>(T);

impl<T> Secret<T> {
    /// Hides a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the one who uses it.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<&String> for Secret {
    fn from(value: &String) -> Self {
        Self(value.clone())
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl From<&Secret> for Secret {
    fn from(value: &Secret) -> Self {
        value.clone()
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(value: &str) -> Result<Self, Infallible> {
        Ok(value.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    #[expect(dead_code, reason = "printed alone")]
    struct Options {
        url: Secret,
        tokens: Vec<Secret>,
    }

    #[test]
    fn nothing_of_it_is_printed() {
        let options = Options {
            url: "postgres://a:hunter2@b/c".into(),
            tokens: vec![Secret::from("hunter2")],
        };
        let printed = format!("{options:?} {options:#?}");
        assert!(!printed.contains("hunter2"), "{printed}");
        assert!(printed.contains("Secret(..)"), "{printed}");
        assert_eq!(options.tokens[0].expose(), "hunter2");
    }
}
