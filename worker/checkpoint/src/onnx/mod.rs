//! Models in ONNX: the graph's nodes and tensors, by name, without running any of it. The file is mapped; numbers are copied only
//! when they are asked for. External data is refused, and its path is never opened.

mod file;
mod graph;
mod protobuf;
mod tensor;

use std::collections::HashMap;
use std::path::Path;

pub use file::OnnxFile;
pub use tensor::{Element, Tensor};

use crate::error::{CheckpointError, Result};
use graph::Parsed;
use protobuf::{Malformed, Message};

/// Versions of ONNX's own operators whose meanings the importers know.
pub const OPSETS: std::ops::RangeInclusive<i64> = 13..=21;

/// A node of the graph. Its name is the path of its module, with `/`, as exporters write it.
#[derive(Debug, Default)]
pub struct Node<'a> {
    pub name: &'a str,
    pub op_type: &'a str,
    /// Empty for ONNX's own operators.
    pub domain: &'a str,
    /// Names of values; an optional input that is left out has an empty one.
    pub inputs: Vec<&'a str>,
    pub outputs: Vec<&'a str>,
    pub attributes: Vec<(&'a str, Attribute<'a>)>,
}

#[derive(Debug)]
pub enum Attribute<'a> {
    Int(i64),
    Ints(Vec<i64>),
    Float(f32),
    Text(&'a [u8]),
    Tensor(Box<Tensor<'a>>),
    /// Graphs, types and lists that no voice's layers have.
    Other,
}

/// An input or an output of the graph.
#[derive(Debug, Default)]
pub struct Input<'a> {
    pub name: &'a str,
    /// ONNX's number of the type of its numbers, where it is a tensor: 1 for f32, 7 for i64.
    pub element: Option<u64>,
}

/// Why a file is no model.
#[derive(Debug)]
enum Fault {
    Malformed(Malformed),
    Told(String),
}

impl From<Malformed> for Fault {
    fn from(fault: Malformed) -> Self {
        Self::Malformed(fault)
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(Malformed { at, reason }) => {
                write!(f, "is not an ONNX model (field at byte {at}): {reason}")
            }
            Self::Told(reason) => f.write_str(reason),
        }
    }
}

fn text(message: Message<'_>) -> Result<&str, Fault> {
    let text = std::str::from_utf8(message.bytes());
    Ok(text.map_err(|_| message.malformed("a name is not in UTF-8"))?)
}

/// The graph of a file.
pub struct OnnxModel<'a> {
    path: &'a Path,
    parsed: Parsed<'a>,
    initializers: HashMap<&'a str, usize>,
    /// The node that makes each value.
    producers: HashMap<&'a str, usize>,
    consumers: HashMap<&'a str, Vec<usize>>,
}

impl<'a> OnnxModel<'a> {
    pub(crate) fn parse(path: &'a Path, bytes: &'a [u8]) -> Result<Self> {
        let parsed = Parsed::read(bytes).map_err(|fault| CheckpointError::file(path, fault))?;
        let mut model = Self {
            path,
            initializers: HashMap::with_capacity(parsed.initializers.len()),
            producers: HashMap::new(),
            consumers: HashMap::new(),
            parsed,
        };
        model.index().map_err(|reason| model.error(reason))?;
        Ok(model)
    }

    fn index(&mut self) -> Result<(), String> {
        for (index, tensor) in self.parsed.initializers.iter().enumerate() {
            if self.initializers.insert(tensor.name, index).is_some() {
                return Err(format!("has two tensors of the name `{}`", tensor.name));
            }
        }
        for (index, node) in self.parsed.nodes.iter().enumerate() {
            for output in node.outputs.iter().filter(|output| !output.is_empty()) {
                if self.producers.insert(output, index).is_some() {
                    return Err(format!("has two nodes that make the value `{output}`"));
                }
            }
            for input in node.inputs.iter().filter(|input| !input.is_empty()) {
                self.consumers.entry(input).or_default().push(index);
            }
        }
        Ok(())
    }

    /// What is wrong with the file, with its name.
    pub fn error(&self, reason: impl std::fmt::Display) -> CheckpointError {
        CheckpointError::file(self.path, reason)
    }

    pub fn path(&self) -> &'a Path {
        self.path
    }

    /// Which program wrote the file, such as `pytorch 2.0.0`.
    pub fn producer_text(&self) -> String {
        let text = format!(
            "{} {}",
            self.parsed.producer_name, self.parsed.producer_version
        );
        text.trim().to_owned()
    }

    /// In the order of the file, which is that of execution.
    pub fn nodes(&self) -> &[Node<'a>] {
        &self.parsed.nodes
    }

    pub fn nodes_of(&self, op_type: &str) -> impl Iterator<Item = &Node<'a>> {
        self.nodes()
            .iter()
            .filter(move |node| node.op_type == op_type)
    }

    pub fn node(&self, name: &str) -> Option<&Node<'a>> {
        self.nodes().iter().find(|node| node.name == name)
    }

    pub fn inputs(&self) -> &[Input<'a>] {
        &self.parsed.inputs
    }

    pub fn outputs(&self) -> &[Input<'a>] {
        &self.parsed.outputs
    }

    /// In the order of the file.
    pub fn initializers(&self) -> &[Tensor<'a>] {
        &self.parsed.initializers
    }

    pub fn initializer(&self, name: &str) -> Option<&Tensor<'a>> {
        self.parsed.initializers.get(*self.initializers.get(name)?)
    }

    /// The node that makes a value.
    pub fn producer(&self, value: &str) -> Option<&Node<'a>> {
        self.nodes().get(*self.producers.get(value)?)
    }

    /// The nodes that use a value, in the order of the file.
    pub fn consumers(&self, value: &str) -> impl Iterator<Item = &Node<'a>> {
        let consumers = self.consumers.get(value).map(Vec::as_slice);
        let consumers = consumers.unwrap_or_default().iter();
        consumers.filter_map(|index| self.nodes().get(*index))
    }

    /// A value that does not depend on the inputs: an initializer, or what a node `Constant` holds; through nodes `Identity`.
    pub fn constant(&self, value: &str) -> Option<&Tensor<'a>> {
        let mut value = value;
        // As many as there may be nodes: what refers to itself ends.
        for _ in 0..=self.nodes().len() {
            if let Some(tensor) = self.initializer(value) {
                return Some(tensor);
            }
            let node = self.producer(value)?;
            match node.op_type {
                "Constant" => return node.tensor("value"),
                "Identity" => value = node.inputs.first()?,
                _ => return None,
            }
        }
        None
    }

    /// The version of the operators of a domain, ONNX's own being the empty one.
    pub fn opset(&self, domain: &str) -> Option<i64> {
        let same = |of: &str| of == domain || (domain.is_empty() && of == "ai.onnx");
        let opset = self.parsed.opsets.iter().find(|(of, _)| same(of));
        opset.map(|(_, version)| *version)
    }

    /// Refuses versions of the operators in which they may mean something else.
    pub fn check_opset(&self) -> Result<()> {
        let (first, last) = (OPSETS.start(), OPSETS.end());
        match self.opset("") {
            Some(version) if OPSETS.contains(&version) => Ok(()),
            Some(version) => Err(self.error(format!(
                "uses opset {version}; {first} to {last} are supported"
            ))),
            None => Err(self.error(format!(
                "does not say which opset it uses; {first} to {last} are supported"
            ))),
        }
    }
}

impl<'a> Node<'a> {
    pub fn attribute(&self, name: &str) -> Option<&Attribute<'a>> {
        let found = self.attributes.iter().find(|(of, _)| *of == name);
        found.map(|(_, attribute)| attribute)
    }

    pub fn int(&self, name: &str) -> Option<i64> {
        match self.attribute(name)? {
            Attribute::Int(number) => Some(*number),
            _ => None,
        }
    }

    pub fn ints(&self, name: &str) -> Option<&[i64]> {
        match self.attribute(name)? {
            Attribute::Ints(numbers) => Some(numbers),
            _ => None,
        }
    }

    pub fn float(&self, name: &str) -> Option<f32> {
        match self.attribute(name)? {
            Attribute::Float(number) => Some(*number),
            _ => None,
        }
    }

    pub fn tensor(&self, name: &str) -> Option<&Tensor<'a>> {
        match self.attribute(name)? {
            Attribute::Tensor(tensor) => Some(tensor),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
