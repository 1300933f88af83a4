"""Which representation a caller takes: FHIR R4 (4.0) in JSON is the only one that we write."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import Request

from adapter.core.errors import FatalError
from adapter.web.requests import FHIR_VERSIONS, parameter

_JSON = frozenset(
    {"json", "application/json", "application/fhir+json", "application/*", "*/*", "text/json"}
)


async def must_take_fhir_json(request: Request) -> None:
    """Refuse as `takes_fhir_json` does; as a dependency it needs no thread."""
    takes_fhir_json(request)


def takes_fhir_json(request: Request) -> None:
    """Refuse a caller that takes no FHIR R4 in JSON; FatalError `not-acceptable`.

    `_format` comes before Accept (R4, http.html#parameters).
    """
    format_ = request.query_params.get("_format", "").replace(" ", "+")  # + is a blank in a URL
    asked = format_ or ", ".join(request.headers.getlist("accept"))
    if asked.strip() and not any(_is_ours(each) for each in _ranges(asked)):
        raise FatalError("not-acceptable", "only application/fhir+json, fhirVersion 4.0")


def _ranges(asked: str) -> Iterator[tuple[str, str]]:
    for each in asked.split(","):
        name, _, parameters = each.partition(";")
        yield name.strip().lower(), parameters


def _is_ours(range_: tuple[str, str]) -> bool:
    name, parameters = range_
    is_wanted = parameter(parameters, "q") not in ("0", "0.0", "0.00", "0.000")
    return name in _JSON and is_wanted and parameter(parameters, "fhirversion") in FHIR_VERSIONS
