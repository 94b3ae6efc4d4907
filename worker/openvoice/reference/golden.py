#!/usr/bin/env python
"""Golden files of a random OpenVoice converter, from the reference implementation (coqui-tts' TTS.vc.models.openvoice).

    pip install -r worker/openvoice/reference/requirements.txt
    python worker/openvoice/reference/golden.py --out DIR [--salt N]     # small
    python worker/openvoice/reference/golden.py --out DIR --full         # the published sizes

DIR/config.json as it lies beside the published checkpoint; checkpoint.pth as that is (`model`, weight norm by its old names), checkpoint.safetensors
by its new ones; golden.safetensors: samples, noise and every stage, `[time, channel]`."""
import argparse
import json
import os
import zlib

import numpy as np
import torch
from safetensors.torch import save_file
from TTS.vc.configs.openvoice_config import OpenVoiceArgs, OpenVoiceAudioConfig, OpenVoiceConfig
from TTS.vc.models.openvoice import OpenVoice

parser = argparse.ArgumentParser()
parser.add_argument("--out", required=True)
parser.add_argument("--salt", default="")
parser.add_argument("--full", action="store_true")
ARGUMENTS = parser.parse_args()
SMALL = dict(inter_channels=12, hidden_channels=16, upsample_initial_channel=64, gin_channels=24, upsample_rates=[4, 4, 2, 2], upsample_kernel_sizes=[8, 8, 4, 4])
SMALL_AUDIO = dict(fft_size=256, hop_length=64, win_length=256)


def number(name):
    return zlib.crc32((ARGUMENTS.salt + name).encode())


def fill(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(number(name)))
            if name.endswith(("original0", "layernorm.weight")):
                values = 1 + 0.1 * values
            elif parameter.dim() == 1:
                values = 0.1 * values
            elif not name.endswith("original1"):
                values = values / parameter[0].numel() ** 0.5
            if name.endswith("original0") and "enc." in name and "res_skip" in name:
                values = 0.5 * values
            parameter.copy_(values)


def voice(name, pitch, count, rate):
    random = np.random.default_rng(number(name))
    times = np.arange(count) / rate
    tone = sum(np.sin(2 * np.pi * k * pitch * times + random.uniform(0, 6)) / k for k in range(1, 15))
    return (0.2 * tone * (np.sin(2 * np.pi * 1.1 * times) > -0.4) + 0.01 * random.standard_normal(count)).astype(np.float32)


torch.set_num_threads(1)
os.makedirs(ARGUMENTS.out, exist_ok=True)
args = OpenVoiceArgs() if ARGUMENTS.full else OpenVoiceArgs(**SMALL)
audio = OpenVoiceAudioConfig() if ARGUMENTS.full else OpenVoiceAudioConfig(**SMALL_AUDIO)
model = OpenVoice(OpenVoiceConfig(model_args=args, audio=audio)).eval()
fill(model)

hop = audio.hop_length
samples, reference = (torch.tensor(voice(name, pitch, count * hop, audio.input_sample_rate)) for name, pitch, count in [("source", 130, 140), ("target", 210, 170)])
golden = {"samples": samples, "reference": reference, "tau": torch.tensor([args.tau])}
with torch.inference_mode():
    source, spectra = model.extract_se(samples)
    target, _ = model.extract_se(reference)
    noise = torch.randn((1, args.inter_channels, spectra.shape[-1]), generator=torch.Generator().manual_seed(number("noise")))
    drawn = torch.randn_like
    torch.randn_like = lambda like, **_: noise
    lengths = torch.tensor([spectra.shape[-1]])
    shown = torch.zeros_like(source) if args.zero_g else source
    latents, mean, log_deviation, _ = model.enc_q(spectra, lengths, g=shown, tau=args.tau)
    made = model.inference(spectra, {"x_lengths": None, "g_src": source, "g_tgt": target})
    torch.randn_like = drawn
    assert torch.equal(latents, made["z"])
    stages = {"spectra": spectra, "noise": noise, "mean": mean, "log_deviation": log_deviation, "latents": latents,
              "without timbre": made["z_p"], "with timbre": made["z_hat"]}
    golden |= {name: stage[0].T for name, stage in stages.items()}
    golden |= {"source": source[:, :, 0], "target": target[:, :, 0], "waveform": made["model_outputs"].flatten()}

data = dict(sampling_rate=audio.input_sample_rate, filter_length=audio.fft_size, hop_length=hop, win_length=audio.win_length, n_speakers=0)
sizes = {name: getattr(args, name) for name in (
    "zero_g", "inter_channels", "hidden_channels", "filter_channels", "n_heads", "n_layers", "kernel_size", "p_dropout", "resblock", "resblock_kernel_sizes",
    "resblock_dilation_sizes", "upsample_rates", "upsample_initial_channel", "upsample_kernel_sizes", "gin_channels")}
with open(os.path.join(ARGUMENTS.out, "config.json"), "w") as file:
    json.dump({"_version_": "v2", "data": data, "model": sizes}, file, indent=1)
state = {name: tensor.detach().contiguous().clone() for name, tensor in model.state_dict().items()}
old = {name.replace("parametrizations.weight.original0", "weight_g").replace("parametrizations.weight.original1", "weight_v"): tensor for name, tensor in state.items()}
torch.save({"model": old, "iteration": 0}, os.path.join(ARGUMENTS.out, "checkpoint.pth"))
save_file(state, os.path.join(ARGUMENTS.out, "checkpoint.safetensors"))
save_file({name: tensor.float().contiguous().clone() for name, tensor in golden.items()}, os.path.join(ARGUMENTS.out, "golden.safetensors"))
print(f"{sum(tensor.numel() for tensor in state.values()):,} numbers, waveform within {golden['waveform'].abs().max():.3f}, rms {golden['waveform'].std():.3f}")
