//! Passwords, hashed with Argon2id by the parameters that OWASP advises, in the PHC text format.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{Error, PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use kiskadee_edge_kit::{Problem, log};

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// A hash that no password has, checked when there is no user: to refuse then takes as long as to refuse a wrong password, so
/// the time does not tell which names exist. Its parameters must be the ones above.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGF0IGFsbA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The text to store for a password.
pub(crate) fn hash(password: &str) -> Result<String, Problem> {
    let hashed = argon2().and_then(|argon2| argon2.hash_password(password.as_bytes()));
    hashed
        .map(|hash| hash.to_string())
        .map_err(|error| failed(&error))
}

/// The password is the one of this hash. Without a hash it is not, and finding out takes as long.
pub(crate) fn matches(password: &str, stored: Option<&str>) -> Result<bool, Problem> {
    let hash = PasswordHash::new(stored.unwrap_or(NOBODY)).map_err(|error| failed(&error))?;
    match Argon2::default().verify_password(password.as_bytes(), &hash) {
        Ok(()) => Ok(stored.is_some()),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(failed(&error)),
    }
}

fn argon2() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn failed(error: &dyn std::fmt::Display) -> Problem {
    log::error("a password cannot be hashed", error);
    Problem::internal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_matches() {
        let stored = hash("correct horse").unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
        assert!(matches("correct horse", Some(&stored)).unwrap());
        assert!(!matches("correct horse ", Some(&stored)).unwrap());
        assert_ne!(hash("correct horse").unwrap(), stored);
    }

    #[test]
    fn nobody_has_no_password_but_the_same_parameters() {
        assert!(!matches("anything", None).unwrap());
        let parameters = |text: &str| text.rsplitn(3, '$').nth(2).map(ToOwned::to_owned);
        assert_eq!(parameters(NOBODY), parameters(&hash("x").unwrap()));
    }
}
