//! A tensor of an ONNX file: its shape, and its numbers where they lie.

use std::borrow::Cow;

use half::{bf16, f16};

use super::Fault;
use super::protobuf::{Message, Value, count_varints, varints};

/// More numbers than any voice has in one tensor, and more bytes than in all.
const MOST_NUMBERS: u64 = 1 << 31;
pub(super) const MOST_BYTES: u64 = 2 << 30;

/// The type of a tensor's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    F32,
    F16,
    BF16,
    F64,
    I64,
    I32,
    I8,
    U8,
    Bool,
    /// Not read; the number that ONNX gives it.
    Other(u64),
}

impl Element {
    fn from_code(code: u64) -> Self {
        match code {
            1 => Self::F32,
            2 => Self::U8,
            3 => Self::I8,
            6 => Self::I32,
            7 => Self::I64,
            9 => Self::Bool,
            10 => Self::F16,
            11 => Self::F64,
            16 => Self::BF16,
            other => Self::Other(other),
        }
    }

    /// Bytes of a number.
    pub fn size(self) -> Option<usize> {
        Some(match self {
            Self::F64 | Self::I64 => 8,
            Self::F32 | Self::I32 => 4,
            Self::F16 | Self::BF16 => 2,
            Self::I8 | Self::U8 | Self::Bool => 1,
            Self::Other(_) => return None,
        })
    }
}

/// A tensor whose numbers are as many as its shape says.
#[derive(Debug, Clone)]
pub struct Tensor<'a> {
    pub name: &'a str,
    pub dims: Vec<usize>,
    pub element: Element,
    numbers: Numbers<'a>,
}

#[derive(Debug, Clone)]
enum Numbers<'a> {
    /// Lowest byte first.
    Plain(Cow<'a, [u8]>),
    /// As protobuf packs whole numbers.
    Varints(Cow<'a, [u8]>),
}

#[derive(Default)]
struct Parts<'a> {
    name: Option<&'a str>,
    dims: Vec<u64>,
    code: u64,
    raw: Option<Cow<'a, [u8]>>,
    plain: Option<Cow<'a, [u8]>>,
    varints: Option<Cow<'a, [u8]>>,
    external: bool,
}

/// Axes that a tensor may have.
const MOST_AXES: usize = 16;

impl<'a> Tensor<'a> {
    /// Reads a `TensorProto`. `number` stands for its name where it has none yet.
    pub(super) fn read(message: Message<'a>, number: usize) -> Result<Self, Fault> {
        let mut parts = Parts::default();
        for field in message.fields() {
            let field = field?;
            if let Value::Bytes(data) = field.value
                && data.missing() > 0
            {
                return Err(cut_off(&parts.label(number), data));
            }
            parts.take(field.number, field.value)?;
        }
        if message.missing() > 0 {
            return Err(cut_off(&parts.label(number), message));
        }
        let label = parts.label(number);
        parts
            .finish()
            .map_err(|reason| Fault::Told(format!("tensor `{label}` {reason}")))
    }

    /// How many numbers.
    pub fn count(&self) -> usize {
        self.dims.iter().product()
    }

    /// Bytes that its numbers take in the file.
    pub(super) fn bytes(&self) -> u64 {
        match &self.numbers {
            Numbers::Plain(bytes) | Numbers::Varints(bytes) => bytes.len() as u64,
        }
    }

    /// The numbers as f32, in order; none where they are of a type that is not read.
    pub fn to_f32(&self) -> Option<Vec<f32>> {
        Some(match (&self.numbers, self.element) {
            (_, Element::Other(_)) => return None,
            (Numbers::Plain(bytes), Element::F32) => each(bytes, f32::from_le_bytes),
            (Numbers::Plain(bytes), Element::F64) => each(bytes, |b| f64::from_le_bytes(b) as f32),
            (Numbers::Plain(bytes), Element::F16) => {
                each(bytes, |b| f16::from_le_bytes(b).to_f32())
            }
            (Numbers::Plain(bytes), Element::BF16) => {
                each(bytes, |b| bf16::from_le_bytes(b).to_f32())
            }
            (Numbers::Varints(bytes), Element::F16) => varints(bytes)
                .map(|bits| f16::from_bits(bits as u16).to_f32())
                .collect(),
            (Numbers::Varints(bytes), Element::BF16) => varints(bytes)
                .map(|bits| bf16::from_bits(bits as u16).to_f32())
                .collect(),
            _ => self
                .to_i64()?
                .into_iter()
                .map(|number| number as f32)
                .collect(),
        })
    }

    /// Whole numbers, in order; none where they are not whole.
    pub fn to_i64(&self) -> Option<Vec<i64>> {
        Some(match (&self.numbers, self.element) {
            (Numbers::Plain(bytes), Element::I64) => each(bytes, i64::from_le_bytes),
            (Numbers::Plain(bytes), Element::I32) => each(bytes, |b| i32::from_le_bytes(b).into()),
            (Numbers::Plain(bytes), Element::I8) => each(bytes, |b| i8::from_le_bytes(b).into()),
            (Numbers::Plain(bytes), Element::U8 | Element::Bool) => each(bytes, |[b]| b.into()),
            // What is negative is written in the 64 bits of its two's complement.
            (
                Numbers::Varints(bytes),
                Element::I64 | Element::I32 | Element::I8 | Element::U8 | Element::Bool,
            ) => varints(bytes).map(u64::cast_signed).collect(),
            _ => return None,
        })
    }
}

fn each<const N: usize, T>(bytes: &[u8], convert: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes
        .as_chunks::<N>()
        .0
        .iter()
        .map(|chunk| convert(*chunk))
        .collect()
}

fn cut_off(label: &str, data: Message<'_>) -> Fault {
    let found = data.bytes().len() as u64;
    let whole = found.saturating_add(data.missing());
    Fault::Told(format!(
        "ends in the middle of tensor `{label}`: {found} bytes of {whole}; get the file again"
    ))
}

impl<'a> Parts<'a> {
    fn label(&self, number: usize) -> String {
        self.name
            .map_or_else(|| format!("number {number}"), str::to_owned)
    }

    fn take(&mut self, number: u32, value: Value<'a>) -> Result<(), Fault> {
        match (number, value) {
            (1, Value::Varint(size)) => self.axis(size)?,
            (1, Value::Bytes(sizes)) => {
                varints(sizes.bytes()).try_for_each(|size| self.axis(size))?
            }
            (2, Value::Varint(code)) => self.code = code,
            // Strings, which no numbers are.
            (6, Value::Bytes(_)) => self.code = 8,
            (8, Value::Bytes(name)) => self.name = Some(super::text(name)?),
            (9, Value::Bytes(raw)) => self.raw = Some(Cow::Borrowed(raw.bytes())),
            (13, _) => self.external = true,
            (14, Value::Varint(place)) => self.external |= place != 0,
            (4 | 10, Value::Bytes(packed)) => append(&mut self.plain, packed.bytes()),
            (4, Value::Fixed32(bytes)) => append_copy(&mut self.plain, &bytes),
            (10, Value::Fixed64(bytes)) => append_copy(&mut self.plain, &bytes),
            (5 | 7 | 11, Value::Bytes(packed)) => append(&mut self.varints, packed.bytes()),
            (5 | 7 | 11, Value::Varint(number)) => append_varint(&mut self.varints, number),
            _ => {}
        }
        Ok(())
    }

    fn axis(&mut self, size: u64) -> Result<(), Fault> {
        if self.dims.len() == MOST_AXES {
            return Err(Fault::Told(format!(
                "a tensor has more than {MOST_AXES} axes"
            )));
        }
        self.dims.push(size);
        Ok(())
    }

    fn finish(self) -> Result<Tensor<'a>, String> {
        if self.external {
            return Err("lies in another file: external data is not supported".to_owned());
        }
        let element = Element::from_code(self.code);
        let (numbers, found) = match (self.raw, self.plain, self.varints) {
            (Some(raw), None, None) => counted(raw, element)?,
            (None, Some(plain), None) => counted(plain, element)?,
            (None, None, Some(packed)) => {
                let count = count_varints(&packed).ok_or("has a number without an end")?;
                (Numbers::Varints(packed), count as u64)
            }
            (None, None, None) => (Numbers::Plain(Cow::Borrowed(&[])), 0),
            _ => return Err("has its numbers twice".to_owned()),
        };
        let claimed = claimed(&self.dims).filter(|claimed| *claimed <= MOST_NUMBERS);
        let claimed = claimed.ok_or_else(|| {
            let dims = self
                .dims
                .iter()
                .map(|size| size.cast_signed())
                .collect::<Vec<_>>();
            format!("claims the shape {dims:?}, more numbers than any voice's, and has {found}")
        })?;
        // Numbers of a type that is not read cannot be counted; they are never asked for.
        if claimed != found && element.size().is_some() {
            return Err(format!("claims {claimed} numbers, has {found}"));
        }
        Ok(Tensor {
            name: self.name.unwrap_or_default(),
            dims: self.dims.iter().map(|size| *size as usize).collect(),
            element,
            numbers,
        })
    }
}

fn counted(bytes: Cow<'_, [u8]>, element: Element) -> Result<(Numbers<'_>, u64), String> {
    let size = element.size().unwrap_or(1);
    if !bytes.len().is_multiple_of(size) {
        return Err(format!(
            "has {} bytes, which are no whole numbers of {size} bytes",
            bytes.len()
        ));
    }
    let count = (bytes.len() / size) as u64;
    Ok((Numbers::Plain(bytes), count))
}

fn claimed(dims: &[u64]) -> Option<u64> {
    // An empty axis must not hide the others.
    let of_others = dims.iter().filter(|size| **size > 0);
    let product = of_others.copied().try_fold(1, u64::checked_mul)?;
    Some(if dims.contains(&0) { 0 } else { product })
}

/// Behind what there is, without a copy where it is the first.
fn append<'a>(to: &mut Option<Cow<'a, [u8]>>, bytes: &'a [u8]) {
    match to {
        None => *to = Some(Cow::Borrowed(bytes)),
        Some(before) => before.to_mut().extend_from_slice(bytes),
    }
}

fn append_copy(to: &mut Option<Cow<'_, [u8]>>, bytes: &[u8]) {
    let before = to.get_or_insert_with(|| Cow::Owned(Vec::new()));
    before.to_mut().extend_from_slice(bytes);
}

fn append_varint(to: &mut Option<Cow<'_, [u8]>>, mut number: u64) {
    while number >= 0x80 {
        append_copy(to, &[number as u8 | 0x80]);
        number >>= 7;
    }
    append_copy(to, &[number as u8]);
}
