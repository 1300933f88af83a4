"""The context that a system's mapping fixtures are read with."""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from adapter.core.endpoint import Endpoint
from adapter.mappings import Context


def context_of(folder: Path, body: bytes) -> Context:
    """The endpoint and the time that a system's fixtures are read with."""
    given: dict[str, Any] = json.loads((folder / "context.json").read_text())
    sender = Endpoint(**given["sender"])
    return Context(
        sender=sender,
        receiver=sender,
        recorded=datetime.fromisoformat(given["recorded"]),
        fingerprint=sha256(body).hexdigest(),
    )
