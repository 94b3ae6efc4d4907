//! Enumerations whose values have one fixed name on the wire, in the database and in logs.
//!
//! One list of names makes `as_str`, `Display`, `FromStr` and serde agree.

/// A name that is not one of an enumeration's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not one of {}", .known.join(", "))]
pub struct UnknownName {
    /// The name as it was given.
    pub found: String,
    /// The names that exist.
    pub known: &'static [&'static str],
}

macro_rules! text_enum {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The name of every value, in the same order.
            pub const NAMES: &'static [&'static str] = &[$($text),+];

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::UnknownName { found: text.to_owned(), known: Self::NAMES }),
                }
            }
        }
    };
}
pub(crate) use text_enum;

#[cfg(test)]
mod tests {
    use crate::state::JobState;

    #[test]
    fn an_unknown_name_is_told_with_the_known_ones() {
        let error = "paused".parse::<JobState>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`paused` is not one of queued, running, completed, failed, cancelled, expired"
        );
    }

    #[test]
    fn names_agree_with_serde_and_parsing() {
        for (state, name) in JobState::ALL.iter().zip(JobState::NAMES) {
            assert_eq!(state.to_string(), *name);
            assert_eq!(name.parse(), Ok(*state));
            assert_eq!(serde_json::to_string(state).unwrap(), format!("\"{name}\""));
        }
    }
}
