#!/usr/bin/env python
"""Write a full-size XTTS-v2 checkpoint of random weights in the published layout."""

import argparse
import json
import logging
import tempfile
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import torch
from scipy.io import wavfile
from TTS.tts.configs.xtts_config import XttsConfig
from TTS.tts.layers.xtts.dvae import DiscreteVAE
from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
from TTS.tts.models.xtts import Xtts

import vocabulary
from random_weights import SAMPLE_RATE, randomize, synthetic_speech

SPEAKERS = {"Random One": 120.0, "Random Two": 190.0}  # name and pitch in Hz
LICENSE = """The weights in this folder are random numbers, drawn from fixed seeds. They were derived from no
recording, text or trained model, and whoever made them claims no rights in them (CC0-1.0).
What they say is noise; they serve to measure and to test programs that read this layout.
"""


def published_config() -> XttsConfig:
    """The configuration that was published for version 2; the text tokens are left to the vocabulary."""
    config = XttsConfig()
    args = config.model_args
    args.gpt_num_audio_tokens, args.gpt_start_audio_token, args.gpt_stop_audio_token = 1026, 1024, 1025
    args.gpt_number_text_tokens = vocabulary.FULL_SIZE
    args.gpt_use_perceiver_resampler = True
    config.temperature, config.repetition_penalty = 0.75, 5.0
    config.gpt_cond_len, config.gpt_cond_chunk_len, config.max_ref_len = 30, 4, 30
    return config


def build_model(vocab: Path, config: XttsConfig) -> Xtts:
    """Build the model at full size, with random weights, for inference."""
    config.model_args.gpt_number_text_tokens = None  # do not build the GPT before the vocabulary is known
    model = Xtts(config)
    model.tokenizer = VoiceBpeTokenizer(str(vocab))
    model.init_models()
    randomize(model)
    return torch.nn.Module.train(model, False)


def build_dvae() -> DiscreteVAE:
    """Build the audio tokenizer at full size, with random weights."""
    dvae = DiscreteVAE(
        channels=80,
        normalization=None,
        positional_dims=1,
        num_tokens=1024,
        codebook_dim=512,
        hidden_dim=512,
        num_resnet_blocks=3,
        kernel_size=3,
        num_layers=2,
        use_transposed_convs=False,
    )
    randomize(dvae, "dvae.")
    return dvae.eval()


def condition(model: Xtts, pitch: float) -> dict[str, torch.Tensor]:
    """Condition the model on six seconds of a synthetic recording."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/reference.wav"
        wavfile.write(path, SAMPLE_RATE, synthetic_speech(6 * SAMPLE_RATE, int(pitch), pitch)[0].numpy())
        latents, embedding = model.get_conditioning_latents(path, 30, 30, 4)
    return {"gpt_cond_latent": latents.clone(), "speaker_embedding": embedding.clone()}


def main() -> None:
    """Write the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write; made if it does not exist")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch (default 1)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)

    vocabulary.write_full(out / "vocab.json")
    config = published_config()
    published = config.to_dict()
    with (out / "config.json").open("w") as file:
        json.dump(published, file, indent=4)
    (out / "LICENSE.txt").write_text(LICENSE)

    model = build_model(out / "vocab.json", config)
    torch.save({"model": model.state_dict(), "config": published}, out / "model.pth")
    torch.save(model.mel_stats.clone(), out / "mel_stats.pth")
    torch.save({name: condition(model, pitch) for name, pitch in SPEAKERS.items()}, out / "speakers_xtts.pth")
    torch.save(build_dvae().state_dict(), out / "dvae.pth")
    print(f"{sum(weight.numel() for weight in model.parameters())} parameters, {len(model.state_dict())} entries")
    for path in sorted(out.iterdir()):
        print(f"{path.stat().st_size:>12} {path.name}")


if __name__ == "__main__":
    main()
