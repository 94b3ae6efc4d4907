"""Deterministic random weights and recordings: no downloaded checkpoint and no recorded voice is needed."""

import zlib

import numpy as np
import torch

SAMPLE_RATE = 22050
UNTOUCHED = ("torch_spec", "discrete_loss")  # windows and filterbanks; the record of past losses


def noise(name: str, shape: torch.Size, salt: str, uniform: bool = False) -> torch.Tensor:
    """Draw a tensor from the generator that belongs to `name`: normal, or uniform in [0, 1)."""
    generator = torch.Generator().manual_seed(zlib.crc32((salt + name).encode()))
    draw = torch.rand if uniform else torch.randn
    return draw(shape, generator=generator)


def weight_scale(key: str, tensor: torch.Tensor) -> tuple[float, int]:
    """Gain and fan-in of a matrix or kernel that keep activations near unit variance."""
    if "embedding" in key or key.endswith("latents"):
        return 0.5, 1
    if ".attn.c_" in key or ".mlp.c_" in key:  # stored [in, out]
        return 1.0, tensor.shape[0]
    if "_head.weight" in key:
        return 3.0, tensor.shape[1]
    if "waveform_decoder.ups" in key:  # [in, out, kernel], every output sample sees kernel / stride = 2 taps
        return 1.0, tensor.shape[0] * 2
    gain = 0.7 if "perceiver" in key else 1.0 if "conv_post" in key else 1.4
    return gain, tensor[0].numel()


def random_values(key: str, tensor: torch.Tensor, prefix: str, salt: str) -> torch.Tensor:
    """Values for one entry of a state dict, by what the entry is."""
    name, shape = prefix + key, tensor.shape
    if key.endswith("running_var"):
        return 0.5 + noise(name, shape, salt, uniform=True)
    if key.endswith("running_mean"):
        return 0.2 * noise(name, shape, salt)
    if key == "mel_stats":
        return 1 + 2 * noise(name, shape, salt, uniform=True)
    if key.endswith("cluster_size"):
        return 1 + noise(name, shape, salt, uniform=True)
    if key.endswith(("codebook.embed", "embed_avg")):
        return noise(prefix + "codebook", shape, salt)
    if key.endswith("bias"):
        return 0.1 * noise(name, shape, salt)
    if key.endswith("gamma") or tensor.dim() == 1:  # scales of norms
        return 1 + 0.2 * noise(name, shape, salt)
    gain, fan_in = weight_scale(key, tensor)
    return noise(name, shape, salt) * gain / fan_in**0.5


@torch.no_grad()
def randomize(module: torch.nn.Module, prefix: str = "", salt: str = "") -> None:
    """Fill every weight of `module`, also those that a fresh model leaves at zero or one."""
    state = module.state_dict(keep_vars=True)
    magnitudes = [key for key in sorted(state) if key.endswith("original0")]
    for key in sorted(state):
        tensor = state[key]
        if tensor.is_floating_point() and key not in magnitudes and not any(part in key for part in UNTOUCHED):
            tensor.copy_(random_values(key, tensor, prefix, salt))
    for key in magnitudes:  # the g of a weight norm, once its v is known
        norm = state[key[:-1] + "1"].flatten(1).norm(dim=1).view(-1, 1, 1)
        state[key].copy_(norm * (0.7 + 0.3 * noise(prefix + key, norm.shape, salt, uniform=True)))


@torch.no_grad()
def round_to_half(module: torch.nn.Module) -> None:
    """Round every weight to a value that float16 holds exactly."""
    for key, tensor in module.state_dict(keep_vars=True).items():
        if tensor.is_floating_point() and "torch_spec" not in key:
            tensor.copy_(tensor.half().float())


def synthetic_speech(samples: int, seed: int, pitch: float = 130.0) -> torch.Tensor:
    """A gliding tone with an overtone, noise and a syllable-like envelope: [1, samples] at 22050 Hz."""
    generator = np.random.default_rng(seed)
    t = np.arange(samples) / SAMPLE_RATE
    wave = 0.25 * np.sin(2 * np.pi * (pitch * t + 4 * np.sin(2 * np.pi * 2.3 * t)))
    wave = wave + 0.1 * np.sin(2 * np.pi * 3.1 * pitch * t) + 0.03 * generator.standard_normal(samples)
    envelope = 0.6 + 0.4 * np.sin(2 * np.pi * 1.7 * t)
    return torch.from_numpy((wave * envelope).astype(np.float32))[None]
