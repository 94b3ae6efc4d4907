//! The weights of an exported graph, plain or dynamically quantised: each by the name of the node that uses it.
//!
//! Equal constants are shared between layers, so what belongs to a weight is found along the edges of the graph, never by its name.

use std::borrow::Cow;
use std::collections::BTreeMap;

use kiskadee_checkpoint::ImportedTensor;
use kiskadee_checkpoint::onnx::{Element, Node, OnnxModel, Tensor};

use super::names;
use super::quantization::Quantized;
use crate::error::{KokoroError, Result};

/// Operators of quantised exports that are understood.
const KNOWN: [&str; 6] = [
    "ConvInteger",
    "MatMulInteger",
    "DynamicQuantizeLSTM",
    "DynamicQuantizeLinear",
    "DequantizeLinear",
    "QuantizeLinear",
];
/// What the others' names have in common.
const QUANTIZED: [&str; 4] = ["Quant", "QLinear", "Integer", "NBits"];

/// Tensors by their names.
pub(super) struct Found<'a> {
    model: &'a OnnxModel<'a>,
    tensors: BTreeMap<String, ImportedTensor<'a>>,
}

/// All weights of the model.
pub(super) fn tensors<'a>(
    model: &'a OnnxModel<'a>,
) -> Result<BTreeMap<String, ImportedTensor<'a>>> {
    model.check_opset()?;
    let mut found = Found {
        model,
        tensors: BTreeMap::new(),
    };
    for node in model.nodes() {
        found
            .node(node)
            .map_err(|reason| KokoroError::from(model.error(reason)))?;
    }
    found.named();
    Ok(found.tensors)
}

impl<'a> Found<'a> {
    fn node(&mut self, node: &'a Node<'a>) -> Result<(), String> {
        let module = names::of_node(node.name);
        let weight = format!("{module}.weight");
        match node.op_type {
            "Conv" | "ConvTranspose" => {
                self.plain(weight, self.input(node, 1));
                self.plain(format!("{module}.bias"), self.input(node, 2));
            }
            "Gemm" => self.plain(weight, self.input(node, 1)),
            "MatMul" => {
                if let Some(tensor) = self.input(node, 1) {
                    self.put(weight, Quantized::plain(tensor).transposed());
                }
            }
            "ConvInteger" | "MatMulInteger" => self.integer(node, weight)?,
            "Gather" if node.name.contains("embedding") => self.embedding(node, weight)?,
            "LSTM" | "DynamicQuantizeLSTM" => self.lstm(node, &module)?,
            other
                if QUANTIZED.iter().any(|part| other.contains(part)) && !KNOWN.contains(&other) =>
            {
                return Err(format!(
                    "node `{}` uses the operator {other}; of quantised ones {} are supported",
                    node.name,
                    KNOWN.join(", ")
                ));
            }
            _ => {}
        }
        Ok(())
    }

    /// What kept its name: biases, norms, factors.
    fn named(&mut self) {
        for tensor in self.model.initializers() {
            if tensor.element != Element::F32 || tensor.dims.is_empty() {
                continue;
            }
            if let Some(name) = names::of_tensor(tensor.name) {
                self.put(name, Quantized::plain(tensor));
            }
        }
    }

    fn input(&self, node: &Node<'a>, place: usize) -> Option<&'a Tensor<'a>> {
        self.model.initializer(node.inputs.get(place)?)
    }

    fn plain(&mut self, name: String, tensor: Option<&'a Tensor<'a>>) {
        if let Some(tensor) = tensor {
            self.put(name, Quantized::plain(tensor));
        }
    }

    /// The first one holds: the others are copies of it.
    fn put(&mut self, name: String, weight: Quantized<'a>) {
        let name = names::without_copies(name);
        if self.tensors.contains_key(&name) {
            return;
        }
        let values = ImportedTensor::new(name.clone(), weight.shape(), move || {
            weight.values().map(Cow::Owned)
        });
        self.tensors.insert(name, values);
    }

    /// Whole numbers `[out, in, tap]` or `[in, out]`.
    fn integer(&mut self, node: &'a Node<'a>, name: String) -> Result<(), String> {
        let Some(tensor) = self.input(node, 1) else {
            return Ok(());
        };
        let missing = || format!("node `{}` has no scale of its weights", node.name);
        let scale = self.scale_behind(node).ok_or_else(missing)?;
        let weight = Quantized::plain(tensor).scaled(self.input(node, 3), scale)?;
        let matrix = node.op_type == "MatMulInteger";
        self.put(name, if matrix { weight.transposed() } else { weight });
        Ok(())
    }

    /// Behind a product of whole numbers: a cast, then a factor, which is the scale of the input times that of the weights.
    fn scale_behind(&self, node: &Node<'a>) -> Option<&'a Tensor<'a>> {
        let mut behind = self.model.consumers(node.outputs.first()?).next()?;
        // A bias may stand before the cast; further away there is nothing that belongs to it.
        for _ in 0..4 {
            if behind.op_type == "Mul" {
                break;
            }
            behind = self.model.consumers(behind.outputs.first()?).next()?;
        }
        let producers = behind
            .inputs
            .iter()
            .filter_map(|input| self.model.producer(input));
        let products = producers.filter(|node| node.op_type == "Mul");
        let inputs = products.flat_map(|node| &node.inputs);
        inputs
            .into_iter()
            .find_map(|input| self.model.initializer(input))
    }

    fn embedding(&mut self, node: &'a Node<'a>, name: String) -> Result<(), String> {
        let Some(tensor) = self.input(node, 0).filter(|tensor| tensor.dims.len() == 2) else {
            return Ok(());
        };
        let output = node.outputs.first().copied().unwrap_or_default();
        let mut behind = self.model.consumers(output);
        let weight = Quantized::plain(tensor);
        let weight = match behind.find(|node| node.op_type == "DequantizeLinear") {
            Some(dequantize) => {
                let scale = self.input(dequantize, 1);
                let scale = scale.ok_or_else(|| format!("`{}` has no scale", dequantize.name))?;
                weight.scaled(self.input(dequantize, 2), scale)?
            }
            None => weight,
        };
        self.put(name, weight);
        Ok(())
    }

    /// Both directions of an LSTM, whose gates stand as input, output, forget, cell.
    fn lstm(&mut self, node: &'a Node<'a>, module: &str) -> Result<(), String> {
        let quantized = node.op_type == "DynamicQuantizeLSTM";
        let missing = |what: &str| format!("the LSTM `{}` has no {what}", node.name);
        for (place, part, scale) in [(1, "weight_ih", 8), (2, "weight_hh", 10)] {
            let tensor = self.input(node, place).ok_or_else(|| missing(part))?;
            let mut weight = Quantized::plain(tensor);
            if quantized {
                let factor = self.input(node, scale).ok_or_else(|| missing("scale"))?;
                // `[direction, in, gates]`, where others have `[direction, gates, in]`.
                weight = weight.by_direction(self.input(node, scale + 1), factor)?;
            }
            for (direction, suffix) in ["", "_reverse"].into_iter().enumerate() {
                let gates = weight.clone().direction(direction, quantized)?;
                self.put(format!("{module}.{part}_l0{suffix}"), gates);
            }
        }
        let bias = self.input(node, 3).ok_or_else(|| missing("bias"))?;
        for (direction, suffix) in ["", "_reverse"].into_iter().enumerate() {
            for (half, part) in ["bias_ih", "bias_hh"].into_iter().enumerate() {
                let gates = Quantized::plain(bias).half(direction, half)?;
                self.put(format!("{module}.{part}_l0{suffix}"), gates);
            }
        }
        Ok(())
    }
}
