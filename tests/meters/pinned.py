"""Files that must be what they were when the meters were made."""

import hashlib


class WrongFile(Exception):
    """A file is missing, or is not what was pinned."""


def check(path, expected_sha256):
    try:
        with open(path, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WrongFile(f"{path} cannot be read ({error.strerror}): delete its folder and try again") from error
    if found != expected_sha256:
        raise WrongFile(f"{path} has the SHA-256 {found}, not {expected_sha256}: delete its folder and try again")
