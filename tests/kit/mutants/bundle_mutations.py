"""What a Bundle can have wrong as a whole: R4's bdl-1 to bdl-12, and how entries are named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.kit.mutants.element_mutations import Mutation

_REQUEST = {"method": "GET", "url": "Patient/1"}
_KINDS = ("batch", "transaction", "history", "searchset", "document", "batch-response", "letter")
_IN_ENTRIES: dict[str, Any] = {
    "request": {"request": _REQUEST},
    "request-without-url": {"request": {"method": "GET"}},
    "request-odd": {"request": {"method": "FETCH", "url": "x"}},
    "response": {"response": {"status": "200"}},
    "response-without-status": {"response": {"etag": "x"}},
    "search": {"search": {"mode": "match"}},
    "search-odd": {"search": {"mode": "odd"}},
    "link-alone": {"link": [{"relation": "self"}]},
    "relative": {"fullUrl": "Basic/1"},
    "versioned": {"fullUrl": "https://a.example/fhir/Basic/1/_history/1"},
    "other-id": {"fullUrl": "https://a.example/fhir/Basic/2"},
    "other-type": {"fullUrl": "https://a.example/fhir/Patient/1"},
    "wrong-uuid": {"fullUrl": "urn:uuid:p-1"},
    "no-resource": {"resource": None},
    "resource-text": {"resource": "x"},
    "resource-array": {"resource": []},
}
_BASIC = {"resourceType": "Basic", "id": "1", "code": {"text": "x"}}


def of_bundle(bundle: dict[str, Any]) -> Iterator[Mutation]:
    """Yield each mutation of a Bundle as a whole."""
    entries = bundle["entry"]
    yield "total", bundle | {"total": len(entries)}
    yield "reversed", bundle | {"entry": entries[::-1]}
    yield "same-url", bundle | {"entry": [*entries, entries[-1]]}
    yield "no-entries", bundle | {"entry": []}
    yield "link-alone", bundle | {"link": [{"relation": "self"}]}
    yield "signature-alone", bundle | {"signature": {"when": "2026-01-01T10:00:00Z"}}
    for kind in _KINDS:
        yield f"type-{kind}", bundle | {"type": kind}
    for index in range(len(entries)):
        yield f"without-entry-{index}", bundle | {"entry": entries[:index] + entries[index + 1 :]}
    for name, change in _IN_ENTRIES.items():
        entry = {"fullUrl": "https://a.example/fhir/Basic/1", "resource": _BASIC} | change
        kept = {key: value for key, value in entry.items() if value is not None}
        yield f"more-{name}", bundle | {"entry": [*entries, kept]}
