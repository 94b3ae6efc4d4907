"""The tables of inputs and outputs in a module's README, made from its files.

`python module_docs.py` writes them; the test compares.
"""

import json
import re
from functools import cache
from pathlib import Path

import hcl2

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- inputs and outputs: written by tests/module_docs.py -->", "<!-- end -->"


def folders() -> list[Path]:
    """Every module and every example."""
    return sorted(path.parent for path in [*ROOT.glob("modules/**/versions.tf"), *ROOT.glob("examples/*/versions.tf")])


def blocks(folder: Path, kind: str) -> list[tuple[str, dict]]:
    """The blocks of a kind (`variable`, `output`) in a folder's files, in their order. Only files that have some are read."""
    found = []
    for file in sorted(folder.glob("*.tf")):
        text = file.read_text()
        for block in parsed(text).get(kind, []) if re.search(rf"^{kind} \"", text, re.M) else []:
            found += [(name.strip('"'), body) for name, body in block.items() if name != "__is_block__"]
    return found


@cache
def parsed(text: str) -> dict:
    """A file of HCL; the parser is slow."""
    return hcl2.loads(text)


def plain(value: object) -> str:
    """An expression or a literal as it stands in the file."""
    if isinstance(value, list):
        return f"[{', '.join(plain(item) for item in value)}]"
    text = value if isinstance(value, str) else json.dumps(value)
    return text.removeprefix("${").removesuffix("}") if text.startswith("${") else text


def cell(text: str) -> str:
    return " ".join(text.strip('"').replace("\\\"", '"').split()).replace("|", "\\|")


def default(body: dict) -> str:
    return f"`{plain(body['default'])}`" if "default" in body else "required"


def tables(folder: Path) -> str:
    """Markdown of both tables."""
    rows = ["| input | meaning | type | default |", "|---|---|---|---|"]
    for name, body in blocks(folder, "variable"):
        rows.append(f"| `{name}` | {cell(body['description'])} | `{cell(plain(body['type']))}` | {default(body)} |")
    rows += ["", "| output | meaning |", "|---|---|"]
    for name, body in blocks(folder, "output"):
        secret = " Sensitive." if body.get("sensitive") else ""
        rows.append(f"| `{name}` | {cell(body['description'])}{secret} |")
    return "\n".join(rows)


def in_readme(folder: Path) -> str:
    """What the README says between the marks."""
    text = (folder / "README.md").read_text()
    return text.split(BEGIN)[1].split(END)[0].strip()


def write(folder: Path) -> None:
    readme = folder / "README.md"
    before, rest = readme.read_text().split(BEGIN)
    readme.write_text(f"{before}{BEGIN}\n{tables(folder)}\n{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    for each in folders():
        write(each)
