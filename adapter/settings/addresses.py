"""Where the adapter sends to and listens: URLs, and host:port."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit


def host_port(text: str) -> tuple[str, int]:
    """The parts of "127.0.0.1:2575" or "[::1]:2575"; ValueError when it is not of that form."""
    parts = _split(f"//{text}", 'is not of the form "127.0.0.1:2575"')
    port = parts.port
    if not parts.hostname or port is None or parts.netloc != text or parts.username is not None:
        raise ValueError('is not of the form "127.0.0.1:2575"')
    return parts.hostname, port


def url(text: str, schemes: tuple[str, ...]) -> SplitResult:
    """An absolute URL of one of the schemes; ValueError, which never repeats the URL."""
    expected = " or ".join(f"{scheme}://host" for scheme in schemes)
    parts = _split(text, f"is not of the form {expected}")
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(f"is not of the form {expected}")
    return parts


def has_password(text: str) -> bool:
    """Whether a URL carries a password; an unreadable one is taken not to."""
    try:
        return bool(urlsplit(text).password)
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to a host."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _split(text: str, complaint: str) -> SplitResult:
    """urlsplit, which finds a bad port only when it is asked for."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise ValueError(complaint) from error
    if any(character.isspace() for character in text):
        raise ValueError(complaint)
    return parts
