"""Each alert has a runbook, and what a runbook tells to type can be typed."""

import re
import shlex
import subprocess
from functools import cache
from pathlib import Path

import promql_parser
import pytest
import yaml

FOLDER = Path(__file__).resolve().parent.parent
RUNBOOKS = {page.stem: page for page in (FOLDER / "runbooks").glob("Kiskadee*.md")}
SECTIONS = ["Meaning", "First", "Then", "Whom to wake"]
# What a machine of a fleet has anyhow, or the alert's own tools.
TOOLS = {
    "certbot", "chronyc", "curl", "df", "du", "journalctl", "kiskadee", "nvidia-smi", "openssl", "promtool", "psql", "sudo", "systemctl",
    "timedatectl",
}


def alerts() -> set[str]:
    files = [yaml.safe_load((FOLDER / name).read_text()) for name in ("alerts.yml", "slo.yml")]
    return {rule["alert"] for file in files for group in file["groups"] for rule in group["rules"] if "alert" in rule}


def first_commands(page: str) -> list[list[str]]:
    block = re.search(r"## First\n\n```sh\n(.*?)\n```", page, re.DOTALL)
    assert block, "no commands"
    return [shlex.split(line) for line in block[1].splitlines()]


def mentioned(page: str) -> list[list[str]]:
    """The commands of ours between backquotes in the text, and the first ones."""
    inline = re.findall(r"`(kiskadee [^`]+)`", page)
    return [*map(shlex.split, inline), *(words for words in first_commands(page) if words[0] == "kiskadee")]


@cache
def help_of(program: Path, subcommand: tuple[str, ...]) -> str | None:
    """What `--help` says of a subcommand; nothing where it is none."""
    done = subprocess.run([program, *subcommand, "--help"], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def check_ours(program: Path, words: list[str]) -> None:
    options = [word for word in words[1:] if word.startswith("--")]
    subcommand = []
    for word in words[1:]:
        # The names of subcommands are in small letters; what is in capitals stands for a value.
        if not re.fullmatch(r"[a-z][a-z-]*", word) or help_of(program, (*subcommand, word)) is None:
            break
        subcommand.append(word)
    assert subcommand or options == ["--version"], f"`{' '.join(words)}`: there is no such subcommand"
    text = help_of(program, tuple(subcommand)) or ""
    if "\nCommands:" in text and subcommand:
        pytest.fail(f"`{' '.join(words)}` does not name a subcommand of {' '.join(subcommand)}")
    for option in options:
        assert option in text, f"{' '.join(subcommand)} has no {option}"


def test_each_alert_has_a_page_and_no_page_is_left_over() -> None:
    assert set(RUNBOOKS) == alerts()


@pytest.mark.parametrize("name", sorted(RUNBOOKS))
def test_a_page_is_whole(name: str) -> None:
    page = RUNBOOKS[name].read_text()
    assert page.startswith(f"# {name}\n")
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == SECTIONS
    commands = first_commands(page)
    assert len(commands) == 3
    assert {words[0] for words in commands} <= TOOLS
    others = set(re.findall(r"\bKiskadee[A-Z]\w+", page))
    assert others <= set(RUNBOOKS), f"no such alert: {others - set(RUNBOOKS)}"


def test_our_commands_exist(kiskadee: Path) -> None:
    for page in RUNBOOKS.values():
        for words in mentioned(page.read_text()):
            check_ours(kiskadee, words)


@pytest.mark.parametrize("wrong", ["kiskadee admin deads", "kiskadee admin dead --limits 3", "kiskadee admin", "kiskadee nonsense"])
def test_a_command_that_does_not_exist_is_found(kiskadee: Path, wrong: str) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check_ours(kiskadee, wrong.split())


def test_queries_of_prometheus_parse() -> None:
    asked = [words for page in RUNBOOKS.values() for words in first_commands(page.read_text()) if words[:2] == ["promtool", "query"]]
    assert len(asked) >= 5
    for words in asked:
        promql_parser.parse(words[4])
