"""Which representation a caller takes: FHIR R4 (4.0) in JSON is the only one that we write."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastapi import Request

from adapter.core.errors import FatalError
from adapter.web.requests import FHIR_VERSIONS, stated

_OURS = "application/fhir+json"
_EXACTNESS = {
    "*/*": 0,
    "application/*": 1,
    **dict.fromkeys(("json", "application/json", "text/json"), 2),  # other names of ours
    _OURS: 3,
}
_ZERO = re.compile(r"0(\.0*)?")


async def must_take_fhir_json(request: Request) -> None:
    """Refuse as `takes_fhir_json` does; as a dependency it needs no thread."""
    takes_fhir_json(request)


def takes_fhir_json(request: Request) -> None:
    """Refuse a caller that takes no FHIR R4 in JSON; FatalError `not-acceptable`.

    `_format` comes before Accept (R4, http.html#parameters).
    """
    format_ = request.query_params.get("_format", "").replace(" ", "+")  # + is a blank in a URL
    asked = format_ or ", ".join(request.headers.getlist("accept"))
    if asked.strip() and not _takes_ours(asked):
        raise FatalError("not-acceptable", "only application/fhir+json, fhirVersion 4.0")


def _takes_ours(asked: str) -> bool:
    """Whether the most exact of the ranges that ours is in takes it (RFC 9110, 12.5.1).

    Who refuses another name of ours does not refuse ours.
    """
    wanted: dict[int, bool] = {}
    for name, parameters in _ranges(asked):
        versions = stated(parameters, "fhirversion")
        is_wanted = not any(map(_ZERO.fullmatch, stated(parameters, "q")))
        is_ours = name in (_OURS, "application/*", "*/*") or (name in _EXACTNESS and is_wanted)
        if is_ours and FHIR_VERSIONS.issuperset(versions):
            exactness = _EXACTNESS[name] + bool(versions)
            wanted[exactness] = wanted.get(exactness, False) or is_wanted
    return bool(wanted) and wanted[max(wanted)]


def _ranges(asked: str) -> Iterator[tuple[str, str]]:
    for each in asked.split(","):
        name, _, parameters = each.partition(";")
        yield name.strip().lower(), parameters
