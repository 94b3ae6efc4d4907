"""Writes the configurations of nginx, HAProxy and Caddy from one table of routes, so that they cannot differ.

    python3 infra/proxies/generate.py                     # the committed ones, of site.toml
    python3 infra/proxies/generate.py --site S --out DIR  # those of your own site

It needs nothing but Python 3.11. A template holds `@name@` for a value; a line `@if name@` to `@end@` stays where the value is
true, `@if !name@` where it is not.
"""

import argparse
import ipaddress
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pieces

HERE = Path(__file__).resolve().parent
# The template, and the file that is written from it.
FILES = {
    "nginx.conf": "nginx/kiskadee.conf",
    "haproxy.cfg": "haproxy/haproxy.cfg",
    "Caddyfile": "caddy/Caddyfile",
}


def read_site(path: Path) -> dict[str, Any]:
    """The site: what it leaves out is as in site.toml, and what site.toml does not know is an error."""
    default = tomllib.loads((HERE / "site.toml").read_text())
    own = tomllib.loads(path.read_text())
    unknown = own.keys() - default.keys() - {"rates"}
    if unknown:
        raise SystemExit(f"{path}: unknown: {', '.join(sorted(unknown))}")
    site = default | own
    for network in site["trusted_proxies"]:
        ipaddress.ip_network(network)
    if not site["edges"]:
        raise SystemExit(f"{path}: `edges` names none")
    return site


def read_table(site: dict[str, Any]) -> dict[str, Any]:
    """The table of routes, with the rates that the site has of its own."""
    table = tomllib.loads((HERE / "routes.toml").read_text())
    own = site.get("rates", {})
    unknown = own.keys() - table["rates"].keys()
    if unknown:
        raise SystemExit(f"rates: unknown: {', '.join(sorted(unknown))}")
    table["rates"] |= own
    return table


def render(template: str, values: dict[str, Any]) -> str:
    """The template with its values; a value of several lines keeps the indent of its place."""
    return "\n".join(_lines(template, values)) + "\n"


def _lines(template: str, values: dict[str, Any]) -> Iterator[str]:
    kept = True
    for line in template.splitlines():
        if condition := re.fullmatch(r"\s*@if (!?)(\w+)@", line):
            kept = bool(values[condition[2]]) != bool(condition[1])
        elif line.strip() == "@end@":
            kept = True
        elif kept:
            yield from _filled(line, values)


def _filled(line: str, values: dict[str, Any]) -> Iterator[str]:
    if alone := re.fullmatch(r"(\s*)@(\w+)@", line):
        for part in str(values[alone[2]]).splitlines():
            yield f"{alone[1]}{part}" if part else ""
    else:
        yield re.sub(r"@(\w+)@", lambda name: str(values[name[1]]), line)


def write_all(site_file: Path) -> dict[str, str]:
    """Each file that is written, by its path."""
    site = read_site(site_file)
    table = read_table(site)
    makers = {"nginx.conf": pieces.nginx, "haproxy.cfg": pieces.haproxy, "Caddyfile": pieces.caddy}
    texts = {}
    for template, file in FILES.items():
        values = site | makers[template](site, table)
        texts[file] = render((HERE / "templates" / template).read_text(), values)
    return texts


def main() -> None:
    """Writes them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", type=Path, default=HERE / "site.toml")
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()
    for file, text in write_all(options.site).items():
        target = options.out / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        print(target)


if __name__ == "__main__":
    main()
