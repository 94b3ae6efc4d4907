#!/usr/bin/env python
"""Measure the reference on a checkpoint: one JSON object a line for each stage, medians over the runs.

The stop code is suppressed, so that every generation has the asked number of codes. On a busy machine only the CPU
seconds can be compared.
"""

import argparse
import json
import logging
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # spinning threads take the CPU from each other
os.environ.setdefault("GOMP_SPINCOUNT", "0")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import torch
from scipy.io import wavfile
from TTS.tts.configs.xtts_config import XttsConfig
from TTS.tts.models.xtts import Xtts

from random_weights import SAMPLE_RATE, synthetic_speech

OUTPUT_RATE = 24000
TEXT_IDS = 60
BATCH = 4
WORDS = "hello there and the thing is on the table for all of us when the rain is over we go out to see what is left"
SAMPLING = dict(do_sample=True, top_k=50, top_p=0.85, temperature=0.75, repetition_penalty=5.0)
DTYPES = dict(float32=torch.float32, float16=torch.float16, bfloat16=torch.bfloat16)

Facts = dict[str, float]


@dataclass
class Bench:
    """A loaded model with a voice and a text."""

    model: Xtts
    device: torch.device
    dtype: torch.dtype
    reference: str
    tokens: int
    latents: torch.Tensor
    embedding: torch.Tensor
    text: str

    def conditioning(self) -> Facts:
        """Make a voice of six seconds of recording."""
        self.model.get_conditioning_latents(self.reference, max_ref_length=30, gpt_cond_len=30, gpt_cond_chunk_len=4)
        return {"audio_seconds": 6.0}

    def generate(self) -> Facts:
        """Generate the codes of one text."""
        return self.generate_texts([self.text])

    def batch(self) -> Facts:
        """Generate the codes of several texts of equal length at once."""
        words = self.text.split()
        return self.generate_texts([" ".join(words[i:-1] + words[:i] + words[-1:]) for i in range(BATCH)])

    def generate_texts(self, texts: list[str]) -> Facts:
        """Generate the codes of texts that have equally many ids."""
        ids = torch.tensor([self.model.tokenizer.encode(text, "en") for text in texts], device=self.device)
        voices = self.latents.expand(len(texts), -1, -1)
        codes = self.model.gpt.generate(voices, ids, num_beams=1, length_penalty=1.0, **SAMPLING)
        if codes.shape != (len(texts), self.tokens):
            raise RuntimeError(f"expected {len(texts)} x {self.tokens} codes, found {tuple(codes.shape)}")
        return {"tokens": float(codes.numel())}

    def vocoder(self) -> Facts:
        """Decode latents into samples."""
        generator = torch.Generator().manual_seed(0)
        latents = torch.randn(1, self.tokens, self.model.args.gpt_n_model_channels, generator=generator)
        wave = self.model.hifigan_decoder(latents.to(self.device), g=self.embedding)
        return {"tokens": float(self.tokens), "audio_seconds": wave.shape[-1] / OUTPUT_RATE}

    def inference(self) -> Facts:
        """Speak one text, from text to samples."""
        result = self.model.inference(self.text, "en", self.latents, self.embedding, **SAMPLING)
        return {"tokens": float(self.tokens), "audio_seconds": result["wav"].shape[-1] / OUTPUT_RATE}

    def stream(self) -> Facts:
        """Speak one text in chunks of 20 codes."""
        wall, cpu, samples, first = time.perf_counter(), time.process_time(), 0, {}
        for chunk in self.model.inference_stream(self.text, "en", self.latents, self.embedding, 20, **SAMPLING):
            samples += chunk.cpu().shape[-1]
            if not first:
                first["first_chunk_wall_seconds"] = time.perf_counter() - wall
                first["first_chunk_cpu_seconds"] = time.process_time() - cpu
        return {"tokens": float(self.tokens), "audio_seconds": samples / OUTPUT_RATE} | first

    def synchronize(self) -> None:
        """Wait for the device."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()


STAGES: dict[str, Callable[[Bench], Facts]] = {
    "conditioning": Bench.conditioning,
    "generate": Bench.generate,
    "batch": Bench.batch,
    "vocoder": Bench.vocoder,
    "inference": Bench.inference,
    "stream": Bench.stream,
}


def sentence(model: Xtts) -> str:
    """A text of exactly `TEXT_IDS` ids: words, then full stops as one last word."""
    words = WORDS.split() * 3
    count = max(
        n for n in range(1, len(words)) if len(model.tokenizer.encode(" ".join(words[:n]), "en")) < TEXT_IDS - 1
    )
    text = " ".join(words[:count]) + " "
    while len(model.tokenizer.encode(text + ".", "en")) <= TEXT_IDS:
        text += "."
    if len(model.tokenizer.encode(text, "en")) != TEXT_IDS:
        raise RuntimeError(f"found no text of {TEXT_IDS} ids")
    return text


def peak_memory(device: torch.device) -> Facts:
    """Peak memory since the last call in MiB, of the process and of the device."""
    status = Path("/proc/self/status").read_text()
    peak = {"peak_rss_mib": int(status.split("VmHWM:")[1].split()[0]) / 1024}
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak
    if device.type == "cuda":
        peak["peak_device_mib"] = torch.cuda.max_memory_allocated() / 2**20
        torch.cuda.reset_peak_memory_stats()
    return peak


def load(checkpoint: Path, device: torch.device) -> Xtts:
    """Load the checkpoint."""
    config = XttsConfig()
    config.load_json(str(checkpoint / "config.json"))
    model = Xtts(config)
    model.load_checkpoint(config, checkpoint_dir=str(checkpoint), eval=True)
    return model.to(device)


def prepare(model: Xtts, options: argparse.Namespace, reference: str) -> Bench:
    """Suppress the stop code, limit the codes, and make a voice from a recording written to `reference`."""
    model.gpt.max_gen_mel_tokens = options.tokens
    with torch.no_grad():
        model.gpt.mel_head.bias[model.args.gpt_stop_audio_token] = -1e4
    wavfile.write(reference, SAMPLE_RATE, synthetic_speech(6 * SAMPLE_RATE, 1)[0].numpy())
    voice = model.get_conditioning_latents(reference, max_ref_length=30, gpt_cond_len=30, gpt_cond_chunk_len=4)
    device, dtype = torch.device(options.device), DTYPES[options.dtype]
    return Bench(model, device, dtype, reference, options.tokens, *voice, sentence(model))


@contextmanager
def precision(bench: Bench) -> Iterator[None]:
    """Run without gradients, and in half precision if asked for."""
    enabled = bench.dtype != torch.float32
    with torch.inference_mode(), torch.autocast(bench.device.type, dtype=bench.dtype, enabled=enabled):
        yield


def run_once(bench: Bench, work: Callable[[Bench], Facts]) -> Facts:
    """Time one run."""
    torch.manual_seed(0)
    bench.synchronize()
    wall, cpu = time.perf_counter(), time.process_time()
    with precision(bench):
        facts = work(bench)
    bench.synchronize()
    return {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.perf_counter() - wall} | facts


def measure(bench: Bench, name: str, runs: int, warmups: int) -> Facts:
    """Run a stage several times; medians, rates and peak memory."""
    for _ in range(warmups):
        run_once(bench, STAGES[name])
    peak_memory(bench.device)
    results = [run_once(bench, STAGES[name]) for _ in range(runs)]
    facts = {key: statistics.median(result[key] for result in results) for key in results[0]}
    facts["wall_seconds_min"] = min(result["wall_seconds"] for result in results)
    if "tokens" in facts:
        facts["tokens_per_second"] = facts["tokens"] / facts["wall_seconds"]
        facts["tokens_per_cpu_second"] = facts["tokens"] / facts["cpu_seconds"]
    if "audio_seconds" in facts:
        facts["real_time_factor"] = facts["wall_seconds"] / facts["audio_seconds"]
    return facts | peak_memory(bench.device)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder with config.json, vocab.json, model.pth")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch (default 1)")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--dtype", choices=DTYPES, default="float32", help="half precision is by autocast")
    parser.add_argument("--tokens", type=int, default=200, help="codes to generate (default 200)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each stage (default 3)")
    parser.add_argument("--warmups", type=int, default=0, help="untimed runs before them (default 0)")
    parser.add_argument("--only", nargs="+", choices=STAGES, default=list(STAGES), help="stages to run (default all)")
    return parser.parse_args()


def main() -> None:
    """Load and measure."""
    options = parse()
    torch.set_num_threads(options.threads)
    common = dict(device=options.device, dtype=options.dtype, threads=options.threads)

    def report(name: str, runs: int, facts: dict) -> None:
        rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in facts.items()}
        print(json.dumps({"name": name, **common, "runs": runs, **rounded}), flush=True)

    device = torch.device(options.device)
    wall, cpu = time.perf_counter(), time.process_time()
    model = load(options.checkpoint, device)
    if device.type == "cuda":
        torch.cuda.synchronize()
    spent = {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.perf_counter() - wall}
    report("load", 1, spent | peak_memory(device))
    with tempfile.TemporaryDirectory() as folder:
        bench = prepare(model, options, f"{folder}/reference.wav")
        for name in options.only:
            try:
                report(name, options.runs, measure(bench, name, options.runs, options.warmups))
            except (RuntimeError, TypeError) as error:  # not every stage runs in half precision
                report(name, 0, {"error": str(error).splitlines()[0]})


if __name__ == "__main__":
    main()
