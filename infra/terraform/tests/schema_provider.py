"""A provider of Terraform that knows its schema and nothing else: enough to validate a module, and to test it with mocks.

Where no registry can be reached, Terraform cannot download a provider. It takes one that runs already, though, if
`TF_REATTACH_PROVIDERS` says where. This one speaks as much of the plugin protocol (version 5) as `validate` and `test` with
`mock_provider` ask for; the few messages are written by hand.
"""

import json
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

from cdktf_schema import Block, resource_block

NESTINGS = {"single": 1, "list": 2, "set": 3}
SERVICE = "tfplugin5.Provider"


def varint(number: int) -> bytes:
    """A number of any size, seven bits to a byte."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def text(tag: int, value: bytes | str) -> bytes:
    """A field of a message that is a string, bytes or a message."""
    data = value.encode() if isinstance(value, str) else value
    return varint(tag << 3 | 2) + varint(len(data)) + data


def number(tag: int, value: int) -> bytes:
    """A field that is a number; zero is what a missing one means."""
    return varint(tag << 3) + varint(value) if value else b""


def fields(message: bytes) -> dict[int, bytes]:
    """The fields of a message that have a length, which is all that is read here."""
    found, at = {}, 0

    def read() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = read()
        if key & 7 == 2:
            length = read()
            found[key >> 3] = message[at : at + length]
            at += length
        else:
            read()
    return found


def block_message(block: Block) -> bytes:
    """`Schema.Block`."""
    out = b""
    for attribute in block.attributes:
        flags = ((4, attribute.required), (5, attribute.optional), (6, attribute.computed), (10, attribute.write_only))
        numbers = b"".join(number(tag, int(value)) for tag, value in flags)
        out += text(2, text(1, attribute.name) + text(2, json.dumps(attribute.type)) + numbers)
    for nested in block.nested:
        bounds = number(3, NESTINGS[nested.nesting]) + number(4, nested.least) + number(5, nested.most)
        out += text(3, text(1, nested.name) + text(2, block_message(nested.block)) + bounds)
    return out


def schema_answer(package: Path, kinds: Iterable[str]) -> bytes:
    """`GetProviderSchema.Response`: the provider's own settings, then its resources (2) and data sources (3)."""
    settings = [text(2, text(1, name) + text(2, '"string"') + number(5, 1)) for name in ("region", "project")]
    default_tags = text(3, text(1, "default_tags") + text(2, text(2, text(1, "tags") + text(2, '["map","string"]') + number(5, 1)))
                        + number(3, NESTINGS["list"]) + number(5, 1))
    out = text(1, text(2, b"".join(settings) + default_tags))
    for kind in sorted(kinds):
        schema = text(2, block_message(resource_block(package, kind)))
        out += text(3 if kind.startswith("data.") else 2, text(1, kind.removeprefix("data.")) + text(2, schema))
    return out


def echo(request: bytes) -> bytes:
    """What was sent, as the answer's first field."""
    return text(1, fields(request).get(1, b""))


def upgraded(request: bytes) -> bytes:
    """The state as it was: JSON is a raw state's first field and a dynamic value's second."""
    state = fields(fields(request).get(3, b""))
    return text(1, text(2, state.get(1, b"")))


class Handlers(grpc.GenericRpcHandler):
    """Answers by method. All else is unimplemented, above all what lies under `/plugin.`: streams that nobody would end."""

    def __init__(self, schema: bytes) -> None:
        def nothing(_: bytes) -> bytes:
            return b""

        self.answers: dict[str, Callable[[bytes], bytes]] = {
            "GetSchema": lambda _: schema,
            "PrepareProviderConfig": echo,
            "UpgradeResourceState": upgraded,
            "ValidateResourceTypeConfig": nothing,
            "ValidateDataSourceConfig": nothing,
            "Configure": nothing,
            "Stop": nothing,
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        _, service, method = handler_call_details.method.split("/")
        answer = self.answers.get(method) if service == SERVICE else None
        return answer and grpc.unary_unary_rpc_method_handler(lambda request, _: answer(request))


def serve(socket: Path, package: Path, kinds: Iterable[str]) -> tuple[grpc.Server, dict]:
    """Serves until the server is stopped; and what `TF_REATTACH_PROVIDERS` says of it."""
    server = grpc.server(ThreadPoolExecutor(8), handlers=[Handlers(schema_answer(package, kinds))])
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    address = {"Network": "unix", "String": str(socket)}
    return server, {"Protocol": "grpc", "ProtocolVersion": 5, "Pid": os.getpid(), "Test": True, "Addr": address}
