"""What PNG and JPEG have in common."""

from __future__ import annotations

LONGEST_SIDE = 20_000  # pixels
_MOST_PIXELS = 100_000_000  # a scan of A3 with 600 dots an inch has 70 million
MOST_PARTS = 20_000  # chunks of a PNG, segments of a JPEG: usual ones have some hundreds


def size_fault(width: int, height: int) -> str:
    """Return why an image is not of a sane size; "" where it is."""
    if not (0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE):
        return f"a side of the image is not between 1 and {LONGEST_SIDE} pixels"
    if width * height > _MOST_PIXELS:
        return f"the image has more than {_MOST_PIXELS} pixels"
    return ""
