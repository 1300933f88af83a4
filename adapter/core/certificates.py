"""When certificates expire: read from the PEM file (X.509, RFC 5280 section 4.1.2.5)."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL | re.ASCII)
_Span: TypeAlias = tuple[int, int, int]  # tag, first and last offset of the content
_UTC_TIME, _GENERALIZED_TIME, _VERSION = 0x17, 0x18, 0xA0


def certificates(path: Path) -> list[bytes]:
    """Return the certificates of a PEM file as DER; ValueError where base64 is broken."""
    text = path.read_text(encoding="ascii", errors="ignore")
    return [ssl.PEM_cert_to_DER_cert(pem) for pem in _PEM.findall(text)]


def not_after(der: bytes) -> datetime:
    """Return the end of a certificate's validity; ValueError when it cannot be read."""
    certificate = _span(der, 0)
    fields = list(_parts(der, *_first(_parts(der, *certificate[1:]))[1:]))
    before = 4 if fields and fields[0][0] == _VERSION else 3  # serial, signature, issuer
    times = list(_parts(der, *_first(fields[before:])[1:]))
    if len(times) != 2:
        raise ValueError("the certificate has no validity")
    return _time(der, *times[1])


def _first(parts: Iterable[_Span]) -> _Span:
    part = next(iter(parts), None)
    if part is None:
        raise ValueError("the certificate ends too early")
    return part


def _parts(der: bytes, start: int, end: int) -> Iterator[_Span]:
    while start < end:
        part = _span(der, start)
        yield part
        start = part[2]


def _span(der: bytes, at: int) -> _Span:
    """Return the tag and the content's offsets of the DER element at an offset."""
    if at + 2 > len(der):
        raise ValueError("the certificate ends too early")
    tag, length, start = der[at], der[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(der[start : start + size], "big")
        start += size
    if start + length > len(der):
        raise ValueError("the certificate ends too early")
    return tag, start, start + length


def _time(der: bytes, tag: int, start: int, end: int) -> datetime:
    """Read a time; two-digit years from 50 on are 19xx (RFC 5280 section 4.1.2.5.1)."""
    text = der[start:end].decode("ascii")
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("the validity holds no time")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
