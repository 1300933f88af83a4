"""Addresses in the form `host:port`."""

from __future__ import annotations

from adapter.core.errors import FatalError


def split(address: str) -> tuple[str, int]:
    """Return host and port of `host:port` or `[IPv6]:port`; FatalError `settings` otherwise."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise FatalError("settings", f"{address!r} is not host:port")
    return host.removeprefix("[").removesuffix("]"), int(port)
