"""Retrieval and whole conversions by the reference."""

from pathlib import Path

import faiss
import infer_rvc_python.root_pipe as pipe
import numpy as np
import torch

faiss.omp_set_num_threads(1)


def filtered(wave: np.ndarray) -> np.ndarray:
    return pipe.signal.filtfilt(pipe.bh, pipe.ah, wave.astype(np.float64))


def retrieval(maker, hubert, wave: np.ndarray, put) -> None:
    """Writes added.index, trained.index (without vectors) and one_cell.index (cells of fewer vectors than neighbours are wanted)."""
    count, cells = (600, 9) if len(wave) > 40_000 else (120, 3)
    base = hubert(torch.from_numpy(wave)[None]).last_hidden_state[0]
    width = base.shape[1]
    chosen = torch.randint(0, len(base), (count,), generator=torch.Generator().manual_seed(5))
    vectors = (base[chosen] + 0.3 * maker.random("index", (count, width))).numpy().astype(np.float32)
    index = faiss.index_factory(width, f"IVF{cells},Flat")
    faiss.extract_index_ivf(index).nprobe = 1
    index.train(vectors)
    faiss.write_index(index, str(maker.out / "trained.index"))
    for begin in range(0, count, 256):
        index.add(vectors[begin: begin + 256])
    faiss.write_index(index, str(maker.out / "added.index"))
    put("index.vectors", vectors)
    queries = (base[:40] + 0.1 * maker.random("query", (len(base[:40]), width))).numpy().astype(np.float32)
    score, ids = index.search(queries, k=8)
    put("index.query", queries)
    put("index.score", score)
    put("index.ids", ids)
    weight = np.square(1 / score)
    weight /= weight.sum(axis=1, keepdims=True)
    put("index.mix", np.sum(index.reconstruct_n(0, index.ntotal)[ids] * weight[:, :, None], axis=1))
    few = faiss.index_factory(width, "IVF6,Flat")
    few.train(vectors[: 40 * 6])
    few.add(vectors[:12])
    faiss.write_index(few, str(maker.out / "one_cell.index"))
    score, ids = few.search(queries[:6], k=8)
    put("index.few.score", score)
    put("index.few.ids", ids)


class Cuts:
    """Pieces of about 2 s, that a short recording has three of them."""

    x_pad, x_query, x_center, x_max, is_half, device = 1, 1, 2, 3, False, "cpu"


class KnownPitch:
    """A pitch that is known, at the frames of the padded recording."""

    def __init__(self, pitch: np.ndarray):
        self.pitch = pitch

    def infer_from_audio(self, wave, thred):
        place = np.abs((np.arange(len(wave) // 160 + 1) - 100) * 160)
        last = len(self.pitch) - 1
        place = np.where(place > last, 2 * last - place, place)
        return self.pitch[np.clip(place, 0, last)].copy()


class Content:
    """The face that the pipeline knows the feature network by."""

    def __init__(self, hubert, layers: tuple[int, int]):
        self.hubert, self.layers = hubert, layers

    def extract_features(self, source, padding_mask=None, output_layer=12, **_):
        layer = self.layers[0] if output_layer == 9 else self.layers[1]
        return (self.hubert(source, output_hidden_states=True).hidden_states[layer], None)

    def final_proj(self, rows):
        return self.hubert.final_proj(rows)


class Runs:
    def __init__(self, out: Path, hubert, layers, wave, pitch, recorded, put):
        self.index, self.content = str(out / "added.index"), Content(hubert, layers)
        self.wave, self.pitch, self.recorded, self.put = wave, pitch, recorded, put

    def all(self, networks: dict) -> dict:
        plain = dict(index_rate=0.0, protect=0.5, rms_mix_rate=1.0, f0_up_key=0)
        return {
            "plain": self.run("plain", networks["40k"], **plain),
            "full": self.run("full", networks["40k"], self.index),
            "v1": self.run("v1", networks["v1"], index_rate=0.0, version="v1"),
            "nof0": self.run("nof0", networks["nof0"], self.index, if_f0=0),
        }

    def run(self, tag: str, network, index: str = "", **changed) -> dict:
        options = dict(f0_up_key=3, index_rate=0.75, if_f0=1, resample_sr=0, rms_mix_rate=0.25, version="v2", protect=0.33)
        options |= changed
        converter = pipe.VC(40000, Cuts())
        converter.model_rmvpe = KnownPitch(self.pitch)
        infer, pieces = network.infer, []

        def recording(*arguments):
            self.put(f"{tag}.phone{len(pieces)}", arguments[0])
            output = infer(*arguments)
            self.put(f"{tag}.seg{len(pieces)}", output[0])
            pieces.append(output)
            return output

        network.infer = recording
        with self.recorded(tag):
            wave = converter.pipeline(
                self.content, network, 1, self.wave.astype(np.float64), "x", [0, 0, 0], options["f0_up_key"], "rmvpe", index,
                options["index_rate"], options["if_f0"], 3, 40000, options["resample_sr"], options["rms_mix_rate"], options["version"], options["protect"],
            )
        network.infer = infer
        self.put(f"{tag}.out_i16", wave.astype(np.int32))
        return dict(options, segments=len(pieces), samples=len(wave))
