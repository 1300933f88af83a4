"""How long `adapter validate` takes for Bundles of resources that others wrote.

    python -m benchmarks.foreign --resources ../shared/data/fhir-r4-examples --bundles 1000

It makes Bundles of several resources in an empty folder, runs the command on it, and prints the
command's own summary: counts, and milliseconds for each file. `--broken` changes some bytes of
each. It exits with 1 where the command ends in anything but an answer.
"""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

TYPES = ("message", "message", "message", "collection", "searchset", "document")
MOST = 6  # resources in a Bundle
ANSWERS = (0, 1)  # exit codes: all are valid, or some are not


def resources(folder: Path) -> list[Any]:
    """Return the FHIR resources of a folder's JSON files."""
    documents = [json.loads(file.read_bytes()) for file in sorted(folder.rglob("*.json"))]
    return [d for d in documents if isinstance(d, dict) and "resourceType" in d]


def bodies(samples: Sequence[Any], count: int, chance: Random) -> Iterator[bytes]:
    """Yield Bundles of samples; every fourth is a sample that is a Bundle itself, if any is."""
    whole = [each for each in samples if each["resourceType"] == "Bundle"]
    for number in range(count):
        if whole and number % 4 == 0:
            bundle = chance.choice(whole)
        else:
            bundle = _bundle(chance.choices(samples, k=chance.randint(1, MOST)), chance)
        yield json.dumps(bundle, ensure_ascii=False).encode()


def _bundle(chosen: Sequence[Any], chance: Random) -> dict[str, Any]:
    type_ = chance.choice(TYPES)
    header = {
        "resourceType": "MessageHeader",
        "id": _id(chance),
        "eventUri": "urn:example:event",
        "source": {"endpoint": "urn:example:source"},
    }
    every = [header, *chosen] if type_ == "message" else chosen
    entries = [{"fullUrl": f"urn:uuid:{_id(chance)}", "resource": each} for each in every]
    return {"resourceType": "Bundle", "id": _id(chance), "type": type_, "entry": entries}


def _id(chance: Random) -> str:
    return str(UUID(int=chance.getrandbits(128), version=4))


def broken(body: bytes, chance: Random) -> bytes:
    """Return a body in which up to eight bytes are others, more or fewer."""
    damaged = bytearray(body)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(damaged))
        damaged[place : place + chance.randint(0, 2)] = chance.randbytes(chance.randint(0, 2))
    return bytes(damaged)


def main() -> None:
    """Make the files, and run the command on them."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--resources", type=Path, required=True)
    parser.add_argument("--bundles", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--broken", action="store_true", help="change some bytes of each")
    chosen = parser.parse_args()
    chance = Random(chosen.seed)
    with TemporaryDirectory() as folder:
        for number, body in enumerate(bodies(resources(chosen.resources), chosen.bundles, chance)):
            written = broken(body, chance) if chosen.broken else body
            Path(folder, f"{number:05}.json").write_bytes(written)
        sys.exit(_run(Path(folder)))


def _run(folder: Path) -> int:
    command = [sys.executable, "-m", "adapter", "validate", str(folder)]
    done = subprocess.run(command, capture_output=True, check=False)
    sys.stdout.write(done.stderr.decode())
    return 0 if done.returncode in ANSWERS and b"Traceback" not in done.stderr else 1


if __name__ == "__main__":
    main()
