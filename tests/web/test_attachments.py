"""What is attached to a message is looked at before anybody else gets it."""

from __future__ import annotations

from adapter.store.tables import message
from tests.kit import attached, attachment_files
from tests.kit.site import Site, codes, post_as


def test_a_message_with_a_pdf_is_taken_and_forwarded(site: Site) -> None:
    pdf = attached.attachment(attachment_files.pdf(), "application/pdf")
    response = post_as(site, "astad-omsorg", attached.message(attached.document(pdf)))
    assert response.status_code == 200
    assert [row["event"] for row in site.deliveries()] == ["message"]


def test_a_message_with_a_disguised_file_is_refused_and_reaches_nobody(site: Site) -> None:
    page = attached.attachment(attachment_files.PAGE, "application/pdf")
    response = post_as(site, "astad-omsorg", attached.message(attached.document(page)))
    assert response.status_code == 422
    assert codes(response) == ["bad-attachment"]
    assert site.deliveries() == []
    stored = site.rows(lambda tx: tx.execute(message.select()).mappings().one())
    assert stored["code"] == "bad-attachment"
