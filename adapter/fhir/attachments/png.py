"""image/png: signature and chunks (RFC 2083, 3). Its pixels are not unpacked."""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

from adapter.fhir.attachments.images import MOST_PARTS, size_fault

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""The bits of a sample, by colour type (RFC 2083, 4.1.1)."""


class _DamagedError(Exception):
    """Says what is wrong with the chunks."""


def fault(content: bytes) -> str:
    """Return why bytes are no PNG; "" where they are."""
    if not content.startswith(_SIGNATURE):
        return "does not begin as a PNG"
    try:
        names = list(_chunks(content))
    except _DamagedError as damage:
        return str(damage)
    if names[:1] != [b"IHDR"] or names.count(b"IHDR") != 1 or b"IDAT" not in names:
        return "the PNG has no header, or no pixels"
    return _header_fault(content[16:29])


def _chunks(content: bytes) -> Iterator[bytes]:
    """Yield the names of the chunks, of which IEND must be the last."""
    view, at = memoryview(content), len(_SIGNATURE)
    for _ in range(MOST_PARTS):
        size, name = int.from_bytes(view[at : at + 4]), bytes(view[at + 4 : at + 8])
        end = at + 12 + size
        if end > len(content) or not name.isalpha():
            raise _DamagedError("the PNG is cut off or damaged")
        if crc32(view[at + 4 : end - 4]) != int.from_bytes(view[end - 4 : end]):
            raise _DamagedError("a checksum of the PNG is wrong")
        yield name
        if name == b"IEND":
            if end != len(content):
                raise _DamagedError("has bytes after the end of the PNG")
            return
        at = end
    raise _DamagedError(f"the PNG has more than {MOST_PARTS} chunks")


def _header_fault(header: bytes) -> str:
    depth, colour = header[8], header[9]
    if depth not in _DEPTHS.get(colour, ()):
        return "the header of the PNG is wrong"
    return size_fault(int.from_bytes(header[:4]), int.from_bytes(header[4:8]))
