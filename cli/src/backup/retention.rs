//! Which backups stay.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use clap::Args;
use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339};

use super::manifest::Manifest;

#[derive(Debug, Clone, Args)]
pub(crate) struct RetentionArgs {
    /// The newest backup of each of so many days stays
    #[arg(long = "keep-daily", value_name = "N", default_value_t = 7)]
    daily: usize,
    /// And of each of so many weeks, from Monday
    #[arg(long = "keep-weekly", value_name = "N", default_value_t = 4)]
    weekly: usize,
    /// And of each of so many months
    #[arg(long = "keep-monthly", value_name = "N", default_value_t = 6)]
    monthly: usize,
}

impl RetentionArgs {
    /// The ids of those that may go, the oldest first. The newest of all stays, and so does the newest that is in `verified`.
    pub(super) fn superfluous(
        &self,
        manifests: &[Manifest],
        verified: &BTreeSet<String>,
    ) -> Result<Vec<String>> {
        let mut dated = Vec::with_capacity(manifests.len());
        for manifest in manifests {
            let taken_at = OffsetDateTime::parse(&manifest.taken_at, &Rfc3339);
            let taken_at = taken_at.with_context(|| format!("the time of {}", manifest.id))?;
            dated.push((taken_at.date(), manifest.id.as_str()));
        }
        dated.sort_unstable();
        let mut kept: BTreeSet<&str> = BTreeSet::new();
        kept.extend(dated.last().map(|(_, id)| *id));
        let newest_verified = dated.iter().rev().find(|(_, id)| verified.contains(*id));
        kept.extend(newest_verified.map(|(_, id)| *id));
        kept.extend(newest_of_each(&dated, self.daily, |day| {
            day.to_julian_day()
        }));
        kept.extend(newest_of_each(&dated, self.weekly, |day| {
            day.to_julian_day().div_euclid(7)
        }));
        kept.extend(newest_of_each(&dated, self.monthly, |day| {
            day.year() * 12 + i32::from(u8::from(day.month()))
        }));
        let gone = dated.iter().filter(|(_, id)| !kept.contains(id));
        Ok(gone.map(|(_, id)| (*id).to_owned()).collect())
    }
}

/// The newest backup of each of the last `periods` that have any.
fn newest_of_each<'a>(
    dated: &[(Date, &'a str)],
    periods: usize,
    period: impl Fn(Date) -> i32,
) -> Vec<&'a str> {
    let mut found: Vec<(i32, &str)> = Vec::new();
    for (day, id) in dated.iter().rev() {
        let number = period(*day);
        if found.last().is_none_or(|(last, _)| *last != number) {
            found.push((number, id));
        }
    }
    found.into_iter().take(periods).map(|(_, id)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::manifest::Sum;

    fn taken(days: &[&str]) -> Vec<Manifest> {
        let manifest = |day: &&str| Manifest {
            format: 1,
            id: (*day).to_owned(),
            taken_at: format!("{day}T02:00:00Z"),
            lsn: String::new(),
            version: String::new(),
            schema: 1,
            roles: vec![],
            rows: std::collections::BTreeMap::default(),
            database: Sum::default(),
            list: Sum::default(),
            objects: 0,
            object_bytes: 0,
            secrets: false,
            salt: None,
            signature: None,
        };
        days.iter().map(manifest).collect()
    }

    fn keeping(daily: usize, weekly: usize, monthly: usize) -> RetentionArgs {
        RetentionArgs {
            daily,
            weekly,
            monthly,
        }
    }

    #[test]
    fn days_weeks_and_months_keep_their_newest() {
        // The 2nd and the 9th of November 2026 are Mondays.
        let all = taken(&[
            "2026-09-30",
            "2026-10-31",
            "2026-11-01",
            "2026-11-02",
            "2026-11-08",
            "2026-11-09",
            "2026-11-10",
        ]);
        let none = BTreeSet::new();
        let gone = |keep: RetentionArgs| keep.superfluous(&all, &none).unwrap();
        assert_eq!(
            gone(keeping(2, 0, 0)),
            [
                "2026-09-30",
                "2026-10-31",
                "2026-11-01",
                "2026-11-02",
                "2026-11-08"
            ]
        );
        assert_eq!(
            gone(keeping(1, 3, 0)),
            ["2026-09-30", "2026-10-31", "2026-11-02", "2026-11-09"]
        );
        assert_eq!(
            gone(keeping(1, 0, 3)),
            ["2026-11-01", "2026-11-02", "2026-11-08", "2026-11-09"]
        );
    }

    #[test]
    fn the_newest_and_the_last_verified_always_stay() {
        let all = taken(&["2026-11-01", "2026-11-02", "2026-11-03"]);
        let verified = BTreeSet::from(["2026-11-01".to_owned()]);
        let gone = keeping(0, 0, 0).superfluous(&all, &verified).unwrap();
        assert_eq!(gone, ["2026-11-02"]);
    }
}
