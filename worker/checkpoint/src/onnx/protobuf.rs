//! Fields of a protobuf message, where they lie. Nothing is copied.

/// Messages in messages, at most: a graph in the attribute of a node is three levels.
const DEEPEST: u32 = 32;

/// Why bytes are no message, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed {
    /// In bytes from the file's beginning.
    pub(super) at: usize,
    pub(super) reason: &'static str,
}

/// A message, or what there is of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<'a> {
    bytes: &'a [u8],
    /// Where it begins in the file.
    start: usize,
    /// Bytes that it should have more than there are.
    missing: u64,
    depth: u32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) number: u32,
    pub(super) value: Value<'a>,
    /// In bytes from the file's beginning.
    pub(super) at: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    Varint(u64),
    Fixed32([u8; 4]),
    Fixed64([u8; 8]),
    /// A text, bytes, packed numbers or a message.
    Bytes(Message<'a>),
}

impl<'a> Message<'a> {
    /// A whole file.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            start: 0,
            missing: 0,
            depth: 0,
        }
    }

    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn missing(&self) -> u64 {
        self.missing
    }

    pub(super) fn malformed(&self, reason: &'static str) -> Malformed {
        Malformed {
            at: self.start,
            reason,
        }
    }

    /// Its fields, of which only the last may be cut off.
    pub(super) fn fields(self) -> Fields<'a> {
        Fields {
            message: self,
            at: 0,
        }
    }
}

pub(super) struct Fields<'a> {
    message: Message<'a>,
    at: usize,
}

impl<'a> Fields<'a> {
    fn fault(at: usize, reason: &'static str) -> Malformed {
        Malformed { at, reason }
    }

    fn field(&mut self) -> Result<Field<'a>, Malformed> {
        let at = self.message.start + self.at;
        if self.message.depth > DEEPEST {
            return Err(Self::fault(at, "messages are nested too deeply"));
        }
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).unwrap_or(0);
        if number == 0 {
            return Err(Self::fault(at, "a field has no number"));
        }
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(self.array()?),
            2 => Value::Bytes(self.message()?),
            5 => Value::Fixed32(self.array()?),
            _ => return Err(Self::fault(at, "a field has an unknown type")),
        };
        Ok(Field { number, value, at })
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let rest = self.message.bytes.get(self.at..).unwrap_or_default();
        let at = self.message.start + self.at;
        let (value, length) = varint(rest).ok_or(Self::fault(at, "a number has no end"))?;
        self.at += length;
        Ok(value)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let rest = self.message.bytes.get(self.at..).unwrap_or_default();
        let at = self.message.start + self.at;
        let array = rest.first_chunk::<N>().copied();
        self.at += N;
        array.ok_or(Self::fault(at, "a number is cut off"))
    }

    /// A message in this one. Where this one is cut off or ends the file, so may that one be.
    fn message(&mut self) -> Result<Message<'a>, Malformed> {
        let at = self.message.start + self.at;
        let length = self.varint()?;
        let rest = self.message.bytes.get(self.at..).unwrap_or_default();
        let available = rest
            .len()
            .min(usize::try_from(length).unwrap_or(usize::MAX));
        let missing = length - available as u64;
        let may_be_cut_off = self.message.depth == 0 || self.message.missing > 0;
        if missing > 0 && !may_be_cut_off {
            return Err(Self::fault(at, "a length reaches beyond what it lies in"));
        }
        let message = Message {
            bytes: rest.get(..available).unwrap_or_default(),
            start: self.message.start + self.at,
            missing,
            depth: self.message.depth + 1,
        };
        self.at += available;
        Ok(message)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.message.bytes.len() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.at = usize::MAX;
        }
        Some(field)
    }
}

/// The number at the beginning, and how many bytes it takes.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

/// How many packed numbers there are; none where the last has no end.
pub(super) fn count_varints(bytes: &[u8]) -> Option<usize> {
    if bytes.last().is_some_and(|byte| byte & 0x80 != 0) {
        return None;
    }
    Some(bytes.iter().filter(|byte| **byte & 0x80 == 0).count())
}

/// Packed numbers in order.
pub(super) fn varints(mut bytes: &[u8]) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || {
        let (value, length) = varint(bytes)?;
        bytes = bytes.get(length..)?;
        Some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_counted() {
        assert_eq!(varint(&[0xac, 0x02, 0xff]), Some((300, 2)));
        assert_eq!(varint(&[0xff; 9]), None);
        let minus_one = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(varint(&minus_one), Some((u64::MAX, 10)));
        assert_eq!(count_varints(&[1, 0xac, 2, 3]), Some(3));
        assert_eq!(count_varints(&[1, 0xac]), None);
        assert_eq!(varints(&[1, 0xac, 2, 3]).collect::<Vec<_>>(), [1, 300, 3]);
    }

    #[test]
    fn only_the_end_of_the_file_may_be_cut_off() {
        let field = |bytes| Message::new(bytes).fields().next().unwrap();
        let Value::Bytes(cut) = field(b"\x0a\x05ab").unwrap().value else {
            panic!("bytes");
        };
        assert_eq!((cut.bytes(), cut.missing()), (&b"ab"[..], 3));
        let Value::Bytes(whole) = field(b"\x0a\x04\x0a\x05ab").unwrap().value else {
            panic!("a message");
        };
        let inner = whole.fields().next().unwrap().unwrap_err();
        assert_eq!(inner.at, 3);
    }
}
