"""`kiskadee worker --webhooks off`: such a worker does the work and tells nobody; the messages wait for one that does, and are sent once."""

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from system import System, eventually, free_port, status_of

pytestmark = pytest.mark.heavy

HOST = "127.0.0.71"


class Receiver(ThreadingHTTPServer):
    """Somebody whom webhooks are sent to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.messages: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}/hook"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.messages.append(self.headers["webhook-id"])
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def batch(system: System, port: int, receiver: Receiver) -> str:
    body = {"texts": ["Tell me."], "voice_id": "default", "language": "en", "webhook_url": receiver.url}
    headers = {"X-API-Key": system.key, "Content-Type": "application/json"}
    request = urllib.request.Request(f"http://{HOST}:{port}/api/v1/advanced/batch-tts", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["batch_id"]


def ended(system: System) -> int:
    return int(system.sql("select count(*) from queue.done where kind = 'speech' and outcome = 'completed'")[0])


def test_only_workers_that_send_webhooks_send_them(kiskadee: Path, tmp_path: Path, receiver: Receiver) -> None:
    with System(kiskadee, tmp_path) as system:
        port, ready = free_port(HOST), free_port(HOST)
        system.start_edge(HOST, port, ready, SPIN_VARIABLE_WEBHOOK_ALLOW_PRIVATE="on")
        # It speaks, and may reach the receiver: that it sends nothing is its own doing.
        system.start_worker("--name", "silent", "--webhooks", "off", "--webhook-allow-private", "on")
        eventually("the fleet", lambda: status_of(f"http://{HOST}:{port}/ready") == 200)
        batch(system, port, receiver)
        eventually("the speech", lambda: ended(system) == 1, within=60)
        waiting = "select count(*) from webhook.delivery where status = 'pending' and next_at <= clock_timestamp() and attempts = 0"
        eventually("messages that are due", lambda: int(system.sql(waiting)[0]) > 0, within=30)
        # Whoever sends asks for what is due within a second or so.
        time.sleep(8)
        messages = sorted(system.sql("select 'msg_' || replace(id::text, '-', '') from webhook.message"))
        assert receiver.messages == [] and int(system.sql(waiting)[0]) == len(messages) > 0
        assert system.sql("select count(*) from webhook.attempt") == ["0"]
        system.start_worker("--name", "sender", "--engines", "none", "--webhook-allow-private", "on")
        delivered = "select count(*) from webhook.delivery where status = 'delivered'"
        eventually("all of them", lambda: int(system.sql(delivered)[0]) == len(messages), within=60)
        assert sorted(receiver.messages) == messages, "each once"
