"""The small models of the golden files: all of XTTS-v2's structure, few weights."""

from dataclasses import dataclass, field
from pathlib import Path

import torch
from TTS.encoder.models.resnet import ResNetSpeakerEncoder
from TTS.tts.configs.xtts_config import XttsConfig
from TTS.tts.layers.xtts.dvae import DiscreteVAE
from TTS.tts.layers.xtts.hifigan_decoder import HifiDecoder
from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
from TTS.tts.models.xtts import Xtts

from random_weights import randomize, round_to_half

AUDIO_CODES = 32  # the published model has 1024


@dataclass(frozen=True)
class Size:
    """Sizes of a model and of what is recorded from it."""

    channels: int  # of the GPT
    heads: int
    d_vector: int  # speaker embedding
    hifigan: dict
    speaker_encoder: dict
    dvae: dict
    reference_seconds: float
    chunk_seconds: int  # of the reference, conditioned at once
    codes: int  # to generate
    stream_chunk: int  # codes between two chunks of audio
    salt: str = ""  # of the model, before the given salt
    half: bool = False  # weights are float16 values
    keep: dict[str, int | None] = field(default_factory=dict)  # recorded tensors and their longest time; all if empty


TINY = Size(
    channels=64,
    heads=4,
    d_vector=32,
    hifigan=dict(upsample_initial_channel_decoder=32),
    speaker_encoder=dict(layers=[1, 1, 1, 1], num_filters=[8, 16, 32, 64], proj_dim=32),
    dvae=dict(num_tokens=AUDIO_CODES, codebook_dim=24, hidden_dim=16),
    reference_seconds=4.2,
    chunk_seconds=2,
    codes=24,
    stream_chunk=6,
)

WHOLE = [
    "mel.chunk0 cond.gpt_cond_latent spk.layer4 spk.embedding",
    "gpt.text_ids gpt.fake_input_ids gpt.prefix_emb gpt.codes_fixed gpt.final_norm",
    "gpt.teacher_forced_mel_logits gen.greedy_codes gen.greedy_logits gen.greedy_scores",
    "gen.eos_codes samp.input_ids samp.logits samp.after_repetition_5 samp.after_temperature_0.75",
    "samp.after_topk_10 samp.after_topp_0.85 samp.probs lat.fixed lat.greedy lat.eos dec.interp_sr dec.conv_pre",
    "dec.ups0 dec.wav dec.latents_speed_1.25 e2e.wav stream.chunk0 stream.chunk1 stream.chunk2 stream.chunk3",
    "dvae_mel dvae.enc0 dvae.enc1 dvae.enc2 dvae.enc3 dvae.enc4 dvae.enc5 dvae.codes",
]

FIXTURE = Size(
    channels=32,
    heads=2,
    d_vector=16,
    hifigan=dict(upsample_initial_channel_decoder=16),
    speaker_encoder=dict(layers=[1, 1, 1, 1], num_filters=[16, 8, 8, 8], proj_dim=16),
    dvae=dict(num_tokens=AUDIO_CODES, codebook_dim=16, hidden_dim=8),
    reference_seconds=1.4,
    chunk_seconds=1,
    codes=8,
    stream_chunk=3,
    salt="f3",  # with these, generation meets the biased stop code midway and top-p leaves three codes
    half=True,
    keep={name: None for line in WHOLE for name in line.split()} | {"spk.wav_16000": 2000},
)

SIZES = dict(tiny=TINY, fixture=FIXTURE)


def config(size: Size) -> XttsConfig:
    """The configuration of a small model: version 2 but for the sizes."""
    config = XttsConfig()
    args = config.model_args
    args.gpt_layers, args.gpt_n_model_channels, args.gpt_n_heads = 2, size.channels, size.heads
    args.gpt_max_audio_tokens, args.gpt_max_text_tokens, args.gpt_max_prompt_tokens = 60, 60, 70
    args.gpt_num_audio_tokens = AUDIO_CODES + 2
    args.gpt_start_audio_token, args.gpt_stop_audio_token = AUDIO_CODES, AUDIO_CODES + 1
    args.gpt_use_perceiver_resampler = True
    args.decoder_input_dim, args.d_vector_dim = size.channels, size.d_vector
    args.tokenizer_file = "vocab.json"
    config.temperature, config.repetition_penalty = 0.75, 5.0
    config.gpt_cond_len, config.gpt_cond_chunk_len, config.max_ref_len = 30, 4, 30
    return config


def build_model(size: Size, config: XttsConfig, vocab: Path, salt: str) -> Xtts:
    """Build the model; the decoder and the speaker encoder in sizes that the configuration cannot express."""
    model = Xtts(config)
    model.tokenizer = VoiceBpeTokenizer(str(vocab))
    model.init_models()
    decoder = HifiDecoder(decoder_input_dim=size.channels, d_vector_dim=size.d_vector, **size.hifigan)
    decoder.speaker_encoder = ResNetSpeakerEncoder(
        input_dim=64,
        log_input=True,
        use_torch_spec=True,
        audio_config=decoder.speaker_encoder_audio_config,
        **size.speaker_encoder,
    )
    model.hifigan_decoder = decoder
    randomize(model, salt=salt)
    if size.half:
        round_to_half(model)
    return torch.nn.Module.train(model, False)


def build_dvae(size: Size, salt: str) -> DiscreteVAE:
    """Build the audio tokenizer of the training."""
    dvae = DiscreteVAE(
        channels=80,
        normalization=None,
        positional_dims=1,
        num_resnet_blocks=3,
        kernel_size=3,
        num_layers=2,
        use_transposed_convs=False,
        **size.dvae,
    )
    randomize(dvae, "dvae.", salt)
    if size.half:
        round_to_half(dvae)
    return dvae.eval()
