"""Documents of very many parts are refused in their bytes, before they fill the memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.errors import FatalError
from adapter.fhir import codec, part_counts

SIZE = 4_800_000  # bytes; twice as many in UTF-16
DECLARED = '<?xml version="1.0" encoding="%s"?>'
MOST_MEGABYTES = 200  # the body itself, its text, and what the program has loaded
CHILD = """
import resource, sys
from adapter.core.errors import FatalError
from adapter.fhir import codec
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
content, encoding = sys.argv[1], sys.argv[3]
body = eval(sys.argv[2]).encode(encoding)
before = peak()
try:
    codec.parse(content, body)
except FatalError as error:
    print(error.code, (peak() - before) // 1024)
"""


def repeated(part: str, around: str = "%s") -> str:
    """The Python expression of a document of about SIZE bytes."""
    return f"{around!r} % ({part!r} * {SIZE // len(part)})"


@pytest.mark.parametrize(
    ("content", "document", "encoding", "code"),
    [
        ("json", repeated("[],", "[%s0]"), "utf-8", "too-large"),
        ("json", repeated("{},", "[%s0]"), "utf-8", "too-large"),
        ("json", repeated("0,", "[%s0]"), "utf-8", "too-large"),
        ("json", repeated('"",', "[%s0]"), "utf-8", "too-large"),
        ("json", repeated('["', "%s"), "utf-8", "too-deep"),
        ("xml", repeated("<a/>", "<a>%s</a>"), "utf-8", "too-large"),
        ("xml", repeated("<a>/></a>", "<a>%s</a>"), "utf-8", "too-large"),
        ("xml", repeated("<a>", "%s"), "utf-8", "too-deep"),
        ("xml", repeated("<!---->", "<a>%s</a>"), "utf-8", "too-large"),
        ("xml", repeated("<?a?>", "<a>%s</a>"), "utf-8", "too-large"),
        ("xml", repeated("<!ENTITY a ''>", "<!DOCTYPE a [%s]><a/>"), "utf-8", "too-large"),
        ("xml", repeated("<!--", "<a>%s</a>"), "utf-8", "unreadable"),
        ("xml", repeated(" a = ''", "<a %s/>"), "utf-8", "too-large"),
        ("xml", repeated("<a/>", "<a>%s</a>"), "utf-16", "too-large"),
        ("xml", repeated("<a/>", f"{DECLARED % 'UTF-7'}<a>%s</a>"), "utf-8", "wrong-charset"),
        ("xml", repeated("<a/>", f"{DECLARED % 'cp037'}<a>%s</a>"), "cp037", "wrong-charset"),
    ],
    ids=range(16),
)
def test_it_is_refused_before_it_is_built(
    content: str, document: str, encoding: str, code: str
) -> None:
    began = time.monotonic()
    run = subprocess.run(
        [sys.executable, "-c", CHILD, content, document, encoding],
        capture_output=True,
        check=True,
        env=os.environ,
        text=True,
    )
    said, megabytes = run.stdout.split()
    assert said == code
    assert int(megabytes) < MOST_MEGABYTES
    assert time.monotonic() - began < 30


def values(document: object) -> int:
    """How many values a JSON document has inside it."""
    inside = document.values() if isinstance(document, dict) else document
    if not isinstance(document, dict | list):
        return 0
    return sum(1 + values(each) for each in inside)  # type: ignore[union-attr]


DOCUMENTS = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(alphabet='a",[]{}\\:é')),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(alphabet='",[{\\', max_size=3), inner, max_size=4),
    ),
    max_leaves=30,
)


@given(document=DOCUMENTS, indent=st.sampled_from([None, 1]))
def test_values_are_counted_as_a_parser_counts_them(document: object, indent: int | None) -> None:
    body = json.dumps(document, indent=indent, ensure_ascii=False).encode()
    assert part_counts.count_json(body, 64) == values(document)


@pytest.mark.parametrize(
    ("xml", "count"),
    [
        ("<a/>", 1),
        ("<a b='1' c = \"2\"><!-- <d/> e='1' --><d>f = g</d></a>", 5),
        ("<?xml version='1.0'?><a><![CDATA[<d/>]]><?b c='1'?></a>", 4),
    ],
)
def test_nodes_and_attributes_are_counted(xml: str, count: int) -> None:
    assert part_counts.count_xml(xml.encode(), 64) == count


def test_a_long_text_with_very_many_marks_is_read() -> None:
    text = ",[{<=" * 100_000
    assert codec.parse("json", json.dumps({"text": text}).encode()) == {"text": text}
    assert codec.parse("xml", f"<a><![CDATA[{text}]]></a>".encode()).text == text
    document = codec.parse("xml", f"<a>{'=' * 100_000}</a>".encode())
    assert len(document.text) == 100_000


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_usual_encodings_of_xml_are_read(encoding: str) -> None:
    declared = encoding.replace("-sig", "")
    body = f'<?xml version="1.0" encoding="{declared}"?><a>Åsa</a>'.encode(encoding)
    assert codec.parse("xml", body).text == "Åsa"


def test_a_foreign_encoding_is_named() -> None:
    with pytest.raises(FatalError) as refused:
        codec.parse("xml", b'<?xml version="1.0"' + b" " * 500 + b'encoding="UTF-7"?><a/>')
    assert refused.value.code == "wrong-charset"
