"""What passes a proxy: protocols, streams, large bodies, slow clients; what it says by itself, and what it writes down."""

import hashlib
import http.client
import json
import secrets
import socket
import ssl
import threading
import time
import urllib.request
from datetime import datetime
from typing import Any

import pytest
from proxy_clients import Site, burst
from proxy_fleet import EDGES, Fleet
from system import eventually, free_port

pytestmark = pytest.mark.heavy

ALL = ["nginx", "haproxy", "caddy"]
SOURCE = "127.0.6.1"
LONG = " ".join(f"This is sentence number {number} of a long text." for number in range(90))


@pytest.fixture(params=ALL)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def key(fleet: Fleet) -> dict[str, str]:
    return {"X-API-Key": fleet.system.key}


def tls(site: Site, version: ssl.TLSVersion, ciphers: str | None = None) -> str | None:
    """The version that a client gets who has no other."""
    context = ssl.create_default_context(cafile=str(site.root))
    context.minimum_version = context.maximum_version = version
    if ciphers:
        context.set_ciphers(ciphers)
    plain = socket.create_connection((site.host, site.port), 10)
    with context.wrap_socket(plain, server_hostname=site.name) as secured:
        return secured.version()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_tls_is_new_and_http_leads_to_it(kind: str, start_proxy: Any) -> None:
    proxy = start_proxy(kind)
    assert tls(proxy.site, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    assert tls(proxy.site, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    for refused in [(ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0"), (ssl.TLSVersion.TLSv1_2, "AES128-SHA:@SECLEVEL=0")]:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            tls(proxy.site, *refused)
    plain = Site(proxy.site.name, proxy.values["http_port"], None)
    answer = plain.get("/api/v1/jobs?limit=1", SOURCE)
    assert answer.status == 308
    assert answer.headers["location"].endswith("/api/v1/jobs?limit=1")
    assert answer.headers["location"].startswith("https://tts.example.com")


def test_http2_carries_many_at_once(kind: str, start_proxy: Any, fleet: Fleet) -> None:
    proxy = start_proxy(kind)
    answers = burst(proxy.site, SOURCE, [("GET", "/api/v1/voices")] * 20, **key(fleet))
    assert [answer.status for answer in answers] == [200] * 20
    for answer in answers:
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert answer.headers["x-request-id"]


def test_a_request_keeps_its_id(kind: str, start_proxy: Any) -> None:
    proxy = start_proxy(kind)
    answer = proxy.site.get("/health", SOURCE, **{"X-Request-Id": "mine-1.2_3"})
    made_up = proxy.site.get("/api/v1/jobs", SOURCE, **{"X-Request-Id": 'a"b'})
    assert answer.headers["x-request-id"] == "mine-1.2_3"
    assert made_up.headers["x-request-id"] not in ("", 'a"b')
    assert made_up.json()["request_id"] == made_up.headers["x-request-id"]


def follow(site: Site, path: str, headers: dict[str, str], seen: dict[str, float], opened: threading.Event) -> None:
    """Notes when each event of a stream arrives, until its end."""
    connection = site.connect(SOURCE)
    connection.request("GET", path, headers=headers | {"Accept": "text/event-stream"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    kept = ""
    while line := answer.readline().decode():
        opened.set()
        kept += line
        if line == "\n":
            seen.setdefault(kept, time.monotonic())
            kept = ""
    connection.close()


def test_an_event_arrives_within_100_ms(kind: str, start_proxy: Any, fleet: Fleet) -> None:
    # Both streams are fed by one edge, so what differs is the proxy's part.
    proxy = start_proxy(kind, edges=[EDGES[0]])
    direct = Site("edge", fleet.port, None, EDGES[0])
    body = {"text": LONG, "voice_id": "default", "language": "en"}
    fleet.system.run("admin", "pause", "speech:kiskadee")
    try:
        job = proxy.site.request("POST", "/api/v1/speech", SOURCE, body, key(fleet)).json()
        path = f"/api/v1/jobs/{job['job_id']}/events"
        seen: list[dict[str, float]] = [{}, {}]
        opened = [threading.Event(), threading.Event()]
        threads = [
            threading.Thread(target=follow, args=(site, path, key(fleet), seen[number], opened[number]))
            for number, site in enumerate([direct, proxy.site])
        ]
        for thread in threads:
            thread.start()
        for one in opened:
            assert one.wait(20)
    finally:
        fleet.system.run("admin", "resume", "speech:kiskadee")
    for thread in threads:
        thread.join(120)
    shared = seen[0].keys() & seen[1].keys()
    delays = [seen[1][event] - seen[0][event] for event in shared][1:]
    print(f"{kind}: {len(delays)} events, latest {max(delays) * 1000:.1f} ms after the edge's own")
    assert len(delays) >= 2, seen
    assert seen[0].keys() == seen[1].keys()
    assert max(delays) < 0.1


def speech(site: Site, fleet: Fleet) -> tuple[Any, http.client.HTTPResponse]:
    connection = site.connect(SOURCE)
    body = {"model": "kiskadee", "voice": "heron", "input": LONG, "response_format": "pcm"}
    connection.request(
        "POST", "/v1/audio/speech", json.dumps(body), key(fleet) | {"Content-Type": "application/json"}
    )
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    return connection, answer


def test_a_slow_listener_hears_all(kind: str, start_proxy: Any, fleet: Fleet) -> None:
    proxy = start_proxy(kind)
    connection, answer = speech(Site("edge", fleet.port, None, EDGES[0]), fleet)
    whole = len(answer.read())
    connection.close()
    connection, answer = speech(proxy.site, fleet)
    heard = 0
    start = time.monotonic()
    while part := answer.read(whole // 16):
        heard += len(part)
        time.sleep(0.25)
    connection.close()
    assert time.monotonic() - start > 3
    assert heard == whole > 1_000_000


def streams(fleet: Fleet) -> int:
    """How many streams the edges have open."""
    count = 0
    for edge in EDGES:
        with urllib.request.urlopen(f"http://{edge}:{fleet.ready}/metrics", timeout=10) as page:
            lines = page.read().decode().splitlines()
        count += sum(int(line.split()[1]) for line in lines if line.startswith("kiskadee_edge_streams "))
    return count


def test_a_listener_who_leaves_ends_the_work(kind: str, start_proxy: Any, fleet: Fleet) -> None:
    proxy = start_proxy(kind)
    eventually("no streams", lambda: streams(fleet) == 0, within=60)
    connection, answer = speech(proxy.site, fleet)
    assert answer.read(1000)
    assert streams(fleet) == 1
    answer.close()
    connection.close()
    eventually("the edge to notice", lambda: streams(fleet) == 0, within=10)


def test_a_slow_sender_of_a_head_is_cut_off(kind: str, start_proxy: Any) -> None:
    proxy = start_proxy(kind)
    client = proxy.site.socket(SOURCE, ["http/1.1"])
    start = time.monotonic()
    client.sendall(b"GET /health HTTP/1.1\r\nHost: tts.example.com\r\n")
    with pytest.raises(OSError):
        for _ in range(60):
            client.sendall(b"X-A: b\r\n")
            time.sleep(0.5)
    assert time.monotonic() - start < 20
    assert proxy.site.get("/health", SOURCE).status == 200


def test_a_slow_sender_of_a_body_is_served(kind: str, start_proxy: Any, fleet: Fleet) -> None:
    proxy = start_proxy(kind)
    body = json.dumps({"texts": ["One."], "voice_id": "default", "language": "en", "note": "x" * 100_000}).encode()
    client = proxy.site.socket(SOURCE, ["http/1.1"])
    head = f"POST /api/v1/advanced/batch-tts HTTP/1.1\r\nHost: {proxy.site.name}\r\nContent-Type: application/json\r\n"
    client.sendall(f"{head}X-API-Key: {fleet.system.key}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
    for start in range(0, len(body), len(body) // 10):
        client.sendall(body[start : start + len(body) // 10])
        time.sleep(0.4)
    answer = http.client.HTTPResponse(client)
    answer.begin()
    # The edge's own words: the member is none of its.
    assert answer.status in (202, 422), answer.read()


def test_a_file_of_26_mb_goes_up(kind: str, start_proxy: Any, fleet: Fleet) -> None:
    proxy = start_proxy(kind)
    # Noise that nothing compresses, as a sound that the worker can open: 26 MB of samples.
    samples = secrets.token_bytes(26_000_000)
    sizes = [b"RIFF", (len(samples) + 36).to_bytes(4, "little"), b"WAVEfmt ", (16).to_bytes(4, "little")]
    form = [(1).to_bytes(2, "little"), (1).to_bytes(2, "little"), (24000).to_bytes(4, "little")]
    rest = [(48000).to_bytes(4, "little"), (2).to_bytes(2, "little"), (16).to_bytes(2, "little")]
    file = b"".join(sizes + form + rest) + b"data" + len(samples).to_bytes(4, "little") + samples
    announced = {"family": "speech", "filename": "noise.wav", "bytes": len(file)}
    answer = proxy.site.request("POST", "/api/v1/uploads", SOURCE, announced, key(fleet))
    assert answer.status == 201, answer.body
    upload = answer.json()["status_url"]
    part = 8 << 20
    connection = proxy.site.connect(SOURCE)
    start = time.monotonic()
    for number, offset in enumerate(range(0, len(file), part), 1):
        headers = key(fleet) | {"Content-Type": "application/octet-stream"}
        sent = connection.ask("PUT", f"{upload}/parts/{number}", file[offset : offset + part], headers)
        assert sent.status == 200, sent.body
    print(f"{kind}: {len(file) / (time.monotonic() - start) / 1e6:.0f} MB/s")
    connection.close()
    done = proxy.site.request("POST", f"{upload}/complete", SOURCE, headers=key(fleet))
    assert done.status in (200, 202), done.body

    def ready() -> Any:
        state = proxy.site.get(upload, SOURCE, **key(fleet)).json()
        assert state["status"] not in ("failed", "refused"), state
        return state if state["status"] == "ready" else None

    state = eventually("the upload", ready, within=60, pause=0.3)
    assert state["sha256"] == hashlib.sha256(file).hexdigest(), state
    if kind == "nginx":
        assert "buffered to a temporary file" not in (proxy.folder / "nginx-error.log").read_text()


def test_a_body_has_its_bounds(kind: str, start_proxy: Any, fleet: Fleet) -> None:
    proxy = start_proxy(kind)
    # 26 MB are within the edge's 25 MiB: whatever it says, the edge says it.
    headers = key(fleet) | {"Content-Type": "multipart/form-data; boundary=x"}
    within = proxy.site.request("POST", "/clone-voice", SOURCE, bytes(26_000_000), headers)
    assert within.status in (400, 413, 422), within.body
    assert "26 MiB" not in within.json()["detail"]
    with proxy.site.socket(SOURCE, ["http/1.1"]) as client:
        head = f"POST /v1/audio/speech HTTP/1.1\r\nHost: {proxy.site.name}\r\nContent-Length: {27 << 20}\r\n\r\n"
        client.sendall(head.encode())
        sender = threading.Thread(target=send_all, args=(client, bytes(27 << 20)), daemon=True)
        if kind == "caddy":  # It counts what has come.
            sender.start()
        answer = http.client.HTTPResponse(client)
        answer.begin()
        problem = json.loads(answer.read())
    assert answer.status == problem["status"] == 413
    assert problem["type"] == "urn:kiskadee:problem:payload_too_large"
    assert problem["error"]["code"] == "payload_too_large"


def send_all(client: socket.socket, body: bytes) -> None:
    try:
        client.sendall(body)
    except OSError:
        pass


def test_without_an_edge_it_says_so_in_a_problem_document(kind: str, start_proxy: Any) -> None:
    proxy = start_proxy(kind)
    nowhere = start_nowhere(kind, start_proxy)
    for path, media in [("/api/v1/jobs?key=hidden", "application/problem+json"), ("/v1/models", "application/json")]:
        answer = nowhere.site.get(path, SOURCE)
        problem = answer.json()
        assert answer.status == problem["status"] in (502, 503), problem
        assert answer.headers["content-type"] == media
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.headers["strict-transport-security"]
        assert problem["instance"] == path.split("?")[0]
        assert problem["request_id"] == answer.headers["x-request-id"]
        assert ("error" in problem) == (media == "application/json")
    assert proxy.site.get("/health", SOURCE).status == 200


def start_nowhere(kind: str, start_proxy: Any) -> Any:
    """A proxy whose edges are away."""
    port = free_port("127.0.0.13")
    return start_proxy(kind, (502, 503), edges=["127.0.0.13"], edge_port=port, ready_port=port)


def test_the_log_holds_no_secret(kind: str, start_proxy: Any, fleet: Fleet) -> None:
    proxy = start_proxy(kind)
    secret = "sEcReT7"
    headers = {
        "Authorization": f"Bearer {secret}1", "X-API-Key": f"kk_{secret}2", "Cookie": f"a={secret}3",
        "Referer": f"https://x.example/?token={secret}4", "User-Agent": 'somebody "quoted"',
    }  # fmt: skip
    asked = [f"/api/v1/jobs?token={secret}5", f"/nothing/%22here?x={secret}6", f"/v1/models?q={secret}7#{secret}8"]
    for path in asked:
        assert proxy.site.get(path, SOURCE, **headers).status >= 400
    proxy.site.request("POST", "/auth/login", SOURCE, {"username": "ada", "password": f"{secret}9"})

    def lines() -> list[dict[str, Any]]:
        found = [json.loads(line) for line in proxy.access_log().splitlines() if line.startswith("{")]
        paths = [line.get("path") or line.get("request", {}).get("uri") for line in found]
        return found if "/auth/login" in paths else []

    found = eventually("the log", lines, within=10)
    assert secret not in proxy.access_log()
    if kind != "caddy":
        last = [line for line in found if line["client"] == SOURCE][-1]
        assert (last["method"], last["path"], last["status"], last["class"]) == ("POST", "/auth/login", 401, "sign_in")
        assert last["request_id"]
        assert abs(datetime.fromisoformat(last["ts"]).timestamp() - time.time()) < 60
    else:
        last = [line for line in found if line.get("request", {}).get("client_ip") == SOURCE][-1]
        assert (last["request"]["method"], last["request"]["uri"], last["status"]) == ("POST", "/auth/login", 401)
        assert last["request_id"]
