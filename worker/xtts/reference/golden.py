#!/usr/bin/env python
"""Write the golden files of a small XTTS-v2 model of random weights: the model, and what the reference makes of it."""

import argparse
import hashlib
import json
import logging
import os
import random
import sys
import warnings
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
import torch
import torchaudio
import transformers
from safetensors.torch import save_file
from scipy.io import wavfile
from TTS.tts.configs.xtts_config import XttsConfig
from TTS.tts.layers.xtts.dvae import DiscreteVAE
from TTS.tts.models.xtts import Xtts

import tiny_model
import vocabulary
from random_weights import SAMPLE_RATE, synthetic_speech
from recorder import Recorder
from stages import Run, record_inference
from tiny_model import Size
from training import record_codes, record_training

Tensors = dict[str, torch.Tensor]


def entries(module: torch.nn.Module, half: bool = False) -> Tensors:
    """The state dict of a module, with float16 weights if asked for; windows and filterbanks stay float32."""
    tensors = {key: tensor.detach().clone().contiguous() for key, tensor in module.state_dict().items()}
    if not half:
        return tensors
    kept = {key: t for key, t in tensors.items() if "torch_spec" in key or not t.is_floating_point()}
    return {key: tensor.half() for key, tensor in tensors.items()} | kept


def write_pickles(out: Path, model: Xtts, config: XttsConfig, dvae: DiscreteVAE) -> None:
    """Write the checkpoint as published files have it, and as early releases pickled it: with a config object."""
    tensors = entries(model)
    torch.save({"model": tensors, "config": config.to_dict()}, out / "model.pth")
    few = {key: tensor for key, tensor in tensors.items() if key.startswith("gpt.final_norm") or key == "mel_stats"}
    torch.save({"config": config, "model": few}, out / "model_legacy_config_object.pth")
    torch.save(entries(dvae), out / "dvae.pth")
    torch.save(model.mel_stats.clone(), out / "mel_stats.pth")


def write_model(out: Path, size: Size, model: Xtts, config: XttsConfig, dvae: DiscreteVAE) -> None:
    """Write weights and configuration; `_tiny` in the latter has the sizes that the former's fields cannot express."""
    save_file(entries(model, size.half), out / "model.safetensors")
    save_file(entries(dvae, size.half), out / "dvae.safetensors")
    sizes = dict(hifigan=size.hifigan, speaker_encoder=size.speaker_encoder, dvae=size.dvae)
    with (out / "config.json").open("w") as file:
        json.dump(dict(config.to_dict(), _tiny=sizes), file, indent=1, default=str)


def write_reference(path: Path, size: Size) -> torch.Tensor:
    """Write the reference recording and return it as a reader gets it: [1, samples]."""
    reference = synthetic_speech(int(size.reference_seconds * SAMPLE_RATE), 1)
    samples = reference[0].numpy()
    if size.half:
        samples = np.round(samples * 32768).astype(np.int16)
        reference = torch.from_numpy(samples.astype(np.float32) / 32768)[None]
    wavfile.write(path, SAMPLE_RATE, samples)
    return reference


def facts(tensors: Tensors) -> dict[str, list]:
    """Shape, mean, deviation and largest magnitude of each tensor."""

    def describe(tensor: torch.Tensor) -> list:
        values = tensor.double()
        deviation = float(values.std()) if values.numel() > 1 else 0.0
        numbers = float(values.mean()), deviation, float(values.abs().max())
        return [list(tensor.shape), *(round(number, 5) for number in numbers)]

    return {name: describe(tensor) for name, tensor in tensors.items()}


def versions() -> dict[str, str]:
    """Versions of what made the files."""
    return dict(
        torch=torch.__version__,
        torchaudio=torchaudio.__version__,
        transformers=transformers.__version__,
        coqui_tts=version("coqui-tts"),
        python=sys.version.split()[0],
    )


def generate(out: Path, size: Size, salt: str) -> None:
    """Write all files of one size."""
    vocabulary.write_small(out / "vocab.json")
    config = tiny_model.config(size)
    model = tiny_model.build_model(size, config, out / "vocab.json", size.salt + salt)
    dvae = tiny_model.build_dvae(size, salt)
    write_model(out, size, model, config, dvae)
    if not size.half:
        write_pickles(out, model, config, dvae)
    run = Run(model, size, Recorder(size.keep))
    run.meta["n_params"] = sum(weight.numel() for weight in model.parameters())
    run.meta["state_dict_keys"] = len(model.state_dict())
    reference = write_reference(out / "ref.wav", size)
    ids = record_inference(run, reference, out / "ref.wav")
    recorded, trained = run.recorder.tensors, Recorder()
    if size.keep:  # the audio tokenizer over the beginning of the reference stands for the training
        record_codes(run.recorder, dvae, reference[:, : SAMPLE_RATE // 2], model.mel_stats)
        run.meta.update(chunk_seconds=size.chunk_seconds, stream_chunk=size.stream_chunk)
    else:
        record_training(replace(run, recorder=trained), dvae, ids)
        save_file(trained.tensors, out / "train.safetensors")
        inputs = {f"train.{name}": t for name, t in trained.tensors.items() if not name.startswith("grad.")}
        run.meta["stats"] = facts(recorded | inputs)
    save_file(recorded, out / "golden.safetensors")
    run.meta["versions"] = versions()
    with (out / "meta.json").open("w") as file:
        json.dump(run.meta, file, indent=1, ensure_ascii=False, sort_keys=True)


def main() -> None:
    """Read the command line, write the files and print their checksums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("golden"), help="folder to write (default: golden)")
    parser.add_argument("--size", choices=tiny_model.SIZES, default="tiny", help="size of the model (default: tiny)")
    parser.add_argument("--salt", default="", help="another salt gives other random weights")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch; with one, runs are identical")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)
    options.out.mkdir(parents=True, exist_ok=True)
    generate(options.out, tiny_model.SIZES[options.size], options.salt)
    for path in sorted(options.out.iterdir()):
        print(hashlib.sha256(path.read_bytes()).hexdigest()[:16], path.stat().st_size, path.name)


if __name__ == "__main__":
    main()
