//! The closed list of what a checkpoint may name. Nothing of it is ever called: a name either has a meaning here, or stands for
//! a value that nobody reads, or ends the reading.

use super::Fault;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Constructor {
    /// Storage, offset, size and strides.
    Tensor,
    /// Wraps a tensor.
    Parameter,
    /// A dictionary: ordered, or with a default.
    Dict,
    /// The type of a storage's elements, by the name of its class.
    Storage(StorageType),
    /// Makes what nobody reads.
    Inert,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StorageType {
    Float,
    Half,
    BFloat16,
    /// Its class, and the bytes of one element.
    Unread(&'static str),
}

/// Whole modules whose classes hold settings: those of Coqui's library and of its trainer, and of fairseq.
const SETTINGS: [&str; 5] = ["TTS", "trainer", "coqpit", "fairseq", "omegaconf"];

const PLAIN_BUILTINS: &[&str] = &[
    "bytearray",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "set",
];

/// Values that trainers keep beside the tensors: losses, dates, paths.
const PLAIN_VALUES: [(&str, &[&str]); 11] = [
    ("argparse", &["Namespace"]),
    (
        "torch",
        &["Size", "device", "float16", "float32", "bfloat16"],
    ),
    ("builtins", PLAIN_BUILTINS),
    ("__builtin__", PLAIN_BUILTINS),
    (
        "pathlib",
        &["Path", "PosixPath", "PurePosixPath", "WindowsPath"],
    ),
    (
        "pathlib._local",
        &["Path", "PosixPath", "PurePosixPath", "WindowsPath"],
    ),
    ("datetime", &["date", "datetime", "timedelta"]),
    ("numpy", &["dtype", "float32", "float64"]),
    ("numpy.core.multiarray", &["scalar"]),
    ("numpy._core.multiarray", &["scalar"]),
    ("_codecs", &["encode"]),
];

pub(super) fn find(module: &str, name: &str) -> Result<Constructor, Fault> {
    let found = match (module, name) {
        ("torch._utils", "_rebuild_tensor_v2") => Some(Constructor::Tensor),
        ("torch._utils", "_rebuild_parameter") => Some(Constructor::Parameter),
        ("collections", "OrderedDict" | "defaultdict") => Some(Constructor::Dict),
        ("torch", class) => storage(class).map(Constructor::Storage),
        _ => None,
    };
    let inert = || is_inert(module, name).then_some(Constructor::Inert);
    found
        .or_else(inert)
        .ok_or_else(|| Fault::Refused(format!("{module}.{name}")))
}

fn storage(class: &str) -> Option<StorageType> {
    Some(match class {
        "FloatStorage" => StorageType::Float,
        "HalfStorage" => StorageType::Half,
        "BFloat16Storage" => StorageType::BFloat16,
        "DoubleStorage" => StorageType::Unread("float64"),
        "LongStorage" => StorageType::Unread("int64"),
        "IntStorage" => StorageType::Unread("int32"),
        "ShortStorage" => StorageType::Unread("int16"),
        "CharStorage" => StorageType::Unread("int8"),
        "ByteStorage" => StorageType::Unread("uint8"),
        "BoolStorage" => StorageType::Unread("bool"),
        _ => return None,
    })
}

fn is_inert(module: &str, name: &str) -> bool {
    let package = module.split('.').next().unwrap_or_default();
    let plain = |(of, names): &(&str, &[&str])| *of == module && names.contains(&name);
    SETTINGS.contains(&package) || PLAIN_VALUES.iter().any(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_listed_is_refused() {
        for (module, name) in [
            ("os", "system"),
            ("builtins", "eval"),
            ("builtins", "getattr"),
            ("torch", "load"),
            ("torch._utils", "_rebuild_qtensor"),
            ("numpy.core.multiarray", "_reconstruct"),
            ("TTSx", "XttsConfig"),
        ] {
            let refused = find(module, name).unwrap_err().to_string();
            assert!(refused.contains(&format!("`{module}.{name}`")), "{refused}");
        }
        let config = find("TTS.tts.configs.xtts_config", "XttsConfig").unwrap();
        assert_eq!(config, Constructor::Inert);
    }
}
