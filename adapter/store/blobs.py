"""Long base64 in large bodies is kept once, as the bytes that it stands for.

A message with a file is stored as it came, and again in each delivery of it. So a body over LARGE
is stored as a skeleton: its text, with the digests of what was cut out. Reading puts it together
byte for byte. Whatever the format, a file is one run of the letters of base64 (RFC 4648, 4).

A skeleton begins with MARK and a line of JSON: how long each text is, and between them digests.
The texts follow. A body that itself begins with MARK becomes a skeleton of one text.
"""

from __future__ import annotations

import json
import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

import sqlalchemy as sa

from adapter.store.bulk_write import InsertNew, Upsert
from adapter.store.dialects import among, there_is
from adapter.store.errors import StoreUnavailableError
from adapter.store.faults import Fault
from adapter.store.tables import blob, blob_use
from adapter.store.transaction import Transaction

LARGE = 256 * 1024  # bytes of a body
LONG = 64 * 1024  # letters of base64
MARK = b"\x00careplan-adapter skeleton 1\n"
_BLOCK = LONG // 2  # a long run has a whole block in it, wherever it begins
_LETTERS = re.compile(rb"[A-Za-z0-9+/]*")
_PUT = Upsert(blob, ("digest",))
_USE = InsertNew(blob_use)


@dataclass(slots=True)
class _Skeleton:
    """A body in parts: texts, and digests of the blobs between them."""

    parts: list[int | str] = field(default_factory=list)
    text: bytearray = field(default_factory=bytearray)

    def add(self, text: bytes) -> None:
        self.parts.append(len(text))
        self.text += text

    def dump(self) -> bytes:
        return MARK + json.dumps(self.parts, separators=(",", ":")).encode() + b"\n" + self.text


def stored(tx: Transaction, owner: str, body: bytes | None) -> bytes | None:
    """Return what to store of a body, and keep what is cut out of it for its owner.

    `owner` is the id of the message or the delivery with which the body is purged.
    """
    if body is None or (len(body) <= LARGE and not body.startswith(MARK)):
        return body
    skeleton, blobs = _cut(body)
    if not blobs and not body.startswith(MARK):
        return body
    _keep(tx, blobs)
    for digest in blobs:
        tx.later(_USE, {"owner": owner, "digest": digest})
    return skeleton.dump()


def whole(tx: Transaction, stored_: bytes | None) -> bytes | None:
    """Return the body of which this was stored. StoreUnavailableError where a blob is missing."""
    if stored_ is None or not stored_.startswith(MARK):
        return stored_
    head, _, text = stored_[len(MARK) :].partition(b"\n")
    parts: list[int | str] = json.loads(head)
    return b"".join(_joined(parts, text, _read(tx, {p for p in parts if isinstance(p, str)})))


def _joined(parts: list[int | str], text: bytes, letters: dict[str, bytes]) -> Iterator[bytes]:
    at = 0
    for part in parts:
        if isinstance(part, str):
            yield letters[part]
        else:
            yield text[at : at + part]
            at += part


def _read(tx: Transaction, digests: set[str]) -> dict[str, bytes]:
    """Return the base64 of these blobs."""
    rows = tx.execute(_BY_DIGEST, {"digests_": sorted(digests)}) if digests else ()
    letters = {row.digest: b2a_base64(row.content, newline=False) for row in rows}
    if len(letters) < len(digests):  # also when it was purged since its body was read
        raise StoreUnavailableError(Fault.FAILED, "a part of a body is missing")
    return letters


def _cut(body: bytes) -> tuple[_Skeleton, dict[str, bytes]]:
    """Return the skeleton of a body, and the bytes of each run by their digest."""
    skeleton, blobs, at = _Skeleton(), dict[str, bytes](), 0
    for begin, end in _runs(body):
        content = a2b_base64(body[begin:end])
        digest = sha256(content).hexdigest()
        blobs[digest] = content
        skeleton.add(body[at:begin])
        skeleton.parts.append(digest)
        at = end
    skeleton.add(body[at:])
    return skeleton, blobs


def _runs(body: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each long run begins and ends, in whole groups of four letters.

    Four letters are three bytes, so that these bytes give the same letters again. Padding stays
    outside. The work grows with the size of the body, whatever is in it.
    """
    end = 0
    for at in range(0, len(body) - _BLOCK + 1, _BLOCK):
        if at < end or not _LETTERS.fullmatch(body, at, at + _BLOCK):
            continue
        begin = at - _length(body[max(end, at - _BLOCK) : at][::-1])
        end = at + _length(body, at)
        if end - begin >= LONG:
            yield begin, end - (end - begin) % 4


def _length(body: bytes, at: int = 0) -> int:
    """Return how many letters of base64 stand from a place on."""
    match = _LETTERS.match(body, at)
    return match.end() - at if match else 0


def _keep(tx: Transaction, blobs: dict[str, bytes]) -> None:
    """Insert those that are not there, always in the order of their digests.

    The others are locked until the end of the transaction, so that no purge removes them before
    their use is committed.
    """
    there = set(tx.execute(_LOCK, {"digests_": sorted(blobs)}).scalars()) if blobs else set[str]()
    for digest in sorted(blobs.keys() - there):
        tx.later(_PUT, {"digest": digest, "content": blobs[digest]})


_BY_DIGEST = sa.select(blob.c.digest, blob.c.content).where(among(blob.c.digest, "digests_"))
_LOCK = (
    sa.select(blob.c.digest)
    .where(among(blob.c.digest, "digests_"))
    .order_by(blob.c.digest)
    .with_for_update(read=True, key_share=True)
)


def release(owners: sa.Select[tuple[str]]) -> sa.Delete:
    """Return the statement that forgets what these owners use, whose bodies are purged."""
    return sa.delete(blob_use).where(blob_use.c.owner.in_(owners))


def remove_unused(tx: Transaction) -> int:
    """Remove the blobs that no body uses. Return how many.

    Two statements: the second sees what was committed before the first had its locks. A blob that
    is locked is about to be used.
    """
    digests = list(tx.execute(_UNUSED).scalars())
    if not digests:
        return 0
    return tx.execute(_REMOVE, {"digests_": digests}).rowcount


_is_used = there_is(blob_use.c.digest == blob.c.digest)
_UNUSED = sa.select(blob.c.digest).where(~_is_used).with_for_update(skip_locked=True)
_REMOVE = sa.delete(blob).where(among(blob.c.digest, "digests_"), ~_is_used)
