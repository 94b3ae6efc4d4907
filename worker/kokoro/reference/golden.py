#!/usr/bin/env python
"""Write golden files of Kokoro: a model, and what the reference makes of some ids with it.

    golden.py --out DIR [--salt N] [--speed S] [--ids N]
        a small model, every tensor random by its name and the salt
    golden.py --weights MODEL.safetensors --config config.json --style VOICE.bin --phones "həlˈO." --out DIR
        a real one, whose weights stand under module names; the weights are linked, not copied

What is drawn by chance, the noise of the source, is drawn here and written too.
"""

import argparse
import json
import os
import warnings
from pathlib import Path
from typing import Any

warnings.filterwarnings("ignore")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn.utils.rnn import PackedSequence

from reference_model import TINY, build

IDS = [50, 83, 54, 156, 31, 16, 65, 156, 87, 123, 54, 46, 4]
# Modules by their names, and those below a name by how deep they are.
STAGES = {
    "bert_encoder", "predictor.text_encoder", "predictor.lstm", "predictor.duration_proj", "predictor.shared",
    "predictor.F0_proj", "predictor.N_proj", "text_encoder", "decoder.encode", "decoder.asr_res", "decoder.F0_conv",
    "decoder.N_conv", "decoder.generator.conv_post",
}  # fmt: skip
STAGES_BELOW = {
    "predictor.F0.": 2,
    "predictor.N.": 2,
    "predictor.text_encoder.lstms.": 3,
    "text_encoder.cnn.": 2,
    "decoder.decode.": 2,
    "decoder.generator.resblocks.": 3,
    "decoder.generator.noise_res.": 3,
    "decoder.generator.noise_convs.": 3,
    "decoder.generator.ups.": 3,
}

Tensors = dict[str, torch.Tensor]


def first(output: Any) -> torch.Tensor:
    if isinstance(output, tuple) and not isinstance(output, PackedSequence):
        output = output[0]
    return output.data if isinstance(output, PackedSequence) else output


def record(model: Any, golden: Tensors) -> None:
    def keep(name: str) -> Any:
        def hook(_module: Any, _inputs: Any, output: Any) -> None:
            golden[name] = first(output).detach().clone()

        return hook

    def keep_layer(_module: Any, _inputs: Any, output: Any) -> None:
        number = sum(name.startswith("bert.layer.") for name in golden)
        golden[f"bert.layer.{number}"] = first(output).detach().clone()

    model.bert.embeddings.register_forward_hook(keep("bert.embeddings"))
    model.bert.encoder.albert_layer_groups[0].albert_layers[0].register_forward_hook(keep_layer)
    for name, module in model.named_modules():
        below = any(name.startswith(part) and name.count(".") == depth for part, depth in STAGES_BELOW.items())
        if name in STAGES or below:
            module.register_forward_hook(keep(name))
    generator = model.decoder.generator
    generator.m_source.register_forward_hook(keep("source"))
    generator.m_source.l_sin_gen.register_forward_hook(keep("sines"))
    transform = generator.stft.transform

    def keep_spectra(samples: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        magnitude, phase = transform(samples)
        golden["har.magnitude"], golden["har.phase"] = magnitude.clone(), phase.clone()
        return magnitude, phase

    generator.stft.transform = keep_spectra


def run(model: Any, ids: list[int], style: torch.Tensor, speed: float, chance: np.random.Generator) -> Tensors:
    golden: Tensors = {}
    record(model, golden)
    rand, randn_like = torch.rand, torch.randn_like

    def phases(*shape: int, **_options: Any) -> torch.Tensor:
        return torch.from_numpy(chance.random(shape).astype(np.float32))  # they have no effect

    def noise(like: torch.Tensor, **_options: Any) -> torch.Tensor:
        values = torch.from_numpy(chance.standard_normal(tuple(like.shape)).astype(np.float32))
        golden.setdefault("chance.noise", values.clone())  # the second one is used by nobody
        return values

    torch.rand, torch.randn_like = phases, noise
    try:
        audio, durations = model.forward_with_tokens(torch.LongTensor([ids]), style, speed)
    finally:
        torch.rand, torch.randn_like = rand, randn_like
    golden |= {
        "ids": torch.LongTensor(ids),
        "style": style,
        "audio": audio,
        "pred_dur": durations,
        "speed": torch.tensor([speed]),
    }
    return golden


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--salt", type=int, default=1)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--ids", type=int, default=len(IDS), help="how many of the small model's ids")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--style", type=Path)
    parser.add_argument("--phones", default="həlˈO wˈɜɹld.")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    chance = np.random.Generator(np.random.PCG64(options.salt))
    config = json.loads(options.config.read_text()) if options.config else TINY
    model = build(config, options.weights, options.salt)
    if options.weights:
        inner = [config["vocab"][symbol] for symbol in options.phones if symbol in config["vocab"]]
        rows = np.fromfile(options.style, "<f4").reshape(-1, 1, 256)
        style = torch.from_numpy(rows[len(inner) - 1].copy())
    else:
        inner = IDS[: options.ids]
        style = torch.from_numpy(chance.standard_normal((1, 2 * config["style_dim"])).astype(np.float32))
    golden = run(model, [0, *inner, 0], style, options.speed, chance)
    options.out.mkdir(parents=True, exist_ok=True)
    save_file({name: values.contiguous() for name, values in golden.items()}, options.out / "golden.safetensors")
    weights = options.out / "weights.safetensors"
    weights.unlink(missing_ok=True)
    if options.weights:
        weights.symlink_to(options.weights.resolve())
    else:
        named = {name: values for name, values in model.named_parameters() if "pooler" not in name}
        save_file({name: values.detach().clone() for name, values in named.items()}, weights)
    config = {name: value for name, value in config.items() if name != "vocab"}
    (options.out / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    print(f"{len(golden)} stages, {int(golden['pred_dur'].sum())} frames, {golden['audio'].numel()} samples")


main()
