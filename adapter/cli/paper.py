"""A document on paper: PDF by WeasyPrint, which the extra `[pdf]` installs; and its writing."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import typer

from adapter.cli import printing

MISSING = "PDF needs WeasyPrint: pip install 'careplan-adapter[pdf]'. Or print the HTML: --html."


def pdf(html: str) -> bytes:
    """Return an HTML page as a PDF (A4) that screen readers can read; it asks no network."""
    try:
        from weasyprint import HTML
    except ImportError:
        raise typer.BadParameter(MISSING) from None
    except OSError as error:  # the library is there, and Pango is not
        raise typer.BadParameter(f"{MISSING} Pango is missing too: {error}") from None
    document: bytes = HTML(string=html, base_url="about:blank").write_pdf(pdf_variant="pdf/ua-1")
    return document


@contextmanager
def opened(output: Path | None) -> Iterator[BinaryIO]:
    """Open a new file that only its owner can read, or standard output.

    A file that exists is wrong use. When the block fails, the new file is removed.
    """
    if output is None:
        if sys.stdout is None:  # it was closed when the program began
            raise typer.BadParameter("standard output is closed: name a file with --output")
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with os.fdopen(_created(output), "wb") as file:
        try:
            yield file
        except BaseException:
            output.unlink()
            raise
    printing.aside(f"{output} written. The file holds patient data: delete it afterwards.")


def _created(output: Path) -> int:
    if output.is_dir():
        raise typer.BadParameter(f"{output} is a folder: name a new file")
    try:
        return os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise typer.BadParameter(f"{output}: {error.strerror}") from error
