"""Small random models of every kind that a conversion needs, the same in every run, and the noise that takes the place of what torch draws."""

import importlib.machinery
import importlib.util
import json
import sys
import types
import zlib
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

# Only the networks of the package are wanted, not what reads sound files; pitch packages that are not used need not be there.
_spec = importlib.util.find_spec("infer_rvc_python")
_package = types.ModuleType("infer_rvc_python")
_package.__path__ = list(_spec.submodule_search_locations)
sys.modules["infer_rvc_python"] = _package
for _name in ("parselmouth", "pyworld", "torchcrepe"):
    if _name not in sys.modules:
        _empty = types.ModuleType(_name)
        _empty.__spec__ = importlib.machinery.ModuleSpec(_name, None)
        sys.modules[_name] = _empty

from infer_rvc_python.lib import rmvpe  # noqa: E402
from infer_rvc_python.lib.infer_pack import models  # noqa: E402
from transformers import HubertConfig, HubertModel  # noqa: E402

# Rates, kernels, spectrum bins.
RATES = {
    "32k": ([10, 8, 2, 2], [20, 16, 4, 4], 513),
    "40k": ([10, 10, 2, 2], [16, 16, 4, 4], 1025),
    "48k": ([12, 10, 2, 2], [24, 20, 4, 4], 1025),
}
SYNTHESIZERS = {
    ("v2", 1): models.SynthesizerTrnMs768NSFsid,
    ("v1", 1): models.SynthesizerTrnMs256NSFsid,
    ("v2", 0): models.SynthesizerTrnMs768NSFsid_nono,
}
# To the names of fairseq.
FAIRSEQ = (
    ("feature_projection.layer_norm", "layer_norm"),
    ("feature_projection.projection", "post_extract_proj"),
    ("encoder.pos_conv_embed.conv", "encoder.pos_conv.0"),
    ("masked_spec_embed", "mask_emb"),
    ("feed_forward.intermediate_dense", "fc1"),
    ("feed_forward.output_dense", "fc2"),
    (".attention.", ".self_attn."),
)


class Maker:
    """Makes models of one size; the salt makes others of the same shapes."""

    def __init__(self, salt: str, sizes: dict, out: Path):
        self.salt, self.sizes, self.out = salt, sizes, out

    def random(self, name: str, shape, kind: str = "normal") -> torch.Tensor:
        generator = torch.Generator().manual_seed(zlib.crc32((self.salt + name).encode()))
        draw = torch.randn if kind == "normal" else torch.rand
        return draw(tuple(shape), generator=generator)

    @torch.no_grad()
    def randomize(self, module: nn.Module, prefix: str) -> None:
        tensors = module.state_dict(keep_vars=True)
        for name in sorted(tensors):
            tensor = tensors[name]
            is_magnitude = name.endswith(("weight_g", "original0"))
            if tensor.is_floating_point() and "mel_basis" not in name and not is_magnitude:
                tensor.copy_(self._values(prefix, name, tensor))
        for name in sorted(tensors):
            for magnitude, direction in (("weight_g", "weight_v"), ("original0", "original1")):
                if name.endswith(magnitude):
                    self._magnitude(prefix, name, tensors[name], tensors[name[: -len(magnitude)] + direction])

    def _values(self, prefix: str, name: str, tensor: torch.Tensor) -> torch.Tensor:
        normal = self.random(prefix + name, tensor.shape)
        inputs = tensor[0].numel() ** 0.5 if tensor.dim() > 1 else 1
        if name.endswith("running_var"):
            return 0.5 + self.random(prefix + name, tensor.shape, "uniform")
        if name.endswith("running_mean"):
            return 0.2 * normal
        if name.endswith(("bias", "beta")) or "bias_" in name:
            return 0.1 * normal
        if name.endswith("gamma") or tensor.dim() == 1:
            return 1 + 0.2 * normal
        if "emb_" in name and "phone" not in name:
            return 0.5 * normal
        if ".ups." in name:
            return normal / (tensor.shape[0] * 2) ** 0.5
        if ".post." in name:
            return 0.5 * normal / inputs
        if "enc_p.proj" in name:
            return 0.6 * normal / inputs
        if "l_linear" in name:
            return 4 + normal
        # What is recurrent, or deep without norms, must not grow.
        return (0.4 if "gru" in name else 0.7 if prefix == "rmvpe." else 1.2) * normal / inputs

    def _magnitude(self, prefix: str, name: str, magnitude: torch.Tensor, direction: torch.Tensor) -> None:
        """Near the norm of the direction, and not equal to it."""
        axes = [axis for axis in range(direction.dim()) if magnitude.shape[axis] == 1]
        norm = direction.pow(2).sum(axes, keepdim=True).sqrt()
        magnitude.copy_(norm * (0.7 + 0.3 * self.random(prefix + name, magnitude.shape, "uniform")))

    def hubert(self) -> tuple[nn.Module, dict]:
        """Writes hubert/ and hubert_fairseq.pt."""
        config = dict(
            self.sizes["hubert"], conv_kernel=[10, 3, 3, 3, 3, 2, 2], conv_stride=[5, 2, 2, 2, 2, 2, 2],
            feat_extract_norm="group", do_stable_layer_norm=False, conv_bias=False, num_conv_pos_embeddings=128,
            num_conv_pos_embedding_groups=16, hidden_act="gelu", feat_extract_activation="gelu", layer_norm_eps=1e-5,
            architectures=["HubertModelWithFinalProj"],
        )
        model = HubertModel(HubertConfig(**config))
        model.final_proj = nn.Linear(config["hidden_size"], config["classifier_proj_size"])
        self.randomize(model.eval(), "hubert.")
        rename = lambda name: name.replace("parametrizations.weight.original0", "weight_g").replace("parametrizations.weight.original1", "weight_v")
        tensors = {rename(name): tensor.detach().clone().contiguous() for name, tensor in model.state_dict().items()}
        (self.out / "hubert").mkdir(exist_ok=True)
        save_file(tensors, self.out / "hubert/model.safetensors")
        (self.out / "hubert/config.json").write_text(json.dumps(dict(config, model_type="hubert"), indent=1))
        fairseq = {to_fairseq(name): tensor for name, tensor in tensors.items()}
        fairseq["label_embs_concat"] = self.random("label", (7, config["classifier_proj_size"]))
        state = {"args": None, "cfg": {"model": {"_name": "hubert", "normalize": False}}, "model": fairseq}
        torch.save(dict(state, extra_state={"epoch": 1}, task_state={}), self.out / "hubert_fairseq.pt")
        return model, config

    def pitch(self, wave: np.ndarray) -> rmvpe.RMVPE:
        """Writes rmvpe.pt; the last bias is moved so that a third of the frames have no pitch."""
        sizes = self.sizes["rmvpe"]
        network = rmvpe.E2E(n_blocks=sizes["n_blocks"], n_gru=1, kernel_size=(2, 2), en_de_layers=sizes["en_de_layers"],
                            inter_layers=sizes["inter_layers"], in_channels=1, en_out_channels=sizes["en_out_channels"])
        network.fc[0], network.fc[1] = rmvpe.BiGRU(3 * 128, sizes["gru"], 1), nn.Linear(2 * sizes["gru"], 360)
        self.randomize(network, "rmvpe.")
        network.eval()
        extractor = rmvpe.MelSpectrogram(False, 128, 16000, 1024, 160, None, 30, 8000)
        with torch.no_grad():
            # Frames that can be halved as often as the network does.
            count = 20320 if len(wave) > 20320 else 2720
            mel = extractor(torch.from_numpy(wave)[None, :count], center=True)
            network.fc[1].weight.mul_(2.0)
            highest = torch.logit(network(mel)[0].clamp(1e-7, 1 - 1e-7)).max(-1).values
            network.fc[1].bias.add_(float(np.log(0.03 / 0.97)) - float(highest.quantile(0.33)))
            if sizes.get("half"):
                network.half().float()
        tensors = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        if sizes.get("half"):
            tensors = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
        torch.save(tensors, self.out / "rmvpe.pt")
        tracker = rmvpe.RMVPE.__new__(rmvpe.RMVPE)
        tracker.model, tracker.is_half, tracker.device, tracker.resample_kernel = network, False, "cpu", {}
        tracker.mel_extractor = extractor
        tracker.cents_mapping = np.pad(20 * np.arange(360) + 1997.3794084376191, (4, 4))
        return tracker

    def voice(self, rate: str, version: str = "v2", pitch: int = 1) -> nn.Module:
        """Writes voice_VERSION_RATE.pth as RVC exports it; 109 speakers is what files say of their base."""
        rates, kernels, bins = RATES[rate]
        sizes = self.sizes["voice"]
        blocks = sizes["blocks"]
        config = [bins, 32, sizes["latent"], sizes["hidden"], sizes["filter"], 2, sizes["layers"], 3, 0, "1", blocks,
                  [[1, 3, 5]] * len(blocks), rates, sizes["channels"], kernels, 109, sizes["speaker"], rate]
        arguments = list(config)
        arguments[0], arguments[-3] = 9, 3
        network = SYNTHESIZERS[version, pitch](*arguments, is_half=False)
        hubert = self.sizes["hubert"]
        features = hubert["hidden_size"] if version == "v2" else hubert["classifier_proj_size"]
        network.enc_p.emb_phone = nn.Linear(features, sizes["hidden"])
        del network.enc_q
        self.randomize(network, f"voice.{rate}.{version}.{pitch}.")
        network.eval()
        weight = {name: tensor.detach().half().clone() for name, tensor in network.state_dict().items()}
        network.load_state_dict({name: tensor.float() for name, tensor in weight.items()})
        name = f"voice_{version}{'' if pitch else '_nof0'}_{rate}.pth"
        about = {"config": config, "info": "20epoch", "sr": rate, "f0": pitch, "version": version}
        torch.save({"weight": weight, **about}, self.out / name)
        return network


def to_fairseq(name: str) -> str:
    for new, old in FAIRSEQ:
        name = name.replace(new, old)
    parts = name.split(".")
    if parts[0] == "feature_extractor":
        parts = parts[:3] + (["0"] if parts[3] == "conv" else ["2"]) + parts[4:]
    if parts[:2] == ["encoder", "layers"] and parts[3] == "layer_norm":
        parts[3] = "self_attn_layer_norm"
    return ".".join(parts)
