"""The CapabilityStatement: what the FHIR interface can do."""

from __future__ import annotations

import json
from importlib.metadata import version

from fastapi import APIRouter, Depends, Response

from adapter.fhir import profiles
from adapter.web.content_negotiation import takes_fhir_json
from adapter.web.error_responses import FHIR_JSON

router = APIRouter()


@router.get("/fhir/metadata", dependencies=[Depends(takes_fhir_json)])
def metadata() -> Response:
    """Return the CapabilityStatement of profiles/ as that of this instance."""
    kept = profiles.load().resource("CapabilityStatement", "adapter")
    software = {"software": {"name": "careplan-adapter", "version": version("careplan-adapter")}}
    instance = {"kind": "instance", "implementation": {"description": "careplan-adapter"}}
    return Response(json.dumps(kept | software | instance), media_type=FHIR_JSON)
