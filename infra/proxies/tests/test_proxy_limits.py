"""Rates by route: how many requests of a burst are refused, counted, and what the refusal says."""

import time
from typing import Any

import pytest
from proxy_clients import Answer, Site, burst

pytestmark = pytest.mark.heavy

# Requests that nobody is let in for: what counts is whether they reach the edge.
REQUESTS = {
    "general": ("GET", "/api/v1/jobs"),
    "sign_in": ("GET", "/auth/me"),
    "upload": ("POST", "/clone-voice"),
    "generation": ("POST", "/v1/audio/speech"),
}
BURSTS = {"general": 40, "sign_in": 10, "upload": 5, "generation": 5}


def refused(answers: list[Answer]) -> list[Answer]:
    return [answer for answer in answers if answer.status == 429]


def check_document(answer: Answer, path: str) -> None:
    document = answer.json()
    assert document["type"] == "urn:kiskadee:problem:rate_limited"
    assert document["status"] == 429
    assert document["instance"] == path
    assert document["request_id"] == answer.headers["x-request-id"]
    assert int(answer.headers["retry-after"]) >= 1
    is_openai = path.startswith("/v1/")
    assert answer.headers["content-type"] == ("application/json" if is_openai else "application/problem+json")
    assert is_openai == (document.get("error", {}).get("code") == "rate_limit_exceeded")


@pytest.mark.parametrize("kind", ["nginx", "haproxy"])
def test_a_burst_is_let_through_and_no_more(kind: str, start_proxy: Any) -> None:
    proxy = start_proxy(kind)
    for number, (name, (method, path)) in enumerate(REQUESTS.items()):
        allowed = BURSTS[name] + 1
        source = f"127.0.4.{number + 1}"
        answers = burst(proxy.site, source, [(method, path)] * (allowed + 30))
        assert len(refused(answers)) == 30, name
        for answer in refused(answers):
            check_document(answer, path)
        # Those that were let through met the edge, which does not know the caller.
        assert {answer.status for answer in answers} == {401, 429}, name
        # Another client, and another class of the same client, have their own.
        assert not refused(burst(proxy.site, f"127.0.5.{number + 1}", [(method, path)]))
        other = REQUESTS["sign_in" if name == "general" else "general"]
        assert not refused(burst(proxy.site, source, [other]))


@pytest.mark.parametrize("kind", ["nginx", "haproxy"])
def test_spelling_a_path_otherwise_is_no_way_around(kind: str, start_proxy: Any) -> None:
    proxy = start_proxy(kind)
    requests = [("POST", "/v1/audio/speech"), ("POST", "/v1/audio/speec%68"), ("POST", "/v1/audio/speech?x=1")] * 4
    assert len(refused(burst(proxy.site, "127.0.4.20", requests))) == 12 - 6


def test_after_a_second_one_more_is_let_through(start_proxy: Any) -> None:
    proxy = start_proxy("nginx")
    source, request = "127.0.4.30", ("POST", "/v1/audio/speech")
    begun = time.monotonic()
    assert len(refused(burst(proxy.site, source, [request] * 8))) == 2
    ended = time.monotonic()
    time.sleep(1.1)
    again = time.monotonic()
    passed = 5 - len(refused(burst(proxy.site, source, [request] * 5)))
    # One for each whole second between the two moments, which lie somewhere in these times.
    assert int(again - ended) <= passed <= int(time.monotonic() - begun)
    assert passed >= 1


@pytest.mark.parametrize("kind", ["nginx", "haproxy"])
def test_a_network_of_ipv6_is_one_client(kind: str, start_proxy: Any) -> None:
    proxy = start_proxy(kind, tls=False, trusted_proxies=["127.0.0.0/8"])
    site: Site = proxy.site

    def ask(client: str) -> int:
        headers = {"X-Forwarded-For": client}
        return site.request("POST", "/v1/audio/speech", "127.0.4.40", headers=headers).status

    begun = time.monotonic()
    statuses = [ask(f"2001:db8:1:2::{number}") for number in range(1, 12)]
    passed = statuses.count(401)
    assert 6 <= passed <= 6 + int(time.monotonic() - begun) + 1, statuses
    assert statuses.count(429) == 11 - passed > 0
    assert ask("2001:db8:1:3::1") == 401
