"""When certificates expire: read from the PEM file (X.509, RFC 5280 section 4.1.2.5)."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from adapter.cli.check_findings import CheckFinding, error, warning
from adapter.core.endpoint import Endpoint

SOON = timedelta(days=30)
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL | re.ASCII)
_Span: TypeAlias = tuple[int, int, int]  # tag, first and last offset of the content
_UTC_TIME, _GENERALIZED_TIME, _VERSION = 0x17, 0x18, 0xA0


def problems(endpoint: Endpoint, now: datetime) -> Iterator[CheckFinding]:
    """Yield what is wrong, or will be within 30 days, with an endpoint's certificates."""
    for key in ("ca_file", "certificate_file"):
        name = getattr(endpoint, key)
        if name:
            yield from _ending(f"{endpoint.name}.{key}", Path(name), now)
    if os.access(endpoint.certificate_file, os.R_OK):  # if not, that is told already
        yield from _pair(endpoint)


def _ending(where: str, path: Path, now: datetime) -> Iterator[CheckFinding]:
    try:
        ends = [not_after(der) for der in certificates(path)]
    except OSError as problem:
        yield error("certificates", where, f"{path} cannot be read: {problem.strerror}")
        return
    except ValueError as problem:
        yield error("certificates", where, f"{path} holds a broken certificate: {problem}")
        return
    if not ends:
        yield error("certificates", where, f"{path} holds no certificate")
    elif min(ends) < now:
        yield error("certificates", where, f"expired on {min(ends):%Y-%m-%d}")
    elif min(ends) < now + SOON:
        yield warning("certificates", where, f"expires on {min(ends):%Y-%m-%d}")


def _pair(endpoint: Endpoint) -> Iterator[CheckFinding]:
    """Yield why OpenSSL cannot use an endpoint's certificate and key together."""
    certificate, key = endpoint.certificate_file, endpoint.key_file or endpoint.certificate_file
    password, where = _Password(), f"{endpoint.name}.key_file"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password)
    except ssl.SSLError as problem:
        if problem.reason == "KEY_VALUES_MISMATCH":
            what = f"{key} is not the key of the certificate in {certificate}"
        else:
            what = f"{key} {_key_fault(Path(key), password)}"
        yield error("certificates", where, what)
    except OSError as problem:
        yield error("certificates", where, f"{key} cannot be read: {problem.strerror}")


def _key_fault(key: Path, password: _Password) -> str:
    """Return what is wrong with a key that OpenSSL has read: it has one error for all of these."""
    if password.was_asked:
        return "has a password: give a key without one"
    if b"PRIVATE KEY-----" not in key.read_bytes():
        return "holds no private key"
    return "holds a broken private key"


class _Password:
    """Answers OpenSSL, which would ask at the terminal, and notes that it asked."""

    was_asked = False

    def __call__(self) -> str:
        """Return no password."""
        self.was_asked = True
        return ""


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
