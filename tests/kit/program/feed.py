"""A journal system on MLLP: raw frames, and the content of an acknowledgement."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from types import TracebackType

from adapter.transports.mllp.framing import END, START
from tests.kit.hl7v2 import adt
from tests.kit.program.running import Program

_numbers = count(1)
PERSON = "PID|1||195009072553^^^^NNSWE||Tolvansson^Tolvan||19500907|M|||{}"
HOME = "Storgatan 1^^LULEÅ^^97231^SE^H^^2580"
JUDGED = datetime.now(UTC) - timedelta(hours=1)
ASSESSED = f"ZSP|1|Y|N|N|{JUDGED:%Y%m%d%H%M%S}+0000|20260317"
"""The program's clock is the real one: an older assessment would give a late notice."""


def admission(*segments: str, trigger: str = "A01", visit: str = "") -> bytes:
    """An ADT message about Tolvan Tolvansson, with a new visit."""
    number = next(_numbers)
    stay = (
        f"PV1|1|I|MED3||||||||||||||||{visit or f'bad-{number}'}" + "|" * 25 + "20260310081500+0100"
    )
    body = adt(trigger, PERSON.format(HOME), stay, *segments)
    return body.replace(b"|A1|P|", f"|bad-{number}|P|".encode(), 1)


class Feed:
    """A connection to one of the program's MLLP ports."""

    def __init__(self, program: Program, door: str = "adt", source: str = "127.0.0.1") -> None:
        self._program = program
        address = ("127.0.0.1", program.doors[door])
        self.wire = socket.create_connection(address, timeout=20, source_address=(source, 0))
        self._read = b""

    def __enter__(self) -> Feed:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.wire.close()

    def send(self, data: bytes) -> None:
        """Send bytes without framing."""
        self.wire.sendall(data)

    def answer(self) -> bytes:
        """The next frame's body; b"" when the program closes the connection."""
        while END not in self._read:
            try:
                chunk = self.wire.recv(65536)
            except ConnectionResetError:
                chunk = b""
            if not chunk:
                return b""
            self._read += chunk
        frame, _, self._read = self._read.partition(END)
        assert frame.startswith(START)
        return self._program.remember(frame.removeprefix(START))

    def says(self, body: bytes) -> str:
        """Send a message; return its acknowledgement, such as `AE wrong-charset`."""
        self.send(START + body + END)
        return codes(self.answer())


def codes(acknowledgement: bytes) -> str:
    """MSA-1, and our code of each error and warning."""
    lines = acknowledgement.decode().split("\r")
    mark = acknowledgement.decode()[3:4] or "|"
    fields = {line[:3]: line.split(mark) for line in lines if not line.startswith("ERR")}
    errors = [line.split(mark) for line in lines if line.startswith("ERR")]
    ours = [error[5].split("^")[0] for error in errors if len(error) > 5]
    return " ".join([fields["MSA"][1], *ours]) if "MSA" in fields else ""


@contextmanager
def still_served(program: Program, door: str = "adt") -> Iterator[None]:
    """After the `with`, check that the program still accepts messages."""
    yield
    with Feed(program, door) as feed:
        assert feed.says(admission(ASSESSED)) == "AA"
