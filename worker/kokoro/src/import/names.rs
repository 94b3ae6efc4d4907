//! From the names of an exported graph to the module names of the model.

/// Parts of the model that the exporters leave out of the path, with the modules they wrapped the model in.
const OF_PREDICTOR: [&str; 5] = ["F0", "N", "shared", "F0_proj", "N_proj"];
/// The parts of a model.
const PARTS: [&str; 5] = [
    "bert",
    "bert_encoder",
    "predictor",
    "text_encoder",
    "decoder",
];

/// The module of a node, whose name is the path of it: `/encoder/bert/encoder/…/query/MatMul`.
pub(super) fn of_node(name: &str) -> String {
    let mut parts: Vec<&str> = name.trim_matches('/').split('/').collect();
    // The last one is the operator.
    parts.pop();
    let path = parts.iter().fold(Vec::<&str>::new(), |mut path, part| {
        // A sequence shows twice: `cnn.0/cnn.0.2`.
        let again = path.last().and_then(|last| part.strip_prefix(last));
        if again.is_some_and(|rest| rest.starts_with('.')) {
            path.pop();
        }
        path.push(part);
        path
    });
    unwrapped(&path.join("."))
}

/// The name of a tensor that kept it; none where it is no parameter of the model.
pub(super) fn of_tensor(name: &str) -> Option<String> {
    let name = unwrapped(name);
    let part = name.split('.').next().unwrap_or_default();
    (PARTS.contains(&part) && !name.ends_with("_scale")).then_some(name)
}

/// Without the two halves in which models are exported, and the wrapper around them.
fn unwrapped(name: &str) -> String {
    let name = name.strip_prefix("encoder.").unwrap_or(name);
    let name = match name.strip_prefix("decoder.decoder") {
        Some(rest) if rest.is_empty() || rest.starts_with('.') => format!("decoder{rest}"),
        _ => name.to_owned(),
    };
    let name = name.strip_prefix("kmodel.").unwrap_or(&name);
    let first = name.split('.').next().unwrap_or_default();
    if OF_PREDICTOR.contains(&first) {
        format!("predictor.{name}")
    } else {
        name.to_owned()
    }
}

/// ALBERT's layers share their weights; exporters number the copies: `query_11.weight`.
pub(super) fn without_copies(name: String) -> String {
    let Some(module) = name.strip_suffix(".weight") else {
        return name;
    };
    let copy = module.rsplit_once('_').filter(|(_, number)| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    match copy {
        Some((module, _)) if name.contains("albert_layers.0.") => format!("{module}.weight"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_lead_to_modules() {
        for (node, module) in [
            (
                "/encoder/text_encoder/cnn.0/cnn.0.0/Conv",
                "text_encoder.cnn.0.0",
            ),
            ("/encoder/F0.1/conv1/Conv", "predictor.F0.1.conv1"),
            ("/encoder/F0/F0.1/conv1/Conv", "predictor.F0.1.conv1"),
            ("/encoder/shared/LSTM", "predictor.shared"),
            (
                "/decoder/decoder/asr_res/asr_res.0/Conv",
                "decoder.asr_res.0",
            ),
            (
                "/decoder/decoder/generator/resblocks.1/convs1.0/Conv_quant",
                "decoder.generator.resblocks.1.convs1.0",
            ),
            ("/kmodel/bert_encoder/MatMul", "bert_encoder"),
        ] {
            assert_eq!(of_node(node), module);
        }
    }

    #[test]
    fn copies_are_one_weight() {
        let name = "bert.encoder.albert_layer_groups.0.albert_layers.0.attention.query";
        assert_eq!(
            without_copies(format!("{name}_11.weight")),
            format!("{name}.weight")
        );
        let other = "predictor.duration_proj.linear_layer_2.weight".to_owned();
        assert_eq!(without_copies(other.clone()), other);
    }

    #[test]
    fn constants_are_no_parameters() {
        assert_eq!(
            of_tensor("encoder.bert_encoder.bias").as_deref(),
            Some("bert_encoder.bias")
        );
        assert_eq!(of_tensor("/decoder/Constant_output_0"), None);
        assert_eq!(of_tensor("onnx::MatMul_17"), None);
    }
}
