#!/usr/bin/env python
"""Models of full size with random weights, and what the reference's stages take of one thread.

usage: bench.py --out DIR [--seconds 10]

Writes hubert/, rmvpe.pt and voice.pth, for `rvc_bench DIR SECONDS`, and prints CPU seconds for each second of audio.
"""

import argparse
import json
import time
from pathlib import Path

import torch
from safetensors.torch import save_file

from random_models import RATES, SYNTHESIZERS, HubertConfig, HubertModel, rmvpe

parser = argparse.ArgumentParser()
parser.add_argument("--out", type=Path, required=True)
parser.add_argument("--seconds", type=int, default=10)
ARGS = parser.parse_args()
torch.set_num_threads(1)
torch.manual_seed(0)


def measured(name: str, run) -> None:
    begin = time.process_time()
    run()
    print(f"{name:<24} {(time.process_time() - begin) / ARGS.seconds:.3f}", flush=True)


def hubert() -> HubertModel:
    folder = ARGS.out / "hubert"
    folder.mkdir(parents=True, exist_ok=True)
    config = HubertConfig()
    model = HubertModel(config).eval()
    rename = lambda name: name.replace("parametrizations.weight.original0", "weight_g").replace("parametrizations.weight.original1", "weight_v")
    save_file({rename(name): tensor.clone() for name, tensor in model.state_dict().items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"num_attention_heads": config.num_attention_heads, "feat_extract_norm": "group"}))
    return model


def voice():
    rates, kernels, bins = RATES["40k"]
    config = [bins, 32, 192, 192, 768, 2, 6, 3, 0, "1", [3, 7, 11], [[1, 3, 5]] * 3, rates, 512, kernels, 109, 256, "40k"]
    network = SYNTHESIZERS["v2", 1](*config, is_half=False).eval()
    weight = {name: tensor.half() for name, tensor in network.state_dict().items() if not name.startswith("enc_q.")}
    torch.save({"weight": weight, "config": config, "sr": "40k", "f0": 1, "version": "v2"}, ARGS.out / "voice.pth")
    return network


with torch.inference_mode():
    features = hubert()
    pitch = rmvpe.E2E(4, 1, (2, 2)).eval()
    torch.save(pitch.state_dict(), ARGS.out / "rmvpe.pt")
    network = voice()
    frames = 100 * ARGS.seconds
    wave = 0.1 * torch.randn(1, 16000 * ARGS.seconds)
    measured("features", lambda: features(wave))
    measured("pitch", lambda: pitch(torch.randn(1, 128, (frames + 31) // 32 * 32)))
    phone, length, speaker = torch.randn(1, frames, 768), torch.tensor([frames]), torch.tensor([0])
    hertz = torch.full((1, frames), 150.0)
    numbers = torch.full((1, frames), 80)
    measured("voice, all at once", lambda: network.infer(phone, length, numbers, hertz, speaker))
    measured("voice, a second at once", lambda: [network.infer(phone[:, i: i + 100], torch.tensor([100]), numbers[:, i: i + 100], hertz[:, i: i + 100], speaker) for i in range(0, frames, 100)])
