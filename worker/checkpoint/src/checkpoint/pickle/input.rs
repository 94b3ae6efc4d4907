//! The bytes of a pickle.

use super::Fault;

pub(super) struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Fault::CutOff)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        self.take(N)?.try_into().map_err(|_| Fault::CutOff)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Fault> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(super) fn u16(&mut self) -> Result<u16, Fault> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32, Fault> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn i32(&mut self) -> Result<i32, Fault> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    /// The only number of a pickle whose highest byte comes first.
    pub(super) fn f64(&mut self) -> Result<f64, Fault> {
        Ok(f64::from_be_bytes(self.array()?))
    }

    pub(super) fn length(&mut self) -> Result<usize, Fault> {
        usize::try_from(u64::from_le_bytes(self.array()?)).map_err(|_| Fault::TooLarge)
    }

    pub(super) fn text(&mut self, length: usize) -> Result<String, Fault> {
        let bytes = self.take(length)?;
        // Python writes lone surrogates where a name was not Unicode; such text is no tensor's name.
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    /// Up to the end of the line, without it.
    pub(super) fn line(&mut self) -> Result<String, Fault> {
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let text = self.text(end.ok_or(Fault::CutOff)?)?;
        self.take(1)?;
        Ok(text)
    }

    /// A whole number of so many bytes, lowest first; `None` when it needs more than 64 bits.
    pub(super) fn long(&mut self, length: usize) -> Result<Option<i64>, Fault> {
        let bytes = self.take(length)?;
        if bytes.len() > size_of::<i64>() {
            return Ok(None);
        }
        let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut wide = [if negative { 0xff } else { 0 }; size_of::<i64>()];
        for (place, byte) in wide.iter_mut().zip(bytes) {
            *place = *byte;
        }
        Ok(Some(i64::from_le_bytes(wide)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_have_a_sign() {
        let long = |bytes: &[u8]| Input::new(bytes).long(bytes.len()).unwrap();
        assert_eq!(long(&[]), Some(0));
        assert_eq!((long(&[0xff]), long(&[0xff, 0])), (Some(-1), Some(255)));
        assert_eq!(long(&[1; 9]), None);
    }
}
