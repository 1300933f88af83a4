"""Addresses that the adapter sends to or listens at: URLs and host:port."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit


def host_port(text: str) -> tuple[str, int]:
    """Return host and port of "127.0.0.1:2575" or "[::1]:2575"; ValueError for another form."""
    parts = _split(f"//{text}", 'is not of the form "127.0.0.1:2575"')
    port = parts.port
    if not parts.hostname or port is None or parts.netloc != text or parts.username is not None:
        raise ValueError('is not of the form "127.0.0.1:2575"')
    return parts.hostname, port


def url(text: str, schemes: tuple[str, ...]) -> SplitResult:
    """Return the parts of an absolute URL; ValueError (without the URL) for another form."""
    expected = " or ".join(f"{scheme}://host" for scheme in schemes)
    parts = _split(text, f"is not of the form {expected}")
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(f"is not of the form {expected}")
    return parts


def has_password(text: str) -> bool:
    """Whether a URL contains a password; False for a text that is not a URL."""
    try:
        return bool(urlsplit(text).password)
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether a host is the machine's own loopback."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _split(text: str, complaint: str) -> SplitResult:
    """Return `urlsplit(text)`; also read the port, because urlsplit checks it only then."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise ValueError(complaint) from error
    if any(character.isspace() for character in text):
        raise ValueError(complaint)
    return parts
