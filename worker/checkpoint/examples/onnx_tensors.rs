//! Lists what a model in ONNX holds: `cargo run --release -p kiskadee-checkpoint --example onnx_tensors -- FILE [PART…]`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kiskadee_checkpoint::onnx::OnnxFile;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let parts: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let file = OnnxFile::join(&parts)?;
    let model = file.model()?;
    let (inputs, outputs) = (model.inputs().len(), model.outputs().len());
    println!(
        "written by {}, opset {:?}, {inputs} inputs, {outputs} outputs",
        model.producer_text(),
        model.opset("")
    );
    let mut counts = BTreeMap::<&str, usize>::new();
    for node in model.nodes() {
        *counts.entry(node.op_type).or_default() += 1;
    }
    println!("nodes {counts:?}");
    for tensor in model.initializers() {
        println!("{}  {:?}  {:?}", tensor.name, tensor.dims, tensor.element);
    }
    Ok(())
}
