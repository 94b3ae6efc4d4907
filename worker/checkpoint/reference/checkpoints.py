#!/usr/bin/env python
"""Writes the small checkpoints of `tests/checkpoints`: every shape in which `torch.save` gives a model, and hostile ones.

usage: checkpoints.py --out DIR      (needs torch; the tensors are the same in every run)
"""

import argparse
import collections
import os
import sys
import types
import zipfile

import torch


def tensors():
    return {
        "mel_stats": torch.arange(4, dtype=torch.float32),
        "gpt.half": torch.arange(6, dtype=torch.float16).reshape(2, 3),
        "gpt.brain": torch.arange(3, dtype=torch.bfloat16),
        # A view whose elements do not follow each other.
        "gpt.transposed": torch.arange(6, dtype=torch.float32).reshape(2, 3).T,
        "gpt.parameter": torch.nn.Parameter(torch.ones(2)),
        "decoder.weight_g": torch.full((2, 1, 1), 2.0),
        "decoder.weight_v": torch.full((2, 1, 3), 3.0),
        "bn.num_batches_tracked": torch.tensor(7),
    }


def configuration_class():
    """Stands for the class that early releases pickled an object of."""
    module = types.ModuleType("TTS.tts.configs.xtts_config")
    module.XttsConfig = type("XttsConfig", (), {"__module__": module.__name__})
    for name in ("TTS", "TTS.tts", "TTS.tts.configs"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules[module.__name__] = module
    return module.XttsConfig


class Command:
    """Runs a command when Python unpickles it."""

    def __reduce__(self):
        return os.system, ("touch hostile-was-here",)


def trainer_checkpoint():
    model = {f"xtts.{name}": tensor for name, tensor in tensors().items()}
    model["dvae.encoder.0.0.weight"] = torch.ones(1)
    model["torch_mel_spectrogram_dvae.mel_stats"] = torch.ones(1)
    state = {0: {"step": torch.tensor(5.0), "exp_avg": torch.ones(2)}}
    return {
        "config": {"lr": 1e-6},
        "model": collections.OrderedDict(model),
        "optimizer": {"state": state, "param_groups": [{"lr": 1e-6, "params": [0]}]},
        "scaler": None,
        "step": 5,
        "model_loss": {"train_loss": 0.5, "eval_loss": None},
    }


def speakers(channels, embedding):
    def voice(number):
        return {
            "gpt_cond_latent": torch.full((1, 32, channels), float(number)),
            "speaker_embedding": torch.full((1, embedding, 1), float(number)),
        }

    return {"Zoë O'Neil": voice(1), "Ana.Lima": voice(2)}


def bomb(path):
    """A small archive whose pickle says that it is far too long."""
    with zipfile.ZipFile(path, "w") as archive:
        name = zipfile.ZipInfo("bomb/data.pkl")
        name.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(name, b"N" * (65 << 20))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--out", required=True)
    out = arguments.parse_args().out
    config = configuration_class()()
    config.model_args, config.languages = {"gpt_layers": 2}, ["en"]
    module = torch.nn.Linear(2, 1)
    with torch.no_grad():
        module.weight.fill_(1)
        module.bias.fill_(2)
    files = {
        "published": {"model": tensors(), "config": {"lr": 1e-6}},
        "config_object": {"config": config, "model": tensors()},
        "trainer": trainer_checkpoint(),
        "bare": tensors(),
        # Carries attributes of its own beside its entries.
        "module": module.state_dict(),
        "mel_stats": torch.arange(80, dtype=torch.float32),
        # Of the sizes of the reduced model, and of others.
        "speakers": speakers(32, 16),
        "speakers_of_another_model": speakers(2, 3),
        "hostile": {"model": tensors(), "config": Command()},
    }
    for name, content in files.items():
        torch.save(content, f"{out}/{name}.pth")
    torch.save(tensors(), f"{out}/before_1_6.pth", _use_new_zipfile_serialization=False)
    for protocol in (3, 4, 5):
        torch.save(tensors(), f"{out}/protocol_{protocol}.pth", pickle_protocol=protocol)
    bomb(f"{out}/bomb.pth")
    # A voice of Kokoro, small, for its numbers are one and the same.
    torch.save(torch.full((1, 1, 1), 0.25).expand(510, 1, 256), f"{out}/af_test.pt")


main()
