//! What a file is, by how it begins: for the answer about one that cannot be decoded.

/// Bytes by which a file is known.
pub(super) const HEAD_BYTES: usize = 4096;

/// A kind of file, in words for its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Empty,
    /// A kind that is decoded where it is whole.
    Sound(&'static str),
    /// A kind that holds no sound, or none that is taken here.
    Other(&'static str),
    Unknown,
}

use Kind::{Other, Sound};

const PAGE: Kind = Other("a web page (HTML)");
const PLAYLIST: Kind = Other("a playlist");
const XML: Kind = Other("XML");
const JSON: Kind = Other("JSON");

const BEGINNINGS: &[(&[u8], Kind)] = &[
    (b"\x89PNG", Other("a picture (PNG)")),
    (b"\xff\xd8\xff", Other("a picture (JPEG)")),
    (b"GIF8", Other("a picture (GIF)")),
    (b"BM", Other("a picture (BMP)")),
    (b"II*\0", Other("a picture (TIFF)")),
    (b"MM\0*", Other("a picture (TIFF)")),
    (b"%PDF-", Other("a PDF")),
    (b"PK\x03\x04", Other("a ZIP archive or an office document")),
    (b"\x1f\x8b", Other("a gzip archive")),
    (b"7z\xbc\xaf\x27\x1c", Other("a 7z archive")),
    (b"Rar!\x1a\x07", Other("a RAR archive")),
    (b"\x7fELF", Other("a program")),
    (b"MThd", Other("notes for instruments (MIDI)")),
    (b"FLV", Other("a film (FLV)")),
    (b".RMF", Other("RealMedia")),
    (b"#EXTM3U", PLAYLIST),
    (b"[playlist]", PLAYLIST),
    (b"#!AMR", Sound("AMR")),
    (b"#!SILK", Other("a voice message (SILK)")),
    (b"\x02#!SILK", Other("a voice message (SILK)")),
    (b"fLaC", Sound("FLAC")),
    (b"OggS", Sound("Ogg")),
    (b"ID3", Sound("MP3")),
    (b"\x1a\x45\xdf\xa3", Sound("WebM or Matroska")),
    (b"caff", Sound("CAF")),
    (b".snd", Sound("AU")),
    (b"RF64", Sound("WAV")),
    (b"riff", Sound("Wave64")),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Sound("WMA")),
];

impl Kind {
    /// It says where something is, and is nothing by itself.
    pub(super) fn is_page(self) -> bool {
        [PAGE, PLAYLIST, XML, JSON].contains(&self)
    }

    pub(super) fn of(head: &[u8]) -> Self {
        if head.is_empty() {
            return Self::Empty;
        }
        let known = BEGINNINGS.iter().find(|(start, _)| head.starts_with(start));
        known
            .map(|(_, kind)| *kind)
            .or_else(|| in_chunks(head))
            .or_else(|| in_frames(head))
            .or_else(|| written(head))
            .unwrap_or(Self::Unknown)
    }
}

/// Kinds that tell in their ninth byte or their fifth what is in their chunks.
fn in_chunks(head: &[u8]) -> Option<Kind> {
    match (head.get(..4)?, head.get(4..8)?, head.get(8..12)?) {
        (b"RIFF", _, b"WAVE") => Some(Sound("WAV")),
        (b"RIFF", _, b"AVI ") => Some(Other("a film (AVI)")),
        (b"RIFF", _, b"WEBP") => Some(Other("a picture (WebP)")),
        (b"FORM", _, b"AIFF" | b"AIFC") => Some(Sound("AIFF")),
        (_, b"ftyp", b"heic" | b"heix" | b"mif1" | b"avif") => Some(Other("a picture (HEIC)")),
        (_, b"ftyp" | b"moov" | b"mdat" | b"wide" | b"free", _) => Some(Sound("MP4 or M4A")),
        _ => None,
    }
}

/// The headers of bare frames: MPEG audio and AAC. UTF-16 begins alike, with a byte that no frame has.
fn in_frames(head: &[u8]) -> Option<Kind> {
    match *head.get(..2)? {
        [0xff, 0xfe] | [0xfe, 0xff] => Some(Other("text")),
        [0xff, second] if second & 0xf6 == 0xf0 => Some(Sound("AAC")),
        [0xff, second] if second & 0xe0 == 0xe0 => Some(Sound("MP3")),
        _ => None,
    }
}

/// Text, of which the last character may be cut off.
fn written(head: &[u8]) -> Option<Kind> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(head.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let is_control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}');
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.contains(is_control) {
        return None;
    }
    let is_page = ["<!doctype html", "<html"].iter().any(|start| {
        text.get(..start.len())
            .is_some_and(|text| text.eq_ignore_ascii_case(start))
    });
    Some(match text.chars().next() {
        _ if is_page => PAGE,
        Some('<') => XML,
        Some('{' | '[') => JSON,
        _ if text.starts_with("data:") => Other("a data address in base64"),
        _ => Other("text"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_their_beginning() {
        for (head, kind) in [
            (&b""[..], Kind::Empty),
            (b"\x89PNG\r\n\x1a\n\0\0", Other("a picture (PNG)")),
            (b"RIFF\0\0\0\0WAVEfmt ", Sound("WAV")),
            (b"RIFF\0\0\0\0WEBPVP8 ", Other("a picture (WebP)")),
            (b"\0\0\0\x20ftypM4A \0\0", Sound("MP4 or M4A")),
            (b"\0\0\0\x20ftypheic\0\0", Other("a picture (HEIC)")),
            (b"FORM\0\0\0\0AIFCFVER", Sound("AIFF")),
            (b"\xff\xfb\x90\x64", Sound("MP3")),
            (b"\xff\xf1\x50\x80", Sound("AAC")),
            (b"\xff\xfeT\0e\0", Other("text")),
            (
                b"\xef\xbb\xbf<!DOCTYPE HTML><p>",
                Other("a web page (HTML)"),
            ),
            (b"<?xml version=\"1.0\"?>", Other("XML")),
            (b" {\"a\": 1}", Other("JSON")),
            (b"just words, caf\xc3", Other("text")),
            (
                b"data:audio/webm;base64,GkXf",
                Other("a data address in base64"),
            ),
            (b"\0\x01\x02\x03\x04", Kind::Unknown),
        ] {
            assert_eq!(Kind::of(head), kind, "{}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn pages_lead_elsewhere() {
        for (head, is_page) in [
            (&b"<!doctype html>"[..], true),
            (b"<MPD>", true),
            (b"#EXTM3U\n", true),
            (b"just words", false),
            (b"RIFF\0\0\0\0WAVEfmt ", false),
            (b"", false),
        ] {
            assert_eq!(Kind::of(head).is_page(), is_page);
        }
    }
}
