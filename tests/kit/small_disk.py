"""A disk that a test can fill: a small file system in memory, where the machine allows one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, options: str) -> Iterator[Path]:
    """Mount a file system with these options, such as `size=4m`; skip where only root may."""
    folder.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", f"mode=0700,{options}", "tmpfs", str(folder)]
    done = subprocess.run(mount, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"needs the right to mount a file system: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, spare: int = 0) -> Path:
    """Fill the disk of a folder but for some bytes, and return the file that does it."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            file.truncate(max(0, file.tell() - spare))
    return filler


def fill_inodes(folder: Path) -> list[Path]:
    """Create empty files until no more can be created, and return them."""
    made: list[Path] = []
    try:
        while True:
            made.append(folder / f"empty-{len(made)}")
            made[-1].touch()
    except OSError:
        return made[:-1]
