"""A PDF as others see it: poppler (GPL-2.0, from Debian) reads its text and draws its pages."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.kit.servers.packages import PDF, require_installed

_PER_INCH = 50  # picture points: enough to see where there is print
_DARK = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page drawn in shades of grey, row by row; 0 is black."""

    rows: tuple[bytes, ...]

    def has_print(self) -> bool:
        """Whether something is printed on it."""
        return any(_printed(row) for row in self.rows)

    def margins_are_empty(self, millimetres: int) -> bool:
        """Whether nothing is printed this near to an edge, where a printer does not reach."""
        edge = round(millimetres / 25.4 * _PER_INCH)
        lying = [*self.rows[:edge], *self.rows[-edge:]]
        standing = [row[:edge] + row[-edge:] for row in self.rows]
        return not any(_printed(row) for row in lying + standing)


def _printed(row: bytes) -> bool:
    return any(shade < _DARK for shade in row)


def text(pdf: Path) -> str:
    """Return all text in the order in which it was written, in one line, words unbroken."""
    written = _run("pdftotext", "-raw", "-enc", "UTF-8", pdf, "-")
    return " ".join(re.sub("[‐\u00ad]\\s+", "", written.decode("utf-8")).split())


def properties(pdf: Path) -> str:
    """Return what the file says of itself: title, tags, size of its pages."""
    return _run("pdfinfo", pdf).decode("utf-8")


def pages(pdf: Path, folder: Path) -> list[Page]:
    """Return the pages as pictures, which stay in the folder as PGM files."""
    _run("pdftoppm", "-gray", "-r", str(_PER_INCH), pdf, folder / "page")
    return [_page(picture.read_bytes()) for picture in sorted(folder.glob("page-*.pgm"))]


def _page(picture: bytes) -> Page:
    """Read a binary PGM: `P5`, width, height, 255, and then a byte for each point."""
    _, size, _, shades = picture.split(b"\n", 3)
    width = int(size.split()[0])
    rows = (shades[start : start + width] for start in range(0, len(shades), width))
    return Page(rows=tuple(rows))


def _run(*command: str | Path) -> bytes:
    require_installed(*PDF)
    return subprocess.run(command, capture_output=True, check=True).stdout
