"""The schema of a provider's resources, read from the package that CDKTF generated from it.

Such a package has a folder for each resource, whose `index.js` still says of each attribute and block what the provider said:
name, type, block or not, nesting, and computed or not. What it does not say any more is whether an optional attribute is
computed where nobody sets it; `ALSO_COMPUTED` does, for those whose value the modules read.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

# Optional and computed: what the provider fills in where nobody sets it. Only what the modules read.
ALSO_COMPUTED = {"id", "arn", "data.aws_region.region", "google_compute_global_address.address"}

SCALARS = {"String": "string", "Number": "number", "Boolean": "bool"}
COLLECTIONS = {"List": "list", "Map": "map"}


@dataclass
class Attribute:
    """An attribute; `type` is Terraform's own notation of types, as JSON has it: "string", ["list", "string"]."""

    name: str
    type: str | list
    required: bool = False
    optional: bool = False
    computed: bool = False
    write_only: bool = False


@dataclass
class Nested:
    """A block within another; `nesting` is single, list or set, and `most` 0 where any number may stand there."""

    name: str
    nesting: str
    most: int
    least: int
    block: "Block"


@dataclass
class Block:
    attributes: list[Attribute] = field(default_factory=list)
    nested: list[Nested] = field(default_factory=list)


def resource_block(package: Path, kind: str) -> Block:
    """The schema of `aws_vpc`, `data.aws_ami` and the like."""
    data, _, name = kind.rpartition(".")
    folder = f"data-{name}" if data else name.split("_", 1)[1]
    text = (package / "lib" / folder.replace("_", "-") / "index.js").read_text()
    assert f"terraformResourceType: '{name}'" in text, f"{folder} is not {name}"
    classes = dict(re.findall(r"^class (\w+) extends cdktf\.\w+ \{\n(.*?)^\}", text, re.S | re.M))
    kinds = _blocks_and_types(text)
    root = re.search(r"^class (\w+) extends cdktf\.Terraform(?:Resource|DataSource) ", text, re.M)
    assert root is not None
    block = _block(classes, kinds, root[1])
    for attribute in block.attributes:
        attribute.computed |= attribute.optional and f"{kind}.{attribute.name}" in ALSO_COMPUTED
    return block


@cache
def _blocks_and_types(text: str) -> dict[str, dict[str, tuple[bool, str, str]]]:
    """For each class, what its attributes are: a block or not, its nesting, and the type of what it holds."""
    entry = r"(\w+): \{\n\s+value: [^\n]*\n\s+isBlock: (\w+),\n\s+type: \"(\w+)\",\n\s+storageClassType: \"(\w+)\""
    found = {}
    functions = re.findall(r"^function (\w+)ToHclTerraform\(struct\) \{\n(.*?)^\}", text, re.S | re.M)
    root = re.search(r"    synthesizeHclAttributes\(\) \{\n(.*?)^    \}", text, re.S | re.M)
    for name, body in [*functions, ("", root[1] if root else "")]:
        found[name.lower()] = {key: (block == "true", kind, held) for key, block, kind, held in re.findall(entry, body)}
    return found


def _block(classes: dict[str, str], kinds: dict, name: str) -> Block:
    body = classes[name]
    # The class of what is nested is called after its function; the root's function is a method.
    mine = kinds.get(name.removesuffix("OutputReference").lower(), {}) if name.endswith("OutputReference") else kinds[""]
    block = Block()
    for attribute, computed, type_ in _plain(body, mine):
        required = not computed and not re.search(rf"^    reset{_camel(attribute)}\(\)", body, re.M)
        optional = not computed and not required
        filled = computed or (optional and attribute in ALSO_COMPUTED)
        secret = optional and attribute.endswith("_wo")
        block.attributes.append(Attribute(attribute, type_, required, optional, filled, secret))
    for line in re.finditer(
        r"// (\w+) - computed: (\w+), optional: (\w+), required: (\w+)\n\s+this\.\w+ = new (\w+)\(this, \"\w+\"(?:, (\w+))?\)", body
    ):
        nested, computed, optional, required, held, is_set = line.groups()
        if held.startswith("cdktf") or held not in classes:
            continue
        single = held.endswith("OutputReference")
        inner = _block(classes, kinds, held if single else f"{held.removesuffix('List')}OutputReference")
        if nested in mine and mine[nested][0]:
            nesting = "single" if mine[nested][1] == "struct" else ("set" if is_set == "true" else "list")
            most = 1 if single and nesting != "single" else 0
            block.nested.append(Nested(nested, nesting, most, int(required == "true" and nesting != "single"), inner))
        else:
            collection = "set" if is_set == "true" else "list"
            block.attributes.append(Attribute(nested, [collection, _object(inner)], False, optional == "true", computed == "true"))
    return block


def _plain(body: str, mine: dict) -> list[tuple[str, bool, str | list]]:
    """The attributes that are no blocks: name, computed alone, type."""
    found: dict[str, tuple[bool, str | list]] = {}
    for name, (is_block, kind, held) in mine.items():
        if not is_block:
            found[name] = (False, _type(kind, held))
    getter = r"// (\w+) - computed: true, optional: false, required: false\n    get \w+\(\) \{\n        return (?:cdktf\.Fn\.(\w+)\()?this\.(\w+)\("
    for name, wrapped, call in re.findall(getter, body):
        found[name] = (True, _type_of_getter(call, wrapped))
    for name, kind in re.findall(r"// (\w+) - computed: true, .*\n\s+this\.\w+ = new cdktf\.(\w+)Map\(", body):
        found[name] = (True, ["map", SCALARS.get(kind, "string")])
    return [(name, computed, type_) for name, (computed, type_) in sorted(found.items())]


def _type(kind: str, held: str) -> str | list:
    """The type of an attribute that may be set: kind "list" and held "stringList" make a list of strings."""
    scalar = {"string": "string", "number": "number", "boolean": "bool"}
    if kind == "simple":
        return scalar.get(held, "dynamic")
    return [kind, scalar.get(re.sub("(List|Map|Set)$", "", held), "string")]


def _type_of_getter(call: str, wrapped: str) -> str | list:
    scalar = {"getStringAttribute": "string", "getNumberAttribute": "number", "getBooleanAttribute": "bool"}
    lists = {"getListAttribute": "string", "getNumberListAttribute": "number"}
    if call in lists:
        return ["set" if wrapped == "tolist" else "list", lists[call]]
    return scalar.get(call, "bool" if call == "interpolationForAttribute" else "dynamic")


def _object(block: Block) -> list:
    """A block as the type of an attribute, which is what a computed one is."""
    members: dict[str, str | list] = {attribute.name: attribute.type for attribute in block.attributes}
    for nested in block.nested:
        members[nested.name] = [nested.nesting if nested.nesting != "single" else "list", _object(nested.block)]
    return ["object", members]


def _camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
