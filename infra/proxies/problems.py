"""What a proxy itself refuses, as problem documents (RFC 9457) like those of the edge.

On `/v1` the document has the member `error` too, and is called `application/json`: clients of OpenAI's API read that.
"""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One status that a proxy may answer with by itself."""

    status: int
    code: str
    title: str
    detail: str
    retry_after: int | None = None


PROBLEMS = [
    Problem(400, "malformed", "The request cannot be parsed", "The proxy cannot read the request as HTTP."),
    Problem(408, "request_timeout", "Request timeout", "The rest of the request did not arrive in time; send it again."),
    Problem(413, "payload_too_large", "The body is too large", "The body is larger than 26 MiB; send less at once."),
    Problem(414, "uri_too_long", "The address is too long", "The address of the request is too long."),
    Problem(429, "rate_limited", "Too many requests", "This address sends more than it may here; wait, then go on.", 1),
    Problem(431, "headers_too_large", "The headers are too large", "The headers of the request are too large."),
    Problem(500, "internal", "Internal error", "Something went wrong in the proxy; quote the request_id when asking for help."),
    Problem(502, "unavailable", "Temporarily unavailable", "The server broke off before it answered; try again.", 1),
    Problem(503, "unavailable", "Temporarily unavailable", "No server takes requests now; try again.", 2),
    Problem(504, "timeout", "Timeout", "The answer took too long; try again.", 1),
]


def problem(status: int) -> Problem:
    """The one with that status."""
    return next(one for one in PROBLEMS if one.status == status)


def media_type(is_openai: bool) -> str:
    """What the document is called."""
    return "application/json" if is_openai else "application/problem+json"


def document(one: Problem, instance: str, request_id: str, is_openai: bool) -> str:
    """The document as a line of JSON. `instance` and `request_id` are the proxy's own variables, whose values fit into a string
    of JSON; they are put in as they are."""
    members: dict[str, object] = {
        "type": f"urn:kiskadee:problem:{one.code}",
        "title": one.title,
        "status": one.status,
        "detail": one.detail,
        "instance": "@instance@",
        "request_id": "@request_id@",
    }
    if is_openai:
        members["error"] = {"message": one.detail, "type": _kind(one.status), "param": None, "code": _openai_code(one)}
    text = json.dumps(members, ensure_ascii=False)
    return text.replace("@instance@", instance).replace("@request_id@", request_id)


def _kind(status: int) -> str:
    if status == 429:
        return "rate_limit_error"
    return "server_error" if status >= 500 else "invalid_request_error"


def _openai_code(one: Problem) -> str:
    return "rate_limit_exceeded" if one.status == 429 else one.code
