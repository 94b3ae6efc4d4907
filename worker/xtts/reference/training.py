"""Records one step of training: batch, audio codes, losses, gradients and the weights after AdamW."""

from dataclasses import dataclass

import torch
from TTS.tts.layers.xtts.dvae import DiscreteVAE
from TTS.tts.layers.xtts.gpt import GPT

from random_weights import SAMPLE_RATE, synthetic_speech
from recorder import Recorder
from stages import Run, log_mel

CONDITIONING = int(0.9 * SAMPLE_RATE)  # samples
UPDATED = [
    "gpt.h.0.attn.c_attn.weight",
    "gpt.h.1.mlp.c_proj.bias",
    "mel_head.weight",
    "conditioning_perceiver.latents",
    "conditioning_perceiver.norm.gamma",
    "text_pos_embedding.emb.weight",
]


@dataclass
class Batch:
    """Two recordings of unequal length with their texts."""

    waves: torch.Tensor
    wave_lengths: list[int]
    conditioning: torch.Tensor
    conditioning_slices: torch.Tensor
    text: torch.Tensor
    text_lengths: torch.Tensor


def make_batch(texts: list[torch.Tensor]) -> Batch:
    """Pad two synthetic recordings and two texts into a batch."""
    lengths = [int(1.5 * SAMPLE_RATE), int(1.1 * SAMPLE_RATE)]
    slices = [[2000, 2000 + CONDITIONING], [1024 * 6, 1024 * 6 + int(0.5 * SAMPLE_RATE)]]
    text_lengths = torch.tensor([len(text) for text in texts])
    waves = torch.zeros(2, 1, lengths[0])
    conditioning = torch.zeros(2, 1, 1, CONDITIONING)
    text = torch.zeros(2, int(text_lengths.max()), dtype=torch.int32)
    for row, (seed, pitch) in enumerate([(11, 120.0), (12, 180.0)]):
        start, end = slices[row]
        waves[row, 0, : lengths[row]] = synthetic_speech(lengths[row], seed, pitch)
        conditioning[row, 0, 0, : end - start] = waves[row, 0, start:end]
        text[row, : text_lengths[row]] = texts[row]
    return Batch(waves, lengths, conditioning, torch.tensor(slices), text, text_lengths)


@torch.no_grad()
def record_codes(recorder: Recorder, dvae: DiscreteVAE, waves: torch.Tensor, mel_stats: torch.Tensor) -> torch.Tensor:
    """Record the audio tokenizer over [batch, samples]; return the codes."""
    mel = log_mel(waves, 1024, mel_stats)
    recorder.put("dvae_mel", mel)
    with recorder.outputs({f"dvae.enc{i}": layer for i, layer in enumerate(dvae.encoder)}):
        codes = dvae.get_codebook_indices(mel)
    recorder.put("dvae.codes", codes)
    recorder.put("dvae.decode", dvae.decode(codes)[0])
    return codes


def prepare(gpt: GPT) -> None:
    """Put the GPT into training, without what inference added and without dropout."""
    del gpt.gpt_inference
    del gpt.gpt.wte
    for module in gpt.modules():
        if isinstance(module, torch.nn.Dropout | torch.nn.Dropout1d):
            module.p = 0.0
        if module.__class__.__name__ == "GPT2Attention":
            module.attn_dropout.p = 0.0
    gpt.train()


@dataclass
class Step:
    """The inputs of one step."""

    run: Run
    batch: Batch
    codes: torch.Tensor
    mels: torch.Tensor

    def backward(self, tag: str, slices: torch.Tensor | None) -> dict[str, torch.Tensor]:
        """Record losses and logits and return the gradients; `slices` hides the conditioning from the loss."""
        run, batch = self.run, self.batch
        gpt, lengths = run.model.gpt, torch.tensor(batch.wave_lengths)
        run.model.zero_grad(set_to_none=True)
        options = dict(cond_mels=self.mels, cond_idxs=slices, cond_lens=None)
        text, mel, logits = gpt(batch.text, batch.text_lengths, self.codes.clone(), lengths, **options)
        loss = 0.01 * text + 1.0 * mel
        loss.backward()
        run.recorder.put_all(f"{tag}.", dict(loss_text=text, loss_mel=mel, loss=loss, mel_logits=logits))
        named = list(gpt.named_parameters())
        gradients = {name: weight.grad for name, weight in named if weight.grad is not None}
        total = torch.sqrt(sum(gradient.double().pow(2).sum() for gradient in gradients.values()))
        norms = {name: float(gradient.double().norm()) for name, gradient in gradients.items()}
        run.meta[f"{tag}.no_grad_params"] = [name for name, weight in named if weight.grad is None]
        run.meta[f"{tag}.grad_norm_total"] = float(total)
        run.meta[f"{tag}.grad_norms"] = norms
        return gradients


def parameter_groups(gpt: GPT) -> tuple[list[str], list[str]]:
    """Names of the weights with and without weight decay, as the recipe groups them."""
    plain = (torch.nn.GroupNorm, torch.nn.LayerNorm, torch.nn.Embedding)
    without = {
        f"{module_name}.{name}" if module_name else name
        for module_name, module in gpt.named_modules()
        for name, _ in module.named_parameters(recurse=False)
        if name.endswith("bias") or isinstance(module, plain)
    }
    return sorted({name for name, _ in gpt.named_parameters()} - without), sorted(without)


def optimize(run: Run) -> None:
    """Take one AdamW step with the gradients at hand and record some of the new weights."""
    gpt = run.model.gpt
    weights = dict(gpt.named_parameters())
    decayed, plain = parameter_groups(gpt)
    run.meta["adamw_decay"], run.meta["adamw_nodecay"] = decayed, plain
    groups = [
        dict(params=[weights[name] for name in decayed], weight_decay=1e-2),
        dict(params=[weights[name] for name in plain], weight_decay=0.0),
    ]
    torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.96), eps=1e-8).step()
    run.recorder.put_all("after_adamw.", {name: weights[name] for name in UPDATED})


def record_training(run: Run, dvae: DiscreteVAE, ids: torch.Tensor) -> None:
    """Record a step of training on two recordings, the first with the text `ids`."""
    put, meta = run.recorder.put, run.meta
    prepare(run.model.gpt)
    second = torch.tensor(run.model.tokenizer.encode("an other thing.", "en"))
    batch = make_batch([ids[0].long(), second])
    put("in.wavs", batch.waves)
    put("in.wav_lengths", torch.tensor(batch.wave_lengths))
    put("in.conditioning", batch.conditioning)
    put("in.cond_idxs", batch.conditioning_slices)
    put("in.text", batch.text)
    put("in.text_lengths", batch.text_lengths)
    mel_stats = run.model.mel_stats
    mels = log_mel(batch.conditioning.view(2, CONDITIONING), 2048, mel_stats).view(2, 1, 80, -1)
    put("cond_mels", mels)
    codes = record_codes(run.recorder, dvae, batch.waves.squeeze(1), mel_stats)
    step = Step(run, batch, codes, mels)
    gradients = step.backward("eval_like", None)
    run.recorder.put_all("grad.", gradients)
    # The reference hides the slice from the last row's loss only, and counts it, in place, in units of 256 samples.
    step.backward("masked", batch.conditioning_slices.clone())
    meta["masked.cond_idxs_units256"] = (batch.conditioning_slices // 256).tolist()
    meta["code_lengths+3"] = (torch.ceil(torch.tensor(batch.wave_lengths) / 1024).long() + 3).tolist()
    meta["dvae_codes_shape"] = list(codes.shape)
    step.backward("again", None)
    optimize(run)
    step.backward("after_step", None)
