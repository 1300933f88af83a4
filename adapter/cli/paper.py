"""A document on paper: PDF by WeasyPrint, which the extra `[pdf]` installs; and its writing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

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


def write(body: bytes, output: Path | None) -> None:
    """Write patient data to a new file that only its owner can read, or to standard output."""
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()
        return
    try:
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise typer.BadParameter(f"{output}: {error.strerror}") from error
    with os.fdopen(file, "wb") as opened:
        opened.write(body)
    printing.aside(f"{output} written. The file holds patient data: delete it afterwards.")
