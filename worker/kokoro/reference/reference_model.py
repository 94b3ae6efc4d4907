"""The reference's model: small with random weights, or of given ones."""

import importlib.util
import sys
import tempfile
import types
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch.nn.utils import remove_weight_norm, weight_norm

STYLE = 128  # half of a style: a constant in the reference's code
TINY: dict[str, Any] = {
    "istftnet": {
        "upsample_kernel_sizes": [20, 12],
        "upsample_rates": [10, 6],
        "gen_istft_hop_size": 5,
        "gen_istft_n_fft": 20,
        "resblock_dilation_sizes": [[1, 3, 5]] * 3,
        "resblock_kernel_sizes": [3, 7, 11],
        "upsample_initial_channel": 16,
    },
    "hidden_dim": 24,
    "n_layer": 3,
    "max_dur": 12,
    "dropout": 0.2,
    "n_mels": 80,
    "n_token": 178,
    "style_dim": STYLE,
    "text_encoder_kernel_size": 5,
    "plbert": {
        "hidden_size": 32,
        "num_attention_heads": 4,
        "intermediate_size": 48,
        "max_position_embeddings": 64,
        "num_hidden_layers": 3,
        "dropout": 0.1,
        "embedding_size": 12,
    },
    "vocab": {},
}
# Widths of the decoder, which are constants in the reference's code too.
TINY_DECODER = {"inner": 20, "residual": 6}


def model_code() -> tuple[Any, Any]:
    """The modules of the model, without the package's own __init__, which loads a pipeline for texts."""
    spec = importlib.util.find_spec("kokoro")
    package = types.ModuleType("kokoro")
    package.__path__ = list(spec.submodule_search_locations)
    sys.modules["kokoro"] = package
    import kokoro.istftnet
    import kokoro.model

    return kokoro.model, kokoro.istftnet


def shrink_decoder(model: Any, istftnet: Any) -> None:
    init, block = istftnet.Decoder.__init__, istftnet.AdainResBlk1d

    def smaller(self: Any, dim_in: int, style_dim: int, *args: Any, **kwargs: Any) -> None:
        init(self, dim_in, style_dim, *args, **kwargs)
        inner, residual = TINY_DECODER["inner"], TINY_DECODER["residual"]
        width = inner + 2 + residual
        last = block(width, kwargs["upsample_initial_channel"], style_dim, upsample=True)
        self.encode = block(dim_in + 2, inner, style_dim)
        self.decode = torch.nn.ModuleList([block(width, inner, style_dim) for _ in range(3)] + [last])
        self.asr_res = torch.nn.Sequential(weight_norm(torch.nn.Conv1d(dim_in, residual, 1)))

    model.Decoder.__init__ = smaller


def random_parameter(name: str, shape: tuple[int, ...], salt: int) -> np.ndarray:
    """Values whose scale keeps the activations of the stages behind within range."""
    generator = np.random.Generator(np.random.PCG64([salt, zlib.crc32(name.encode())]))
    values = generator.standard_normal(shape)
    if len(shape) > 1:
        values *= 0.8 / max(1, int(np.prod(shape[1:]))) ** 0.5
    else:
        values *= 0.1
    if ".alpha" in name:
        values = 1 + 0.3 * np.abs(generator.standard_normal(shape))
    if name.endswith("gamma") or name.lower().endswith("norm.weight"):
        values += 1
    if name.endswith("conv_post.weight"):
        values *= 0.3
    if name.endswith("F0_proj.weight"):
        values *= 60
    if name.endswith("F0_proj.bias"):
        values += 120.0
    return values.astype(np.float32)


def build(config: dict[str, Any], weights: Path | None, salt: int) -> Any:
    model, istftnet = model_code()
    if weights is None:
        shrink_decoder(model, istftnet)
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.pth"
        torch.save({}, empty)
        built = model.KModel(repo_id="none", config=dict(config), model=str(empty)).eval()
    for module in built.modules():
        try:
            remove_weight_norm(module)
        except ValueError:
            pass  # it has none
    if weights is not None:
        built.load_state_dict(load_file(weights), strict=False)
        return built
    with torch.no_grad():
        for name, parameter in built.named_parameters():
            parameter.copy_(torch.from_numpy(random_parameter(name, tuple(parameter.shape), salt)))
    return built
