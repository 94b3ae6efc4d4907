#!/usr/bin/env python
"""Write golden files of a Piper voice: the voice, and every stage of what the reference's graph makes of it with given noise.

`--onnx` takes a published voice. Without it a small one of random weights is made with the training code of the package piper-tts
(GPL-3.0; it is run here, and nothing of it is part of this repository), and exported as published voices are.
"""

import argparse
import json
import os
import shutil
import sys
import types
import zlib
from importlib.metadata import files
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from safetensors.numpy import save_file

SYMBOLS = 96
# The stages that the fixtures keep, by the beginning of their names.
KEPT = (
    "enc_p.encoder.attn_layers.0.conv_q", "enc_p.encoder.norm_layers_2.1", "enc_p.proj", "dp.proj", "dp.flows.3.proj", "dp.conv_1",
    "flow.flows.6.enc.in_layers.0", "flow.flows.6.post", "flow.flows.0.post", "dec.in", "dec.conv_pre", "dec.ups.0",
    "dec.resblocks.0.out", "ids", "sid", "scales", "noise", "logw", "w_ceil", "output",
)  # fmt: skip


def module(node: onnx.NodeProto) -> str:
    """The path of a node's module: `enc_p.proj` of `/enc_p/proj/Conv`."""
    return node.name.strip("/").rsplit("/", 1)[0].replace("/", ".")


def stages(graph: onnx.GraphProto) -> dict[str, str]:
    """Names of stages by the values of the graph."""
    found, last = {}, {}
    for node in graph.node:
        last[module(node)] = node.output[0]
        if node.op_type in ("Conv", "ConvTranspose"):
            found[node.output[0]] = module(node)
        if node.op_type == "Ceil":
            found[node.output[0]] = "w_ceil"
        if node.name == "/Exp":
            found[node.input[0]] = "logw"
        if node.name == "/dec/conv_pre/Conv":
            found[node.input[0]] = "dec.in"
    for name, value in last.items():
        norm = name.startswith("enc_p.encoder.norm_layers")
        block = name.startswith("dec.resblocks") and name.count(".") == 2
        if norm or block:
            found.setdefault(value, f"{name}.out")
    return found


def with_noise_given(model: onnx.ModelProto) -> dict[str, str]:
    """Make inputs of the two nodes that draw noise; their values' names by those of the golden tensors."""
    graph, inputs = model.graph, {}
    for node in [node for node in graph.node if node.op_type == "RandomNormalLike"]:
        graph.node.remove(node)
        inputs["noise_dp" if node.name.startswith("/dp") else "noise_z"] = node.output[0]
        graph.input.append(helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, None))
    return inputs


def record(path: Path, salt: int, ids: list[int], speaker: int) -> dict[str, np.ndarray]:
    """Run the graph with noise drawn from the salt, and keep every stage."""
    model = onnx.load(path)
    noise, names = with_noise_given(model), stages(model.graph)
    inputs = {value.name for value in model.graph.input}
    outputs = {value.name for value in model.graph.output}
    for value in names:
        if value not in inputs | outputs:
            model.graph.output.append(helper.make_tensor_value_info(value, TensorProto.FLOAT, None))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    random = np.random.Generator(np.random.PCG64(salt))
    latent = next(t for t in model.graph.initializer if t.name == "enc_p.proj.bias").dims[0] // 2
    golden = {
        "ids": np.array(ids, np.int64),
        "sid": np.array([speaker], np.int64),
        "scales": np.array([0.667, 1.0, 0.8], np.float32),
        "noise_dp": random.standard_normal((1, 2, len(ids))).astype(np.float32),
        "noise_z": random.standard_normal((1, latent, 32768)).astype(np.float32),
    }
    feeds = {"input": golden["ids"][None], "input_lengths": np.array([len(ids)], np.int64), "scales": golden["scales"]}
    if "sid" in inputs:
        feeds["sid"] = golden["sid"]
    if "noise_dp" in noise:
        feeds[noise["noise_dp"]] = golden["noise_dp"]
    frames_value = next(value for value, name in names.items() if name == "w_ceil")
    feeds[noise["noise_z"]] = golden["noise_z"][:, :, :1]
    frames = max(1, int(session.run([frames_value], feeds)[0].sum()))
    golden["noise_z"] = np.ascontiguousarray(golden["noise_z"][:, :, :frames])
    feeds[noise["noise_z"]] = golden["noise_z"]
    values = [output.name for output in session.get_outputs()]
    for value, found in zip(values, session.run(values, feeds)):
        name = "output" if value == "output" else names.get(value)
        if name and found.dtype == np.float32:
            golden[name] = np.ascontiguousarray(found)
    return golden


def training_code() -> types.ModuleType:
    """The reference's model, without what its packages load for training."""
    root = next(file.locate() for file in files("piper-tts") if str(file).endswith("piper/__init__.py")).parents[1]
    for name in ("piper", "piper.train", "piper.train.vits"):
        package = types.ModuleType(name)
        package.__path__ = [str(root.joinpath(*name.split(".")))]
        sys.modules[name] = package
    alignment = types.ModuleType("piper.train.vits.monotonic_align")
    alignment.maximum_path = None
    sys.modules[alignment.__name__] = alignment
    from piper.train.vits import models

    return models


def fill(network, salt: int) -> None:
    """Random weights, each from the salt and its own name."""
    import torch

    with torch.no_grad():
        for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
            random = np.random.Generator(np.random.PCG64([salt, zlib.crc32(name.encode())]))
            shape = tuple(tensor.shape)
            spread = 0.7 / max(1, np.prod(shape[1:])) ** 0.5 if tensor.ndim > 1 else 0.1
            values = random.standard_normal(shape) * spread
            if name.endswith(("weight_g", "original0")):
                values = 0.6 + 0.2 * np.abs(values)
            if name.endswith("gamma"):
                values = 1 + values
            tensor.copy_(torch.from_numpy(np.asarray(values, np.float32)))


def make_voice(out: Path, salt: int, speakers: int, high: bool, plain: bool) -> Path:
    """A small voice of random weights, exported with the input names of published ones."""
    import torch

    models = training_code()
    torch.set_num_threads(1)
    blocks = (
        {"resblock": "1", "resblock_kernel_sizes": (3, 7), "resblock_dilation_sizes": ((1, 3, 5),) * 2,
         "upsample_rates": (8, 8, 2, 2), "upsample_kernel_sizes": (16, 16, 4, 4)}
        if high else
        {"resblock": "2", "resblock_kernel_sizes": (3, 5, 7), "resblock_dilation_sizes": ((1, 2), (2, 6), (3, 12)),
         "upsample_rates": (8, 8, 4), "upsample_kernel_sizes": (16, 16, 8)}
    )  # fmt: skip
    network = models.SynthesizerTrn(
        n_vocab=SYMBOLS, spec_channels=513, segment_size=32, inter_channels=16, hidden_channels=16, filter_channels=24, n_heads=2, n_layers=2,
        kernel_size=3, p_dropout=0.1, n_speakers=speakers, gin_channels=12 if speakers > 1 else 0, use_sdp=not plain,
        upsample_initial_channel=32, **blocks,
    )  # fmt: skip
    if plain:
        # The reference's is too wide for a file in a repository.
        network.dp = type(network.dp)(16, 32, 3, 0.5, gin_channels=12 if speakers > 1 else 0)
    fill(network, salt)
    network.eval()
    network.dec.remove_weight_norm()

    def forward(text, lengths, scales, sid=None):
        noise, length, width = scales
        audio = network.infer(text, lengths, noise_scale=noise, length_scale=length, noise_scale_w=width, sid=sid)[0]
        return audio.unsqueeze(1)

    network.forward = forward
    text = torch.randint(0, SYMBOLS, (1, 50))
    speaker = torch.LongTensor([0]) if speakers > 1 else None
    path = out / "voice.onnx"
    old = {"dynamo": False} if "dynamo" in torch.onnx.export.__code__.co_varnames else {}
    torch.onnx.export(
        network, (text, torch.LongTensor([50]), torch.FloatTensor([0.667, 1.0, 0.8]), speaker), str(path), opset_version=15,
        input_names=["input", "input_lengths", "scales", "sid"], output_names=["output"],
        dynamic_axes={"input": {0: "batch", 1: "phonemes"}, "input_lengths": {0: "batch"}, "output": {0: "batch", 2: "time"}}, **old,
    )  # fmt: skip
    symbols = "_^$ !',.-:;?abcdefghijklmnopqrstuvwxyzæçðøħŋœɐɑɒɔɕɖəɚɛɜɡɪɲɹɾʃʊʌʒˈˌːθ"
    config = {
        "audio": {"sample_rate": 22050, "quality": "tiny"}, "espeak": {"voice": "en-us"}, "phoneme_type": "espeak",
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8}, "phoneme_map": {}, "num_symbols": SYMBOLS,
        "phoneme_id_map": {symbol: [number] for number, symbol in enumerate(symbols)},
        "num_speakers": speakers, "speaker_id_map": {f"speaker-{n}": n for n in range(speakers)} if speakers > 1 else {},
        "hop_length": 256, "language": {"code": "en_US"}, "dataset": "random",
    }  # fmt: skip
    path.with_suffix(".onnx.json").write_text(json.dumps(config, ensure_ascii=False))
    return path


def main() -> None:
    """Read the command line and write the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--onnx", type=Path, help="a published voice")
    parser.add_argument("--salt", type=int, default=1)
    parser.add_argument("--ids", help="separated by blanks")
    parser.add_argument("--speakers", type=int, default=1)
    parser.add_argument("--speaker", type=int, default=0)
    parser.add_argument("--high", action="store_true", help="with the blocks of the quality `high`")
    parser.add_argument("--plain", action="store_true", help="without chance in the durations")
    parser.add_argument("--fixture", action="store_true", help="only the stages that the tests read")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    voice = options.out / "voice.onnx"
    if options.onnx:
        shutil.copy(options.onnx, voice)
        shutil.copy(f"{options.onnx}.json", f"{voice}.json")
    else:
        make_voice(options.out, options.salt, options.speakers, options.high, options.plain)
    ids = [int(number) for number in options.ids.split()] if options.ids else []
    if not ids:
        # A word that the small voices have the symbols of.
        config = json.loads(Path(f"{voice}.json").read_text())["phoneme_id_map"]
        ids = [1, 0, *(number for symbol in "həlˈoʊ wˈɜːld." for number in [*config.get(symbol, [3]), 0]), 2]
    golden = record(voice, options.salt, ids, options.speaker)
    if options.fixture:
        golden = {name: tensor for name, tensor in golden.items() if name.startswith(KEPT)}
    save_file(golden, options.out / "golden.safetensors")
    print(f"{len(golden)} tensors, {golden['noise_z'].shape[2]} frames")


if __name__ == "__main__":
    main()
