#!/usr/bin/env python3
"""Weights and golden vectors of the voice activity detector, from the package that publishes it.

    pip install --no-deps -r requirements.txt
    python vad_golden.py weights ../weights/silero_vad.safetensors
    python vad_golden.py golden ../tests/dataset/golden/vad.safetensors spoken16k.wav [--salt N]

The weights are those of `silero_vad_16k_op15.onnx`. The package's own `.safetensors` holds another model.
"""
import argparse
import importlib.util
import pathlib
import wave

import numpy
import onnx
import onnxruntime
from onnx import numpy_helper
from safetensors.numpy import save_file

CHUNK, CONTEXT, RATE = 512, 64, 16000
NAMES = {
    "model.stft.forward_basis_buffer": "stft.weight",
    "model.decoder.rnn.weight_ih": "lstm.weight_ih",
    "model.decoder.rnn.weight_hh": "lstm.weight_hh",
    "model.decoder.rnn.bias_ih": "lstm.bias_ih",
    "model.decoder.rnn.bias_hh": "lstm.bias_hh",
    "model.decoder.decoder.2.weight": "out.weight",
    "model.decoder.decoder.2.bias": "out.bias",
    **{
        f"model.encoder.{layer}.reparam_conv.{part}": f"conv{layer}.{part}"
        for layer in range(4)
        for part in ("weight", "bias")
    },
}


def graph():
    package = importlib.util.find_spec("silero_vad").submodule_search_locations[0]
    return str(pathlib.Path(package) / "data" / "silero_vad_16k_op15.onnx")


def write_weights(path):
    tensors = {
        NAMES[tensor.name]: numpy_helper.to_array(tensor).astype(numpy.float32)
        for tensor in onnx.load(graph()).graph.initializer
        if tensor.name in NAMES
    }
    assert len(tensors) == len(NAMES), sorted(tensors)
    source = {"source": "silero-vad 6.2.3, silero_vad_16k_op15.onnx", "license": "MIT"}
    save_file(tensors, path, source)


def probabilities(session, samples):
    state = numpy.zeros((2, 1, 128), numpy.float32)
    context = numpy.zeros(CONTEXT, numpy.float32)
    samples = numpy.pad(samples, (0, -len(samples) % CHUNK))
    found = []
    for chunk in samples.reshape(-1, CHUNK):
        heard = numpy.concatenate([context, chunk])[None]
        inputs = {"input": heard, "state": state, "sr": numpy.array(RATE, numpy.int64)}
        output, state = session.run(None, inputs)
        context = chunk[-CONTEXT:]
        found.append(output[0, 0])
    return numpy.array(found, numpy.float32)


def read(path):
    with wave.open(path) as file:
        shape = (file.getframerate(), file.getnchannels(), file.getsampwidth())
        assert shape == (RATE, 1, 2), "16 kHz, mono, 16 bits"
        samples = numpy.frombuffer(file.readframes(file.getnframes()), "<i2")
    return samples.astype(numpy.float32) / 32768


def write_golden(path, spoken, salt):
    session = onnxruntime.InferenceSession(graph(), providers=["CPUExecutionProvider"])
    noise = numpy.random.default_rng(7 + salt).standard_normal(RATE).astype(numpy.float32)
    samples = {"spoken": read(spoken), "noise": 0.1 * noise}
    tensors = {f"{name}.samples": value for name, value in samples.items()}
    for name, value in samples.items():
        tensors[f"{name}.probabilities"] = probabilities(session, value)
    save_file(tensors, path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["weights", "golden"])
    parser.add_argument("path")
    parser.add_argument("spoken", nargs="?")
    parser.add_argument("--salt", type=int, default=0)
    given = parser.parse_args()
    if given.what == "weights":
        write_weights(given.path)
    else:
        write_golden(given.path, given.spoken, given.salt)


main()
