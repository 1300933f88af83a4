"""Write a package as a tar archive, the same bytes for the same content."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from typing import Any


def packed(files: Mapping[str, Any]) -> bytes:
    """Return the `.tgz` of JSON documents by path, without times and owners."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted(files):
            content = text(files[path]).encode()
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content))
    packed_ = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=packed_, mode="wb", mtime=0) as file:
        file.write(plain.getvalue())
    return packed_.getvalue()


def text(document: Any) -> str:
    """Return a JSON document as our files have it."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
