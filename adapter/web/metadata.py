"""The CapabilityStatement: what the FHIR interface can do."""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import version

from fastapi import APIRouter, Depends, Response

from adapter.fhir import profiles
from adapter.web.content_negotiation import must_take_fhir_json
from adapter.web.error_responses import FHIR_JSON

router = APIRouter()


@router.get("/fhir/metadata", dependencies=[Depends(must_take_fhir_json)])
async def metadata() -> Response:
    """Return the CapabilityStatement of profiles/ as that of this instance.

    It needs no thread: anybody may ask for it.
    """
    return Response(_statement(), media_type=FHIR_JSON)


@cache
def _statement() -> bytes:
    kept = profiles.load().resource("CapabilityStatement", "adapter")
    software = {"software": {"name": "careplan-adapter", "version": version("careplan-adapter")}}
    instance = {"kind": "instance", "implementation": {"description": "careplan-adapter"}}
    return json.dumps(kept | software | instance).encode()
