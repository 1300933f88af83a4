"""What is attached to a message is looked at before anybody else gets it."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.store.tables import message
from tests.kit import attached, attachment_files
from tests.kit.site import Site, codes, post_as


def test_a_message_with_a_pdf_is_taken_and_forwarded(site: Site) -> None:
    pdf = attached.attachment(attachment_files.pdf(), "application/pdf")
    response = post_as(site, "astad-omsorg", attached.message(attached.document(pdf)))
    assert response.status_code == 200
    assert [row["event"] for row in site.deliveries()] == ["message"]


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'>" + attachment_files.SCRIPT + b"</svg>"


@pytest.mark.parametrize(
    "file",
    [
        attached.attachment(attachment_files.PAGE, "application/pdf"),
        attached.attachment(attachment_files.pdf(trailer=b"/Encrypt 9 0 R"), "application/pdf"),
        attached.attachment(SVG, "image/svg+xml"),
        attached.attachment(SVG, "image/png"),
        attached.attachment(SVG),
        attached.attachment(b"Hej", title="../../etc/passwd"),
    ],
    ids=["disguised", "encrypted", "svg", "svg as png", "svg as text", "path"],
)
def test_a_message_with_a_bad_file_is_refused_and_reaches_nobody(
    site: Site, file: dict[str, Any]
) -> None:
    response = post_as(site, "astad-omsorg", attached.message(attached.document(file)))
    assert response.status_code == 422
    assert codes(response) == ["bad-attachment"]
    assert site.deliveries() == []
    stored = site.rows(lambda tx: tx.execute(message.select()).mappings().one())
    assert stored["code"] == "bad-attachment"


def test_a_message_with_a_file_of_60_mb_reaches_nobody(site: Site) -> None:
    large = attached.attachment(b"A" * 60_000_000)
    response = post_as(site, "astad-omsorg", attached.message(attached.document(large)))
    assert response.status_code == 413
    assert site.deliveries() == []
