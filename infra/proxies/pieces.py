"""The parts of the three configurations that come from the table of routes and from the site."""

from typing import Any

from problems import PROBLEMS, document, media_type, problem

Values = dict[str, Any]
# The ciphers of TLS 1.2 that have forward secrecy and authenticate what they encrypt; 1.3 has no others.
CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)


def path_pattern(path: str) -> str:
    """A path of the table as a regular expression that all three proxies understand."""
    exact = not path.endswith("/...")
    fixed = path.removesuffix("...")
    parts = [r"[^/]+" if part.startswith("{") else part.replace(".", r"\.") for part in fixed.split("/")]
    return "^" + "/".join(parts) + ("$" if exact else "")


def routes_of(table: Values, group: str) -> list[tuple[str, str, str]]:
    """Name, method (or nothing) and path of each route of the classes, or of the kinds."""
    found = []
    for entry in table[group]:
        for route in entry["routes"]:
            method, _, path = route.rpartition(" ")
            found.append((entry["name"], method, path))
    return found


def _kind_pattern(table: Values, *kinds: str) -> str:
    paths = [path_pattern(path) for kind, _, path in routes_of(table, "kind") if kind in kinds]
    return "^(" + "|".join(path.removeprefix("^").removesuffix("$") for path in paths) + ")$"


def _class_patterns(table: Values) -> list[tuple[str, str]]:
    """For each class a pattern of `METHOD PATH`, in the table's order."""
    patterns = []
    for name, method, path in routes_of(table, "class"):
        patterns.append((name, f"^{method or '[A-Z]+'} {path_pattern(path).removeprefix('^')}"))
    return patterns


def nginx(site: Values, table: Values) -> Values:
    """What the template of nginx asks for."""
    kinds = [(kind, path) for kind, _, path in routes_of(table, "kind")]
    rates = table["rates"]
    error_pages = [f"error_page {_nginx_codes(one.status)} /.problem$kiskadee_shape/{one.status};" for one in PROBLEMS]
    return {
        "ciphers": CIPHERS,
        "servers": _lines(f"server {edge}:{site['edge_port']} max_fails=0;" for edge in site["edges"]),
        "classes": _lines(f'"~{pattern}" {name};' for name, pattern in _class_patterns(table)),
        "zone_keys": _lines(_nginx_key(name) for name in rates),
        "zones": _lines(
            f"limit_req_zone $kiskadee_key_{name} zone=kiskadee_{name}:10m rate={rate['per_second']}r/s;"
            for name, rate in rates.items()
        ),
        "limits": _lines(f"limit_req zone=kiskadee_{name} burst={rate['burst']} nodelay;" for name, rate in rates.items()),
        "error_pages": _lines(error_pages),
        "locations": "\n".join(_nginx_location(kind, path) for kind, path in kinds),
        "problems": "\n".join(_nginx_problem(site, one, shape) for one in PROBLEMS for shape in ("", "/openai")),
        "real_ip": _lines(f"set_real_ip_from {network};" for network in site["trusted_proxies"]),
        # Behind a balancer that ends TLS, this proxy cannot know better than it.
        "scheme": "$scheme" if site["tls"] else "https",
    }


def _nginx_codes(status: int) -> str:
    # 494 is nginx's own number for headers that are too large.
    return "494 431" if status == 431 else str(status)


def _nginx_key(name: str) -> str:
    return f"map $kiskadee_class $kiskadee_key_{name} {{\n    {name} $kiskadee_client;\n    default \"\";\n}}"


NGINX_KINDS = {
    "events": ["proxy_buffering off;", "proxy_read_timeout 3600s;", "gzip off;"],
    "live": ["proxy_buffering off;", "proxy_read_timeout 3600s;", "gzip off;"],
    "audio": ["proxy_buffering off;", "gzip off;"],
    "upload": ["proxy_request_buffering off;"],
}


def _nginx_location(kind: str, path: str) -> str:
    head = f"location ~ {path_pattern(path)}" if "{" in path else f"location = {path}"
    lines = "".join(f"    {line}\n" for line in NGINX_KINDS[kind])
    return f"# {kind}\n{head} {{\n    proxy_pass http://kiskadee_edge;\n{lines}}}"


def _nginx_problem(site: Values, one: Any, shape: str) -> str:
    is_openai = bool(shape)
    text = document(one, "$kiskadee_instance", "$kiskadee_request_id", is_openai)
    headers = {"X-Request-Id": "$kiskadee_request_id", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if site["tls"]:
        headers["Strict-Transport-Security"] = '"max-age=31536000"'
    if one.retry_after:
        headers["Retry-After"] = str(one.retry_after)
    lines = "".join(f"    add_header {name} {value} always;\n" for name, value in headers.items())
    return (
        f"location = /.problem{shape}/{one.status} {{\n    internal;\n    default_type {media_type(is_openai)};\n"
        f"{lines}    return {one.status} '{text}';\n}}"
    )


def haproxy(site: Values, table: Values) -> Values:
    """What the template of HAProxy asks for."""
    rates = table["rates"]
    servers = _haproxy_servers(site)
    return {
        "ciphers": CIPHERS,
        "servers": _lines(f"server {name} {address} check port {ready}" for name, address, ready in servers),
        "tracked_servers": _lines(f"server {name} {address} track edge/{name}" for name, address, _ in servers),
        "socket_owner": f"user {site['haproxy_socket_user']} " if site["haproxy_socket_user"] else "",
        "classes": _lines(
            f"http-request set-var(txn.class) str({name}) if !{{ var(txn.class) -m found }} "
            f"{{ var(txn.what) -m reg {pattern.replace(' ', chr(92) + ' ')} }}"
            for name, pattern in _class_patterns(table)
        ),
        "tables": "\n".join(_haproxy_table(name, rate) for name, rate in rates.items()),
        "limits": _lines(_haproxy_limit(name, rate) for name, rate in rates.items()),
        "long_pattern": _kind_pattern(table, "events", "live"),
        "errors": _lines(_haproxy_error(one.status, False) for one in PROBLEMS if one.status in HAPROXY_OWN),
        "openai_errors": _lines(_haproxy_error(one.status, True) for one in PROBLEMS if one.status in HAPROXY_OWN),
        "too_many": _haproxy_return(429, False),
        "too_many_openai": _haproxy_return(429, True),
        "too_large": _haproxy_return(413, False),
        "too_large_openai": _haproxy_return(413, True),
        "trusted": " ".join(site["trusted_proxies"]),
        # Whether it is TLS is known to whoever ended it.
        "scheme": "https",
    }


def _haproxy_servers(site: Values) -> list[tuple[str, str, int]]:
    """Name, address and port of readiness of each edge, or of its two slots."""
    slots = [("a", 0), ("b", 10)] if site["haproxy_slots"] else [("", 0)]
    return [
        (f"edge{number}{slot}", f"{edge}:{site['edge_port'] + higher}", site["ready_port"] + higher)
        for number, edge in enumerate(site["edges"], 1)
        for slot, higher in slots
    ]


# What HAProxy answers by itself, and may be told how.
HAPROXY_OWN = {400, 408, 500, 502, 503, 504}


def _haproxy_window(rate: Values) -> tuple[int, int]:
    """So many in so many milliseconds: all of a burst at once, and the rate in the long run."""
    most = rate["burst"] + 1
    return most, round(1000 * most / rate["per_second"])


def _haproxy_table(name: str, rate: Values) -> str:
    _, window = _haproxy_window(rate)
    return (
        f"backend rate_{name}\n"
        f"    stick-table type ipv6 size 100k expire {2 * window}ms store gpc0_rate({window}ms)"
    )


def _haproxy_limit(name: str, rate: Values) -> str:
    most, _ = _haproxy_window(rate)
    mine = f"{{ var(txn.class) -m str {name} }}"
    return (
        f"http-request track-sc0 src,ipmask(32,64) table rate_{name} if {mine}\n"
        f"http-request set-var(txn.limited) bool(true) if {mine} {{ sc0_gpc0_rate(rate_{name}) ge {most} }}"
    )


def _haproxy_answer(status: int, is_openai: bool) -> str:
    one = problem(status)
    instance = "%[var(txn.path),json(utf8s)]"
    text = document(one, instance, "%[var(txn.request_id)]", is_openai)
    wait = f' hdr Retry-After {one.retry_after}' if one.retry_after else ""
    return (
        f"content-type {media_type(is_openai)} lf-string '{text}' hdr X-Request-Id %[var(txn.request_id)] "
        f"hdr Cache-Control no-store hdr Strict-Transport-Security max-age=31536000{wait}"
    )


def _haproxy_return(status: int, is_openai: bool) -> str:
    return f"http-request return status {status} {_haproxy_answer(status, is_openai)}"


def _haproxy_error(status: int, is_openai: bool) -> str:
    return f"http-error status {status} {_haproxy_answer(status, is_openai)}"


def caddy(site: Values, table: Values) -> Values:
    """What the template of Caddy asks for."""
    return {
        "reads_certificate": site["tls"] and site["caddy_reads_certificate"],
        "address": site["name"] if site["tls"] else f":{site['http_port']}",
        "upstreams": " ".join(f"{edge}:{site['edge_port']}" for edge in site["edges"]),
        "live_pattern": _kind_pattern(table, "events", "live"),
        "problems": "\n".join(_caddy_problem(one, shape) for one in PROBLEMS if one.status in CADDY_OWN for shape in (True, False)),
        "trusted": " ".join(site["trusted_proxies"]),
    }


# What Caddy answers by itself.
CADDY_OWN = {400, 413, 500, 502, 503, 504}


def _caddy_problem(one: Any, is_openai: bool) -> str:
    text = document(one, "{instance}", "{request_id}", is_openai)
    name = f"{'openai' if is_openai else 'problem'}_{one.status}"
    path = "\n\tpath_regexp ^/v1(/|$)" if is_openai else ""
    wait = f"\n\theader Retry-After {one.retry_after}" if one.retry_after else ""
    return (
        f"@{name} {{\n\texpression {{err.status_code}} == {one.status}{path}\n}}\n"
        f"handle @{name} {{\n\theader Content-Type {media_type(is_openai)}{wait}\n"
        f"\trespond `{text}` {one.status}\n}}"
    )


def _lines(lines: Any) -> str:
    return "\n".join(lines)
