"""What is wrong, or soon will be, with the certificates that the settings name."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from adapter.cli.check_findings import CheckFinding, error, warning
from adapter.core.certificates import certificates, not_after
from adapter.core.endpoint import Endpoint

SOON = timedelta(days=30)


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
