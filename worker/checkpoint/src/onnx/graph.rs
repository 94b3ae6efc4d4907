//! The messages of a model in the order of the file: `ModelProto`, `GraphProto`, `NodeProto`, `AttributeProto`.

use super::protobuf::{Malformed, Message, Value, varints};
use super::tensor::{MOST_BYTES, Tensor};
use super::{Attribute, Fault, Input, Node, text};

/// More than any voice's graph has, by far. Each takes some bytes of memory for two of the file.
const MOST_ITEMS: usize = 200_000;

/// The number of the field of a `ModelProto`, which may be cut off in the middle of a tensor.
const GRAPH: u32 = 7;

/// What there is in a file.
#[derive(Default)]
pub(super) struct Parsed<'a> {
    pub(super) producer_name: &'a str,
    pub(super) producer_version: &'a str,
    pub(super) opsets: Vec<(&'a str, i64)>,
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) initializers: Vec<Tensor<'a>>,
    pub(super) inputs: Vec<Input<'a>>,
    pub(super) outputs: Vec<Input<'a>>,
    items: usize,
    bytes: u64,
}

impl<'a> Parsed<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut parsed = Self::default();
        let mut has_graph = false;
        for field in Message::new(bytes).fields() {
            let field = field?;
            if let Value::Bytes(message) = field.value
                && message.missing() > 0
                && field.number != GRAPH
            {
                return Err(beyond(field.at).into());
            }
            match (field.number, field.value) {
                (2, Value::Bytes(name)) => parsed.producer_name = text(name)?,
                (3, Value::Bytes(version)) => parsed.producer_version = text(version)?,
                (8, Value::Bytes(opset)) => {
                    let opset = read_opset(opset)?;
                    parsed.count()?;
                    parsed.opsets.push(opset);
                }
                (GRAPH, Value::Bytes(graph)) => {
                    has_graph = true;
                    parsed.graph(graph)?;
                }
                _ => {}
            }
        }
        if !has_graph {
            return Err(Malformed {
                at: 0,
                reason: "there is no graph",
            }
            .into());
        }
        Ok(parsed)
    }

    fn count(&mut self) -> Result<(), Fault> {
        self.items += 1;
        if self.items > MOST_ITEMS {
            return Err(Fault::Told(format!(
                "has more than {MOST_ITEMS} nodes, values and attributes, which no voice has"
            )));
        }
        Ok(())
    }

    fn graph(&mut self, graph: Message<'a>) -> Result<(), Fault> {
        for field in graph.fields() {
            let field = field?;
            let Value::Bytes(message) = field.value else {
                continue;
            };
            match field.number {
                5 => {
                    self.count()?;
                    let tensor = Tensor::read(message, self.initializers.len())?;
                    self.weigh(&tensor)?;
                    self.initializers.push(tensor);
                }
                _ if message.missing() > 0 => return Err(beyond(field.at).into()),
                1 => {
                    let node = self.node(message)?;
                    self.nodes.push(node);
                }
                11 => {
                    let input = self.input(message)?;
                    self.inputs.push(input);
                }
                12 => {
                    let output = self.input(message)?;
                    self.outputs.push(output);
                }
                15 => {
                    return Err(Fault::Told(
                        "has sparse tensors, which are not supported".to_owned(),
                    ));
                }
                _ => {}
            }
        }
        match graph.missing() {
            0 => Ok(()),
            missing => Err(Fault::Told(format!(
                "is cut off: {missing} bytes are missing; get the file again"
            ))),
        }
    }

    fn weigh(&mut self, tensor: &Tensor<'_>) -> Result<(), Fault> {
        self.bytes = self.bytes.saturating_add(tensor.bytes());
        if self.bytes > MOST_BYTES {
            return Err(Fault::Told(
                "has more than 2 GB of tensors, which no voice has".to_owned(),
            ));
        }
        Ok(())
    }

    fn node(&mut self, message: Message<'a>) -> Result<Node<'a>, Fault> {
        let mut node = Node::default();
        self.count()?;
        for field in message.fields() {
            let field = field?;
            let Value::Bytes(value) = field.value else {
                continue;
            };
            match field.number {
                1 | 2 => {
                    self.count()?;
                    let values = if field.number == 1 {
                        &mut node.inputs
                    } else {
                        &mut node.outputs
                    };
                    values.push(text(value)?);
                }
                3 => node.name = text(value)?,
                4 => node.op_type = text(value)?,
                5 => {
                    let attribute = self.attribute(value)?;
                    node.attributes.push(attribute);
                }
                7 => node.domain = text(value)?,
                _ => {}
            }
        }
        Ok(node)
    }

    fn attribute(&mut self, message: Message<'a>) -> Result<(&'a str, Attribute<'a>), Fault> {
        let (mut name, mut kind, mut value) = ("", None, Attribute::Other);
        self.count()?;
        for field in message.fields() {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Bytes(bytes)) => name = text(bytes)?,
                (2, Value::Fixed32(bytes)) => value = Attribute::Float(f32::from_le_bytes(bytes)),
                (3, Value::Varint(number)) => value = Attribute::Int(number.cast_signed()),
                (4, Value::Bytes(bytes)) => value = Attribute::Text(bytes.bytes()),
                (5, Value::Bytes(tensor)) => {
                    let tensor = Tensor::read(tensor, 0)?;
                    self.weigh(&tensor)?;
                    value = Attribute::Tensor(Box::new(tensor));
                }
                // Other graphs are seen through, for their depth, and not kept.
                (6 | 11, Value::Bytes(graph)) => Self {
                    items: self.items,
                    ..Self::default()
                }
                .graph(graph)?,
                (8, Value::Varint(number)) => self.append(&mut value, number)?,
                (8, Value::Bytes(numbers)) => {
                    varints(numbers.bytes())
                        .try_for_each(|number| self.append(&mut value, number))?;
                }
                (20, Value::Varint(number)) => kind = Some(number),
                _ => {}
            }
        }
        // What is zero or empty may be left out.
        let value = match (kind, value) {
            (Some(1), Attribute::Other) => Attribute::Float(0.0),
            (Some(2), Attribute::Other) => Attribute::Int(0),
            (Some(7), Attribute::Other) => Attribute::Ints(Vec::new()),
            (_, value) => value,
        };
        Ok((name, value))
    }

    fn append(&mut self, value: &mut Attribute<'a>, number: u64) -> Result<(), Fault> {
        self.count()?;
        match value {
            Attribute::Ints(numbers) => numbers.push(number.cast_signed()),
            _ => *value = Attribute::Ints(vec![number.cast_signed()]),
        }
        Ok(())
    }

    /// A `ValueInfoProto`: the name, and the type of a tensor's numbers.
    fn input(&mut self, message: Message<'a>) -> Result<Input<'a>, Fault> {
        let mut input = Input::default();
        self.count()?;
        for field in message.fields() {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Bytes(name)) => input.name = text(name)?,
                (2, Value::Bytes(type_of)) => input.element = element(type_of)?,
                _ => {}
            }
        }
        Ok(input)
    }
}

/// Of a `TypeProto` that is a tensor's.
fn element(type_of: Message<'_>) -> Result<Option<u64>, Fault> {
    for field in type_of.fields() {
        let field = field?;
        let (1, Value::Bytes(tensor)) = (field.number, field.value) else {
            continue;
        };
        for field in tensor.fields() {
            let field = field?;
            if let (1, Value::Varint(code)) = (field.number, field.value) {
                return Ok(Some(code));
            }
        }
    }
    Ok(None)
}

fn read_opset(message: Message<'_>) -> Result<(&str, i64), Fault> {
    let (mut domain, mut version) = ("", 0);
    for field in message.fields() {
        let field = field?;
        match (field.number, field.value) {
            (1, Value::Bytes(name)) => domain = text(name)?,
            (2, Value::Varint(number)) => version = number.cast_signed(),
            _ => {}
        }
    }
    Ok((domain, version))
}

fn beyond(at: usize) -> Malformed {
    Malformed {
        at,
        reason: "a length reaches beyond the file's end, or the file is cut off",
    }
}
