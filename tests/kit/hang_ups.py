"""Far sides on real sockets that hang up, or that take no connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def hanging_up(reads: int) -> Iterator[tuple[str, int]]:
    """The address of a server that reads up to so many bytes of one client, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_hang_up, args=(listener, reads))
        thread.start()
        yield listener.getsockname()
        thread.join()


def _hang_up(listener: socket.socket, reads: int) -> None:
    wire, _ = listener.accept()
    with wire:
        if reads:
            wire.recv(reads)


@contextmanager
def saying(answer: bytes) -> Iterator[tuple[str, int]]:
    """The address of a server that answers one message with these bytes, and then is silent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_say, args=(listener, answer))
        thread.start()
        yield listener.getsockname()
        thread.join()


def _say(listener: socket.socket, answer: bytes) -> None:
    wire, _ = listener.accept()
    with wire:
        wire.recv(65536)
        wire.sendall(answer)
        while wire.recv(65536):
            pass


@contextmanager
def full_backlog() -> Iterator[tuple[str, int]]:
    """The address of a server that accepts nobody, and whose queue of clients is full."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield listener.getsockname()
