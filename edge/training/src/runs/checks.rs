//! What values of these requests must be by themselves. An error is the sentence for the caller.

use std::{fmt::Display, str::FromStr};

use kiskadee_edge_kit::request::checks::{Check, length, storable};
use uuid::Uuid;

/// A dataset by its id or its name; older clients send `datasets/name`.
pub(super) fn dataset(text: &str) -> Check {
    length(text, &(1..=200))?;
    storable(text)
}

pub(super) fn model_name(text: &str) -> Check {
    length(text, &(1..=100))?;
    if text.chars().any(char::is_control) {
        return Err("must not contain control characters".to_owned());
    }
    Ok(())
}

/// A sentence to be spoken.
pub(super) fn sentence(text: &str) -> Check {
    length(text, &(1..=500))?;
    storable(text)?;
    if text.contains(char::is_alphanumeric) {
        Ok(())
    } else {
        Err("must have a letter or a figure".to_owned())
    }
}

/// An id of this kind.
pub(super) fn id<I: FromStr<Err: Display> + Into<Uuid>>(text: &str) -> Check {
    text.parse::<I>()
        .map(drop)
        .map_err(|error| error.to_string())
}

pub(super) fn parsed<I: FromStr + Into<Uuid>>(text: Option<&str>) -> Option<Uuid> {
    Some(text?.parse::<I>().ok()?.into())
}

/// A whole number in a range, as a check of a number.
macro_rules! whole {
    ($($name:ident: $least:literal ..= $most:literal;)+) => {$(
        pub(super) fn $name(number: f64) -> Check {
            if number.fract() == 0.0 && (f64::from($least)..=f64::from($most)).contains(&number) {
                Ok(())
            } else {
                Err(format!("must be a whole number from {} to {}, found {number}", $least, $most))
            }
        }
    )+};
}

whole! {
    steps: 1..=100_000;
    epochs: 1..=10_000;
    batch_size: 1..=64;
    gradient_accumulation: 1..=512;
    warmup_steps: 0..=10_000;
    seed: 0..=2_147_483_647;
    patience: 1..=1_000;
    version: 1..=999_999;
    pair: 0..=99;
}

pub(super) fn learning_rate(rate: f64) -> Check {
    within(rate, 1e-7, 0.1)
}

pub(super) fn checkpoint_seconds(seconds: f64) -> Check {
    within(seconds, 1.0, 300.0)
}

pub(super) fn evaluation_share(share: f64) -> Check {
    within(share, 0.01, 0.5)
}

pub(super) fn speed(speed: f64) -> Check {
    within(speed, 0.25, 4.0)
}

fn within(number: f64, least: f64, most: f64) -> Check {
    if (least..=most).contains(&number) {
        Ok(())
    } else {
        Err(format!("must be from {least} to {most}, found {number}"))
    }
}

#[cfg(test)]
mod tests {
    use kiskadee_shared::id::CheckpointId;

    use super::*;

    #[test]
    fn numbers_have_bounds() {
        assert!(steps(1.0).is_ok() && steps(1.5).is_err() && steps(0.0).is_err());
        assert!(learning_rate(1e-3).is_ok() && learning_rate(f64::NAN).is_err());
        let why = batch_size(1000.0).unwrap_err();
        assert!(why.contains("1 to 64"), "{why}");
    }

    #[test]
    fn ids_are_of_their_kind() {
        let good = format!("checkpoint_{}", "0".repeat(32));
        assert!(id::<CheckpointId>(&good).is_ok());
        assert!(id::<CheckpointId>("run_0").is_err());
        assert!(parsed::<CheckpointId>(Some(&good)).is_some());
        assert!(parsed::<CheckpointId>(None).is_none());
    }
}
