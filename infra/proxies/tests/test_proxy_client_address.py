"""Who the client is, through one and two proxies: the edge writes down the address of who guessed at a password."""

from typing import Any

import pytest
from proxy_clients import Site
from proxy_fleet import EDGES, Fleet
from system import eventually

CLIENT = "127.0.7.7"
SPOOFED = "203.0.113.66"
SPOOFS = {
    "X-Forwarded-For": SPOOFED,
    "Forwarded": f"for={SPOOFED}",
    "X-Real-IP": SPOOFED,
    "spin-client-addr": f"{SPOOFED}:1",
}
pytestmark = pytest.mark.heavy


def is_believed(fleet: Fleet) -> None:
    if "--trusted-proxies" not in fleet.system.help:
        pytest.skip("this edge believes no proxy")


def sign_in(fleet: Fleet, site: Site, client: str, **headers: str) -> str:
    """Signs in from that address and returns the one that the audit log has for it."""
    before = seen(fleet)
    body = {"username": "ada", "password": fleet.system.password}
    answer = site.request("POST", "/auth/login", client, body, headers)
    assert answer.status == 200, answer.body
    return eventually("the audit log", lambda: seen(fleet)[len(before) :], within=10)[-1]


def seen(fleet: Fleet) -> list[str]:
    """The addresses of the audit log, the oldest first."""
    return fleet.system.sql(AUDIT)


AUDIT = "select client from account.audit where action = 'user.signed_in' order by id"


@pytest.mark.parametrize("kind", ["nginx", "haproxy", "caddy"])
def test_one_proxy_tells_who_it_is(kind: str, start_proxy: Any, fleet: Fleet) -> None:
    is_believed(fleet)
    proxy = start_proxy(kind)
    assert sign_in(fleet, proxy.site, CLIENT) == CLIENT
    assert sign_in(fleet, proxy.site, CLIENT, **SPOOFS) == CLIENT


@pytest.mark.parametrize(
    ("outer", "inner"), [("haproxy", "nginx"), ("nginx", "haproxy"), ("caddy", "nginx"), ("nginx", "caddy")]
)
def test_two_proxies_tell_who_it_is(outer: str, inner: str, start_proxy: Any, fleet: Fleet) -> None:
    is_believed(fleet)
    near = start_proxy(inner, tls=False, trusted_proxies=["127.0.0.1/32"])
    port = near.values["http_port"]
    far = start_proxy(outer, edges=["127.0.0.1"], edge_port=port, ready_port=port, ready_path="/health")
    assert sign_in(fleet, far.site, CLIENT) == CLIENT
    assert sign_in(fleet, far.site, CLIENT, **SPOOFS) == CLIENT
    # Past the outer one nobody is believed but the outer one.
    assert sign_in(fleet, near.site, "127.0.7.8", **SPOOFS) == "127.0.7.8"


def test_who_comes_past_the_proxies_is_not_believed(fleet: Fleet) -> None:
    is_believed(fleet)
    site = Site("edge", fleet.port, None, EDGES[0])
    assert sign_in(fleet, site, "127.0.7.9", **SPOOFS) == "127.0.7.9"
