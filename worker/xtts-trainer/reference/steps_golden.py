"""Record a short training run of the reference's GPT, from the small model that the tests of worker/xtts hold.

    python steps_golden.py --model ../../xtts/tests/golden --out ../tests/xtts_trainer/golden

Six steps of two micro-batches of two clips of unequal length, without dropout, the rate halved behind the third step.

steps.safetensors  {batch}.{text,text_lengths,codes,wav_lengths,mels}: three micro-batches, the last only measured on
                   moved.{parameter}: the first values of how far each parameter came; first.*, second.*: of its moments
steps.json         losses of each micro-step, norm and rate of each step, evaluations, lengths of the moves, groups
"""

import argparse
import json
import logging
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

logging.disable(logging.WARNING)

from TTS.tts.configs.xtts_config import XttsConfig
from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
from TTS.tts.models.xtts import Xtts

STEPS, ACCUMULATION, RATE, MILESTONES, GAMMA = 6, 2, 1e-3, [3], 0.5
SHOWN = 48  # values of each parameter


def load(folder: Path) -> torch.nn.Module:
    """Build the GPT of the folder's sizes and weights, without dropout."""
    stored = json.loads((folder / "config.json").read_text())["model_args"]
    config = XttsConfig()
    for name, value in stored.items():
        if name.startswith("gpt_") and hasattr(config.model_args, name):
            setattr(config.model_args, name, value)
    config.model_args.decoder_input_dim = stored["decoder_input_dim"]
    config.model_args.d_vector_dim = stored["d_vector_dim"]
    model = Xtts(config)
    model.tokenizer = VoiceBpeTokenizer(str(folder / "vocab.json"))
    model.init_models()
    gpt = model.gpt
    weights = load_file(folder / "model.safetensors").items()
    gpt.load_state_dict({name[4:]: value.float() for name, value in weights if name.startswith("gpt.")}, strict=False)
    for module in gpt.modules():
        if isinstance(module, torch.nn.Dropout | torch.nn.Dropout1d):
            module.p = 0.0
        if module.__class__.__name__ == "GPT2Attention":
            module.attn_dropout.p = 0.0
    return gpt.train()


def micro_batch(generator: torch.Generator, tokens: int, codes: int) -> dict[str, torch.Tensor]:
    """Draw two clips: text ids, audio codes and log-mel spectrograms."""
    draw = lambda low, high, shape: torch.randint(low, high, shape, generator=generator)
    text_lengths, code_lengths = draw(3, 12, (2,)), draw(4, 14, (2,))
    text = torch.zeros(2, int(text_lengths.max()), dtype=torch.long)
    for row, length in enumerate(text_lengths.tolist()):
        text[row, :length] = draw(3, tokens - 6, (length,))
    audio = draw(0, codes, (2, int(code_lengths.max())))
    for row, length in enumerate(code_lengths.tolist()):
        audio[row, length:] = 0
    samples = code_lengths * 1024 - draw(0, 1023, (2,))
    mels = 0.5 * torch.randn(2, 80, 24, generator=generator)
    return dict(text=text, text_lengths=text_lengths, codes=audio, wav_lengths=samples, mels=mels)


def groups(gpt: torch.nn.Module) -> tuple[list[str], list[str]]:
    """Names of the decayed and of the other parameters."""
    plain = (torch.nn.GroupNorm, torch.nn.LayerNorm, torch.nn.Embedding)
    without = {
        f"{module_name}.{name}" if module_name else name
        for module_name, module in gpt.named_modules()
        for name, _ in module.named_parameters(recurse=False)
        if name.endswith("bias") or isinstance(module, plain)
    }
    trained = {name for name, _ in gpt.named_parameters() if "wte" not in name}
    return sorted(trained - without), sorted(without & trained)


def losses(gpt: torch.nn.Module, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean cross-entropies of text and codes."""
    text, codes, _ = gpt(
        batch["text"],
        batch["text_lengths"],
        batch["codes"].clone(),
        batch["wav_lengths"],
        cond_mels=batch["mels"].unsqueeze(1),
        cond_idxs=None,
        cond_lens=None,
    )
    return text, codes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    gpt = load(options.model)
    generator = torch.Generator().manual_seed(1)
    tokens, codes = gpt.text_embedding.weight.shape[0], gpt.mel_embedding.weight.shape[0] - 2
    batches = [micro_batch(generator, tokens, codes) for _ in range(3)]
    decayed, plain = groups(gpt)
    weights = {name: weight for name, weight in gpt.named_parameters() if name in {*decayed, *plain}}
    start = {name: weight.detach().clone() for name, weight in weights.items()}
    settings = [
        dict(params=[weights[name] for name in decayed], weight_decay=1e-2),
        dict(params=[weights[name] for name in plain], weight_decay=0.0),
    ]
    optimizer = torch.optim.AdamW(settings, lr=RATE, betas=(0.9, 0.96), eps=1e-8)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, MILESTONES, GAMMA)
    facts = dict(accumulation=ACCUMULATION, rate=RATE, milestones=MILESTONES, gamma=GAMMA, decayed=decayed, plain=plain)
    facts.update(micro=[], steps=[], evaluation=[])

    def evaluate() -> None:
        gpt.eval()
        with torch.no_grad():
            facts["evaluation"].append([float(loss) for loss in losses(gpt, batches[2])])
        gpt.train()

    evaluate()
    for step in range(STEPS):
        optimizer.zero_grad(set_to_none=True)
        for micro in range(ACCUMULATION):
            text, audio = losses(gpt, batches[micro])
            ((0.01 * text + audio) / ACCUMULATION).backward()
            facts["micro"].append([float(text), float(audio)])
        norm = torch.sqrt(sum(weight.grad.double().pow(2).sum() for weight in weights.values()))
        facts["steps"].append(dict(norm=float(norm), rate=optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step()
    evaluate()
    tensors = {f"{number}.{name}": value for number, batch in enumerate(batches) for name, value in batch.items()}
    facts["lengths"] = {}
    for name, weight in weights.items():
        move = (weight.detach() - start[name]).flatten()
        facts["lengths"][name] = float(move.double().norm())
        state = optimizer.state[weight]
        parts = dict(moved=move, first=state["exp_avg"], second=state["exp_avg_sq"])
        for part, value in parts.items():
            tensors[f"{part}.{name}"] = value.flatten()[:SHOWN].clone()
    options.out.mkdir(parents=True, exist_ok=True)
    save_file(tensors, options.out / "steps.safetensors")
    (options.out / "steps.json").write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n")
    print(f"{len(decayed)} decayed and {len(plain)} other parameters, evaluation {facts['evaluation']}")


if __name__ == "__main__":
    main()
