"""What Schemathesis has to know of the product beyond its OpenAPI document: who asks, and what of things is not in a schema."""

import os
import random
import re
import socket

import requests
import schemathesis
from people import TIMEOUT_SECONDS, credential
from world import NOWHERE, PROPOSAL

ROLE = os.environ["SCHEMATHESIS_ROLE"]
COUNCIL_URL = os.environ["COUNCIL_URL"]
# Where the `ETag` is that a change is sent with.
TAGGED = [
    (re.compile(r"^/api/admin/councils/\{council_id\}"), "/api/councils/{council_id}"),
    (re.compile(r"^/api/(workflow-types|schedules)/\{\w+\}$"), None),
]

_resolve = socket.getaddrinfo


def _resolve_local(host, *arguments, **named):
    """Knows the names of a local run, as browsers do (RFC 6761, 6.3)."""
    is_local = isinstance(host, str) and host.endswith(".localhost")
    return _resolve("127.0.0.1" if is_local else host, *arguments, **named)


socket.getaddrinfo = _resolve_local

if ROLE != "nobody":

    # An agent's key is no good for much of what people do, and stays so; a person whose session was ended, whose role was
    # changed or who was erased by what was asked is followed by another.
    @schemathesis.auth(refresh_interval=24 * 60 * 60, retry_on=[] if ROLE == "agent" else [401])
    class Credential:
        """Somebody of the role."""

        def get(self, case, context):
            return credential(ROLE)

        def set(self, case, data, context):
            case.headers = case.headers or {}
            case.headers["Authorization"] = f"Bearer {data}"


def sensible(value):
    """The value with every URL in it leading nowhere, as nothing outside is to hear of a test, and with whole numbers spelt
    as such: 7.0 is an integer to JSON Schema, but no client writes it so."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, str):
        return re.sub(r"^https?://[^/?#]*/?", NOWHERE, value)
    if isinstance(value, list):
        return [sensible(item) for item in value]
    if isinstance(value, dict):
        return {name: sensible(item) for name, item in value.items()}
    return value


def entity_tag(case) -> str | None:
    """What the thing of a case is tagged with now."""
    for changed, seen in TAGGED:
        if changed.match(case.path):
            path = (seen or case.path).format(**case.path_parameters)
            headers = {"Authorization": case.headers.get("Authorization", "")}
            return requests.get(COUNCIL_URL + path, headers=headers, timeout=TIMEOUT_SECONDS).headers.get("ETag")
    return None


@schemathesis.hook
def before_call(context, case, kwargs):
    """Makes what is valid sensible, too."""
    case.body = sensible(case.body)
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    # A cursor is good only if it was given out.
    case.query.pop("cursor", None)
    # The schema of inputs depends on the type: half of all proposals are good ones.
    chance = random.Random(case.id)
    if isinstance(case.body, dict):
        if {"workflow_type", "inputs"} <= case.body.keys() and chance.random() < 0.5:
            case.body = {**case.body, **PROPOSAL}
            case.body.pop("version", None)
        # It takes as long as is asked for.
        if case.path.endswith("/profile"):
            case.body = {**case.body, "seconds": 1}
    if "If-Match" in case.headers and chance.random() < 0.8:
        tag = entity_tag(case)
        if tag:
            case.headers["If-Match"] = tag
