"""Attachments wherever they stand in a message: type, name, size, hash, and how much of them."""

from __future__ import annotations

import time
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.core.endpoint import AttachmentType
from adapter.core.errors import Issue
from adapter.fhir import check_structure, outcome
from tests.kit import attachment_files
from tests.kit.attached import attachment, base64, digest, document, fault, message, problems
from tests.kit.cut_bytes import damaged

BAD = attachment(attachment_files.gif(), "image/png")
BINARY = {"resourceType": "Binary", "contentType": "text/plain", "data": "SGVq"}
INSIDE = "urn:uuid:5f0e8a52-0000-4000-8000-000000000000"


def placed(issues: list[Issue]) -> list[tuple[str, str]]:
    places = [row["expression"][0] for row in outcome(issues)["issue"]]
    return [(issue.code, place) for issue, place in zip(issues, places, strict=True)]


@pytest.mark.parametrize(
    ("bundle", "place"),
    [
        (message(document(BAD)), "Bundle.entry[5].resource.content[0].attachment.data"),
        (message(payload=[{"contentString": "Se bilagan."}, {"contentAttachment": BAD}]),
         "Bundle.entry[1].resource.payload[1].content.data"),
        (message(extension=[{"url": "urn:x", "valueAttachment": BAD}]),
         "Bundle.entry[1].resource.extension[0].value.data"),
        (message(BINARY | {"data": "AAAA"}), "Bundle.entry[5].resource.data"),
        (message({"resourceType": "Media", "status": "completed", "content": BAD}),
         "Bundle.entry[5].resource.content.data"),
        (message(contained=[document(BAD) | {"id": "a"}], about=[{"reference": "#a"}]),
         "Bundle.entry[1].resource.contained[0].content[0].attachment.data"),
    ],
)  # fmt: skip
def test_an_attachment_is_looked_at_wherever_it_stands(bundle: Any, place: str) -> None:
    assert placed(problems(bundle)) == [("bad-attachment", place)]


def test_an_attachment_that_is_all_right_is_taken() -> None:
    content = attachment_files.pdf()
    whole = attachment(content, "application/pdf", size=len(content), hash=digest(content))
    assert problems(message(document(whole, attachment(b"Hej")))) == []


@pytest.mark.parametrize("content_type", ["Application/PDF", "application/pdf "])
def test_letter_case_of_a_type_says_nothing(content_type: str) -> None:
    assert fault(attachment_files.pdf(), content_type.strip()) == ""


@pytest.mark.parametrize("size", [0, 2, 4, 2**31 - 1])
def test_a_size_that_is_not_that_of_the_data_is_refused(size: int) -> None:
    assert fault(b"Hej", "text/plain", size=size) == "entry[5]: the data has 3 bytes"


@pytest.mark.parametrize("declared", [digest(b"hej"), "SGVq", "ab==", digest(b"Hej")[:-4]])
def test_a_hash_that_is_not_that_of_the_data_is_refused(declared: str) -> None:
    assert "SHA-1" in fault(b"Hej", "text/plain", hash=declared)


@pytest.mark.parametrize(
    "title",
    ["../etc/passwd", "a/b.pdf", "C:\\x.pdf", "..", ".", " .. ", "a\tb", "a\nb", "fdp.\u202eexe",
     "a\u2066b", "a\u200bb", "a\u2028b", "å" * 128,
     "C:evil.txt", "a.txt:b.exe", "a\uff0fb", "a\uff1ab.txt", "a\u0085b", "a\u3164b", "a\ue000b",
     "CON", "nul", "NUL.txt", "Aux .txt", "com1.tar.txt", "LPT\u00b9", "conin$", "\uff23ON",
     ".bashrc", " a.txt", "a.txt ", "a.txt.", "a. ", "a\u00a0", "\u3000a"],
)  # fmt: skip
def test_a_title_that_is_no_plain_name_of_a_file_is_refused(title: str) -> None:
    issues = problems(message(document(attachment(b"Hej", title=title))))
    expected = ("bad-attachment", "Bundle.entry[5].resource.content[0].attachment.title")
    assert placed(issues) == [expected]


@pytest.mark.parametrize("title", ["Plan v1.2.txt", "å" * 127, "…", "a..txt", "Anhörig", "شرح"])
def test_any_other_title_is_taken(title: str) -> None:
    assert fault(b"Hej", "text/plain", title=title) == ""


@pytest.mark.parametrize(
    "title", ["Console.txt", "Nulägesbild", "a.b.txt", "COM10", "com", "auxin"]
)
def test_a_title_that_only_looks_like_a_device_is_taken(title: str) -> None:
    assert fault(b"Hej", "text/plain", title=title) == ""


@pytest.mark.parametrize(
    ("title", "type_", "content"),
    [
        ("x.exe", "application/pdf", attachment_files.pdf()),
        ("x.pdf.html", "application/pdf", attachment_files.pdf()),
        ("x.PDF.lnk", "application/pdf", attachment_files.pdf()),
        ("x\uff0eｅｘｅ", "application/pdf", attachment_files.pdf()),
        ("x.txt", "application/pdf", attachment_files.pdf()),
        ("x.jpg", "image/png", attachment_files.png()),
        ("x.html", "text/plain", b"Hej"),
        ("x.7z", "text/plain", b"Hej"),
        ("x.csv", "text/plain; charset=utf-8", b"Hej"),
    ],
)
def test_a_title_whose_ending_is_of_another_type_is_refused(
    title: str, type_: str, content: bytes
) -> None:
    assert "its ending is not that of" in fault(content, type_, title=title)


@pytest.mark.parametrize(
    ("title", "type_", "content"),
    [
        ("Plan.PDF", "application/pdf", attachment_files.pdf()),
        ("x.html.pdf", "application/pdf", attachment_files.pdf()),
        ("Plan 2026.11", "application/pdf", attachment_files.pdf()),
        ("Plan enl. samtal", "application/pdf", attachment_files.pdf()),
        ("bild.png", "image/png", attachment_files.png()),
    ],
)
def test_a_title_with_its_own_ending_or_none_is_taken(
    title: str, type_: str, content: bytes
) -> None:
    assert fault(content, type_, title=title) == ""


@pytest.mark.parametrize(
    "data", ["SGV", "SG=q", "SGVq=", "SGVq!A==", "====", "SGVq\u00e5", "=", ""]
)
def test_data_that_is_no_base64_is_refused_at_its_place(data: str) -> None:
    issues = problems(message(document(attachment(b"") | {"data": data})))
    place = "Bundle.entry[5].resource.content[0].attachment.data"
    assert placed(issues) == [("invalid-structure", place)]


def test_base64_may_have_white_space() -> None:
    assert problems(message(document(attachment(b"", size=3) | {"data": "S G\r\nVq\n"}))) == []


@pytest.mark.parametrize("url", [None, "https://x.example/a.pdf", "Binary/1", "file:///etc/passwd"])
def test_an_attachment_without_data_is_refused(url: str | None) -> None:
    link = {"contentType": "application/pdf", "title": "a.pdf"} | ({"url": url} if url else {})
    (issue,) = problems(message(document(link)))
    assert (issue.code, "no data" in issue.detail) == ("bad-attachment", True)


def test_an_attachment_may_point_to_a_binary_of_the_message() -> None:
    link = {"contentType": "text/plain", "url": INSIDE}
    assert problems(message(BINARY, document(link))) == []
    issues = problems(message(BINARY | {"contentType": "text/html"}, document(link)))
    assert [issue.code for issue in issues] == ["bad-attachment"]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("says", "element"),
    [
        ({"size": 4}, "size"),
        ({"hash": digest(b"hej")}, "hash"),
        ({"contentType": "application/pdf"}, "contentType"),
        ({"contentType": "text/plain", "title": "x.exe"}, "title"),
    ],
)
def test_what_is_said_of_a_binary_is_true_of_it(
    says: dict[str, Any], element: str, *, first: bool
) -> None:
    link, told = document({"url": INSIDE} | says), {"size": 3, "hash": digest(b"Hej")}
    binary = {"fullUrl": INSIDE, "resource": BINARY}
    bundle = message(BINARY, link) if first else message(link)
    if not first:
        bundle["entry"][-1]["fullUrl"] = f"{INSIDE[:-1]}1"
        bundle["entry"].append(binary)
    (issue,) = problems(bundle)
    assert (issue.code, issue.expression.rpartition(".")[2]) == ("bad-attachment", element)
    assert problems(message(BINARY, document({"url": INSIDE} | told))) == []


def test_a_binary_that_very_many_attachments_point_to_is_decoded_once() -> None:
    large = BINARY | {"data": base64(b"x" * 6_000_000)}
    link = {"contentType": "text/plain", "url": INSIDE, "size": 6_000_000}
    begun = time.process_time()
    assert problems(message(large, document(*[link] * 3_000))) == []
    assert time.process_time() - begun < 5


def test_a_pdf_that_would_swell_is_looked_at_as_it_is() -> None:
    packed = zlib.compress(b"0" * 500_000_000, 9)
    body = attachment_files.pdf()
    at = body.index(b"endobj")
    stream = b"\n<< /Filter /FlateDecode >> stream\n" + packed + b"\nendstream\n"
    content = body[:at] + stream + body[at:]
    problems(message())
    tracemalloc.start()
    begun = time.process_time()
    fault(content, "application/pdf")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.process_time() - begun < 2
    assert peak < 20 * len(content)


def test_an_attachment_may_not_point_to_another_entry() -> None:
    patient = message()["entry"][2]["fullUrl"]
    link = {"contentType": "text/plain", "url": patient}
    assert [issue.code for issue in problems(message(document(link)))] == ["bad-attachment"]


def test_the_settings_narrow_the_types() -> None:
    bundle = message(document(attachment(attachment_files.png(), "image/png")))
    assert problems(bundle, types=(AttachmentType.PNG,)) == []
    for types in ((AttachmentType.PDF,), ()):
        assert [issue.code for issue in problems(bundle, types=types)] == ["bad-attachment"]


@pytest.mark.parametrize(("largest", "codes"), [(3, []), (2, ["too-large"])])
def test_a_file_over_the_limit_is_too_large(largest: int, codes: list[str]) -> None:
    bundle = message(document(attachment(b"Hej")))
    assert [issue.code for issue in problems(bundle, largest=largest)] == codes


@pytest.mark.parametrize(("together", "codes"), [(6, []), (5, ["too-large"])])
def test_all_files_of_a_message_have_a_limit_together(together: int, codes: list[str]) -> None:
    payload = [{"contentString": "Se."}, {"contentAttachment": attachment(b"Hej")}]
    bundle = message(document(attachment(b"Hej")), payload=payload)
    assert [issue.code for issue in problems(bundle, together=together)] == codes


def test_a_file_that_is_too_large_is_not_decoded() -> None:
    data = "A" * 80_000_000
    bundle = message(document({"contentType": "text/plain", "data": data}))
    problems(message())
    tracemalloc.start()
    (issue,) = problems(bundle)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert issue.code == "too-large"
    assert "60000000 bytes" in issue.detail
    assert peak < 2_000_000


def test_a_structure_without_a_check_of_attachments_is_only_r4() -> None:
    assert check_structure(message(document(BAD, {"url": "https://x.example/a"}))) == []


@settings(max_examples=50)
@given(st.data())
def test_a_damaged_file_in_a_message_is_taken_or_refused(data: Any) -> None:
    name = data.draw(st.sampled_from(sorted(attachment_files.FILES)))
    type_, content, _ = attachment_files.FILES[name]
    changed = data.draw(damaged(content))
    if changed:
        fault(changed, type_)
