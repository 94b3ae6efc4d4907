//! Names for the tensors of an exported voice, by the nodes that use them: the exporter renames weights whose norm it folded, gives the
//! text embedding the name of an input, and keeps the logarithms of the durations' deviations in whatever form it has folded them into.

use std::cell::RefCell;
use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use kiskadee_checkpoint::onnx::{Element, Node, OnnxModel, Tensor as OnnxTensor};

use super::graph::{Graph, Layer};
use crate::{
    error::{PiperError, Result},
    model::TensorSource,
};

/// The inputs that a voice may have.
const INPUTS: [&str; 4] = ["input", "input_lengths", "scales", "sid"];
/// The parts of every voice.
const PARTS: [&str; 4] = ["/enc_p/", "/dp/", "/flow/", "/dec/"];
/// Where the durations' affine flow keeps the logarithms of its deviations.
const LOGARITHMS: &str = "dp.flows.0.logs";

/// How stored numbers become those of the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Negative,
    /// The logarithm is the negative one of what is stored.
    NegativeLogarithm,
}

/// A tensor of a module, where it lies.
#[derive(Clone)]
pub(super) struct Stored<'a> {
    tensor: OnnxTensor<'a>,
    form: Form,
}

/// The tensors of a graph under the names of their modules, and what was asked of them.
pub(super) struct Tensors<'a> {
    stored: BTreeMap<String, Stored<'a>>,
    asked: RefCell<Vec<String>>,
    device: Device,
}

/// That a file is a voice whose graph is known.
pub(super) fn check(model: &OnnxModel<'_>) -> Result<()> {
    let has = |part: &str| model.nodes().iter().any(|node| node.name.starts_with(part));
    let inputs: Vec<&str> = model.inputs().iter().map(|input| input.name).collect();
    if !PARTS.iter().all(|part| has(part)) {
        let (producer, inputs) = (model.producer_text(), inputs.join(", "));
        let reason = format!(
            "is not a Piper voice (looks like a model of {producer} with the inputs {inputs})"
        );
        return Err(model.error(reason).into());
    }
    model.check_opset()?;
    if let Some(other) = inputs.iter().find(|input| !INPUTS.contains(input)) {
        let reason = format!(
            "has the input `{other}`; {} are supported",
            INPUTS.join(", ")
        );
        return Err(model.error(reason).into());
    }
    let unknown = |node: &&Node<'_>| {
        let quantised = ["Quantize", "QLinear", "Integer"];
        !matches!(node.domain, "" | "ai.onnx")
            || quantised.iter().any(|part| node.op_type.contains(part))
    };
    match model.nodes().iter().find(unknown) {
        Some(node) => {
            let reason = format!(
                "uses the operator `{}` in `{}`; only voices in floating point are supported",
                node.op_type, node.name
            );
            Err(model.error(reason).into())
        }
        None => Ok(()),
    }
}

/// Layers and tensors by the names of their modules.
pub(super) fn read<'a>(model: &OnnxModel<'a>, device: &Device) -> Result<(Graph, Tensors<'a>)> {
    let mut stored = by_own_name(model);
    let mut graph = Graph::default();
    for node in model.nodes() {
        let module = module(node.name);
        match node.op_type {
            "Conv" | "ConvTranspose" => {
                graph.layers.insert(module.clone(), layer(node, &module)?);
                let weight = constant(model, node, 1);
                let weight = weight.ok_or_else(|| {
                    PiperError::layer(&module, "its weight is computed, not stored")
                })?;
                stored.insert(format!("{module}.weight"), plain(weight));
                if let Some(bias) = constant(model, node, 2) {
                    stored.insert(format!("{module}.bias"), plain(bias));
                }
            }
            "Gather" if module == "enc_p.emb" || module == "emb_g" => {
                if let Some(rows) = constant(model, node, 0) {
                    stored.insert(format!("{module}.weight"), plain(rows));
                }
            }
            "Exp" | "Mul" if module == "dp.flows.0" => {
                if let Some(logarithms) = logarithms(model, node) {
                    stored.insert(LOGARITHMS.to_owned(), logarithms);
                }
            }
            _ => {}
        }
    }
    let shapes = stored
        .iter()
        .map(|(name, stored)| (name.clone(), stored.tensor.dims.clone()));
    graph.shapes = shapes.collect();
    let tensors = Tensors {
        stored,
        asked: RefCell::default(),
        device: device.clone(),
    };
    Ok((graph, tensors))
}

/// Tensors whose own names are those of modules.
fn by_own_name<'a>(model: &OnnxModel<'a>) -> BTreeMap<String, Stored<'a>> {
    let tensors = model.initializers().iter();
    let named = tensors.filter(|tensor| {
        let floating = matches!(tensor.element, Element::F32 | Element::F16 | Element::BF16);
        floating && tensor.name.contains('.') && !tensor.name.starts_with('/')
    });
    named
        .map(|tensor| (tensor.name.to_owned(), plain(tensor.clone())))
        .collect()
}

fn plain(tensor: OnnxTensor<'_>) -> Stored<'_> {
    Stored {
        tensor,
        form: Form::Plain,
    }
}

/// Either what is the argument of the exponential function, or its value, is a constant.
fn logarithms<'a>(model: &OnnxModel<'a>, node: &Node<'a>) -> Option<Stored<'a>> {
    let mut constants = (0..node.inputs.len()).filter_map(|place| constant(model, node, place));
    let tensor = constants.rfind(|tensor| tensor.dims == [2, 1])?;
    let form = if node.op_type == "Exp" {
        Form::Negative
    } else {
        Form::NegativeLogarithm
    };
    Some(Stored { tensor, form })
}

fn constant<'a>(model: &OnnxModel<'a>, node: &Node<'a>, place: usize) -> Option<OnnxTensor<'a>> {
    let name = node.inputs.get(place).filter(|name| !name.is_empty())?;
    model.constant(name).cloned()
}

/// `enc_p.proj` of `/enc_p/proj/Conv`.
fn module(node: &str) -> String {
    let path = node.trim_matches('/');
    path.rsplit_once('/')
        .map_or("", |(module, _)| module)
        .replace('/', ".")
}

fn layer(node: &Node<'_>, module: &str) -> Result<Layer> {
    let numbers = |name: &str, otherwise: i64, count: usize| -> Result<Vec<usize>> {
        let standard = vec![otherwise; count];
        let numbers = node.ints(name).map_or(standard, <[i64]>::to_vec);
        let usable = numbers.iter().map(|number| usize::try_from(*number));
        match usable.collect::<Result<Vec<_>, _>>() {
            Ok(usable) if usable.len() == count => Ok(usable),
            _ => Err(PiperError::layer(
                module,
                format!("has {name} of {numbers:?}"),
            )),
        }
    };
    let padding = numbers("pads", 0, 2)?;
    let output_padding = numbers("output_padding", 0, 1)?[0];
    if output_padding != 0 {
        let reason = format!("has an output padding of {output_padding}, which is not supported");
        return Err(PiperError::layer(module, reason));
    }
    let groups = node.int("group").unwrap_or(1);
    Ok(Layer {
        transposed: node.op_type == "ConvTranspose",
        stride: numbers("strides", 1, 1)?[0],
        dilation: numbers("dilations", 1, 1)?[0],
        padding: [padding[0], padding[1]],
        groups: usize::try_from(groups).unwrap_or(0),
    })
}

impl<'a> Tensors<'a> {
    /// What was asked for, each once, in order.
    pub(super) fn into_asked(self) -> Vec<(String, Stored<'a>)> {
        let mut stored = self.stored;
        let asked = self.asked.into_inner().into_iter();
        asked
            .filter_map(|name| stored.remove_entry(&name))
            .collect()
    }
}

impl TensorSource for Tensors<'_> {
    fn device(&self) -> &Device {
        &self.device
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let stored = self.stored.get(name);
        let stored = stored.ok_or_else(|| PiperError::layer(name, "is missing"))?;
        let found = &stored.tensor.dims;
        if found != shape {
            let reason = format!("has the shape {found:?} where {shape:?} is needed");
            return Err(PiperError::layer(name, reason));
        }
        let values = stored
            .values()
            .map_err(|reason| PiperError::layer(name, reason))?;
        self.asked.borrow_mut().push(name.to_owned());
        Ok(Tensor::from_vec(values, shape, &self.device)?)
    }
}

impl Stored<'_> {
    pub(super) fn shape(&self) -> &[usize] {
        &self.tensor.dims
    }

    pub(super) fn values(&self) -> Result<Vec<f32>, String> {
        let values = self
            .tensor
            .to_f32()
            .ok_or("is of a type that is not supported")?;
        let values: Vec<f32> = match self.form {
            Form::Plain => values,
            Form::Negative => values.into_iter().map(|value| -value).collect(),
            Form::NegativeLogarithm => values.into_iter().map(|value| -value.ln()).collect(),
        };
        if values.iter().all(|value| value.is_finite()) {
            Ok(values)
        } else {
            Err("has numbers that are not finite".to_owned())
        }
    }
}
