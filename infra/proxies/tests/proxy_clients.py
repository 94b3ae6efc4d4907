"""Clients of a proxy: one address of theirs each, one connection that is kept, HTTP/1.1 and HTTP/2."""

import http.client
import json
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.events


@dataclass
class Answer:
    """What came back, read whole."""

    status: int
    headers: dict[str, str]
    body: bytes = b""

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Site:
    """Where a proxy is reached: on loopback, under its name, trusting one certificate (or without TLS)."""

    name: str
    port: int
    root: Path | None
    host: str = "127.0.0.1"

    def socket(self, source: str, protocols: list[str] | None = None, timeout: float = 60) -> socket.socket:
        """A connection from that address of loopback."""
        plain = socket.create_connection((self.host, self.port), timeout, (source, 0))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.root is None:
            return plain
        context = ssl.create_default_context(cafile=str(self.root))
        if protocols:
            context.set_alpn_protocols(protocols)
        return context.wrap_socket(plain, server_hostname=self.name)

    def connect(self, source: str, timeout: float = 60) -> "Connection":
        return Connection(self, source, timeout)

    def get(self, path: str, source: str, **headers: str) -> Answer:
        """One request on a connection of its own."""
        return self.request("GET", path, source, headers=headers)

    def request(
        self, method: str, path: str, source: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        connection = self.connect(source)
        try:
            return connection.ask(method, path, body, headers)
        finally:
            connection.close()


class Connection(http.client.HTTPConnection):
    """A connection that is kept until the server says `Connection: close`."""

    def __init__(self, site: Site, source: str, timeout: float) -> None:
        super().__init__(site.name, site.port, timeout)
        self.site, self.source = site, source

    def connect(self) -> None:
        self.sock = self.site.socket(self.source, ["http/1.1"], self.timeout)

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """A request and its whole answer. A body that is no bytes goes as JSON."""
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        self.request(method, path, body, headers)
        answer = self.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())


@dataclass
class _Stream:
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)


def burst(site: Site, source: str, requests: list[tuple[str, str]], **headers: str) -> list[Answer]:
    """Sends all requests in one write over HTTP/2, so that they arrive in one moment, and returns their answers in order."""
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
    connection.initiate_connection()
    plain = site.socket(source, ["h2"])
    assert not isinstance(plain, ssl.SSLSocket) or plain.selected_alpn_protocol() == "h2"
    plain.sendall(connection.data_to_send())
    streams: dict[int, _Stream] = {}
    # Its settings first: they bound how many streams may be open.
    while not any(isinstance(event, h2.events.RemoteSettingsChanged) for event in connection.receive_data(plain.recv(65536))):
        pass
    for method, path in requests:
        number = connection.get_next_available_stream_id()
        streams[number] = _Stream()
        pseudo = [(":method", method), (":path", path), (":scheme", "https"), (":authority", site.name)]
        connection.send_headers(number, pseudo + [(name.lower(), value) for name, value in headers.items()], end_stream=True)
    plain.sendall(connection.data_to_send())
    open_streams = set(streams)
    while open_streams:
        received = plain.recv(65536)
        assert received, f"closed with {len(open_streams)} requests open"
        for event in connection.receive_data(received):
            match event:
                case h2.events.ResponseReceived():
                    streams[event.stream_id].headers = dict(event.headers)
                case h2.events.DataReceived():
                    streams[event.stream_id].body += event.data
                    connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case h2.events.StreamEnded():
                    open_streams.discard(event.stream_id)
                case h2.events.StreamReset() | h2.events.ConnectionTerminated():
                    raise AssertionError(f"broken off: {event}")
        plain.sendall(connection.data_to_send())
    plain.close()
    return [Answer(int(one.headers[":status"]), one.headers, bytes(one.body)) for one in streams.values()]
