"""Whether something can listen at an address, and why not, in words for operators."""

from __future__ import annotations

import errno
import os
import socket

from adapter.core.errors import FatalError

TODO = "Correct the address in the settings, or end the program that listens there."
_CAUSES = {
    errno.EADDRINUSE: "another program listens there",
    errno.EADDRNOTAVAIL: "this machine has no such address",
    errno.EACCES: "the user may not open this port: those below 1024 need a privilege",
}


def listen(host: str, port: int, who: str) -> socket.socket:
    """Return a socket that listens; FatalError `settings` with address and cause."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        what = f"{who}: cannot listen at {host}:{port}: {cause(error)}"
        raise FatalError("settings", what, todo=TODO) from error


def cause(error: OSError) -> str:
    """Return why an address cannot be opened."""
    if isinstance(error, socket.gaierror):
        return "the name of the host is unknown"
    return _CAUSES.get(error.errno or 0) or os.strerror(error.errno or 0)


def is_taken(error: FatalError) -> bool:
    """Whether an error of `listen` says that another program listens there."""
    return isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EADDRINUSE
