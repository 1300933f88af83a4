"""Messages of fixtures/readable, as the parties of tests/kit/region.py send them."""

from __future__ import annotations

import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from adapter.core.model import Bundle
from adapter.fhir import bundles
from tests.kit.drafts import HOSPITAL, LULEA, PLANNING
from tests.kit.places import FIXTURES

_OURS = {  # the hospital, which owns the case, sends; the planning service and Luleå receive
    "SE0000000001-SUNDBY/V-2026-001": f"{HOSPITAL.organization}/V1",
    "SE0000000001-SUNDBY": PLANNING.organization,
    "SE0000000003-PLAN": HOSPITAL.organization,
    "SE0000000004-VC": HOSPITAL.organization,
    "SE0000000002-ASTAD": LULEA.organization,
    "endpoint:plan": "endpoint:hospital",
    "endpoint:vc": "endpoint:hospital",
    "endpoint:sundby-journal": "endpoint:planning",
    "endpoint:astad-omsorg": "endpoint:lulea",
}


def message(name: str, version: int = 1, **changes: Any) -> Bundle:
    """Return a message of the region; `changes` replace elements of its focus.

    Each version has its own ids, and was recorded one minute after the one before it.
    """
    text = (FIXTURES / "readable" / f"{name}.fhir.json").read_text("utf-8")
    for theirs, ours in _OURS.items():
        text = text.replace(theirs, ours)
    bundle: Bundle = json.loads(text)
    header = bundles.header(bundle)
    content = str(uuid5(NAMESPACE_URL, f"{name} {version} {sorted(changes)}"))
    bundle["id"] = header["id"] = content
    bundle["entry"][0]["fullUrl"] = f"urn:uuid:{content}"
    [recorded] = [e for e in header["extension"] if e["url"].endswith("/recorded")]
    recorded["valueInstant"] = bundle["timestamp"] = f"2026-03-02T10:{version:02}:00+01:00"
    focus = bundles.focus(bundle)
    assert focus is not None
    focus |= changes
    for extension in focus.get("extension", ()):
        if extension["url"].endswith("/version"):
            extension["valuePositiveInt"] = version
    return bundle
