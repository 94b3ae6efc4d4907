#!/usr/bin/env python
"""Golden files of a random Whisper, from the reference implementation, under the names of tensors that Hugging Face uses.

    pip install -r worker/whisper/reference/requirements.txt
    python worker/whisper/reference/golden.py --out DIR [--salt N]     # the published vocabulary, every value
    python worker/whisper/reference/golden.py --out worker/whisper/tests/whisper/golden --small

DIR/config.json, tokenizer.json, model.safetensors: a model as it is published. DIR/golden.safetensors: samples, mel filters, the
spectrogram, every encoder block, scores of a fixed prompt, of each greedy step before and behind the rules. DIR/golden.json: tokens,
texts, languages, probabilities, and what the reference's `transcribe` makes of the samples."""
import argparse
import json
import os
import sys
import zlib

import numpy as np
import tiktoken
import torch
import whisper
import whisper.decoding
import whisper.tokenizer
from safetensors.torch import save_file
from whisper.audio import log_mel_spectrogram, mel_filters, pad_or_trim
from whisper.decoding import DecodingOptions, DecodingTask
from whisper.model import ModelDimensions, Whisper

RENAMED = [
    ("token_embedding", "embed_tokens"), ("positional_embedding", "embed_positions.weight"), ("cross_attn_ln", "encoder_attn_layer_norm"),
    ("attn_ln", "self_attn_layer_norm"), ("mlp_ln", "final_layer_norm"), ("mlp.0", "fc1"), ("mlp.2", "fc2"),
    ("cross_attn.query", "encoder_attn.q_proj"), ("cross_attn.key", "encoder_attn.k_proj"), ("cross_attn.value", "encoder_attn.v_proj"),
    ("cross_attn.out", "encoder_attn.out_proj"), ("attn.query", "self_attn.q_proj"), ("attn.key", "self_attn.k_proj"),
    ("attn.value", "self_attn.v_proj"), ("attn.out", "self_attn.out_proj"), ("blocks", "layers"),
    ("encoder.ln_post", "encoder.layer_norm"), ("decoder.ln.", "decoder.layer_norm."),
]


def published_name(name):
    for old, new in RENAMED:
        if old in name and not (old.startswith("attn.") and "encoder_attn" in name):
            name = name.replace(old, new)
    return "model." + name


def small_encoding(languages):
    """256 bytes, some pairs of them, and the special tokens in their published order."""
    ranks = {bytes([byte]): byte for byte in range(256)}
    for pair in (" t", "he", " the", "in", "er", " a", "re", "on", " -", " '", "♪"[:1], "--", "((", " ((", ">>", " >>"):
        ranks.setdefault(pair.encode(), len(ranks))
    ranks.setdefault("♪".encode()[:2], len(ranks))
    codes = list(whisper.tokenizer.LANGUAGES)[:languages]
    special = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{code}|>" for code in codes), "<|translate|>", "<|transcribe|>",
               "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>", *(f"<|{i * 0.02:.2f}|>" for i in range(1501))]
    special = {name: len(ranks) + number for number, name in enumerate(special)}
    pattern = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
    return tiktoken.Encoding("small", pat_str=pattern, mergeable_ranks=ranks, special_tokens=special)


def tokenizer_json(encoding):
    """The file of a byte-level encoding, with the merges that its ranks follow from."""
    letters, extra = {}, 256
    for byte in range(256):
        if 33 <= byte <= 126 or 161 <= byte <= 172 or 174 <= byte:
            letters[byte] = chr(byte)
        else:
            letters[byte] = chr(extra)
            extra += 1
    spelt = lambda token: "".join(letters[byte] for byte in token)
    ranks, merges = encoding._mergeable_ranks, []
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        parts = [bytes([byte]) for byte in token]
        while len(parts) > 2:
            best = min(range(len(parts) - 1), key=lambda i: ranks.get(parts[i] + parts[i + 1], 1 << 30))
            parts[best:best + 2] = [parts[best] + parts[best + 1]]
        if len(parts) == 2:
            merges.append([spelt(parts[0]), spelt(parts[1])])
    special = [(name, number) for name, number in sorted(encoding._special_tokens.items(), key=lambda item: item[1])]
    # The published files name no times.
    special = [(name, number) for name, number in special if not name[2].isdigit()]
    added = [dict(id=number, content=name, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True) for name, number in special]
    level = dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=True)
    return dict(version="1.0", truncation=None, padding=None, added_tokens=added, normalizer=None, pre_tokenizer=level, post_processor=None, decoder=level,
                model=dict(type="BPE", dropout=None, unk_token=None, continuing_subword_prefix="", end_of_word_suffix="", fuse_unk=False, byte_fallback=False,
                           ignore_merges=False, vocab={spelt(token): rank for token, rank in ranks.items()}, merges=merges))


def random_model(sizes, salt, numbers):
    model = Whisper(sizes).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            generator = torch.Generator().manual_seed(zlib.crc32((salt + name).encode()))
            values = torch.randn(parameter.shape, generator=generator)
            if "ln" in name and name.endswith("weight"):
                values = 1 + 0.1 * values
            elif parameter.dim() == 1:
                values = 0.1 * values
            else:
                values *= 0.6 if "embedding" in name else 1.2 / parameter[0].numel() ** 0.5
            parameter.copy_(values.to(numbers))
    return model


def sounds(salt):
    random = np.random.default_rng(3 + zlib.crc32(salt.encode()))
    times = np.arange(48_000) / 16_000
    voice = sum(np.sin(2 * np.pi * k * 130 * times + random.uniform(0, 6)) / k for k in range(1, 20))
    samples = 0.3 * voice * (np.sin(2 * np.pi * 0.8 * times) > -0.3) + 0.01 * random.standard_normal(len(times))
    return torch.tensor(samples.astype(np.float16 if ARGUMENTS.small else np.float32)).float()


parser = argparse.ArgumentParser()
parser.add_argument("--out", required=True)
parser.add_argument("--salt", default="")
parser.add_argument("--small", action="store_true")
ARGUMENTS = parser.parse_args()
OUT, SMALL = ARGUMENTS.out, ARGUMENTS.small
os.makedirs(OUT, exist_ok=True)
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)

if SMALL:
    encoding = small_encoding(20)
    sizes = dict(n_audio_state=16, n_text_state=16, n_audio_head=2, n_text_head=2, n_vocab=encoding.max_token_value + 1)
else:
    encoding = whisper.tokenizer.get_encoding("multilingual", 99)
    sizes = dict(n_audio_state=64, n_text_state=64, n_audio_head=4, n_text_head=4, n_vocab=51_865)
sizes = dict(n_mels=80, n_audio_ctx=1500, n_audio_layer=2, n_text_ctx=448, n_text_layer=2, **sizes)
model = random_model(ModelDimensions(**sizes), ARGUMENTS.salt, torch.float16 if SMALL else torch.float32)
languages = 20 if SMALL else 99
if SMALL:
    with torch.no_grad():  # Times are most of the tokens; so that words are said too.
        model.decoder.token_embedding.weight[encoding.encode_single_token("<|0.00|>"):] *= 0.5


def tokenizer(multilingual=True, *, num_languages=None, language="en", task="transcribe"):
    return whisper.tokenizer.Tokenizer(encoding=encoding, num_languages=languages, language=language or "en", task=task or "transcribe")


# The package's function of that name hides the module.
for module in (whisper.decoding, sys.modules["whisper.transcribe"]):
    module.get_tokenizer = tokenizer
Whisper.is_multilingual = property(lambda self: True)
Whisper.num_languages = property(lambda self: languages)
tok = tokenizer()

numbers = torch.float16 if SMALL else torch.float32
weights = {published_name(k): v.detach().to(numbers).clone().contiguous() for k, v in model.state_dict().items() if k != "decoder.mask"}
if SMALL:  # Computed where it is missing.
    del weights["model.encoder.embed_positions.weight"]
save_file(weights, f"{OUT}/model.safetensors")
suppressed = sorted(DecodingTask(model, DecodingOptions(language="en", fp16=False))._get_suppress_tokens())
config = dict(num_mel_bins=80, max_source_positions=1500, d_model=sizes["n_audio_state"], encoder_attention_heads=sizes["n_audio_head"], encoder_layers=2,
              vocab_size=sizes["n_vocab"], max_target_positions=448, decoder_attention_heads=sizes["n_text_head"], decoder_layers=2, suppress_tokens=suppressed)
json.dump(config, open(f"{OUT}/config.json", "w"))
json.dump(tokenizer_json(encoding), open(f"{OUT}/tokenizer.json", "w"), ensure_ascii=False)

tensors, told = {}, {}
FRAMES, STEPS = (60, 6) if SMALL else (10**6, 24)


def keep(name, value, numbers=torch.float32):
    tensors[name] = value.detach().clone().contiguous().to(numbers)


samples = sounds(ARGUMENTS.salt)
keep("samples", samples, numbers)
filters = mel_filters("cpu", 80)
keep("mel_filters", filters)
mel = log_mel_spectrogram(pad_or_trim(samples), 80)
keep("mel", mel[:, :FRAMES])
keep("mel_unpadded", log_mel_spectrogram(samples, 80)[:, :FRAMES])
for number, block in enumerate(model.encoder.blocks):
    name = f"enc.block{number}"
    block.register_forward_hook(lambda _, __, out, name=name: keep(name, out[:, :FRAMES]) if name not in tensors else None)
with torch.no_grad():
    heard = model.encoder(mel[None])
    keep("enc.out", heard[:, :FRAMES])
    begin = tok.timestamp_begin
    words = [30, 40, 50] if SMALL else [1000, 2000, 3000]
    fixed = torch.tensor([list(tok.sot_sequence) + [begin, *words, begin + 36]])
    keep("dec.logits_last3", model.decoder(fixed, heard)[:, -3:])
    told["fixed_prompt"] = fixed[0].tolist()
    scores = model.decoder(torch.tensor([[tok.sot]]), heard)[0, 0]
    mask = torch.ones_like(scores, dtype=torch.bool)
    mask[list(tok.all_language_tokens)] = False
    best = torch.topk(scores.masked_fill(mask, -float("inf")).softmax(0), 5)
    told["languages"] = [[int(i), float(v)] for v, i in zip(best.values, best.indices)]
    for name, plain in (("timestamps", False), ("plain", True)):
        options = DecodingOptions(language="en", task="transcribe", temperature=0.0, fp16=False, sample_len=STEPS, without_timestamps=plain)
        task, kept = DecodingTask(model, options), []
        inference = task.inference.logits

        def spy(tokens, features, inference=inference, kept=kept):
            scores = inference(tokens, features)
            kept.append(scores[:, -1].clone())
            return scores

        task.inference.logits = spy
        result = task.run(mel[None])[0]
        told[name] = dict(initial=list(task.initial_tokens), tokens=result.tokens, text=result.text, avg_logprob=result.avg_logprob,
                          no_speech_prob=result.no_speech_prob, compression_ratio=result.compression_ratio)
        keep(f"greedy.{name}.raw", torch.cat(kept)[:4 if SMALL else STEPS])
        said = list(task.initial_tokens)
        for step, scores in enumerate(kept):
            filtered = scores.clone()
            for rule in task.logit_filters:
                rule.apply(filtered, torch.tensor([said]))
            if step < (3 if SMALL else 8):
                keep(f"greedy.{name}.filtered.{step}", filtered)
            if step < len(result.tokens):
                said.append(result.tokens[step])
    told["transcribed"] = []
    # Beyond a window times are always said, as the product does.
    for repeats, plain in ((1, True), (1, False), (14, False)):
        result = model.transcribe(samples.repeat(repeats).numpy(), temperature=0.0, fp16=False, without_timestamps=plain, verbose=None,
                                  condition_on_previous_text=False, no_speech_threshold=None)
        segments = [[s["start"], s["end"], s["tokens"]] for s in result["segments"] if s["tokens"]]
        told["transcribed"].append(dict(repeats=repeats, timestamps=not plain, text=result["text"].strip(), language=result["language"], segments=segments,
                                        avg_logprob=result["segments"][0]["avg_logprob"]))
told |= dict(steps=STEPS, eot=tok.eot, sot=tok.sot, no_timestamps=tok.no_timestamps, timestamp_begin=begin, no_speech_token=tok.no_speech,
             versions=dict(torch=torch.__version__, whisper=whisper.__version__))
save_file(tensors, f"{OUT}/golden.safetensors")
json.dump(told, open(f"{OUT}/golden.json", "w"), ensure_ascii=False)
for name in sorted(os.listdir(OUT)):
    print(os.path.getsize(f"{OUT}/{name}"), name)
