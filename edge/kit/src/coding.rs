//! Bodies that come compressed (`Content-Encoding`): unpacked within the limit of the route, or refused by name.

use std::io::Read;

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use crate::problem::Problem;

const TAKEN: &str = "gzip, deflate";

/// What a body went through on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Plain,
    Gzip,
    Deflate,
}

impl Coding {
    /// The one that the head of a request names; one that is not taken is a problem.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut found = Self::Plain;
        for name in names(headers) {
            found = match name.to_ascii_lowercase().as_str() {
                "" | "identity" => continue,
                "gzip" | "x-gzip" if found == Self::Plain => Self::Gzip,
                "deflate" if found == Self::Plain => Self::Deflate,
                _ => return Err(refused(TAKEN)),
            };
        }
        Ok(found)
    }

    /// Refuses what came compressed, for a route that passes bodies on as they are.
    pub fn must_be_plain(headers: &HeaderMap) -> Result<(), Problem> {
        match Self::of(headers) {
            Ok(Self::Plain) => Ok(()),
            _ => Err(refused("identity")),
        }
    }

    /// The body as it was before, of at most `limit` bytes: no more than that is ever unpacked.
    pub(crate) fn undo(self, body: Bytes, limit: usize) -> Result<Bytes, Problem> {
        match self {
            Self::Plain => Ok(body),
            Self::Gzip => unpack(MultiGzDecoder::new(&*body), limit),
            Self::Deflate if is_zlib(&body) => unpack(ZlibDecoder::new(&*body), limit),
            Self::Deflate => unpack(DeflateDecoder::new(&*body), limit),
        }
    }
}

fn names(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(header::CONTENT_ENCODING).iter();
    // What is no text is no name that is known.
    let values = values.map(|value| value.to_str().unwrap_or("?"));
    values.flat_map(|value| value.split(',')).map(str::trim)
}

fn refused(taken: &'static str) -> Problem {
    let detail = match taken {
        TAKEN => {
            "the body has a `Content-Encoding` that is not taken; send it as it is, or in one of gzip and deflate"
        }
        _ => "the body of this route is taken as it is; send it without `Content-Encoding`",
    };
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_content_encoding",
        detail,
    )
    .with_header(header::ACCEPT_ENCODING, HeaderValue::from_static(taken))
}

/// What RFC 9110 calls deflate is in zlib's format; some senders leave its frame away.
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [head, flags, ..] if head & 0x0f == 8 && (u16::from(*head) << 8 | u16::from(*flags)) % 31 == 0)
}

fn unpack(reader: impl Read, limit: usize) -> Result<Bytes, Problem> {
    let mut unpacked = Vec::new();
    reader
        .take(limit as u64 + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| {
            Problem::malformed(format!(
                "the body is not what its `Content-Encoding` says: {error}"
            ))
        })?;
    if unpacked.len() > limit {
        return Err(Problem::too_large(limit));
    }
    Ok(unpacked.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    const TEXT: &[u8] = b"{\"input\": \"Hello there.\"}";

    fn named(values: &[&'static str]) -> HeaderMap {
        let values = values.iter().copied().map(HeaderValue::from_static);
        values
            .map(|value| (header::CONTENT_ENCODING, value))
            .collect()
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_is_taken_is_known_by_its_name() {
        for (values, coding) in [
            (&[][..], Coding::Plain),
            (&["identity"], Coding::Plain),
            (&["GZip"], Coding::Gzip),
            (&["x-gzip"], Coding::Gzip),
            (&["identity, deflate"], Coding::Deflate),
        ] {
            assert_eq!(Coding::of(&named(values)).unwrap(), coding, "{values:?}");
        }
        for values in [
            &["br"][..],
            &["zstd"],
            &["gzip, gzip"],
            &["gzip", "deflate"],
        ] {
            let problem = Coding::of(&named(values)).unwrap_err();
            assert_eq!(problem.status(), 415, "{values:?}");
        }
        assert!(Coding::must_be_plain(&named(&["gzip"])).is_err());
        assert!(Coding::must_be_plain(&named(&[])).is_ok());
    }

    #[test]
    fn each_coding_is_undone() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(TEXT).unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
        bare.write_all(TEXT).unwrap();
        let (half, rest) = TEXT.split_at(9);
        for (coding, packed) in [
            (Coding::Plain, TEXT.to_vec()),
            (Coding::Gzip, gzip(TEXT)),
            (Coding::Gzip, [gzip(half), gzip(rest)].concat()),
            (Coding::Deflate, zlib.finish().unwrap()),
            (Coding::Deflate, bare.finish().unwrap()),
        ] {
            assert_eq!(coding.undo(packed.into(), 100).unwrap(), TEXT);
        }
    }

    #[test]
    fn what_unpacks_to_too_much_is_too_large_and_what_does_not_unpack_malformed() {
        let bomb = gzip(&vec![b' '; 50_000_000]);
        let status = |body: Vec<u8>| {
            let undone = Coding::Gzip.undo(body.into(), 1000);
            undone.unwrap_err().status().as_u16()
        };
        assert_eq!(status(bomb), 413);
        assert_eq!(status(gzip(TEXT)[..20].to_vec()), 400);
        assert_eq!(status(TEXT.to_vec()), 400);
        assert_eq!(status(Vec::new()), 400);
    }
}
