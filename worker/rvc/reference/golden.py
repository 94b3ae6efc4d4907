#!/usr/bin/env python
"""Golden vectors: small random models, and what the reference makes of a recording with them, stage by stage.

usage: golden.py --out DIR [--size tiny|fixture] [--salt TEXT]

Writes hubert/, hubert_fairseq.pt, rmvpe.pt, voices, indexes, golden.safetensors, pipeline.safetensors and meta.json. `fixture` is what
tests/golden holds: without hubert/, and only the stages that are read. Everything that the reference draws while it converts comes from recorded noise (`noise.*`).
"""

import argparse
import json
import logging
import shutil
import warnings
import zlib
from pathlib import Path

warnings.filterwarnings("ignore")

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from random_models import Maker

SIZES = {
    "tiny": dict(
        hubert=dict(hidden_size=32, num_hidden_layers=3, num_attention_heads=4, intermediate_size=64, conv_dim=[16] * 7, classifier_proj_size=12),
        rmvpe=dict(n_blocks=2, en_de_layers=3, inter_layers=2, en_out_channels=4, gru=12),
        voice=dict(latent=16, hidden=16, filter=32, layers=2, blocks=[3, 7, 11], channels=32, speaker=8),
    ),
    "fixture": dict(
        hubert=dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, conv_dim=[4] * 7, classifier_proj_size=6),
        rmvpe=dict(n_blocks=1, en_de_layers=1, inter_layers=1, en_out_channels=2, gru=2, half=True),
        voice=dict(latent=4, hidden=8, filter=8, layers=1, blocks=[3], channels=16, speaker=3),
    ),
}
# The layers that voices of both versions take.
LAYERS = {"tiny": (2, 3), "fixture": (1, 2)}
FRAMES = {"tiny": 37, "fixture": 5}
# Of the recording, and its part that the listening networks are given.
SECONDS = {"tiny": 5.137, "fixture": 0.2}
SAMPLES = {"tiny": 20011, "fixture": 2731}

parser = argparse.ArgumentParser()
parser.add_argument("--out", type=Path, required=True)
parser.add_argument("--size", choices=SIZES, default="tiny")
parser.add_argument("--salt", default="")
ARGS = parser.parse_args()
ARGS.out.mkdir(parents=True, exist_ok=True)
logging.disable(logging.WARNING)
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
MAKER = Maker(ARGS.salt, SIZES[ARGS.size], ARGS.out)
FIRST, LAST = LAYERS[ARGS.size]
GOLDEN, META = {}, {}


def put(name: str, value, into: dict = GOLDEN) -> None:
    tensor = torch.as_tensor(np.ascontiguousarray(value) if isinstance(value, np.ndarray) else value)
    into[name] = tensor.detach().clone().contiguous().cpu()


class Recorded:
    """Takes the place of what torch draws."""

    def __init__(self, tag: str, into: dict = GOLDEN):
        self.tag, self.into, self.count = tag, into, 0

    def randn_like(self, like, **_):
        values = MAKER.random(f"{self.tag}.{self.count}", like.shape)
        put(f"noise.{self.tag}.{self.count}", values, self.into)
        self.count += 1
        return values

    def __enter__(self):
        self.kept = torch.randn_like, torch.rand
        # The only use of the latter is multiplied by nothing.
        torch.randn_like, torch.rand = self.randn_like, lambda *shape, **_: torch.zeros(*shape)
        return self

    def __exit__(self, *_):
        torch.randn_like, torch.rand = self.kept


HOOKS = []


def record(module, name: str, pick=lambda output: output) -> None:
    HOOKS.append(module.register_forward_hook(lambda _, __, output: put(name, pick(output))))


def stop_recording() -> None:
    while HOOKS:
        HOOKS.pop().remove()


def first(output):
    return output[0] if isinstance(output, tuple) else output


def recording(seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Something like speech, voiced and not, with pauses near the cuts and an offset that the filter has to take away; and its pitch."""
    count = int(seconds * 16000)
    chance = np.random.default_rng(zlib.crc32((ARGS.salt + "wav").encode()))
    time = np.arange(count) / 16000
    pitch = 130 + 30 * np.sin(2 * np.pi * 0.7 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / 16000
    voiced = (np.sin(2 * np.pi * 1.1 * time) > -0.4).astype(float)
    loudness = 0.55 + 0.45 * np.sin(2 * np.pi * 2.3 * time)
    wave = voiced * sum(np.sin(k * phase + k) / k for k in range(1, 9)) * 0.12 + (1 - voiced) * 0.05 * chance.standard_normal(count)
    wave = wave * loudness + 0.02 + 0.003 * chance.standard_normal(count)
    for begin, end in ((2.05, 2.12), (4.30, 4.36)):
        wave[int(begin * 16000): int(end * 16000)] *= 0.02
    return wave.astype(np.float32), np.where(voiced > 0, pitch, 0.0)


def coarse(pitch: np.ndarray) -> np.ndarray:
    lowest, highest = 1127 * np.log(1 + 50 / 700), 1127 * np.log(1 + 1100 / 700)
    mel = 1127 * np.log(1 + pitch / 700)
    mel[mel > 0] = (mel[mel > 0] - lowest) * 254 / (highest - lowest) + 1
    return np.rint(np.clip(mel, 1, 255)).astype(np.int64)


def features(wave: np.ndarray):
    network, config = MAKER.hubert()
    META["tiny"] = dict(hubert=config, layers=dict(v1=FIRST, v2=LAST), pipeline=dict(x_pad=1, x_query=1, x_center=2, x_max=3))
    part = torch.from_numpy(wave)[None, : SAMPLES[ARGS.size]]
    if ARGS.size == "tiny":
        for number, layer in enumerate(network.feature_extractor.conv_layers):
            record(layer, f"hub.conv{number}")
    record(network.feature_projection, "hub.proj", first)
    record(network.encoder.pos_conv_embed, "hub.pos_conv")
    output = network(part, output_hidden_states=True)
    stop_recording()
    for number, hidden in enumerate(output.hidden_states):
        put(f"hub.hidden{number}", hidden)
    put("hub.v1", network.final_proj(output.hidden_states[FIRST]))
    put("hub.v2", output.last_hidden_state)
    return network


def pitch(wave: np.ndarray) -> None:
    tracker = MAKER.pitch(wave)
    network = tracker.model
    mel = tracker.mel_extractor(torch.from_numpy(wave)[None, : SAMPLES[ARGS.size]], center=True)
    put("rmvpe.mel", mel)
    if ARGS.size == "tiny":
        record(network.unet.encoder.bn, "rmvpe.bn")
        for number, layer in enumerate(network.unet.encoder.layers):
            record(layer, f"rmvpe.enc{number}", lambda output: output[1])
        record(network.unet.intermediate, "rmvpe.mid")
        for number, layer in enumerate(network.unet.decoder.layers):
            record(layer, f"rmvpe.dec{number}")
        record(network.cnn, "rmvpe.cnn")
    record(network.fc[0], "rmvpe.gru")
    salience = tracker.mel2hidden(mel)
    stop_recording()
    put("rmvpe.salience", salience)
    put("rmvpe.f0", tracker.decode(salience[0].numpy(), thred=0.03))
    frames = mel.shape[-1]
    if ARGS.size == "tiny":
        # RVC of 2026 fills up with zeros instead of mirroring.
        put("rmvpe.salience_zero_pad", network(F.pad(mel, (0, 32 * ((frames - 1) // 32 + 1) - frames)))[:, :frames])
    edges = torch.zeros(6, 360)
    edges[0, :5] = torch.tensor([0.9, 0.5, 0.3, 0.2, 0.1])
    edges[1, 355:] = torch.tensor([0.1, 0.2, 0.3, 0.5, 0.9])
    edges[2, 100:109] = MAKER.random("dec", (9,), "uniform")
    edges[3, 50], edges[4, 50] = 0.03, 0.0301
    put("rmvpe.decode_in", edges)
    put("rmvpe.decode_out", np.nan_to_num(tracker.decode(edges.numpy(), thred=0.03)))


def record_voice(network, tag: str) -> None:
    stage = lambda name: f"syn.{tag}.{name}"
    record(network.enc_p.emb_phone, stage("emb_phone"))
    for number, layer in enumerate(network.enc_p.encoder.attn_layers):
        record(layer, stage(f"attn{number}"))
    record(network.enc_p, stage("m_p"), lambda output: output[0])
    record(network.enc_p, stage("logs_p"), lambda output: output[1])
    for number, layer in enumerate(network.flow.flows):
        record(layer, stage(f"flow{number}"), first)
    record(network.dec.m_source.l_sin_gen, stage("sine"), first)
    record(network.dec.conv_pre, stage("conv_pre"))
    for name, layers in (("up", network.dec.ups), ("noise_conv", network.dec.noise_convs), ("res", network.dec.resblocks)):
        for number, layer in enumerate(layers):
            record(layer, stage(f"{name}{number}"))


def voices() -> dict:
    frames = FRAMES[ARGS.size]
    place = np.arange(frames)
    hertz = torch.from_numpy(np.where(place % 12 < 8, 110 + 3.0 * place, 0).astype(np.float32))[None]
    numbers = torch.from_numpy(coarse(hertz.double().numpy().copy()))
    put("syn.pitchf", hertz)
    put("syn.pitch", numbers)
    probe = np.array([0, 10, 49.9, 50, 50.5, 51, 100, 220, 440, 880, 1099, 1100, 1200, 3000.0])
    put("coarse.in", probe)
    put("coarse.out", coarse(probe.copy()))
    kinds = {"40k": ("40k", "v2", 1)}
    if ARGS.size == "tiny":
        kinds |= {"32k": ("32k", "v2", 1), "48k": ("48k", "v2", 1), "v1": ("40k", "v1", 1), "nof0": ("40k", "v2", 0)}
    networks = {}
    for tag, (rate, version, has_pitch) in kinds.items():
        networks[tag] = network = MAKER.voice(rate, version, has_pitch)
        phone = 0.7 * MAKER.random("phone." + tag, (1, frames, network.enc_p.emb_phone.in_features))
        put(f"syn.{tag}.phone", phone)
        if tag == "40k" and ARGS.size == "tiny":
            record_voice(network, tag)
        arguments = (phone, torch.tensor([frames])) + ((numbers, hertz) if has_pitch else ())
        with Recorded(f"syn.{tag}"):
            output = network.infer(*arguments, torch.tensor([1]))
        stop_recording()
        put(f"syn.{tag}.z_p", output[2][1])
        put(f"syn.{tag}.z", output[2][0])
        put(f"syn.{tag}.wav", output[0])
    return networks


def main() -> None:
    wave, true_pitch = recording(SECONDS[ARGS.size])
    put("in.wav", wave)
    pipeline, META["pipeline"], META["samples"] = {}, {}, SAMPLES[ARGS.size]
    with torch.inference_mode():
        hubert = features(wave)
        pitch(wave)
        networks = voices()
        import conversions

        conversions.retrieval(MAKER, hubert, wave, put)
        put("highpass", conversions.filtered(wave) if ARGS.size == "tiny" else conversions.filtered(wave).astype(np.float32), pipeline)
        if ARGS.size == "tiny":
            put("f0_true", true_pitch, pipeline)
            record_into = lambda tag: Recorded(tag, pipeline)
            runs = conversions.Runs(ARGS.out, hubert, (FIRST, LAST), wave, true_pitch, record_into, lambda name, value: put(name, value, pipeline))
            META["pipeline"] = runs.all(networks)
    save_file(GOLDEN, ARGS.out / "golden.safetensors")
    save_file(pipeline, ARGS.out / "pipeline.safetensors")
    (ARGS.out / "meta.json").write_text(json.dumps(META, indent=1))
    if ARGS.size == "fixture":
        shutil.rmtree(ARGS.out / "hubert")
    print(f"{ARGS.out}: {len(GOLDEN)} and {len(pipeline)} tensors")


main()
