"""The Binary entries of a message, which an Attachment may point to instead of having data.

Each is decoded once, however many attachments point to it.
"""

from __future__ import annotations

import hashlib
from binascii import Error, a2b_base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Facts:
    """What an Attachment may say of the bytes: how many they are, and their SHA-1."""

    size: int
    digest: bytes


def facts(content: bytes) -> Facts:
    """Return the facts of bytes. R4 has the hash of an Attachment as SHA-1."""
    return Facts(len(content), hashlib.sha1(content, usedforsecurity=False).digest())


class Binaries:
    """The Binary entries of a Bundle, and of those inside it, by each of their names."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._resources: dict[str, Mapping[str, Any]] = {}
        self._facts: dict[int, Facts | None] = {}

    def know(self, bundle: Mapping[str, Any]) -> None:
        """Add the Binary entries of a Bundle, whose structure may be wrong."""
        entries = bundle.get("entry")
        for entry in entries if isinstance(entries, list) else ():
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(resource, dict) and resource.get("resourceType") == "Binary":
                for name in _names(entry, resource):
                    self._resources.setdefault(name, resource)

    def get(self, url: str) -> Mapping[str, Any] | None:
        """Return the Binary of a name."""
        return self._resources.get(url)

    def facts(self, binary: Mapping[str, Any]) -> Facts | None:
        """Return the facts of a Binary; None where its own data is wrong, which is told there."""
        if id(binary) not in self._facts:
            self._facts[id(binary)] = self._decoded(binary.get("data"))
        return self._facts[id(binary)]

    def _decoded(self, data: Any) -> Facts | None:
        if not isinstance(data, str) or len(data) // 4 * 3 > self._largest + 3:
            return None
        try:
            return facts(a2b_base64(data))
        except (Error, ValueError):
            return None


def _names(entry: Mapping[str, Any], resource: Mapping[str, Any]) -> Iterator[str]:
    id_ = resource.get("id")
    for name in (entry.get("fullUrl"), f"Binary/{id_}", f"urn:uuid:{id_}"):
        if isinstance(name, str):
            yield name
