"""Values that R4's primitive types do not allow, and sound ones, each by a name."""

from __future__ import annotations

from typing import Any

_TIMES = {
    "words": "i morgon",
    "day-30-february": "2026-02-30",
    "month-13": "2026-13-01",
    "short-year": "26-01-01",
    "without-zeros": "2026-1-1",
    "without-dashes": "20260101",
    "without-zone": "2026-02-02T10:00:00",
    "without-seconds": "2026-02-02T10:00Z",
    "hour-25": "2026-02-02T25:00:00Z",
    "hour-24": "2026-02-02T24:00:00Z",
    "minute-60": "2026-02-02T10:60:00Z",
    "second-61": "2026-02-02T10:00:61Z",
    "blank-for-t": "2026-02-02 10:00:00Z",
    "zone-15": "2026-02-02T10:00:00+15:00",
    "zone-without-colon": "2026-02-02T10:00:00+0100",
    "bare-point": "2026-02-02T10:00:00.Z",
    "day-30-february-with-time": "2026-02-30T10:00:00Z",
    "year-0": "0000-01-01",
    "blank-before": " 2026-02-02",
    "line-feed-after": "2026-02-02T10:00:00Z\n",
    "other-digits": "２０２６-02-02",
}
_URIS = {
    "blank-inside": "https://a.example/x y",
    "blank-before": " https://a.example/x",
    "blank-after": "https://a.example/x ",
    "blank": " ",
    "line-feed": "https://a.example/x\n",
    "wrong-uuid": "urn:uuid:p-1",
    "wrong-oid": "urn:oid:1.2.x",
    "oid-with-zeros": "urn:oid:1.02.3",
    "oid-from-3": "urn:oid:3.2.1",
}
_CODES = {
    "blank": " ",
    "blank-before": " a",
    "blank-after": "a ",
    "two-blanks": "a  b",
    "tab": "a\tb",
    "control-character": "a\u0007",
}
_WHOLE = {"digits-in-text": "3", "fraction": 1.5, "beyond-32-bits": 2**31}

WRONG: dict[str, dict[str, Any]] = {
    "base64Binary": {"marks": "###", "one-letter": "a", "much-padding": "YQ===", "blank": " "},
    "boolean": {"word": "true", "one": 1, "yes": "yes"},
    "canonical": _URIS,
    "code": _CODES,
    "date": _TIMES | {"with-time": "2026-02-02T10:00:00Z"},
    "dateTime": _TIMES,
    "decimal": {"digits-in-text": "1.5"},
    "id": {
        "blank-inside": "a b",
        "underscore": "a_b",
        "65-letters": "a" * 65,
        "letter-of-sweden": "å",
        "line-feed": "a\n",
        "blank": " ",
    },
    "instant": _TIMES | {"only-a-day": "2026-02-02", "only-a-year": "2026"},
    "integer": _WHOLE,
    "markdown": {"blank": " ", "lines": "\n\n", "control-character": "a\u0007"},
    "oid": {"bare": "1.2.3", "zeros": "urn:oid:1.02"},
    "positiveInt": _WHOLE | {"zero": 0, "below-zero": -1},
    "string": {
        "blank": " ",
        "lines": "\n\t",
        "control-character": "a\u0007",
        "null-character": "a\u0000",
    },
    "time": {"hour-24": "24:00:00", "without-seconds": "10:00", "with-zone": "10:00:00Z"},
    "unsignedInt": _WHOLE | {"below-zero": -1},
    "uri": _URIS,
    "url": _URIS,
    "uuid": {"bare": "c757873d-ec9a-4326-a141-556f43239520", "wrong": "urn:uuid:1"},
    "xhtml": {},
}
"""By primitive type, and then by name."""

_DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'
NARRATIVES = {
    "script": _DIV.format("<script>x()</script>y"),
    "event": _DIV.format('<p onclick="x()">y</p>'),
    "link-to-code": _DIV.format('<a href="javascript:x()">y</a>'),
    "frame": _DIV.format('<iframe src="https://a.example/">y</iframe>'),
    "form": _DIV.format('<form action="https://a.example/"><input/>y</form>'),
    "object": _DIV.format('<object data="x">y</object>'),
    "style-sheet": _DIV.format('<link rel="stylesheet" href="https://a.example/x.css"/>y'),
    "base": _DIV.format('<base href="https://a.example/"/>y'),
    "foreign-picture": _DIV.format('<img src="https://a.example/x.png" alt="x"/>'),
    "foreign-attribute": _DIV.format('<p data-x="1">y</p>'),
    "empty": _DIV.format(""),
    "blank": _DIV.format("  "),
    "without-namespace": "<div>y</div>",
    "paragraph": '<p xmlns="http://www.w3.org/1999/xhtml">y</p>',
    "unclosed": '<div xmlns="http://www.w3.org/1999/xhtml"><p>y</div>',
    "two": _DIV.format("y") * 2,
    "bare-text": "y",
    "entity": '<!DOCTYPE div [<!ENTITY e "y">]>' + _DIV.format("&e;"),
    "unknown-entity": _DIV.format("&odd;"),
}
"""Each a `div` that R4's narrative.html does not allow."""

SOUND: dict[str, Any] = {
    "base64Binary": "YQ==",
    "boolean": True,
    "canonical": "https://a.example/x",
    "code": "a",
    "date": "2026-02-02",
    "dateTime": "2026-02-02T10:00:00+01:00",
    "decimal": 1.5,
    "id": "a",
    "instant": "2026-02-02T10:00:00+01:00",
    "integer": 1,
    "markdown": "a",
    "oid": "urn:oid:1.2.3",
    "positiveInt": 1,
    "string": "a",
    "time": "10:00:00",
    "unsignedInt": 1,
    "uri": "https://a.example/x",
    "url": "https://a.example/x",
    "uuid": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
}
