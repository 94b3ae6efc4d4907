//! Files that are written here byte by byte, faulty ones too, and damage by chance.

use proptest::prelude::*;

use super::*;

/// A message in the making.
#[derive(Default, Clone)]
struct Proto(Vec<u8>);

impl Proto {
    fn varint(mut self, mut value: u64) -> Self {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
        self
    }

    fn int(self, number: u64, value: i64) -> Self {
        self.varint(number << 3).varint(value.cast_unsigned())
    }

    fn bytes(self, number: u64, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        let mut proto = self.varint(number << 3 | 2).varint(bytes.len() as u64);
        proto.0.extend_from_slice(bytes);
        proto
    }

    fn float(self, number: u64, value: f32) -> Self {
        let mut proto = self.varint(number << 3 | 5);
        proto.0.extend_from_slice(&value.to_le_bytes());
        proto
    }
}

impl AsRef<[u8]> for Proto {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn proto() -> Proto {
    Proto::default()
}

fn floats(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn tensor(name: &str, dims: &[i64], element: i64) -> Proto {
    let dims = dims.iter().fold(proto(), |proto, size| proto.int(1, *size));
    dims.int(2, element).bytes(8, name)
}

fn node(name: &str, op_type: &str, inputs: &[&str], output: &str) -> Proto {
    let inputs = inputs
        .iter()
        .fold(proto(), |proto, input| proto.bytes(1, input));
    inputs.bytes(2, output).bytes(3, name).bytes(4, op_type)
}

fn in_model(graph: &Proto) -> Vec<u8> {
    let opset = proto().bytes(1, "").int(2, 15);
    let model = proto().int(1, 8).bytes(2, "pytorch").bytes(3, "2.0.0");
    model.bytes(7, graph).bytes(8, opset).0
}

/// A convolution of a constant and an initializer.
fn small() -> Proto {
    let value = tensor("", &[2], 7).bytes(9, [1_i64, -2].map(i64::to_le_bytes).concat());
    let value = proto().bytes(1, "value").bytes(5, value).int(20, 4);
    let strides = proto()
        .bytes(1, "strides")
        .bytes(8, proto().varint(8).varint(1))
        .int(20, 7);
    let alpha = proto().bytes(1, "alpha").float(2, 0.1).int(20, 1);
    let group = proto().bytes(1, "group").int(20, 2);
    let convolution = node("/dec/ups.0/Conv", "Conv", &["x", "w", ""], "y");
    let convolution = convolution
        .bytes(5, strides)
        .bytes(5, alpha)
        .bytes(5, group);
    let tensor_type = proto().bytes(1, proto().int(1, 7));
    proto()
        .bytes(1, node("/c", "Constant", &[], "c").bytes(5, value))
        .bytes(1, node("/i", "Identity", &["c"], "x"))
        .bytes(1, convolution)
        .bytes(
            5,
            tensor("w", &[2, 1, 2], 1).bytes(9, floats(&[1.0, 2.0, 3.0, 4.5])),
        )
        .bytes(11, proto().bytes(1, "input").bytes(2, tensor_type))
        .bytes(12, proto().bytes(1, "y"))
}

fn parsed(bytes: &[u8]) -> Result<OnnxModel<'_>> {
    OnnxModel::parse(Path::new("voice.onnx"), bytes)
}

fn refused(bytes: &[u8]) -> String {
    let error = parsed(bytes).err().unwrap().to_string();
    assert!(error.starts_with("voice.onnx: "), "{error}");
    error
}

fn refused_tensor(tensor: &Proto) -> String {
    refused(&in_model(&proto().bytes(5, tensor)))
}

#[test]
fn a_graph_is_read() {
    let bytes = in_model(&small());
    let model = parsed(&bytes).unwrap();
    assert_eq!(model.producer_text(), "pytorch 2.0.0");
    assert_eq!(
        (model.opset(""), model.opset("com.microsoft")),
        (Some(15), None)
    );
    model.check_opset().unwrap();
    let convolution = model.nodes_of("Conv").next().unwrap();
    assert_eq!(convolution.ints("strides"), Some(&[8, 1][..]));
    assert_eq!(
        (convolution.int("group"), convolution.float("alpha")),
        (Some(0), Some(0.1))
    );
    let weight = model.initializer(convolution.inputs[1]).unwrap();
    assert_eq!(
        (&weight.dims[..], weight.element),
        (&[2, 1, 2][..], Element::F32)
    );
    assert_eq!(weight.to_f32().unwrap(), [1.0, 2.0, 3.0, 4.5]);
    assert_eq!(model.constant("x").unwrap().to_i64().unwrap(), [1, -2]);
    assert_eq!(model.producer("y").unwrap().name, "/dec/ups.0/Conv");
    let consumers: Vec<_> = model.consumers("c").map(|node| node.name).collect();
    assert_eq!(consumers, ["/i"]);
    assert_eq!(
        (model.inputs()[0].name, model.inputs()[0].element),
        ("input", Some(7))
    );
    assert_eq!(model.outputs()[0].name, "y");
}

#[test]
fn numbers_are_read_in_every_form() {
    let packed = |numbers: &[i64]| {
        let numbers = numbers.iter().map(|number| number.cast_unsigned());
        numbers.fold(proto(), Proto::varint)
    };
    let half = half::f16::from_f32(1.5);
    let forms = [
        (
            tensor("a", &[2], 1).bytes(4, floats(&[1.5, -1.0])),
            [1.5, -1.0],
        ),
        (
            tensor("a", &[2], 1).float(4, 1.5).float(4, -1.0),
            [1.5, -1.0],
        ),
        (
            tensor("a", &[2], 3).bytes(5, packed(&[100, -100])),
            [100.0, -100.0],
        ),
        (tensor("a", &[2], 3).bytes(9, [100, 0x9c]), [100.0, -100.0]),
        (tensor("a", &[2], 2).bytes(9, [100, 0x9c]), [100.0, 156.0]),
        (tensor("a", &[2], 6).int(5, 7).int(5, -7), [7.0, -7.0]),
        (tensor("a", &[2], 7).bytes(7, packed(&[7, -7])), [7.0, -7.0]),
        (
            tensor("a", &[2], 10).bytes(9, [half.to_le_bytes(); 2].concat()),
            [1.5, 1.5],
        ),
        (
            tensor("a", &[2], 10).bytes(5, packed(&[half.to_bits().into(); 2])),
            [1.5, 1.5],
        ),
        (
            tensor("a", &[2], 11).bytes(9, [1.5_f64, -1.0].map(f64::to_le_bytes).concat()),
            [1.5, -1.0],
        ),
    ];
    for (index, (tensor, expected)) in forms.into_iter().enumerate() {
        let bytes = in_model(&proto().bytes(5, tensor));
        let model = parsed(&bytes).unwrap();
        assert_eq!(
            model.initializers()[0].to_f32().unwrap(),
            expected,
            "{index}"
        );
    }
}

#[test]
fn a_file_that_is_cut_off_names_the_tensor() {
    let bytes = in_model(&proto().bytes(5, tensor("w", &[100], 1).bytes(9, [0; 400])));
    let end = bytes
        .windows(300)
        .position(|window| window == [0; 300])
        .unwrap();
    let error = refused(&bytes[..end + 123]);
    assert!(
        error.contains("ends in the middle of tensor `w`: 123 bytes of 400"),
        "{error}"
    );
    let whole = in_model(&small());
    for length in 0..whole.len() - 6 {
        refused(&whole[..length]);
    }
}

#[test]
fn what_is_no_model_is_told_with_its_place() {
    for (bytes, place) in [
        (&b"PK\x03\x04 a zip archive"[..], "field at byte 2"),
        (b"\x08\x08\x12\x7fab", "field at byte 2"),
        (b"\x08\x08", "there is no graph"),
        (
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            "field at byte 1",
        ),
        (b"\x3a\x04\x0a\x05\x0a\x01", "field at byte 3"),
        // A length within a whole graph that reaches beyond it.
        (b"\x3a\x04\x0a\x02\x0a\x70\x08\x01", "field at byte 5"),
        (b"", "there is no graph"),
    ] {
        let error = refused(bytes);
        assert!(
            error.contains("is not an ONNX model") && error.contains(place),
            "{error}"
        );
    }
}

#[test]
fn nesting_has_an_end() {
    let nested = |levels: usize| {
        let inner = (0..levels).fold(proto(), |graph, _| {
            let branch = proto().bytes(1, "then_branch").bytes(6, graph).int(20, 5);
            proto().bytes(1, node("", "If", &[], "").bytes(5, branch))
        });
        in_model(&inner)
    };
    parsed(&nested(9)).unwrap();
    for levels in [11, 2000] {
        let error = refused(&nested(levels));
        assert!(
            error.contains("not an ONNX model") && error.contains("nested too deeply"),
            "{error}"
        );
    }
}

#[test]
fn a_tensor_has_as_many_numbers_as_it_claims() {
    let four = floats(&[0.0; 4]);
    let error = refused_tensor(&tensor("w", &[2, 3], 1).bytes(9, &four));
    assert!(
        error.contains("tensor `w` claims 6 numbers, has 4"),
        "{error}"
    );
    for dims in [
        &[1 << 32, 1 << 32][..],
        &[-1, 2],
        &[(1 << 31) + 1],
        &[i64::MAX, 3, 0],
    ] {
        let error = refused_tensor(&tensor("w", dims, 1).bytes(9, &four));
        assert!(
            error.contains("tensor `w` claims the shape") && error.contains("has 4"),
            "{error}"
        );
    }
    let error = refused_tensor(&tensor("w", &[1], 1).bytes(9, [0; 3]));
    assert!(error.contains("tensor `w` has 3 bytes"), "{error}");
    let error = refused_tensor(&tensor("w", &[4], 1).bytes(9, &four).bytes(4, &four));
    assert!(error.contains("twice"), "{error}");
    let error = refused_tensor(&tensor("w", &[5_000_000], 6));
    assert!(error.contains("claims 5000000 numbers, has 0"), "{error}");
}

#[test]
fn other_files_are_never_opened() {
    let location = proto().bytes(1, "location").bytes(2, "/etc/passwd");
    for tensor in [
        tensor("w", &[4], 1).bytes(13, location.clone()),
        tensor("w", &[4], 1).bytes(13, location).int(14, 1),
        tensor("w", &[4], 1).int(14, 1),
    ] {
        let error = refused_tensor(&tensor);
        assert!(
            error.contains("external data is not supported") && !error.contains("passwd"),
            "{error}"
        );
    }
}

#[test]
fn other_operators_and_names_that_are_used_twice_are_refused() {
    let error = |version: i64| {
        let bytes = proto()
            .bytes(7, proto())
            .bytes(8, proto().int(2, version))
            .0;
        parsed(&bytes)
            .unwrap()
            .check_opset()
            .err()
            .map(|error| error.to_string())
    };
    assert_eq!((error(13), error(21)), (None, None));
    for version in [12, 22] {
        let error = error(version).unwrap();
        assert!(
            error.contains(&format!("uses opset {version}; 13 to 21")),
            "{error}"
        );
    }
    let twice = refused(&in_model(
        &proto()
            .bytes(5, tensor("w", &[0], 1))
            .bytes(5, tensor("w", &[0], 1)),
    ));
    assert!(twice.contains("two tensors of the name `w`"), "{twice}");
    let twice = refused(&in_model(&small().bytes(1, node("", "Conv", &[], "y"))));
    assert!(
        twice.contains("two nodes that make the value `y`"),
        "{twice}"
    );
    let sparse = refused(&in_model(&proto().bytes(15, proto())));
    assert!(sparse.contains("sparse"), "{sparse}");
    let constant = in_model(&proto().bytes(1, node("", "Identity", &["x"], "x")));
    assert!(parsed(&constant).unwrap().constant("x").is_none());
}

#[test]
fn parts_are_joined_and_an_empty_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let bytes = in_model(&small());
    let (first, second) = bytes.split_at(bytes.len() / 2);
    std::fs::write(path("a"), first).unwrap();
    std::fs::write(path("b"), second).unwrap();
    std::fs::write(path("empty"), "").unwrap();
    let joined = OnnxFile::join(&[path("a"), path("b")]).unwrap();
    assert_eq!(joined.model().unwrap().nodes().len(), 3);
    assert!(OnnxFile::open(&path("a")).unwrap().model().is_err());
    let error = OnnxFile::open(&path("empty")).err().unwrap().to_string();
    assert!(error.contains("is empty"), "{error}");
}

/// Looks at everything, that nothing of it panics.
fn walk(bytes: &[u8]) {
    let Ok(model) = parsed(bytes) else {
        return;
    };
    for node in model.nodes() {
        for value in node.inputs.iter().chain(&node.outputs) {
            let _ = (model.constant(value), model.consumers(value).count());
        }
    }
    for tensor in model.initializers() {
        let numbers = tensor.to_f32().map(|numbers| numbers.len());
        assert!(numbers.is_none_or(|numbers| numbers == tensor.count()));
        let _ = tensor.to_i64();
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        walk(&bytes);
    }

    #[test]
    fn no_damage_makes_it_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), end in any::<prop::sample::Index>()) {
        let mut bytes = in_model(&small());
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        walk(&bytes);
        walk(&bytes[..end.index(bytes.len())]);
    }
}
