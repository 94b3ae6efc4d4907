//! Until when a certificate holds: the one field of it that is read here, so by hand (X.690 and RFC 5280, 4.1.2.5).

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use time::{Date, Month, OffsetDateTime, Time};

use super::findings::Findings;

const WARNS_DAYS: i64 = 14;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

pub(super) fn look(findings: &mut Findings, path: &Path) {
    let ends = match CertificateDer::from_pem_file(path) {
        Ok(certificate) => not_after(&certificate),
        Err(error) => {
            return findings.problem(
                "certificate",
                &format!("{} cannot be read: {error}", path.display()),
                "a file in PEM is wanted, the certificate first, that this user may read",
            );
        }
    };
    let Some(ends) = ends else {
        return findings.problem(
            "certificate",
            &format!("{} does not say until when it holds", path.display()),
            "get a new certificate",
        );
    };
    judge(findings, ends, OffsetDateTime::now_utc());
}

fn judge(findings: &mut Findings, ends: OffsetDateTime, now: OffsetDateTime) {
    let days = (ends - now).whole_days();
    let found = format!("it holds until {}, for {days} days", ends.date());
    let advice = "renew it, and see why nothing does so by itself; the edge takes the new file while it runs";
    if ends <= now {
        findings.problem(
            "certificate",
            &format!("it held until {}", ends.date()),
            advice,
        );
    } else if days < WARNS_DAYS {
        findings.warning("certificate", &found, advice);
    } else {
        findings.ok("certificate", &found);
    }
}

/// Certificate { tbs { [0] version?, serial, signature, issuer, validity { notBefore, notAfter }, …
fn not_after(certificate: &[u8]) -> Option<OffsetDateTime> {
    let (_, certificate, _) = element(certificate).filter(|(tag, ..)| *tag == SEQUENCE)?;
    let (_, mut tbs, _) = element(certificate)?;
    if *tbs.first()? == VERSION {
        tbs = element(tbs)?.2;
    }
    for _ in ["serial", "signature", "issuer"] {
        tbs = element(tbs)?.2;
    }
    let (_, validity, _) = element(tbs)?;
    let (_, _, after) = element(validity)?;
    let (tag, text, _) = element(after)?;
    moment(tag, std::str::from_utf8(text).ok()?)
}

/// Tag, content and what comes after of the first element.
fn element(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = input.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(*first & 0x7f))?;
        let length = bytes.iter().try_fold(0_usize, |length, byte| {
            length.checked_mul(256)?.checked_add(usize::from(*byte))
        });
        (length?, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// `YYMMDDHHMMSSZ`, of 1950 to 2049, or with four digits of the year.
fn moment(tag: u8, text: &str) -> Option<OffsetDateTime> {
    let digits = text.strip_suffix('Z')?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = digits.split_at_checked(2)?;
            let year: i32 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = digits.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let part = |place: usize| rest.get(2 * place..2 * place + 2)?.parse::<u8>().ok();
    let month = Month::try_from(part(0)?).ok()?;
    let date = Date::from_calendar_date(year, month, part(1)?).ok()?;
    let time = Time::from_hms(part(2)?, part(3)?, part(4)?).ok()?;
    Some(date.with_time(time).assume_utc())
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::doctor::findings::State;

    fn at(year: i32, month: Month, day: u8, hour: u8, minute: u8) -> OffsetDateTime {
        let date = Date::from_calendar_date(year, month, day).unwrap();
        date.with_time(Time::from_hms(hour, minute, 0).unwrap())
            .assume_utc()
    }

    fn state(findings: &Findings) -> State {
        findings.of("certificate")[0].state
    }

    #[test]
    fn a_certificate_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cert.pem");
        let mut wanted = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        wanted.not_after = OffsetDateTime::now_utc() + Duration::days(20);
        let key = rcgen::KeyPair::generate().unwrap();
        std::fs::write(&file, wanted.self_signed(&key).unwrap().pem()).unwrap();
        let certificate = CertificateDer::from_pem_file(&file).unwrap();
        let days = (not_after(&certificate).unwrap() - OffsetDateTime::now_utc()).whole_days();
        assert!((19..=20).contains(&days), "{days}");
        let mut findings = Findings::default();
        look(&mut findings, &file);
        assert_eq!(state(&findings), State::Ok);
    }

    #[test]
    fn both_forms_of_a_time_are_read() {
        let short = moment(UTC_TIME, "261130201500Z");
        assert_eq!(short, Some(at(2026, Month::November, 30, 20, 15)));
        assert_eq!(moment(GENERALIZED_TIME, "20261130201500Z"), short);
        assert_eq!(
            moment(UTC_TIME, "990101000000Z"),
            Some(at(1999, Month::January, 1, 0, 0))
        );
        for bad in ["", "261130201500", "261330201500Z", "2611Z"] {
            assert_eq!(moment(UTC_TIME, bad), None, "{bad}");
        }
    }

    #[test]
    fn an_end_that_is_near_or_past_is_told() {
        let now = at(2026, Month::November, 30, 20, 15);
        for (days, expected) in [(-1, State::Problem), (13, State::Warning), (30, State::Ok)] {
            let mut findings = Findings::default();
            judge(&mut findings, now + Duration::days(days), now);
            assert_eq!(state(&findings), expected, "{days}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_a_problem() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cert.pem");
        for content in [
            "",
            "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        ] {
            std::fs::write(&file, content).unwrap();
            let mut findings = Findings::default();
            look(&mut findings, &file);
            assert_eq!(state(&findings), State::Problem, "{content}");
        }
    }
}
