"""Records every stage of inference: conditioning, text, generation, sampling, decoding and streaming."""

from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F
import torchaudio
from torchaudio.functional.functional import _get_sinc_resample_kernel
from transformers.generation.logits_process import (
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)
from TTS.tts.models.xtts import Xtts, wav_to_mel_cloning

from random_weights import SAMPLE_RATE
from recorder import Recorder
from tiny_model import AUDIO_CODES, Size

SENTENCES = [
    ("hello there, and the thing is on.", "en"),
    ("Dr. Smith paid $20.50 for 3rd place & won 12% in 1999!", "en"),
    ("Guten Tag, das kostet 12,50€.", "de"),
    ("Ça va bien le 1er mai?", "fr"),
    ("¿Qué tal, Sr. García?", "es"),
]
CLEANED = [
    ("I have 14% battery and 2 cats.", "en"),
    ("Das sind 100.000,5 Euro am 1. Mai.", "de"),
    ("Il y a 21 chats.", "fr"),
    ("Son las 3:45.", "es"),
    ("Il 2° posto.", "it"),
    ("O 1º teste, 50 vezes.", "pt"),
    ("Było 50 żołnierzy.", "pl"),
    ("Bu 1. test İÖÜ.", "tr"),
    ("Там было 50 солдат.", "ru"),
    ("Ik zie 3 honden.", "nl"),
    ("Bylo tam 50 vojáků.", "cs"),
    ("كان هناك 50 جنديا.", "ar"),
    ("Az 1. teszt 50.", "hu"),
    ("50 명의 병사가 있었다.", "ko"),
    ("50 सैनिक थे।", "hi"),
]
SHORTEST_CHUNK = 0.33  # seconds
LATENT_SPEED = 1.25
STOP_BIAS = 2.5  # on the logit of the stop code, so that generation ends early


@dataclass
class Run:
    """A model, what is recorded from it, and plain facts about it."""

    model: Xtts
    size: Size
    recorder: Recorder
    meta: dict = field(default_factory=dict)


@dataclass
class Voice:
    """What the model takes from a reference recording."""

    latents: torch.Tensor
    embedding: torch.Tensor


def max_difference(left: torch.Tensor, right: torch.Tensor) -> float:
    """Largest absolute difference of two tensors."""
    return float((left - right).abs().max())


def log_mel(wave: torch.Tensor, n_fft: int, mel_stats: torch.Tensor) -> torch.Tensor:
    """Log-mel of [batch, samples], divided by the statistics of the checkpoint."""
    return wav_to_mel_cloning(
        wave, mel_norms=mel_stats, n_fft=n_fft, hop_length=256, win_length=1024, power=2, normalized=False
    )


def record_front_end(run: Run, chunk: torch.Tensor) -> torch.Tensor:
    """Record the mel front end and return the mel of the first chunk."""
    put = run.recorder.put
    put("mel.logmel_chunk0_unnormalised", log_mel(chunk, 2048, torch.ones(80)))
    mel = log_mel(chunk, 2048, run.model.mel_stats)
    put("mel.chunk0", mel)
    for n_fft in (2048, 1024):
        transform = torchaudio.transforms.MelSpectrogram(
            SAMPLE_RATE, n_fft, win_length=1024, hop_length=256, f_min=0, f_max=8000, n_mels=80, norm="slaney"
        )
        put(f"mel.fb_22050_{n_fft}", transform.mel_scale.fb)
    put("mel.window_1024", transform.spectrogram.window)
    return mel


def record_latents(run: Run, reference: torch.Tensor) -> torch.Tensor:
    """Record the conditioning encoder and the perceiver; return the latents of the whole reference."""
    gpt, put = run.model.gpt, run.recorder.put
    encoder, perceiver = gpt.conditioning_encoder, gpt.conditioning_perceiver
    mel = record_front_end(run, reference[:, : run.size.chunk_seconds * SAMPLE_RATE])
    modules = {"cond.enc.init": encoder.init}
    modules |= {f"cond.enc.attn{i}": block for i, block in enumerate(encoder.attn)}
    for i, (attention, feed_forward) in enumerate(perceiver.layers):
        modules |= {f"cond.perc.{i}.attn": attention, f"cond.perc.{i}.ff": feed_forward}
    with run.recorder.outputs(modules):
        put("cond.style_chunk0", gpt.get_style_emb(mel))
    latents = run.model.get_gpt_cond_latents(reference, SAMPLE_RATE, length=30, chunk_length=run.size.chunk_seconds)
    put("cond.gpt_cond_latent", latents)
    return latents


def record_embedding(run: Run, reference: torch.Tensor) -> torch.Tensor:
    """Record the resampling and the speaker encoder; return the embedding [1, d_vector, 1]."""
    encoder, put = run.model.hifigan_decoder.speaker_encoder, run.recorder.put
    resampled = torchaudio.functional.resample(reference, SAMPLE_RATE, 16000)
    put("spk.wav_16000", resampled)
    kernel, width = _get_sinc_resample_kernel(
        SAMPLE_RATE, 16000, 50, 6, 0.99, "sinc_interp_hann", None, torch.device("cpu"), torch.float32
    )
    put("spk.resample_kernel_22050_16000", kernel)
    run.meta["resample_width"] = int(width)
    modules = {"spk.preemph": encoder.torch_spec[0], "spk.mel_power": encoder.torch_spec}
    modules |= {"spk.instancenorm": encoder.instancenorm, "spk.stem": encoder.bn1}
    modules |= {f"spk.layer{i}": getattr(encoder, f"layer{i}") for i in range(1, 5)}
    modules |= {"spk.asp_weights": encoder.attention, "spk.fc": encoder.fc}
    with run.recorder.outputs(modules):
        embedding = encoder.forward(resampled.clone(), l2_norm=True).unsqueeze(-1)
    put("spk.embedding", embedding)
    return embedding


def record_conditioning(run: Run, reference: torch.Tensor, path: Path) -> Voice:
    """Record what becomes of the reference, and that the file at `path` gives the same voice."""
    run.recorder.put("in.ref_wav_22050", reference)
    voice = Voice(record_latents(run, reference), record_embedding(run, reference))
    latents, embedding = run.model.get_conditioning_latents(
        str(path), max_ref_length=30, gpt_cond_len=30, gpt_cond_chunk_len=run.size.chunk_seconds
    )
    differences = [max_difference(latents, voice.latents), max_difference(embedding, voice.embedding)]
    run.meta["file_path_vs_tensor_maxdiff"] = differences
    return voice


def record_text(run: Run) -> torch.Tensor:
    """Record cleaned texts and token ids; return the ids of the first sentence."""
    tokenizer, args, gpt = run.model.tokenizer, run.model.args, run.model.gpt

    def clean(text: str, language: str) -> str:
        try:
            return tokenizer.preprocess_text(text, language)
        except Exception as error:
            return "RAISES " + type(error).__name__

    run.meta["tokenizer"] = [
        dict(text=text, lang=language, clean=clean(text, language), ids=tokenizer.encode(text, language))
        for text, language in SENTENCES
    ]
    run.meta["cleaners"] = [dict(text=text, lang=lang, clean=clean(text, lang)) for text, lang in CLEANED]
    run.meta.update(
        start_text=args.gpt_start_text_token,
        stop_text=args.gpt_stop_text_token,
        number_text_tokens=args.gpt_number_text_tokens,
        max_gen_mel_tokens=gpt.max_gen_mel_tokens,
        mel_pos=gpt.max_mel_tokens,
        text_pos=gpt.max_text_tokens,
    )
    ids = torch.IntTensor(run.meta["tokenizer"][0]["ids"])[None]
    run.recorder.put("gpt.text_ids", ids)
    return ids


def record_teacher_forcing(run: Run, prompt: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
    """Record the GPT over fixed codes, at once and step by step; return the logits [1, codes + 1, vocabulary]."""
    gpt, put = run.model.gpt, run.recorder.put
    prefix = gpt.gpt_inference.cached_prefix_emb.shape[1]
    modules = {f"gpt.block{i}": block for i, block in enumerate(gpt.gpt.h)}
    modules |= {"gpt.ln_f": gpt.gpt.ln_f, "gpt.final_norm": gpt.final_norm}
    with run.recorder.outputs(modules):
        logits = gpt.gpt_inference(torch.cat([prompt, codes], 1), use_cache=False).logits[:, prefix:]
    put("gpt.teacher_forced_mel_logits", logits)

    output = gpt.gpt_inference(prompt, use_cache=True)
    steps = [output.logits[:, -1]]
    for i in range(codes.shape[1]):
        cache = output.past_key_values
        output = gpt.gpt_inference(codes[:, i : i + 1], use_cache=True, past_key_values=cache)
        steps.append(output.logits[:, -1])
    cached = torch.stack(steps, 1)
    put("gpt.cached_mel_logits", cached)
    run.meta["cache_vs_full_maxdiff"] = max_difference(cached, logits)
    return logits


def record_greedy(run: Run, voice: Voice, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Record greedy generation, at full length and until a stop code that a bias brings about; return both codes."""
    gpt, put = run.model.gpt, run.recorder.put
    common = dict(cond_latents=voice.latents, text_inputs=ids, do_sample=False, max_new_tokens=run.size.codes)
    scores = dict(return_dict_in_generate=True, output_scores=True, output_logits=True)
    codes, steps = gpt.generate(num_beams=1, repetition_penalty=5.0, length_penalty=1.0, **common, **scores)
    put("gen.greedy_codes", codes)
    put("gen.greedy_logits", torch.stack(steps.logits, 1))
    put("gen.greedy_scores", torch.stack(steps.scores, 1))

    gpt.mel_head.bias.data[AUDIO_CODES + 1] += STOP_BIAS
    stopped = gpt.generate(repetition_penalty=2.0, **common)
    gpt.mel_head.bias.data[AUDIO_CODES + 1] -= STOP_BIAS
    put("gen.eos_codes", stopped)
    return codes, stopped


def record_sampling(run: Run, input_ids: torch.Tensor, logits: torch.Tensor) -> None:
    """Record what each step of sampling makes of one position's logits."""
    run.recorder.put("samp.input_ids", input_ids)
    run.recorder.put("samp.logits", logits)
    steps = {
        "repetition_5": RepetitionPenaltyLogitsProcessor(5.0),
        "temperature_0.75": TemperatureLogitsWarper(0.75),
        "topk_10": TopKLogitsWarper(10),
        "topp_0.85": TopPLogitsWarper(0.85),
    }
    scores = logits.clone()
    for name, step in steps.items():
        scores = step(input_ids, scores)
        run.recorder.put(f"samp.after_{name}", scores)
    run.recorder.put("samp.probs", scores.softmax(-1))


def second_pass(run: Run, voice: Voice, ids: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
    """Latents of the codes, as the reference makes them: by another pass over text and codes."""
    lengths = torch.tensor([ids.shape[-1]]), torch.tensor([codes.shape[-1] * 1024])
    return run.model.gpt(ids, lengths[0], codes.clone(), lengths[1], cond_latents=voice.latents, return_latent=True)


def first_pass(run: Run, codes: torch.Tensor) -> torch.Tensor:
    """Latents of the codes, as the states from which generation predicted them."""
    gpt = run.model.gpt
    prefix = gpt.gpt_inference.cached_prefix_emb
    inputs = F.pad(codes, (1, 0), value=AUDIO_CODES)
    embedded = torch.cat([prefix, gpt.mel_embedding(inputs) + gpt.mel_pos_embedding(inputs)], 1)
    return gpt.final_norm(gpt.gpt(inputs_embeds=embedded).last_hidden_state)[:, prefix.shape[1] : -1]


def record_generation(run: Run, voice: Voice, ids: torch.Tensor) -> torch.Tensor:
    """Record the GPT; return the latents of fixed codes and of greedy ones."""
    gpt, put = run.model.gpt, run.recorder.put
    prompt = gpt.compute_embeddings(voice.latents, ids)
    put("gpt.fake_input_ids", prompt)
    put("gpt.prefix_emb", gpt.gpt_inference.cached_prefix_emb)
    fixed = (torch.arange(run.size.codes) * 7 + 3).remainder(AUDIO_CODES)[None]
    put("gpt.codes_fixed", fixed)
    logits = record_teacher_forcing(run, prompt, fixed)
    greedy, stopped = record_greedy(run, voice, ids)
    record_sampling(run, torch.cat([prompt, fixed], 1), logits[:, -1].clone())
    latents = {"fixed": fixed, "greedy": greedy, "eos": stopped}
    latents = {name: second_pass(run, voice, ids, codes) for name, codes in latents.items()}
    run.recorder.put_all("lat.", latents)
    difference = max_difference(first_pass(run, fixed), latents["fixed"])
    run.meta["latents_second_forward_vs_first_pass_maxdiff"] = difference
    put("gen.greedy_latents_firstpass", first_pass(run, greedy))
    return latents["fixed"], latents["greedy"]


def record_decoding(run: Run, voice: Voice, fixed: torch.Tensor, greedy: torch.Tensor) -> None:
    """Record the vocoder over two sequences of latents, and over the first at another speed."""
    decoder, put = run.model.hifigan_decoder, run.recorder.put
    vocoder = decoder.waveform_decoder
    upsampled = F.interpolate(fixed.transpose(1, 2), scale_factor=[4.0], mode="linear")
    put("dec.interp_x4", upsampled)
    put("dec.interp_sr", F.interpolate(upsampled, scale_factor=[24000 / SAMPLE_RATE], mode="linear"))
    modules = {"dec.conv_pre": vocoder.conv_pre, "dec.conv_post": vocoder.conv_post}
    modules |= {f"dec.ups{i}": layer for i, layer in enumerate(vocoder.ups)}
    modules |= {f"dec.res{i}": block for i, block in enumerate(vocoder.resblocks)}
    with run.recorder.outputs(modules):
        put("dec.wav", decoder(fixed, g=voice.embedding))
    put("dec.wav_greedy", decoder(greedy, g=voice.embedding))
    faster = F.interpolate(fixed.transpose(1, 2), scale_factor=1 / LATENT_SPEED, mode="linear").transpose(1, 2)
    put(f"dec.latents_speed_{LATENT_SPEED}", faster)
    put(f"dec.wav_speed_{LATENT_SPEED}", decoder(faster, g=voice.embedding))
    put("dec.effective_weight.ups0", vocoder.ups[0].weight)
    put("dec.effective_weight.res0.convs1.0", vocoder.resblocks[0].convs1[0].weight)


def record_calls(run: Run, voice: Voice) -> None:
    """Record the whole calls, greedy: at once, and as a stream (which always samples; the best of one is greedy)."""
    model, put = run.model, run.recorder.put
    model.gpt.max_gen_mel_tokens = run.size.codes
    request = (*SENTENCES[0], voice.latents, voice.embedding)
    result = model.inference(*request, do_sample=False, repetition_penalty=5.0)
    put("e2e.wav", torch.from_numpy(result["wav"]))
    put("e2e.latents", torch.from_numpy(result["gpt_latents"]))
    chunks = model.inference_stream(
        *request, stream_chunk_size=run.size.stream_chunk, overlap_wav_len=1024, top_k=1, repetition_penalty=5.0
    )
    lengths = []
    for i, chunk in enumerate(chunks):
        put(f"stream.chunk{i}", chunk)
        lengths.append(int(chunk.shape[0]))
    run.meta["stream_chunks"] = lengths
    run.meta["stream_total_vs_e2e"] = [sum(lengths), int(result["wav"].shape[0])]


@torch.inference_mode()
def record_inference(run: Run, reference: torch.Tensor, path: Path) -> torch.Tensor:
    """Record all stages; return the token ids of the first sentence."""
    voice = record_conditioning(run, reference, path)
    ids = record_text(run)
    run.model.gpt.init_gpt_for_inference(kv_cache=True)
    torch.nn.Module.train(run.model, False)
    fixed, greedy = record_generation(run, voice, ids)
    record_decoding(run, voice, fixed, greedy)
    record_calls(run, voice)
    return ids
