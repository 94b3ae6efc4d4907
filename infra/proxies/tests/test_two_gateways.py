"""Two storage gateways behind one name: a listener comes to one of them, the worker with its audio to the other."""

import http.client
import json
from collections import Counter
from pathlib import Path

import pytest
from system import Process, System, eventually, free_port, program, status_of

pytestmark = pytest.mark.heavy

EDGE = "127.0.0.41"
GATEWAYS = ["127.0.0.42", "127.0.0.43"]
STREAMS = 16
ONE_NAME = """
defaults
    mode tcp
    timeout connect 2s
    timeout client 1m
    timeout server 1m
listen gateways
    bind {front}
    balance roundrobin
    server one {one}
    server two {two}
"""


@pytest.mark.parametrize("told", [True, False], ids=["told of each other", "not told"])
def test_listener_and_audio_meet(told: bool, kiskadee: Path, tmp_path: Path) -> None:
    with System(kiskadee, tmp_path) as system:
        port = free_port(GATEWAYS[0])
        addresses = [f"{host}:{port}" for host in GATEWAYS]
        peers = ",".join(f"http://{address}" for address in addresses)
        for address in addresses:
            options = ["--peers", peers, "--own-url", f"http://{address}"] if told else []
            system.start(
                "storage", "--listen", address, "--storage", str(system.storage), *options,
                log=f"gateway-{address.split(':')[0]}", KISKADEE_STORAGE_TOKEN=system.secrets["SPIN_VARIABLE_STORAGE_TOKEN"],
            )  # fmt: skip
            eventually(f"the gateway at {address}", lambda at=address: status_of(f"http://{at}/objects/none") == 401, within=30)
        front = f"127.0.0.1:{free_port()}"
        configuration = tmp_path / "one-name.cfg"
        configuration.write_text(ONE_NAME.format(front=front, one=addresses[0], two=addresses[1]))
        system.processes.append(Process([program("haproxy"), "-db", "-f", configuration], tmp_path / "one-name.log"))
        edge_port, ready = free_port(EDGE), free_port(EDGE)
        system.start_edge(EDGE, edge_port, ready, SPIN_VARIABLE_STORAGE_URL=f"http://{front}")
        system.start_worker()
        system.wait_for_edge(EDGE, edge_port)
        eventually("the worker", lambda: status_of(f"http://{EDGE}:{edge_port}/ready") == 200, within=60)
        heard: Counter[int] = Counter()
        for number in range(STREAMS):
            heard[listen(edge_port, system.key, number)] += 1
            # One that is not heard waits for half a minute; it is enough.
            if set(heard) != {200}:
                break
        print(f"\n{dict(heard)}")
        assert (set(heard) == {200}) == told, heard


def listen(port: int, key: str, number: int) -> int:
    """The status of one stream that is heard to its end."""
    connection = http.client.HTTPConnection(EDGE, port, timeout=60)
    body = {"model": "tts-1", "voice": "alloy", "input": f"Stream number {number} is heard."}
    connection.request("POST", "/v1/audio/speech", json.dumps(body), {"X-API-Key": key, "Content-Type": "application/json"})
    answer = connection.getresponse()
    audio = answer.read()
    connection.close()
    assert answer.status != 200 or len(audio) > 1000
    return answer.status
