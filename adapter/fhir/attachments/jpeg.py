"""image/jpeg: the segments from SOI to EOI (ITU-T T.81, annex B). Its pixels are not decoded."""

from __future__ import annotations

import re

from adapter.fhir.attachments.images import MOST_PARTS, size_fault

_START = b"\xff\xd8\xff"
_EOI, _SOS = 0xD9, 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOFn; not DHT, JPG and DAC
_FILL = re.compile(rb"\xff*")
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # after pixels: no stuffed byte, no RSTn
_PADDING = re.compile(rb"\x00*")


class _DamagedError(Exception):
    """Says what is wrong with the segments."""


def fault(content: bytes) -> str:
    """Return why bytes are no JPEG; "" where they are.

    After its end may come further images: cameras add a smaller one, or one for bright screens.
    """
    if not content.startswith(_START):
        return "does not begin as a JPEG"
    at, left = 0, MOST_PARTS
    try:
        while at < len(content):
            if not content.startswith(_START, at):
                return "has bytes after the end of the JPEG"
            at, left = _image(content, at + 2, left)
            at = _end(_PADDING, content, at)
    except _DamagedError as damage:
        return str(damage)
    return ""


def _image(content: bytes, at: int, left: int) -> tuple[int, int]:
    """Return where an image ends, and how many segments the others may have."""
    seen = set[int]()
    for number in range(left):
        marker, at = _marker(content, at)
        if marker == _EOI:
            if _SOS not in seen or _FRAMES.isdisjoint(seen):
                raise _DamagedError("the JPEG has no pixels")
            return at, left - number - 1
        end = at + int.from_bytes(content[at : at + 2])
        if not at + 2 <= end <= len(content):
            raise _DamagedError("the JPEG is cut off or damaged")
        if marker in _FRAMES:
            _check_size(content[at:end])
        seen.add(marker)
        at = _after_pixels(content, end) if marker == _SOS else end
    raise _DamagedError(f"the JPEG has more than {MOST_PARTS} segments")


def _marker(content: bytes, at: int) -> tuple[int, int]:
    """Return the marker at a place, and where what follows begins."""
    filled = _end(_FILL, content, at)
    if filled == at or content[filled : filled + 1] in (b"", b"\x00"):
        raise _DamagedError("the JPEG is cut off or damaged")
    return content[filled], filled + 1


def _end(pattern: re.Pattern[bytes], content: bytes, at: int) -> int:
    match = pattern.match(content, at)
    return match.end() if match else at


def _check_size(frame: bytes) -> None:
    """Check the size of a frame, which has length, precision, height and width (B.2.2)."""
    if len(frame) < 8:
        raise _DamagedError("the JPEG is cut off or damaged")
    if wrong := size_fault(int.from_bytes(frame[5:7]), int.from_bytes(frame[3:5])):
        raise _DamagedError(wrong)


def _after_pixels(content: bytes, at: int) -> int:
    marker = _MARKER.search(content, at)
    if marker is None:
        raise _DamagedError("the JPEG is cut off or damaged")
    return marker.start()
