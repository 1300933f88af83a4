"""The published definitions: profiles, MessageDefinitions, value sets and the like, for anybody.

They are in memory, and callers show no token: a request takes none of the threads in which the
messages of others are stored.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from adapter.core.errors import FatalError
from adapter.fhir import profiles
from adapter.fhir.bundles import Resource
from adapter.web.content_negotiation import takes_fhir_json
from adapter.web.error_responses import FHIR_JSON

TYPES = (
    "CodeSystem",
    "ConceptMap",
    "ImplementationGuide",
    "MessageDefinition",
    "NamingSystem",
    "StructureDefinition",
    "ValueSet",
)
_PARAMETERS = {"url", "_format"}
router = APIRouter()


def _reading(type_: str) -> Callable[[Request, str], Awaitable[Response]]:
    async def read(request: Request, id_: str) -> Response:
        """Return one definition; FatalError `unknown-address` for an id that is not published."""
        takes_fhir_json(request)
        try:
            return _answer(profiles.load().resource(type_, id_))
        except KeyError:
            raise FatalError("unknown-address", "no such definition") from None

    return read


def _searching(type_: str) -> Callable[[Request], Awaitable[Response]]:
    async def search(request: Request) -> Response:
        """Return the definitions with a canonical URL (`url`, also `URL|version`), else all.

        FatalError `unsupported-parameter` for another parameter: it would select nothing.
        """
        takes_fhir_json(request)
        if set(request.query_params) - _PARAMETERS:
            raise FatalError("unsupported-parameter", "only url")
        wanted = request.query_params.get("url", "")
        listed = profiles.load().definitions.of_type(type_)
        return _answer(_searchset([r for r in listed if _has_url(r, wanted)], request))

    return search


for _type in TYPES:
    router.add_api_route(f"/fhir/{_type}", _searching(_type), methods=["GET"])
    router.add_api_route(f"/fhir/{_type}/{{id_}}", _reading(_type), methods=["GET"])


def _has_url(resource: Resource, wanted: str) -> bool:
    url, _, version = wanted.partition("|")
    return (not url or resource.get("url") == url) and (
        not version or resource.get("version") == version
    )


def _searchset(resources: list[Resource], request: Request) -> dict[str, Any]:
    """Return a Bundle of what was found; its link says which parameter was used (R4, search)."""
    here = request.url.replace(query="")
    url = request.query_params.get("url")
    used = here.include_query_params(url=url) if url else here
    entries = [
        {"fullUrl": f"{here}/{r['id']}", "resource": r, "search": {"mode": "match"}}
        for r in resources
    ]
    bundle = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(entries),
        "link": [{"relation": "self", "url": str(used)}],
    }
    return bundle | ({"entry": entries} if entries else {})


def _answer(resource: Resource) -> Response:
    return Response(json.dumps(resource, ensure_ascii=False), media_type=FHIR_JSON)
