"""Lets `kiskadee say` speak lists of sentences, and counts what it costs."""

import os
import resource
import shutil
import subprocess

# Of a whole list. Slow engines on slow machines stay below.
DEADLINE_SECONDS = 3600


class CannotSpeak(Exception):
    """The program failed; the text has its own words."""


def speak(kiskadee, sentences, folder, options):
    """Speaks each sentence into a file of the folder (000.wav, …), which is made anew.

    All is done on one core, so that engines are compared on the same. Returns the CPU seconds of the program and all of its
    children, from its start to its end.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [kiskadee, "say", "--lines", "--format", "wav", "--output", folder, *options, "-"]
    before = children_cpu_seconds()
    try:
        done = subprocess.run(
            command,
            input="\n".join(sentences),
            text=True,
            stderr=subprocess.PIPE,
            timeout=DEADLINE_SECONDS,
            preexec_fn=stay_on_one_core,
        )
    except OSError as error:
        raise CannotSpeak(f"{kiskadee} cannot be run: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise CannotSpeak(f"{kiskadee} took longer than {DEADLINE_SECONDS} s") from error
    if done.returncode:
        raise CannotSpeak(done.stderr.strip().removeprefix("error: ") or f"{kiskadee} ended with {done.returncode}")
    return children_cpu_seconds() - before


def stay_on_one_core():
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def children_cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
